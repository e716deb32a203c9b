#include "msw/decoder.hpp"

#include "msw/chars.hpp"
#include "msw/decoder_scan.hpp"
#include "msw/percent.hpp"

#include <algorithm>
#include <cstring>

namespace msw {
namespace {

/// A piece of foreign text as it may stand in a message: short, printable.
std::string quoted(std::string_view text) {
    constexpr std::size_t kMost = 40;
    std::string out = "\"";
    for (const char c : text.substr(0, kMost)) out += c >= 0x20 && c < 0x7f ? c : '?';
    if (text.size() > kMost) out += "...";
    return out + '"';
}

/// `text == literal`, without a call: most lines pass here.
template <std::size_t N>
bool same(std::string_view text, const char (&literal)[N]) noexcept {
    return text.size() == N - 1 && std::memcmp(text.data(), literal, N - 1) == 0;
}

}  // namespace

std::span<char> Decoder::room(std::size_t at_least) {
    if (begin_ == end_) {
        begin_ = 0;
        end_ = 0;
    }
    if (capacity_ - end_ < at_least) {
        const std::size_t held = end_ - begin_;
        if (capacity_ - held >= at_least && begin_ >= held) {
            std::memcpy(buffer_.get(), buffer_.get() + begin_, held);
        } else {
            const std::size_t wanted = std::max(capacity_ * 2, held + at_least);
            auto grown = std::make_unique<char[]>(wanted + scan::kSlack);  // zeros: the scan looks behind the end
            if (held > 0) std::memcpy(grown.get(), buffer_.get() + begin_, held);
            buffer_ = std::move(grown);
            capacity_ = wanted;
        }
        begin_ = 0;
        end_ = held;
    }
    return {buffer_.get() + end_, capacity_ - end_};
}

void Decoder::feed(std::string_view bytes) {
    if (bytes.empty()) return;
    const std::span<char> space = room(bytes.size());
    std::memcpy(space.data(), bytes.data(), bytes.size());
    commit(bytes.size());
}

Decoder::Event Decoder::next() {
    switch (state_) {
        case State::first_line:
        case State::fields: return parse_head();
        case State::body: return fill_body();
        case State::file_pieces: return file_piece();
        case State::broken: break;
    }
    return Event::error;
}

Decoder::Event Decoder::fail(Code code, std::string text) {
    state_ = State::broken;
    error_ = {code, std::move(text)};
    begin_ = end_;
    return Event::error;
}

Decoder::Event Decoder::parse_head() {
    const char* head = buffer_.get() + begin_;
    const char* end = buffer_.get() + end_;
    for (;;) {
        const char* line = head + cursor_;
        // Most lines hold nothing that needs a second look, so that their end is the first other byte.
        const char* stop = scanned_ > cursor_ ? head + scanned_ : scan::first_not_plain(line, end);
        const bool plain = scanned_ <= cursor_ && stop != end && *stop == '\n';
        if (!plain && stop != end) {
            const void* newline = std::memchr(stop, '\n', static_cast<std::size_t>(end - stop));
            stop = newline == nullptr ? end : static_cast<const char*>(newline);
        }
        if (static_cast<std::size_t>(stop - head) >= limits_.head) {
            return fail(Code::too_large, "the head is longer than " + std::to_string(limits_.head) + " bytes");
        }
        if (stop == end) {
            scanned_ = static_cast<std::size_t>(end - head);
            return Event::more;
        }
        const std::string_view text(line, static_cast<std::size_t>(stop - line));
        cursor_ = static_cast<std::size_t>(stop - head) + 1;
        if (state_ == State::first_line) {
            if (!parse_first_line(text)) return Event::error;
        } else if (text.empty()) {
            return finish_head();
        } else if (!parse_field(text, plain)) {
            return Event::error;
        }
    }
}

bool Decoder::bad_first_line(std::string_view line) {
    const std::size_t first = line.find(' ');
    const std::size_t second = first == std::string_view::npos ? first : line.find(' ', first + 1);
    if (second == std::string_view::npos || line.find(' ', second + 1) != std::string_view::npos) {
        (void)fail(Code::bad_request,
                   "the first line must be `method app version` with single spaces, not " + quoted(line));
        return false;
    }
    const std::string_view method = line.substr(0, first);
    const std::string_view app = line.substr(first + 1, second - first - 1);
    if (method.empty() || method.size() > 64 || !chars::all(method, chars::kName)) {
        (void)fail(Code::bad_request, "not a method: " + quoted(method));
    } else if (app.empty() || app.size() > 255 || !chars::all(app, chars::kApp)) {
        (void)fail(Code::bad_request, "not an app: " + quoted(app));
    } else {
        (void)fail(Code::unsupported, "the version must be msw/1 or msw/0.1, not " + quoted(line.substr(second + 1)));
    }
    return false;
}

bool Decoder::parse_first_line(std::string_view line) {
    // Its line end, which is of no class, stops these.
    const char* space = line.data();
    while (chars::is(*space, chars::kName)) ++space;
    const std::string_view method(line.data(), static_cast<std::size_t>(space - line.data()));
    if (*space != ' ' || method.empty() || method.size() > 64) return bad_first_line(line);
    const char* app_from = ++space;
    while (chars::is(*space, chars::kApp)) ++space;
    const std::string_view app(app_from, static_cast<std::size_t>(space - app_from));
    if (*space != ' ' || app.empty() || app.size() > 255) return bad_first_line(line);
    const std::string_view version = line.substr(method.size() + app.size() + 2);
    const bool v1 = same(version, "msw/1");
    if (!v1 && !same(version, "msw/0.1")) return bad_first_line(line);
    Datapack& d = datapack();
    d.clear();
    d.method.assign(method);
    d.app.assign(app);
    d.version = v1 ? Version::v1 : Version::v0_1;
    fields_from_ = cursor_;
    text_end_ = cursor_;
    has_length_ = false;
    field_count_ = 0;
    remaining_ = 0;
    state_ = State::fields;
    return true;
}

bool Decoder::parse_length(std::string_view digits) {
    std::uint64_t value = 0;
    for (const char c : digits) {
        const auto digit = static_cast<std::uint64_t>(c - '0');
        if (c < '0' || c > '9' || value > (UINT64_MAX - digit) / 10) {
            (void)fail(Code::bad_request, "`length` must be a decimal number of bytes, not " + quoted(digits));
            return false;
        }
        value = value * 10 + digit;
    }
    remaining_ = value;
    has_length_ = true;
    return true;
}

bool Decoder::bad_field(std::string_view line) {
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos || (colon + 1 < line.size() && line[colon + 1] != ' ')) {
        (void)fail(Code::bad_request, "a field must be `name: value`, not " + quoted(line));
    } else {
        (void)fail(Code::bad_request, "not a field name: " + quoted(line.substr(0, colon)));
    }
    return false;
}

bool Decoder::parse_field(std::string_view line, bool plain) {
    const char* text = line.data();
    std::size_t colon = 0;
    while (chars::is(text[colon], chars::kName)) ++colon;  // stopped by the line end, too
    const bool separated =
        colon < line.size() && line[colon] == ':' && (colon + 1 == line.size() || line[colon + 1] == ' ');
    if (!separated || colon == 0 || colon > kLongestFieldName) return bad_field(line);
    const std::string_view name = line.substr(0, colon);
    if (++field_count_ > limits_.fields) {
        (void)fail(Code::too_large, "the head has more than " + std::to_string(limits_.fields) + " fields");
        return false;
    }
    const std::string_view value = colon + 2 <= line.size() ? line.substr(colon + 2) : std::string_view{};
    const bool is_length = same(name, "length");
    Fields& fields = datapack().head;
    const std::uint64_t bit = Fields::bit_of(name);
    if ((is_length && has_length_) || ((fields.names_ & bit) != 0 && is_doubled(name))) {
        (void)fail(Code::bad_request, "the field " + quoted(name) + " is given twice");
        return false;
    }
    if (is_length) return parse_length(value.empty() ? std::string_view("(nothing)") : value);
    text_end_ = cursor_;
    if (value.empty()) return true;

    if (!plain) plain = plain_value(value);
    if (!plain && value.find('\0') != std::string_view::npos) {
        (void)fail(Code::bad_request, "the value of " + quoted(name) + " holds a NUL byte");
        return false;
    }
    fields.names_ |= bit;
    // Written in place: a copy of a just written entry waits for its bytes to leave the store buffer.
    Fields::Entry& e = fields.entries_.emplace_back();
    e.offset = static_cast<std::uint32_t>(name.data() - fields_text());
    e.name_length = static_cast<std::uint16_t>(name.size());
    e.value_length = static_cast<std::uint32_t>(value.size());
    e.plain = plain;
    e.valid_name = true;
    return true;
}

bool Decoder::is_doubled(std::string_view name) const noexcept {
    // The text is taken over whole in finish_head(): until then names are looked up in the buffer.
    const std::vector<Fields::Entry>& all = head().entries_;
    return std::any_of(all.begin(), all.end(), [&](const Fields::Entry& e) {
        return e.name_length == name.size() && std::memcmp(fields_text() + e.offset, name.data(), name.size()) == 0;
    });
}

Decoder::Event Decoder::finish_head() {
    Datapack& d = datapack();
    Fields& fields = d.head;
    fields.arena_.assign(fields_text(), text_end_ - fields_from_);  // a `length` at the end, its usual place, stays out
    if (d.version == Version::v1) {
        for (Fields::Entry& e : fields.entries_) {
            if (e.plain) continue;
            const std::optional<std::string> value = percent_decode(fields.value_of(e));
            if (!value) {
                return fail(Code::bad_request, "the value of " + quoted(fields.name_of(e)) +
                                                   " must be UTF-8 with control characters, `%` and all else "
                                                   "percent-encoded");
            }
            const std::string name(fields.name_of(e));
            e = fields.store(name, *value);
        }
    }
    begin_ += cursor_;
    cursor_ = 0;
    scanned_ = 0;
    if (!has_length_) {
        return fail(Code::bad_request, "the head has no `length`; write `length: 0` where no body follows");
    }
    if (same(d.method, "file")) {
        if (remaining_ > limits_.file) {
            return fail(Code::too_large, "the file of " + std::to_string(remaining_) + " bytes is larger than " +
                                             std::to_string(limits_.file) + " bytes");
        }
        file_size_ = remaining_;
        state_ = State::file_pieces;
        return Event::file;
    }
    if (remaining_ > limits_.body) {
        return fail(Code::too_large, "the body of " + std::to_string(remaining_) + " bytes is larger than " +
                                         std::to_string(limits_.body) + " bytes");
    }
    state_ = State::body;
    return fill_body();
}

Decoder::Event Decoder::fill_body() {
    const std::size_t n = std::min<std::size_t>(end_ - begin_, static_cast<std::size_t>(remaining_));
    // Not reserved ahead: a length is only a promise until the bytes are there.
    datapack().body.append(buffer_.get() + begin_, n);
    begin_ += n;
    remaining_ -= n;
    if (remaining_ > 0) return Event::more;
    state_ = State::first_line;
    return Event::datapack;
}

Decoder::Event Decoder::file_piece() {
    if (remaining_ == 0) {
        state_ = State::first_line;
        return Event::file_end;
    }
    const std::size_t n = static_cast<std::size_t>(std::min<std::uint64_t>(end_ - begin_, remaining_));
    if (n == 0) return Event::more;
    piece_ = {buffer_.get() + begin_, n};
    begin_ += n;
    remaining_ -= n;
    return Event::piece;
}

}  // namespace msw
