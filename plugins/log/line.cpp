#include "plugins/log/line.hpp"

#include "msw/percent.hpp"

namespace msw::log_plugin {
namespace {

void append_hex(std::string& out, char c) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    const auto byte = static_cast<unsigned char>(c);
    out += "\\x";
    out += kDigits[byte >> 4U];
    out += kDigits[byte & 15U];
}

void append_ascii(std::string& out, char c) {
    switch (c) {
        case '\n': out += "\\n"; break;
        case '\r': out += "\\r"; break;
        case '\t': out += "\\t"; break;
        default:
            if (c >= 0x20 && c != 0x7f) {
                out += c;
            } else {
                append_hex(out, c);
            }
    }
}

std::size_t sequence_length(char lead) noexcept {
    const auto byte = static_cast<unsigned char>(lead);
    return byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;
}

/// U+0080 to U+009F: terminals take them for commands.
bool is_c1_control(std::string_view sequence) noexcept {
    return sequence[0] == '\xc2' && static_cast<unsigned char>(sequence[1]) < 0xa0;
}

}  // namespace

std::string one_line(std::string_view text) {
    std::string out;
    out.reserve(text.size() + 16);
    for (std::size_t i = 0; i < text.size();) {
        if (static_cast<unsigned char>(text[i]) < 0x80) {
            append_ascii(out, text[i++]);
            continue;
        }
        const std::string_view sequence = text.substr(i, sequence_length(text[i]));
        if (valid_utf8(sequence) && !is_c1_control(sequence)) {
            out += sequence;
            i += sequence.size();
        } else {
            append_hex(out, text[i++]);
        }
    }
    return out;
}

std::string log_line(std::string_view from, std::string_view body) {
    const std::size_t whole = body.size();
    if (!body.empty() && body.back() == '\n') body.remove_suffix(1);
    std::string line = one_line(from) + ": ";
    if (body.size() <= kShownBytes) return line + one_line(body);
    return line + one_line(body.substr(0, kShownBytes)) + " … (" + std::to_string(whole) + " bytes in all)";
}

}  // namespace msw::log_plugin
