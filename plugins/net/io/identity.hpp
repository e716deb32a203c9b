// Who this host is, kept in its state directory: `member`, drawn at the first start, and `epoch`, counted at every one.
#pragma once

#include "msw/plugin.hpp"
#include "msw/result.hpp"
#include "plugins/net/core/mesh.hpp"

#include <cstdint>
#include <string>

namespace msw::net {

/// Read or make `member`, raise `epoch` on disk, draw the run.
/// @return what can't be read or written, and why
[[nodiscard]] Result<void> begin_run(const std::string& state_dir, MeshSettings& settings);

/// Have the next start use a greater epoch than `epoch`. What goes wrong is a line in the journal.
void keep_epoch(const std::string& state_dir, std::uint64_t epoch, const plugin::Host& host);

}  // namespace msw::net
