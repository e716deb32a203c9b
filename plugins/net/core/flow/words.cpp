#include "plugins/net/core/flow/words.hpp"

#include "base/hex.hpp"
#include "msw/chars.hpp"
#include "plugins/net/core/flow/in_flow.hpp"

#include <array>
#include <charconv>
#include <optional>

namespace msw::net {
namespace {

constexpr std::size_t kMostParts = 6;

/// The words of a line; nothing if there are too many.
struct Line {
    std::array<std::string_view, kMostParts> parts;
    std::size_t count = 0;
};

std::optional<Line> split(std::string_view text) {
    Line line;
    for (;;) {
        if (line.count == kMostParts) return std::nullopt;
        const std::size_t end = text.find(' ');
        line.parts[line.count++] = text.substr(0, end);
        if (end == std::string_view::npos) return line;
        text.remove_prefix(end + 1);
    }
}

bool read(std::string_view text, std::uint64_t& into) noexcept {
    const auto [rest, status] = std::from_chars(text.data(), text.data() + text.size(), into);
    return status == std::errc{} && rest == text.data() + text.size() && into <= kMostNumber;
}

bool read(const Line& line, FlowName& into) {
    if (line.count < 4 || (line.parts[0] != "o" && line.parts[0] != "d")) return false;
    into.flow_class = line.parts[0] == "d" ? FlowClass::durable : FlowClass::ordinary;
    into.run = parse_run(line.parts[1]);
    into.app = line.parts[2];
    return into.run != kNoRun && !into.app.empty() && into.app.size() <= 255 && chars::all(into.app, chars::kApp);
}

bool read_bits(std::string_view hex, std::string& into) {
    if (hex.empty() || hex.size() % 2 != 0 || hex.size() > InFlow::kMostBeyond / 4) return false;
    for (std::size_t i = 0; i < hex.size(); i += 2) {
        const std::size_t high = kHexDigits.find(hex[i]);
        const std::size_t low = kHexDigits.find(hex[i + 1]);
        if (high == std::string_view::npos || low == std::string_view::npos) return false;
        into.push_back(static_cast<char>(high << 4U | low));
    }
    return true;
}

bool read(const Line& line, ReceiptWord& into) {
    return line.count <= 5 && read(line, into.flow) && read(line.parts[3], into.mark) &&
           (line.count < 5 || read_bits(line.parts[4], into.beyond));
}

bool read(const Line& line, WindowWord& into) {
    if (line.count == 5 && line.parts[3] == "credit") {
        CreditWord word;
        const bool good = read(line, word.flow) && read(line.parts[4], word.offset);
        into = std::move(word);
        return good;
    }
    LowWord word;
    const bool good = line.count == 6 && line.parts[3] == "low" && read(line, word.flow) &&
                      read(line.parts[4], word.low) && word.low > 0 && read(line.parts[5], word.at);
    into = std::move(word);
    return good;
}

template <class Word>
Result<std::vector<Word>> parse(std::string_view body) {
    std::vector<Word> words;
    while (!body.empty()) {
        const std::string_view text = body.substr(0, body.find('\n'));
        body.remove_prefix(std::min(text.size() + 1, body.size()));
        const std::optional<Line> line = split(text);
        Word word;
        if (words.size() == kMostWords || !line || !read(*line, word)) {
            return Error{Code::bad_request, "line " + std::to_string(words.size() + 1) + ", \"" +
                                                std::string(text.substr(0, 64)) + "\", makes no sense"};
        }
        words.push_back(std::move(word));
    }
    return words;
}

void write(const FlowName& flow, std::string& body) {
    body.push_back(letter(flow.flow_class));
    body.append(" ").append(to_text(flow.run)).append(" ").append(flow.app);
}

void write(std::uint64_t number, std::string& body) { body.append(" ").append(std::to_string(number)); }

}  // namespace

void write_word(const ReceiptWord& word, std::string& body) {
    write(word.flow, body);
    write(word.mark, body);
    if (!word.beyond.empty()) body.push_back(' ');
    body += to_hex(word.beyond);
    body.push_back('\n');
}

void write_word(const WindowWord& word, std::string& body) {
    if (const auto* credit = std::get_if<CreditWord>(&word)) {
        write(credit->flow, body);
        body.append(" credit");
        write(credit->offset, body);
    } else {
        const auto& low = std::get<LowWord>(word);
        write(low.flow, body);
        body.append(" low");
        write(low.low, body);
        write(low.at, body);
    }
    body.push_back('\n');
}

Result<std::vector<ReceiptWord>> parse_receipts(std::string_view body) { return parse<ReceiptWord>(body); }
Result<std::vector<WindowWord>> parse_windows(std::string_view body) { return parse<WindowWord>(body); }

}  // namespace msw::net
