// What stands for a host's keys: 32 bytes, and the 56 letters and digits that people compare.
#pragma once

#include "msw/result.hpp"

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace msw {

/// SHA-256 over public keys (digest_of()), or over a record.
using KeyDigest = std::array<std::uint8_t, 32>;

/// The digest in base32 (RFC 4648), 4 runs of 13 digits each followed by a check digit, shown as 8 groups of 7:
/// `MFRGGZD-FMZTWQ2-…`. A check digit catches any wrong digit of its run and any two that are swapped.
/// Thread: any.
[[nodiscard]] std::string to_text(const KeyDigest& digest);

/// The other way. Small letters will do, blanks and hyphens may stand anywhere; 0, 1 and 8, which are no digits of
/// base32, are read as O, I and B.
/// @return what is wrong with it, and where
[[nodiscard]] Result<KeyDigest> key_digest(std::string_view text);

}  // namespace msw
