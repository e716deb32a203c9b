// release.json, the first entry of a release: what else must be in it, to the byte. It says nothing of who packed it,
// so that the same files make the same release wherever they are packed.
//
//     {"format": 1, "version": "0.1.0", "arch": "x86_64",
//      "files": [{"name": "bin/mswd", "size": 123, "mode": "0755", "sha256": "…"}, …]}
#pragma once

#include "msw/result.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace msw::update {

inline constexpr std::string_view kManifestName = "release.json";
inline constexpr std::string_view kProgramName = "bin/mswd";

/// What a release may be at most. Both who packs and who receives keep to it.
struct Limits {
    std::uint64_t entries = 10000;
    std::uint64_t total = 1ULL << 30U;          ///< bytes of all files
    std::uint64_t file = 512ULL * 1024 * 1024;  ///< bytes of one
    std::uint64_t manifest = 8ULL * 1024 * 1024;
};

struct ManifestFile {
    std::string name;
    std::uint64_t size = 0;
    bool executable = false;
    std::string sha256;
    friend bool operator==(const ManifestFile&, const ManifestFile&) = default;
};

struct Manifest {
    std::string version;              ///< of mswd
    std::string arch;                 ///< as `uname -m` says it
    std::vector<ManifestFile> files;  ///< by name, each once

    [[nodiscard]] std::string to_json() const;
    /// Read one from outside and check everything that can be checked without the files.
    /// @return Code::bad_request, too_large, or refused for a name that has no business in a release
    [[nodiscard]] static Result<Manifest> parse(std::string_view json, const Limits& limits);

    [[nodiscard]] std::uint64_t total_size() const noexcept;
    /// @return the file of that name, or null
    [[nodiscard]] const ManifestFile* find(std::string_view name) const noexcept;
};

/// @return an error unless `name` is a safe relative name below bin/, lib/mswd/ or plugins/
[[nodiscard]] Result<void> check_release_name(std::string_view name);

/// @return the machine this runs on, as `uname -m` says it
[[nodiscard]] std::string this_arch();

}  // namespace msw::update
