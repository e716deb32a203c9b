// The proxy map: which host relays for which. Filled by handshakes and by what other hosts tell.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace msw::net {

/// Thread: one at a time.
class Proxies {
public:
    static constexpr std::size_t kMost = 1024;

    /// `host` may be reached through `proxy`. Invalid ids and a host that relays for itself are ignored.
    /// @return false if the map is full
    bool set(std::string_view host, std::string_view proxy);

    /// @return the id of the host that relays for `host`; empty if none is known. Valid until the next change.
    [[nodiscard]] std::string_view of(std::string_view host) const;

    /// @return all of it, as (host, proxy), in the order of the hosts.
    [[nodiscard]] std::vector<std::pair<std::string, std::string>> all() const;

private:
    struct Entry {
        std::string host;
        std::string proxy;
    };
    std::map<std::string, Entry> entries_;
};

}  // namespace msw::net
