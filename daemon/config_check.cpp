#include "daemon/config_check.hpp"

#include "daemon/config.hpp"
#include "daemon/host/module_table.hpp"
#include "daemon/host/plugin_folder.hpp"
#include "daemon/settings.hpp"
#include "daemon/state_dir.hpp"

namespace msw {

ConfigVerdict check_config(const Paths& paths) {
    ConfigVerdict verdict;
    const Result<Config> config = load_config(paths.config, paths.config_optional);
    if (!config) {
        verdict.faults.push_back(config.error().text);
        verdict.file_missing = config.error().code == Code::no_such_file;
        return verdict;
    }
    verdict.warnings = config->warnings;
    for (std::string& text : missing_folders(*config, paths.config)) verdict.warnings.push_back(std::move(text));
    const Result<std::string> id = find_host_id(paths.state_dir, config->id);
    if (!id) {
        verdict.faults.push_back(id.error().text);
        return verdict;
    }
    Settings settings(paths, *id);
    settings.set(*config);
    const PluginScan scan = scan_plugins(paths.shipped_plugins(), settings.own_plugin_dirs());
    verdict.warnings.insert(verdict.warnings.end(), scan.complaints.begin(), scan.complaints.end());
    for (const FoundPlugin& found : scan.plugins) {
        if (found.kind != FoundPlugin::Kind::module) continue;
        const std::string about = paths.config + ": " + found.app + ": ";
        const auto warn = [&](std::string_view sentence) { verdict.warnings.push_back(about + std::string(sentence)); };
        const Result<const msw_plugin_v1*> table = load_module_table(found.path, found.app);
        if (!table) {
            warn(table.error().text);
            continue;
        }
        const Result<void> good =
            check_config_by(**table, {[&](std::string_view key) { return settings.get(key); }, warn});
        if (!good) verdict.faults.push_back(about + good.error().text);
    }
    return verdict;
}

}  // namespace msw
