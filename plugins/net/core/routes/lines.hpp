// Taking foreign text apart: lines, words, numbers. Each number has one way to be written.
#pragma once

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace msw::net {

/// The lines of a text, in order. Each must end with a line end.
/// Thread: one at a time. The text must live on.
class Lines {
public:
    explicit Lines(std::string_view text) noexcept : rest_(text) {}

    /// @return the next line without its end; nothing: there is no whole one left
    [[nodiscard]] std::optional<std::string_view> next() noexcept {
        const std::size_t end = rest_.find('\n');
        if (end == std::string_view::npos) return std::nullopt;
        const std::string_view line = rest_.substr(0, end);
        rest_.remove_prefix(end + 1);
        return line;
    }

    /// @return the next `size` bytes, whatever they are; nothing: there are fewer
    [[nodiscard]] std::optional<std::string_view> bytes(std::size_t size) noexcept {
        if (size > rest_.size()) return std::nullopt;
        const std::string_view taken = rest_.substr(0, size);
        rest_.remove_prefix(size);
        return taken;
    }

    [[nodiscard]] std::string_view rest() const noexcept { return rest_; }

private:
    std::string_view rest_;
};

/// @return what `line` begins with up to a blank, which goes too; all of it if there is none
[[nodiscard]] inline std::string_view take_word(std::string_view& line) noexcept {
    const std::size_t end = std::min(line.find(' '), line.size());
    const std::string_view word = line.substr(0, end);
    line.remove_prefix(std::min(end + 1, line.size()));
    return word;
}

/// @return the decimal number, without a needless zero and at most `largest`; nothing: it is none
[[nodiscard]] inline std::optional<std::uint64_t> read_count(std::string_view text, std::uint64_t largest) noexcept {
    std::uint64_t number = 0;
    if (text.empty() || (text.front() == '0' && text.size() > 1)) return std::nullopt;
    const auto [end, status] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (status != std::errc{} || end != text.data() + text.size() || number > largest) return std::nullopt;
    return number;
}

}  // namespace msw::net
