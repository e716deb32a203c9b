// The table of functions that a module's file offers (lib/msw/plugin.h), and what it says of a configuration.
#pragma once

#include "msw/plugin.h"
#include "msw/result.hpp"

#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace msw {

/// Load a module's file. It is never unloaded: changing a module is a restart.
/// @param app  the name the file gives it
/// @return its table; Code::unsupported if it is for another version of the interface, or isn't whole
[[nodiscard]] Result<const msw_plugin_v1*> load_module_table(const std::string& path, const std::string& app);

/// What a module may see and say while it checks a configuration.
struct ConfigToCheck {
    std::function<std::optional<std::string>(std::string_view key)> setting;
    std::function<void(std::string_view sentence)> warn;
};

/// Have a module judge a configuration, without starting it.
/// @return Code::refused with its reason if it would decline to start; good if it checks nothing
[[nodiscard]] Result<void> check_config_by(const msw_plugin_v1& table, const ConfigToCheck& config);

}  // namespace msw
