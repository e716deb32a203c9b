// What is spoken over TLS, as both ends agree upon it (ALPN, RFC 7301).
#pragma once

#include <array>
#include <string_view>

namespace msw::net {

inline constexpr std::string_view kLinkProtocol = "msw/1";       ///< links between members
inline constexpr std::string_view kJoinProtocol = "msw-join/1";  ///< one question of a host that joins, one answer

inline constexpr std::array<std::string_view, 2> kServerProtocols{kLinkProtocol, kJoinProtocol};
inline constexpr std::array<std::string_view, 1> kLinkOnly{kLinkProtocol};
inline constexpr std::array<std::string_view, 1> kJoinOnly{kJoinProtocol};

/// Names what only both ends of a connection know, for Claim::session (RFC 8446, 7.5).
inline constexpr std::string_view kJoinExporter = "EXPORTER-msw-join";

}  // namespace msw::net
