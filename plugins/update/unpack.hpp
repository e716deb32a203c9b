// Reading an archive that somebody sent. Nothing in it is believed.
#pragma once

#include "msw/result.hpp"
#include "plugins/update/manifest.hpp"

#include <string>

namespace msw::update {

/// Unpack an archive into an empty folder of our own, checking it on the way: every entry is a regular file or folder
/// with a safe name below bin/, lib/mswd/ or plugins/; release.json comes first, and every file is listed there with
/// its size, mode and digest; none is missing; the limits hold; the archive's bytes, as they were read, have `digest`.
///
/// On an error the folder holds a part of it and is to be removed: nothing of it may be used.
/// @param fd      the archive, from its beginning; read with pread()
/// @param digest  its SHA-256
/// @param folder  absolute path
/// @return what is in it; Code::refused, bad_request, too_large, unsupported (another machine), io
[[nodiscard]] Result<Manifest> unpack(int fd, const std::string& digest, const std::string& folder,
                                      const Limits& limits = {});

}  // namespace msw::update
