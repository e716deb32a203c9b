// The label of a host.
#pragma once

#include <string>
#include <string_view>

namespace msw {

/// @return whether `id` is a host id: letters, digits, `.`, `_`, `-`, 1 to 63 of them, beginning and ending with a
/// letter or digit, and not `all` in any case.
[[nodiscard]] bool valid_host_id(std::string_view id) noexcept;

/// Ids are unique whatever their case. @return whether `a` and `b` name the same host.
[[nodiscard]] bool same_host_id(std::string_view a, std::string_view b) noexcept;

/// @return `id` in small letters: the same for all spellings of one host id.
[[nodiscard]] std::string id_key(std::string_view id);

/// @return a host id made of a host name: what can't stand becomes `-`; "host" if nothing is left.
[[nodiscard]] std::string host_id_from_name(std::string_view host_name);

/// The rule in words, for messages.
inline constexpr std::string_view kHostIdRule =
    "1 to 63 letters, digits, `.`, `_` or `-`, beginning and ending with a letter or digit, and not `all`";

}  // namespace msw
