// "shell" in the configuration.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "msw/result.hpp"

namespace msw::shell {

struct Settings {
    std::chrono::seconds timeout{60};        ///< for commands whose asker gives none
    std::chrono::seconds max_timeout{3600};  ///< what an asker may give
    std::size_t max_output = 256 * 1024;     ///< bytes of an answer
    unsigned parallel = 8;                   ///< commands at a time; read at the start only
};

/// @param json        the JSON text of "shell"; nothing: the defaults
/// @param complaints  gets a sentence for each value that could not be used
[[nodiscard]] Settings read_settings(const std::optional<std::string>& json, std::vector<std::string>& complaints);

/// @param asked  the `timeout` field, maybe empty
/// @return the time a command has; Code::bad_request if `asked` is no number of seconds, or too many
[[nodiscard]] Result<std::chrono::seconds> timeout_for(std::string_view asked, const Settings& settings);

}  // namespace msw::shell
