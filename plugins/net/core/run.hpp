// What names one start of one host.
#pragma once

#include <charconv>
#include <cstdint>
#include <string>
#include <string_view>

namespace msw::net {

/// 64 random bits, drawn at every start. Two starts of one host, of a copy of its disk too, have different ones.
using Run = std::uint64_t;

/// No start at all.
inline constexpr Run kNoRun = 0;

/// @return 16 hex digits
[[nodiscard]] inline std::string to_text(Run run) {
    std::string text(16, '0');
    for (std::size_t i = 16; i-- > 0; run >>= 4U) text[i] = "0123456789abcdef"[run & 15U];
    return text;
}

/// @return what 16 lower-case hex digits mean; kNoRun for anything else
[[nodiscard]] inline Run parse_run(std::string_view text) noexcept {
    if (text.size() != 16 || text.find_first_not_of("0123456789abcdef") != std::string_view::npos) return kNoRun;
    Run run = kNoRun;
    (void)std::from_chars(text.data(), text.data() + text.size(), run, 16);
    return run;
}

}  // namespace msw::net
