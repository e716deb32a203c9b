#include "tests/sim/mesh/options.hpp"

#include <charconv>

namespace msw::sim {

const std::string_view kHelp =
    "mesh_sim: whole meshes in virtual time, with faults, from a seed that replays.\n"
    "\n"
    "  mesh_sim --seed S [--hosts N] [--trace] [--shrink] [--only STEPS]\n"
    "  mesh_sim --seeds N [--from S] [--jobs N] [--twice] [--shrink]\n"
    "\n"
    "  --seed S      run this one; without it, seed 1\n"
    "  --seeds N     run so many, --from S on (1); ends with the first that breaks a promise\n"
    "  --jobs N      so many at a time, a thread each (1)\n"
    "  --hosts N     2 to 12; without it as the seed says, 3 to 12\n"
    "  --twice       run each seed twice, and see that the same happens\n"
    "  --trace       print all that happens\n"
    "  --shrink      if a promise is broken, leave out steps as long as it still is, and print those that are needed\n"
    "  --only STEPS  run these steps of the plan only: numbers with commas, as --shrink prints them; `none`: none\n"
    "  --help        this\n"
    "\n"
    "Ends with 0 if all promises were kept, 1 if one was broken, 2 if the arguments make no sense.\n"
    "docs/testing.md says which promises there are, and what the faults mean.\n";

namespace {

template <class Number>
bool read(std::string_view text, Number& into) {
    const auto [rest, status] = std::from_chars(text.data(), text.data() + text.size(), into);
    return status == std::errc{} && rest == text.data() + text.size();
}

bool read_steps(std::string_view text, Options& options) {
    options.only.emplace();
    if (text == "none") return true;
    while (!text.empty()) {
        const std::string_view one = text.substr(0, text.find(','));
        std::size_t step = 0;
        if (!read(one, step)) return false;
        options.only->push_back(step);
        text.remove_prefix(one.size() == text.size() ? one.size() : one.size() + 1);
    }
    return true;
}

bool read_value(std::string_view name, std::string_view value, Options& options) {
    if (name == "--seed" || name == "--from") return read(value, options.from);
    if (name == "--seeds") return read(value, options.seeds) && options.seeds > 0;
    if (name == "--jobs") return read(value, options.jobs) && options.jobs > 0 && options.jobs <= 64;
    if (name == "--hosts") return read(value, options.hosts) && options.hosts >= 2 && options.hosts <= 12;
    return name == "--only" && read_steps(value, options);
}

}  // namespace

std::optional<Options> read_options(const std::vector<std::string_view>& words, std::string& wrong) {
    Options options;
    for (std::size_t i = 0; i < words.size(); ++i) {
        const std::string_view word = words[i];
        if (word == "--shrink") {
            options.shrink = true;
        } else if (word == "--trace") {
            options.trace = true;
        } else if (word == "--twice") {
            options.twice = true;
        } else if (word == "--help") {
            options.help = true;
        } else if (word == "--seed" || word == "--from" || word == "--seeds" || word == "--jobs" || word == "--hosts" ||
                   word == "--only") {
            if (i + 1 == words.size()) {
                wrong = std::string(word) + " wants a value";
                return std::nullopt;
            }
            if (!read_value(word, words[++i], options)) {
                wrong = "\"" + std::string(words[i]) + "\" makes no sense for " + std::string(word);
                return std::nullopt;
            }
        } else {
            wrong = "\"" + std::string(word) + "\" is not known";
            return std::nullopt;
        }
    }
    return options;
}

}  // namespace msw::sim
