// The old hosts that may speak with this one, as the configuration lists them: nobody else is let through the fence.
#pragma once

#include "msw/host_id.hpp"
#include "plugins/net/core/address.hpp"

#include <algorithm>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace msw::net {

struct OldHost {
    std::string id;
    std::vector<Address> addresses;  ///< IP addresses that it comes from, and where it is dialled; port 0: it isn't
};

/// Thread: like a value.
class OldHosts {
public:
    OldHosts() = default;
    explicit OldHosts(std::vector<OldHost> hosts) : hosts_(std::move(hosts)) {}

    [[nodiscard]] bool empty() const noexcept { return hosts_.empty(); }
    [[nodiscard]] const OldHost* called(std::string_view id) const {
        const auto at =
            std::find_if(hosts_.begin(), hosts_.end(), [&](const OldHost& host) { return same_host_id(host.id, id); });
        return at == hosts_.end() ? nullptr : &*at;
    }
    /// @param ip  the other end of its connection
    [[nodiscard]] bool may_be(std::string_view id, std::string_view ip) const {
        const OldHost* host = called(id);
        return host != nullptr && std::any_of(host->addresses.begin(), host->addresses.end(),
                                              [&](const Address& address) { return address.host == ip; });
    }
    /// @return where they are dialled
    [[nodiscard]] std::vector<Address> addresses() const {
        std::vector<Address> all;
        for (const OldHost& host : hosts_) {
            std::copy_if(host.addresses.begin(), host.addresses.end(), std::back_inserter(all),
                         [](const Address& address) { return address.port != 0; });
        }
        return all;
    }

private:
    std::vector<OldHost> hosts_;
};

}  // namespace msw::net
