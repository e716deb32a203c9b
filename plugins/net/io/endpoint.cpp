#include "plugins/net/io/endpoint.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <array>
#include <charconv>
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
        const in6_addr& six = reinterpret_cast<const sockaddr_in6*>(&address)->sin6_addr;
        constexpr std::size_t kMapped = 12;
        if (IN6_IS_ADDR_V4MAPPED(&six)) {
            (void)::inet_ntop(AF_INET, &six.s6_addr[kMapped], text.data(), text.size());
        } else {
            (void)::inet_ntop(AF_INET6, &six, text.data(), text.size());
        }
    }
    return text.data();
}

namespace {

/// @return the bytes of an IP address, IPv4 written as IPv6 as what it is
std::string_view bytes_of(const sockaddr_storage& address) noexcept {
    constexpr std::size_t kFour = 4;
    constexpr std::size_t kSix = 16;
    if (address.ss_family == AF_INET) {
        return {reinterpret_cast<const char*>(&reinterpret_cast<const sockaddr_in*>(&address)->sin_addr), kFour};
    }
    if (address.ss_family != AF_INET6) return {};
    const in6_addr& six = reinterpret_cast<const sockaddr_in6*>(&address)->sin6_addr;
    const std::string_view all(reinterpret_cast<const char*>(&six), kSix);
    return IN6_IS_ADDR_V4MAPPED(&six) ? all.substr(kSix - kFour) : all;
}

}  // namespace

bool Network::holds(const sockaddr_storage& address) const noexcept {
    const std::string_view ours = bytes_of(base);
    const std::string_view theirs = bytes_of(address);
    if (ours.size() != theirs.size()) return false;
    const std::size_t whole = bits / 8;
    if (ours.substr(0, whole) != theirs.substr(0, whole)) return false;
    if (bits % 8 == 0) return true;
    const unsigned differ = static_cast<unsigned>(static_cast<unsigned char>(ours[whole])) ^
                            static_cast<unsigned>(static_cast<unsigned char>(theirs[whole]));
    return differ >> (8 - bits % 8) == 0;
}

std::optional<Network> parse_network(std::string_view text) {
    const std::size_t slash = text.find('/');
    if (slash == std::string_view::npos) return std::nullopt;
    const std::optional<sockaddr_storage> base = as_ip({std::string(text.substr(0, slash)), 0});
    const std::string_view digits = text.substr(slash + 1);
    unsigned bits = 0;
    const auto [rest, status] = std::from_chars(digits.data(), digits.data() + digits.size(), bits);
    if (!base || status != std::errc{} || rest != digits.data() + digits.size()) return std::nullopt;
    if (bits > bytes_of(*base).size() * 8) return std::nullopt;
    return Network{*base, bits};
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
