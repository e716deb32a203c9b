// Socket addresses, and where links may lead while they are in the clear.
#pragma once

#include "plugins/net/core/address.hpp"

#include <sys/socket.h>
#include <cstdint>
#include <optional>
#include <string>

namespace msw::net {

/// @return the socket address of an IP address; nothing if `address.host` is a host name.
[[nodiscard]] std::optional<sockaddr_storage> as_ip(const Address& address) noexcept;

/// @return whether it is in 127.0.0.0/8 or ::1, IPv4 written as IPv6 included.
[[nodiscard]] bool is_loopback(const sockaddr_storage& address) noexcept;

/// @return the IP address in words; empty if it is none.
[[nodiscard]] std::string ip_text(const sockaddr_storage& address);

/// @return the port of an IPv4 or IPv6 address
[[nodiscard]] std::uint16_t port_of(const sockaddr_storage& address) noexcept;

/// @return the other end of a connected socket; its family is AF_UNSPEC if it is gone.
[[nodiscard]] sockaddr_storage remote_of(int socket) noexcept;

/// Why only loopback, for messages.
inline constexpr std::string_view kInTheClear =
    "links between hosts are not encrypted yet, so mswd keeps them on loopback (127.0.0.0/8, ::1)";

}  // namespace msw::net
