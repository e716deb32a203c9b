// SHA-256 (FIPS 180-4) of what lies in memory.
#pragma once

#include "base/keys/key_digest.hpp"

#include <initializer_list>
#include <string_view>

namespace msw {

/// @param parts  one after another
/// @return their digest. @throws std::bad_alloc. Thread: any.
[[nodiscard]] KeyDigest sha256(std::initializer_list<std::string_view> parts);

}  // namespace msw
