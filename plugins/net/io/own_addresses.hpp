// Where others can dial this host.
#pragma once

#include "plugins/net/core/address.hpp"

#include <sys/socket.h>
#include <cstdint>
#include <vector>

namespace msw::net {

/// @param listen  the address that is listened on
/// @param port    the port that the system gave
/// @return that address; if it is the wildcard, those of this machine's interfaces that lead elsewhere, in order, or
/// 127.0.0.1 if there are none. Asks
/// the system each time: they come and go. Thread: any.
[[nodiscard]] std::vector<Address> own_addresses(const sockaddr_storage& listen, std::uint16_t port);

/// @return whether it is 0.0.0.0 or ::
[[nodiscard]] bool is_wildcard(const sockaddr_storage& address) noexcept;

}  // namespace msw::net
