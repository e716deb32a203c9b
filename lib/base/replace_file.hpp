// Small files that are replaced as a whole, so that after a crash or a power cut there is the old one or the new one.
//
// Temporary file beside it, fsync, rename, fsync of the folder: without the first fsync the new name may lead to an
// empty file, without the second the old one may come back after the caller went on (Pillai et al., "All File Systems
// Are Not Created Equal", OSDI 2014).
#pragma once

#include "base/file_calls.hpp"

#include <sys/types.h>
#include <string>
#include <string_view>

namespace msw {

// Each gives 0, or an errno; then the old one stands, or (only where the folder could not be synced) perhaps the new
// one. Blocks on the disk. Thread: any; one at a time for one path, as the temporary file is `.NAME.new` beside it.

/// Put a file with these bytes in the place of `path`, which need not exist.
/// @param mode  permissions of the new file, less the umask
[[nodiscard]] int replace_file(const std::string& path, std::string_view bytes, mode_t mode,
                               FileCalls& files = system_files());

/// Put a symbolic link to `target` in the place of `path`, which need not exist.
[[nodiscard]] int replace_link(const std::string& path, const std::string& target, FileCalls& files = system_files());

/// Remove `path` so that it stays removed. It need not exist.
[[nodiscard]] int remove_file(const std::string& path, FileCalls& files = system_files());

/// What was created, renamed or removed in a folder stays so.
[[nodiscard]] int sync_folder(const std::string& folder, FileCalls& files = system_files());

/// @return the folder that `path` stands in; "." if it has no slash
[[nodiscard]] std::string folder_of(const std::string& path);

}  // namespace msw
