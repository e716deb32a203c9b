#include "plugins/net/io/own_addresses.hpp"

#include "plugins/net/io/endpoint.hpp"

#include <netinet/in.h>
#include <uv.h>
#include <algorithm>
#include <cstring>

namespace msw::net {
namespace {

/// @return whether it means something else on each network, and so nothing to others
bool is_link_local(const sockaddr_storage& address) noexcept {
    if (address.ss_family == AF_INET6) {
        return IN6_IS_ADDR_LINKLOCAL(&reinterpret_cast<const sockaddr_in6&>(address).sin6_addr);
    }
    constexpr std::uint32_t kNet = 0xa9fe0000;  // 169.254.0.0/16, RFC 3927
    return (ntohl(reinterpret_cast<const sockaddr_in&>(address).sin_addr.s_addr) & 0xffff0000) == kNet;
}

}  // namespace

bool is_wildcard(const sockaddr_storage& address) noexcept {
    if (address.ss_family == AF_INET6) {
        return IN6_IS_ADDR_UNSPECIFIED(&reinterpret_cast<const sockaddr_in6&>(address).sin6_addr);
    }
    return reinterpret_cast<const sockaddr_in&>(address).sin_addr.s_addr == htonl(INADDR_ANY);
}

std::vector<Address> own_addresses(const sockaddr_storage& listen, std::uint16_t port) {
    if (!is_wildcard(listen)) return {{ip_text(listen), port}};
    std::vector<Address> out;
    uv_interface_address_t* all = nullptr;
    int count = 0;
    if (uv_interface_addresses(&all, &count) != 0) return out;
    for (int i = 0; i < count; ++i) {
        sockaddr_storage one{};
        std::memcpy(&one, &all[i].address, sizeof all[i].address);
        const bool heard = one.ss_family == AF_INET || listen.ss_family == AF_INET6;  // :: takes both
        if (heard && all[i].is_internal == 0 && !is_link_local(one)) out.push_back({ip_text(one), port});
    }
    uv_free_interface_addresses(all, count);
    std::sort(out.begin(), out.end());
    out.erase(std::unique(out.begin(), out.end()), out.end());
    // A machine without a network: hosts of its own alone can reach it.
    if (out.empty()) out.push_back({"127.0.0.1", port});
    return out;
}

}  // namespace msw::net
