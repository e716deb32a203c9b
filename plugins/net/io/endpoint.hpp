// Socket addresses.
#pragma once

#include "plugins/net/core/address.hpp"

#include <sys/socket.h>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace msw::net {

/// @return the socket address of an IP address; nothing if `address.host` is a host name.
[[nodiscard]] std::optional<sockaddr_storage> as_ip(const Address& address) noexcept;

/// @return whether it is in 127.0.0.0/8 or ::1, IPv4 written as IPv6 included.
[[nodiscard]] bool is_loopback(const sockaddr_storage& address) noexcept;

/// @return the IP address in words, IPv4 written as IPv6 as what it is; empty if it is none.
[[nodiscard]] std::string ip_text(const sockaddr_storage& address);

/// @return the port of an IPv4 or IPv6 address
[[nodiscard]] std::uint16_t port_of(const sockaddr_storage& address) noexcept;

/// @return the other end of a connected socket; its family is AF_UNSPEC if it is gone.
[[nodiscard]] sockaddr_storage remote_of(int socket) noexcept;

/// Addresses that begin with the same bits. Thread: like an int.
struct Network {
    sockaddr_storage base{};
    unsigned bits = 0;

    [[nodiscard]] bool holds(const sockaddr_storage& address) const noexcept;
};

/// @param text  `192.168.7.0/24` or `fd00::/8`
/// @return nothing if it is no network
[[nodiscard]] std::optional<Network> parse_network(std::string_view text);

}  // namespace msw::net
