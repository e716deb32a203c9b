// The archive of what runs now, in the file root, ready to be sent.
#pragma once

#include "msw/datapack.hpp"
#include "msw/result.hpp"
#include "plugins/update/collect.hpp"
#include "plugins/update/pack.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace msw::update {

/// The folder of archives in the file root.
inline constexpr std::string_view kArchives = "updates";
/// Archives that stay there; older ones are removed as new ones come.
inline constexpr std::size_t kArchivesKept = 2;

struct Wrapped {
    Packed packed;
    std::string filename;  ///< below the file root
    std::shared_ptr<const File> file;
    std::vector<std::string> left_out;
};

/// Collect, pack, and put the archive into the file root as `updates/update-<16 digits of its digest>.tar.zst`.
/// @param program      absolute path of the running mswd
/// @param own_plugins  see collect()
/// @return Code::io, Code::too_large
[[nodiscard]] Result<Wrapped> wrap_up(const std::string& program, const std::vector<std::string>& own_plugins,
                                      const std::string& file_root);

}  // namespace msw::update
