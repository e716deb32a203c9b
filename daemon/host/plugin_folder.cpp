#include "daemon/host/plugin_folder.hpp"

#include "msw/chars.hpp"

#include <sys/stat.h>
#include <algorithm>
#include <array>
#include <filesystem>
#include <map>
#include <system_error>

namespace msw {
namespace {

namespace fs = std::filesystem;

struct Candidate {
    FoundPlugin plugin;
    timespec changed{};
};

bool later(const timespec& a, const timespec& b) noexcept {
    return a.tv_sec != b.tv_sec ? a.tv_sec > b.tv_sec : a.tv_nsec > b.tv_nsec;
}

/// @return the plugin that a file is, or one without an app if it is none
Candidate look_at(const fs::path& path, bool shipped, std::vector<std::string>& complaints) {
    Candidate c;
    struct stat info {};
    const std::string base = path.filename().string();
    if (base.front() == '.' || base.front() == '_' || ::stat(path.c_str(), &info) != 0 || !S_ISREG(info.st_mode))
        return c;
    const bool runnable = (info.st_mode & (S_IXUSR | S_IXGRP | S_IXOTH)) != 0;
    const std::string extension = path.extension().string();
    c.changed = info.st_ctim;
    c.plugin.path = path.string();
    c.plugin.shipped = shipped;
    c.plugin.version = std::to_string(info.st_ino) + '.' + std::to_string(info.st_ctim.tv_sec) + '.' +
                       std::to_string(info.st_ctim.tv_nsec) + '.' + std::to_string(info.st_size);
    if (extension == ".so") {
        if (!shipped) {
            complaints.push_back(c.plugin.path +
                                 ": a library of your own can't be loaded into mswd; make it a program "
                                 "that talks Datapacks on stdin and stdout (docs/plugins.md)");
            return c;
        }
        c.plugin.kind = FoundPlugin::Kind::module;
    } else if (runnable) {
        c.plugin.argv = {c.plugin.path};
    } else if (extension == ".py") {
        c.plugin.argv = {"/usr/bin/env", "python3", c.plugin.path};
    } else {
        return c;
    }
    const std::string app = path.stem().string();
    if (valid_app_name(app)) {
        c.plugin.app = app;
    } else {
        complaints.push_back(c.plugin.path + ": \"" + app + "\" can't be the name of a plugin");
    }
    return c;
}

}  // namespace

bool valid_app_name(std::string_view app) noexcept {
    constexpr std::array<std::string_view, 4> kMeanings{"mswd", "all", "handshake", "logger"};
    return !app.empty() && app.size() <= 63 && chars::all(app, chars::kName) &&
           std::find(kMeanings.begin(), kMeanings.end(), app) == kMeanings.end();
}

PluginScan scan_plugins(const std::string& shipped_dir, const std::vector<std::string>& own_dirs) {
    PluginScan scan;
    std::map<std::string, Candidate> best;
    const auto read = [&](const std::string& dir, bool shipped) {
        std::error_code failed;
        for (fs::directory_iterator at(dir, failed), end; !failed && at != end; at.increment(failed)) {
            Candidate c = look_at(at->path(), shipped, scan.complaints);
            if (c.plugin.app.empty()) continue;
            const auto [old, added] = best.try_emplace(c.plugin.app, c);
            if (added) continue;
            if (old->second.plugin.shipped) {
                scan.complaints.push_back(c.plugin.path + ": passed over, because mswd itself has a plugin \"" +
                                          c.plugin.app + "\"; give yours another name");
            } else if (later(c.changed, old->second.changed)) {
                old->second = std::move(c);
            }
        }
        if (failed && failed != std::errc::no_such_file_or_directory) {
            scan.complaints.push_back(dir + ": " + failed.message());
        }
    };
    read(shipped_dir, true);
    for (const std::string& dir : own_dirs) read(dir, false);
    for (auto& [app, candidate] : best) scan.plugins.push_back(std::move(candidate.plugin));
    return scan;
}

}  // namespace msw
