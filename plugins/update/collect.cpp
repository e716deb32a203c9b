#include "plugins/update/collect.hpp"

#include <sys/stat.h>
#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>
#include <map>
#include <system_error>
#include <utility>

namespace msw::update {
namespace {

namespace fs = std::filesystem;

constexpr std::array<std::string_view, 5> kFiles{"__init__.py", "addrlist.txt", "config.json", "logger.log",
                                                 "update.tar.xz"};
constexpr std::array<std::string_view, 6> kFolders{".git", ".idea", "__pycache__", "resources", "tmp", "res"};
constexpr std::array<std::string_view, 3> kPrograms{"mswd", "mswctl", "mswd-launcher"};

enum class Filter { folders, files_and_folders };

class Collector {
public:
    explicit Collector(const Limits& limits) noexcept : limits_(limits) {}

    Result<void> add_file(const std::string& name, const fs::path& path) {
        std::error_code failed;
        const fs::file_status status = fs::symlink_status(path, failed);
        if (status.type() == fs::file_type::not_found) return {};
        if (failed) return io(path, failed);
        if (status.type() != fs::file_type::regular) {
            left_out_.push_back(path.string() + " is no regular file");
            return {};
        }
        if (Result<void> fine = check_release_name(name); !fine) {
            left_out_.push_back(fine.error().text);
            return {};
        }
        struct stat info {};
        if (::stat(path.c_str(), &info) != 0) return io(path, std::error_code(errno, std::generic_category()));
        found_.push_back(
            {SourceFile{name, path.string(), static_cast<std::uint64_t>(info.st_size), (info.st_mode & S_IXUSR) != 0},
             info.st_ctim});
        return {};
    }

    Result<void> add_folder(const std::string& prefix, const fs::path& folder, Filter filter) {
        std::error_code failed;
        fs::directory_iterator at(folder, failed);
        if (failed == std::errc::no_such_file_or_directory) return {};
        for (; !failed && at != fs::directory_iterator(); at.increment(failed)) {
            const std::string base = at->path().filename().string();
            const fs::file_type type = at->symlink_status(failed).type();
            if (failed) break;
            if (type == fs::file_type::directory) {
                if (filtered_folder(base)) continue;
                if (Result<void> added = add_folder(prefix + base + '/', at->path(), filter); !added) return added;
            } else if (filter == Filter::folders || !filtered_file(base)) {
                if (Result<void> added = add_file(prefix + base, at->path()); !added) return added;
            }
        }
        if (failed) return io(folder, failed);
        return {};
    }

    /// Of what can't be together what was changed last; of what was changed at once what came first.
    Result<Collection> finish() && {
        std::stable_sort(found_.begin(), found_.end(),
                         [](const Found& a, const Found& b) { return later(a.changed, b.changed); });
        std::uint64_t total = 0;
        for (Found& found : found_) {
            SourceFile& file = found.file;
            if (clashes(file.name)) continue;
            total += file.size;
            if (files_.size() + 2 > limits_.entries || total > limits_.total || file.size > limits_.file) {
                return Error{Code::too_large, "too much for one release, at " + file.path};
            }
            std::string name = file.name;
            files_.emplace(std::move(name), std::move(file));
        }
        Collection all;
        for (auto& [name, file] : files_) all.files.push_back(std::move(file));
        all.left_out = std::move(left_out_);
        return all;
    }

private:
    static Error io(const fs::path& path, const std::error_code& error) {
        return {Code::io, path.string() + ": " + error.message()};
    }

    static bool later(const timespec& a, const timespec& b) noexcept {
        return a.tv_sec != b.tv_sec ? a.tv_sec > b.tv_sec : a.tv_nsec > b.tv_nsec;
    }

    /// @return whether a file or folder that is taken already has this name, or a file the name of a folder above it
    [[nodiscard]] bool clashes(const std::string& name) const {
        const auto at = files_.lower_bound(name);
        if (at != files_.end() && at->first == name) return true;
        const auto below = files_.lower_bound(name + '/');
        if (below != files_.end() && below->first.compare(0, name.size() + 1, name + '/') == 0) return true;
        for (std::size_t slash = name.find('/'); slash != std::string::npos; slash = name.find('/', slash + 1)) {
            if (files_.contains(name.substr(0, slash))) return true;
        }
        return false;
    }

    struct Found {
        SourceFile file;
        timespec changed;
    };

    const Limits& limits_;
    std::vector<Found> found_;
    std::map<std::string, SourceFile> files_;
    std::vector<std::string> left_out_;
};

}  // namespace

bool filtered_file(std::string_view name) noexcept {
    return std::find(kFiles.begin(), kFiles.end(), name) != kFiles.end();
}

bool filtered_folder(std::string_view name) noexcept {
    return std::find(kFolders.begin(), kFolders.end(), name) != kFolders.end();
}

Result<Collection> collect(const std::string& root, const std::vector<std::string>& own_plugins, const Limits& limits) {
    Collector collector(limits);
    for (const std::string_view program : kPrograms) {
        const std::string name = "bin/" + std::string(program);
        if (Result<void> added = collector.add_file(name, fs::path(root) / name); !added) return added.error();
    }
    if (Result<void> added = collector.add_folder("lib/mswd/", fs::path(root) / "lib/mswd", Filter::folders); !added) {
        return added.error();
    }
    for (const std::string& folder : own_plugins) {
        if (Result<void> added = collector.add_folder("plugins/", folder, Filter::files_and_folders); !added) {
            return added.error();
        }
    }
    return std::move(collector).finish();
}

}  // namespace msw::update
