// Percent-encoding of field values in msw/1 (docs/protocol.md, "Values").
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace msw {

/// @return whether `text` is well-formed UTF-8 (RFC 3629: no surrogates, no overlong forms, up to U+10FFFF).
[[nodiscard]] bool valid_utf8(std::string_view text) noexcept;

/// @return whether `value` crosses an msw/1 line as it stands: UTF-8 without control characters and `%`.
[[nodiscard]] bool plain_value(std::string_view value) noexcept;

/// Append `value` to `out`, with `%XX` for control characters, `%` and bytes that are not UTF-8.
void percent_encode(std::string_view value, std::string& out);

/// @return the bytes that `value` stands for; nothing if a `%` isn't followed by two hex digits, if it would make a
/// NUL, or if what stands unescaped isn't UTF-8 without control characters.
[[nodiscard]] std::optional<std::string> percent_decode(std::string_view value);

}  // namespace msw
