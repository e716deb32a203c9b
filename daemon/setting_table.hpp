// The table of all keys of config.json: what each may hold, what holds where it isn't given, and what it means. The
// configuration is checked by it, plugins are told its defaults, and the manual is made of it.
#pragma once

#include "base/json.hpp"

#include <array>
#include <cstdint>
#include <string_view>

namespace msw {

/// One key.
struct Setting {
    enum class Kind { text, number, flag, paths, texts, host_id };
    enum class Counts { after_reload, after_restart };

    std::string_view key;  ///< `section.name` for a member of an object
    Kind kind;
    std::string_view otherwise;  ///< the default as JSON text; empty: none
    Counts counts;               ///< from when a change of it does
    std::string_view meaning;    ///< sentences for the manual; `code` stands in backticks
    std::int64_t least = 0;      ///< of a number
    std::int64_t most = 0;
};

/// Sorted by key.
extern const std::array<Setting, 25> kSettings;

/// @return the setting of that key, or null
[[nodiscard]] const Setting* find_setting(std::string_view key) noexcept;

/// @return whether `key` is an object that holds known keys
[[nodiscard]] bool is_section(std::string_view key) noexcept;

/// @return the value that `config` gives for `key`, `section.name` included; null (the JSON kind) if none
[[nodiscard]] const Json& value_of(const Json& config, std::string_view key) noexcept;

/// @return `config` with the defaults of all keys that it doesn't give
[[nodiscard]] Json with_defaults(Json config);

/// @return the table as JSON, for what makes the manual: an array of objects with `key`, `type`, `default`, `least`,
/// `most`, `counts`, `meaning`
[[nodiscard]] Json settings_as_json();

}  // namespace msw
