#include "msw/decoder.hpp"

#include "msw/chars.hpp"
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
            std::unique_ptr<char[]> grown(new char[wanted]);
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
    for (;;) {
        const char* head = buffer_.get() + begin_;
        const std::size_t held = end_ - begin_;
        const std::size_t from = std::max(scanned_, cursor_);
        const void* newline = held > from ? std::memchr(head + from, '\n', held - from) : nullptr;
        const std::size_t line_end =
            newline == nullptr ? held : static_cast<std::size_t>(static_cast<const char*>(newline) - head);
        if (line_end >= limits_.head) {
            return fail(Code::too_large, "the head is longer than " + std::to_string(limits_.head) + " bytes");
        }
        if (newline == nullptr) {
            scanned_ = held;
            return Event::more;
        }
        const std::string_view line(head + cursor_, line_end - cursor_);
        cursor_ = line_end + 1;
        if (state_ == State::first_line) {
            if (!parse_first_line(line)) return Event::error;
        } else if (line.empty()) {
            return finish_head();
        } else if (!parse_field(line)) {
            return Event::error;
        }
    }
}

bool Decoder::parse_first_line(std::string_view line) {
    const std::size_t first = line.find(' ');
    const std::size_t second = first == std::string_view::npos ? first : line.find(' ', first + 1);
    if (second == std::string_view::npos || line.find(' ', second + 1) != std::string_view::npos) {
        (void)fail(Code::bad_request,
                   "the first line must be `method app version` with single spaces, not " + quoted(line));
        return false;
    }
    const std::string_view method = line.substr(0, first);
    const std::string_view app = line.substr(first + 1, second - first - 1);
    const std::string_view version = line.substr(second + 1);
    if (method.empty() || method.size() > 64 || !chars::all(method, chars::kName)) {
        (void)fail(Code::bad_request, "not a method: " + quoted(method));
        return false;
    }
    if (app.empty() || app.size() > 255 || !chars::all(app, chars::kApp)) {
        (void)fail(Code::bad_request, "not an app: " + quoted(app));
        return false;
    }
    if (version != "msw/1" && version != "msw/0.1") {
        (void)fail(Code::unsupported, "the version must be msw/1 or msw/0.1, not " + quoted(version));
        return false;
    }
    datapack_.clear();
    datapack_.method.assign(method);
    datapack_.app.assign(app);
    datapack_.version = version == "msw/1" ? Version::v1 : Version::v0_1;
    fields_from_ = cursor_;
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

bool Decoder::parse_field(std::string_view line) {
    std::size_t colon = 0;
    while (colon < line.size() && chars::is(line[colon], chars::kName)) ++colon;
    const bool separated =
        colon < line.size() && line[colon] == ':' && (colon + 1 == line.size() || line[colon + 1] == ' ');
    if (!separated || colon == 0 || colon > kLongestFieldName) return bad_field(line);
    const std::string_view name = line.substr(0, colon);
    if (++field_count_ > limits_.fields) {
        (void)fail(Code::too_large, "the head has more than " + std::to_string(limits_.fields) + " fields");
        return false;
    }
    const std::string_view value = colon + 2 <= line.size() ? line.substr(colon + 2) : std::string_view{};
    Fields& fields = datapack_.head;
    // The text is taken over whole in finish_head(): until then names are looked up in the buffer.
    const char* base = buffer_.get() + begin_ + fields_from_;
    const bool doubled =
        (name == "length" && has_length_) ||
        std::any_of(fields.entries_.begin(), fields.entries_.end(), [&](const Fields::Entry& e) {
            return e.name_length == name.size() && std::memcmp(base + e.offset, name.data(), name.size()) == 0;
        });
    if (doubled) {
        (void)fail(Code::bad_request, "the field " + quoted(name) + " is given twice");
        return false;
    }
    if (name == "length") return parse_length(value.empty() ? std::string_view("(nothing)") : value);
    if (value.empty()) return true;

    const bool plain = plain_value(value);
    if (!plain && value.find('\0') != std::string_view::npos) {
        (void)fail(Code::bad_request, "the value of " + quoted(name) + " holds a NUL byte");
        return false;
    }
    // Written in place: a copy of a just written entry waits for its bytes to leave the store buffer.
    Fields::Entry& e = fields.entries_.emplace_back();
    e.offset = static_cast<std::uint32_t>(name.data() - base);
    e.name_length = static_cast<std::uint16_t>(name.size());
    e.value_length = static_cast<std::uint32_t>(value.size());
    e.plain = plain;
    return true;
}

Decoder::Event Decoder::finish_head() {
    Fields& fields = datapack_.head;
    const std::size_t text_size = cursor_ - fields_from_ - 1;
    fields.arena_.assign(buffer_.get() + begin_ + fields_from_, text_size);
    if (datapack_.version == Version::v1) {
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
    if (datapack_.method == "file") {
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
    datapack_.body.append(buffer_.get() + begin_, n);
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
