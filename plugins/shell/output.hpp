// What a command printed, up to a bound.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace msw::shell {

/// Thread: one at a time.
class Output {
public:
    /// @param limit  bytes that text() has at most, the line about what was cut included
    explicit Output(std::size_t limit) noexcept : limit_(limit) {}

    /// Take more output: what is beyond the bound is counted, not kept.
    void append(std::string_view bytes);

    /// @return the output; if it was cut, cut at the end of a character and followed by a line that says so
    /// @param note  one more line at the end, or empty
    [[nodiscard]] std::string text(std::string_view note = {}) const;

private:
    std::size_t limit_;
    std::string kept_;
    std::uint64_t total_ = 0;
};

}  // namespace msw::shell
