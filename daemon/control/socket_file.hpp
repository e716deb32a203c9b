// The control socket's file: made at the start, gone at the end, and never stolen from a daemon that lives.
#pragma once

#include "base/fd.hpp"
#include "msw/result.hpp"

#include <string>

namespace msw {

/// Bind and listen on a Unix stream socket at `path` with mode 0660 (group: `mswd` if there is such a group and we
/// may). A file that a dead daemon left is replaced.
/// @return the listening descriptor; Code::name_taken if another daemon answers there
/// Thread: any.
[[nodiscard]] Result<Fd> listen_unix(const std::string& path);

}  // namespace msw
