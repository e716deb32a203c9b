// What names one start of one host.
#pragma once

#include "base/hex.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace msw::net {

/// 64 random bits, drawn at every start. Two starts of one host, of a copy of its disk too, have different ones.
using Run = std::uint64_t;

/// No start at all.
inline constexpr Run kNoRun = 0;

/// @return 16 hex digits
[[nodiscard]] inline std::string to_text(Run run) { return to_hex(run); }

/// @return what 16 lower-case hex digits mean; kNoRun for anything else
[[nodiscard]] inline Run parse_run(std::string_view text) noexcept { return read_hex(text).value_or(kNoRun); }

}  // namespace msw::net
