#include "plugins/net/io/endpoint.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <array>
#include <cstring>

namespace msw::net {

std::optional<sockaddr_storage> as_ip(const Address& address) noexcept {
    sockaddr_storage out{};
    auto* four = reinterpret_cast<sockaddr_in*>(&out);
    if (::inet_pton(AF_INET, address.host.c_str(), &four->sin_addr) == 1) {
        four->sin_family = AF_INET;
        four->sin_port = htons(address.port);
        return out;
    }
    auto* six = reinterpret_cast<sockaddr_in6*>(&out);
    if (::inet_pton(AF_INET6, address.host.c_str(), &six->sin6_addr) == 1) {
        six->sin6_family = AF_INET6;
        six->sin6_port = htons(address.port);
        return out;
    }
    return std::nullopt;
}

bool is_loopback(const sockaddr_storage& address) noexcept {
    if (address.ss_family == AF_INET) {
        return ntohl(reinterpret_cast<const sockaddr_in*>(&address)->sin_addr.s_addr) >> 24U == 127;
    }
    if (address.ss_family != AF_INET6) return false;
    const in6_addr& six = reinterpret_cast<const sockaddr_in6*>(&address)->sin6_addr;
    return IN6_IS_ADDR_LOOPBACK(&six) || (IN6_IS_ADDR_V4MAPPED(&six) && six.s6_addr[12] == 127);
}

std::string ip_text(const sockaddr_storage& address) {
    std::array<char, INET6_ADDRSTRLEN> text{};
    if (address.ss_family == AF_INET) {
        (void)::inet_ntop(AF_INET, &reinterpret_cast<const sockaddr_in*>(&address)->sin_addr, text.data(), text.size());
    } else if (address.ss_family == AF_INET6) {
        (void)::inet_ntop(AF_INET6, &reinterpret_cast<const sockaddr_in6*>(&address)->sin6_addr, text.data(),
                          text.size());
    }
    return text.data();
}

sockaddr_storage remote_of(int socket) noexcept {
    sockaddr_storage out{};
    socklen_t size = sizeof out;
    if (::getpeername(socket, reinterpret_cast<sockaddr*>(&out), &size) != 0) out.ss_family = AF_UNSPEC;
    return out;
}

std::uint16_t port_of(const sockaddr_storage& address) noexcept {
    return ntohs(address.ss_family == AF_INET6 ? reinterpret_cast<const sockaddr_in6&>(address).sin6_port
                                               : reinterpret_cast<const sockaddr_in&>(address).sin_port);
}

}  // namespace msw::net
