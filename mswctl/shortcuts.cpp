#include "mswctl/shortcuts.hpp"

#include <algorithm>
#include <array>

namespace mswctl {
namespace {

struct Meaning {
    std::string_view word;
    Line::Kind kind;
    std::string_view text;
};

constexpr std::array<Meaning, 13> kMeanings{{
    {"1", Line::Kind::command, "ffmpeg:autostart"},
    {"2", Line::Kind::command, "ffmpeg:enable;to:*,server:miku"},
    {"exit", Line::Kind::exit, ""},
    {"help", Line::Kind::help, ""},
    {"?", Line::Kind::help, ""},
    {"peers", Line::Kind::word, "peers"},
    {"plugins", Line::Kind::word, "plugins"},
    {"queue", Line::Kind::word, "queue"},
    {"quit", Line::Kind::quit, ""},
    {"reload", Line::Kind::word, "reload"},
    {"restart", Line::Kind::restart, ""},
    {"status", Line::Kind::word, "status"},
    {"update", Line::Kind::command, "update:compress;update_to:*"},
}};

std::string_view trimmed(std::string_view text) {
    constexpr std::string_view kBlank = " \t\r\n";
    const std::size_t from = text.find_first_not_of(kBlank);
    if (from == std::string_view::npos) return {};
    return text.substr(from, text.find_last_not_of(kBlank) - from + 1);
}

}  // namespace

Line read_line(std::string_view line, std::string_view last) {
    std::string_view text = trimmed(line);
    if (text.empty() || text.front() == '#') return {};
    if (text == "r") {
        text = trimmed(last);
        if (text.empty()) return {Line::Kind::no_last, {}};
    }
    const auto* m = std::find_if(kMeanings.begin(), kMeanings.end(), [&](const Meaning& k) { return k.word == text; });
    if (m != kMeanings.end()) return {m->kind, std::string(m->text)};
    // Words of a command line: here the rest of it is all there is to write.
    const std::string_view first = text.substr(0, text.find(' '));
    if (first.size() < text.size() && (first == "call" || first == "send" || first == "mswctl")) {
        return {Line::Kind::unknown, std::string(text)};
    }
    if (text.find(':') == std::string_view::npos) return {Line::Kind::unknown, std::string(text)};
    return {Line::Kind::command, std::string(text)};
}

}  // namespace mswctl
