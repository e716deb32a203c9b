#include "daemon/settings.hpp"

#include "daemon/setting_table.hpp"

namespace msw {

void Settings::set(const Config& config) {
    auto next = std::make_shared<const Json>(with_defaults(config.raw));
    const std::lock_guard lock(mutex_);
    values_ = std::move(next);
    plugin_dirs_ = config.plugin_dirs;
}

std::vector<std::string> Settings::own_plugin_dirs() const {
    std::vector<std::string> dirs;
    if (const std::string release = paths_.release_plugins(); !release.empty()) dirs.push_back(release);
    const std::lock_guard lock(mutex_);
    dirs.insert(dirs.end(), plugin_dirs_.begin(), plugin_dirs_.end());
    return dirs;
}

std::optional<std::string> Settings::get(std::string_view key) const {
    if (key == "id") return Json(host_id_).dump();
    if (key == "version") return Json(MSW_VERSION).dump();
    if (key == "program") return Json(paths_.program).dump();
    if (key == "state_dir") return Json(paths_.state_dir).dump();
    if (key == "log_dir") return Json(paths_.log_dir).dump();
    if (key == "file_root") return Json(paths_.file_root()).dump();
    if (key == "config_dir") return Json(paths_.config_dir()).dump();
    if (key == "runtime_dir") return Json(paths_.runtime_dir).dump();
    if (key == "own_plugin_dirs") {
        Json dirs = Json::array();
        for (const std::string& dir : own_plugin_dirs()) dirs.push(dir);
        return dirs.dump();
    }
    std::shared_ptr<const Json> values;
    {
        const std::lock_guard lock(mutex_);
        values = values_;
    }
    const Json* value = values->find(key);
    return value == nullptr ? std::nullopt : std::optional(value->dump());
}

}  // namespace msw
