// Making the archive of a release: tar, zstd, and the same bytes for the same files.
#pragma once

#include "msw/result.hpp"
#include "plugins/update/collect.hpp"
#include "plugins/update/manifest.hpp"

#include <cstdint>
#include <string>

namespace msw::update {

struct Packed {
    std::string digest;  ///< SHA-256 of the archive
    std::uint64_t bytes = 0;
    Manifest manifest;
};

/// Write the archive: release.json first, then the files by name; owner 0, time 0, modes 0755 and 0644.
/// @param about  version and arch of the manifest; its files are filled in
/// @param fd     an empty file; left unsynced
/// @return Code::io; also if a file changes while it is packed
[[nodiscard]] Result<Packed> pack(Manifest about, const Collection& what, int fd);

}  // namespace msw::update
