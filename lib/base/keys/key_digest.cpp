#include "base/keys/key_digest.hpp"

#include <cstddef>

namespace msw {
namespace {

constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
constexpr std::size_t kRun = 13;   // digits that have a check digit
constexpr std::size_t kRuns = 4;   // 4 x 13 x 5 bits: the digest and 4 more, zero
constexpr std::size_t kGroup = 7;  // digits, the check digits among them
constexpr std::size_t kLength = kRuns * (kRun + 1);

/// Adds one digit to a run's sum. The sum of d1 … dn is d1 a^n + … + dn a over the field of 32 elements with
/// a^5 = a^2 + 1: each place weighs differently, so that no wrong digit and no swap leaves it as it was.
unsigned add_digit(unsigned sum, unsigned digit) noexcept {
    sum = (sum ^ digit) << 1U;
    return (sum & 32U) != 0 ? sum ^ 0b100101U : sum;
}

/// @return 0 to 31; 32 for what is none
unsigned value_of(char c) noexcept {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    if (c == '0') c = 'O';
    if (c == '1') c = 'I';
    if (c == '8') c = 'B';
    const std::size_t at = kDigits.find(c);
    return at == std::string_view::npos ? 32 : static_cast<unsigned>(at);
}

Error wrong(std::string text) { return {Code::bad_request, std::move(text)}; }

}  // namespace

std::string to_text(const KeyDigest& digest) {
    std::string text;
    unsigned bits = 0;
    unsigned held = 0;  // how many of `bits` have not been written
    std::size_t next = 0;
    for (std::size_t run = 0; run < kRuns; ++run) {
        unsigned sum = 0;
        for (std::size_t n = 0; n <= kRun; ++n) {
            if (!text.empty() && (run * (kRun + 1) + n) % kGroup == 0) text += '-';
            if (n == kRun) {
                text += kDigits[sum];
                break;
            }
            if (held < 5) {
                bits = bits << 8U | (next < digest.size() ? digest.at(next) : 0U);
                ++next;
                held += 8;
            }
            held -= 5;
            const unsigned digit = bits >> held & 31U;
            sum = add_digit(sum, digit);
            text += kDigits[digit];
        }
    }
    return text;
}

Result<KeyDigest> key_digest(std::string_view text) {
    KeyDigest digest{};
    std::size_t count = 0;
    unsigned sum = 0;
    unsigned bits = 0;
    unsigned held = 0;
    std::size_t next = 0;
    for (const char c : text) {
        if (c == '-' || c == ' ') continue;
        const unsigned digit = value_of(c);
        if (digit == 32)
            return wrong("a key has letters and the digits 2 to 7 only, this has '" + std::string(1, c) + "'");
        if (count == kLength) return wrong("a key has 56 letters and digits, this has more");
        const std::size_t place = count++ % (kRun + 1);
        if (place == kRun) {
            if (digit != sum) {
                const std::size_t last = count / kGroup;
                return wrong("mistyped: the check digit of groups " + std::to_string(last - 1) + " and " +
                             std::to_string(last) + " says one of them is wrong");
            }
            sum = 0;
            continue;
        }
        sum = add_digit(sum, digit);
        bits = (bits << 5U | digit) & 0xfffU;
        held += 5;
        if (held < 8) continue;
        held -= 8;
        if (next < digest.size()) digest.at(next++) = static_cast<std::uint8_t>(bits >> held);
    }
    if (count != kLength) return wrong("a key has 56 letters and digits, this has " + std::to_string(count));
    if ((bits & 15U) != 0) return wrong("mistyped: no key ends like this");
    return digest;
}

}  // namespace msw
