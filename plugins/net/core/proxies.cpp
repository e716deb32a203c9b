#include "plugins/net/core/proxies.hpp"

#include "msw/host_id.hpp"

namespace msw::net {

bool Proxies::set(std::string_view host, std::string_view proxy) {
    if (!valid_host_id(host) || !valid_host_id(proxy) || same_host_id(host, proxy)) return true;
    const std::string key = id_key(host);
    const auto it = entries_.find(key);
    if (it != entries_.end()) {
        it->second.proxy = proxy;
        return true;
    }
    if (entries_.size() == kMost) return false;
    entries_.emplace(key, Entry{std::string(host), std::string(proxy)});
    return true;
}

std::string_view Proxies::of(std::string_view host) const {
    const auto it = entries_.find(id_key(host));
    return it == entries_.end() ? std::string_view{} : std::string_view(it->second.proxy);
}

std::vector<std::pair<std::string, std::string>> Proxies::all() const {
    std::vector<std::pair<std::string, std::string>> out;
    out.reserve(entries_.size());
    for (const auto& [key, entry] : entries_) out.emplace_back(entry.host, entry.proxy);
    return out;
}

}  // namespace msw::net
