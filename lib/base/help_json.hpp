// A command line as JSON: what --help says, for what makes the manual and the completions. So none of them can say
// anything else.
#pragma once

#include "base/json.hpp"

#include <CLI/CLI.hpp>

#include <string>

namespace msw {

/// @return an array of objects with `names` (`-f`, `--field`; none for a positional), `value` (what it takes, e.g.
/// `PATH`; for a positional its name; empty for a flag), `text`, `required`, `value_optional`
[[nodiscard]] inline Json options_as_json(const CLI::App& app) {
    Json all = Json::array();
    for (const CLI::Option* option : app.get_options()) {
        if (option->get_group().empty()) continue;  // hidden from --help, too
        Json names = Json::array();
        for (const std::string& name : option->get_snames()) names.push("-" + name);
        for (const std::string& name : option->get_lnames()) names.push("--" + name);
        const bool positional = names.items().empty();
        const bool takes_value = positional || option->get_items_expected_max() > 0;
        const std::string value = positional ? option->get_name() : takes_value ? option->get_type_name() : "";
        all.push(Json::object({{"names", std::move(names)},
                               {"value", value},
                               {"text", option->get_description()},
                               {"required", option->get_required()},
                               {"value_optional", takes_value && option->get_items_expected_min() == 0}}));
    }
    return all;
}

}  // namespace msw
