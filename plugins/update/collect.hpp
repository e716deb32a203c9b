// What runs now: the files that a release is made of.
#pragma once

#include "msw/result.hpp"
#include "plugins/update/manifest.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace msw::update {

/// The filters of the Python system: what is a host's own.
[[nodiscard]] bool filtered_file(std::string_view name) noexcept;
[[nodiscard]] bool filtered_folder(std::string_view name) noexcept;

struct SourceFile {
    std::string name;  ///< in the release
    std::string path;  ///< on this host
    std::uint64_t size = 0;
    bool executable = false;
};

struct Collection {
    std::vector<SourceFile> files;      ///< by name, each once
    std::vector<std::string> left_out;  ///< paths that are neither regular files nor folders, in words
};

/// @param root         the folder above bin/ and lib/mswd/ of the running program. Of bin/ only mswd, mswctl and
///                     mswd-launcher are taken, of lib/mswd/ all but the filtered folders
/// @param own_plugins  folders of the user's own plugins, merged into plugins/: of several files with the same
///                     name the one that was changed last (its ctime), whichever folder it is in. Folders that don't
///                     exist are empty
/// @return Code::io for what can't be read, Code::too_large
[[nodiscard]] Result<Collection> collect(const std::string& root, const std::vector<std::string>& own_plugins,
                                         const Limits& limits);

}  // namespace msw::update
