// What the kernel knows of a TCP connection.
#pragma once

#include "plugins/net/core/link/watch.hpp"

namespace msw::net {

/// @param fd  a connected TCP socket
/// @return its TCP_INFO as far as it matters here; one that can't be asked seems to be well. Source: tcp(7),
/// linux/tcp.h
[[nodiscard]] Vitals vitals_of(int fd) noexcept;

}  // namespace msw::net
