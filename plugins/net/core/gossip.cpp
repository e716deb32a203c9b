#include "plugins/net/core/gossip.hpp"

#include "base/json.hpp"
#include "msw/host_id.hpp"

#include <algorithm>

namespace msw::net {

std::string build_gossip(const Gossip& gossip, std::size_t room, std::size_t turn) {
    // Counted by the bytes of each entry as dump() writes it, punctuation included.
    std::size_t used = std::string_view(R"({"mht":[],"proxy":{}})").size();
    Json proxies = Json::object();
    for (std::size_t i = 0; i < std::min(gossip.proxies.size(), kMostGossip); ++i) {
        const auto& [host, proxy] = gossip.proxies[i];
        used += host.size() + proxy.size() + 6;
        if (used > room) break;
        proxies.set(host, proxy);
    }
    Json addresses = Json::array();
    for (std::size_t i = 0; i < std::min(gossip.addresses.size(), kMostGossip); ++i) {
        const Address& address = gossip.addresses[(i + turn) % gossip.addresses.size()];
        Json entry = Json::array();
        entry.push(address.host).push(int{address.port});
        used += entry.dump().size() + 1;
        if (used > room) break;
        addresses.push(std::move(entry));
    }
    return Json::object({{"mht", std::move(addresses)}, {"proxy", std::move(proxies)}}).dump();
}

Result<Gossip> parse_gossip(std::string_view text) {
    if (text.size() > kLongestGossip) {
        return Error{Code::too_large, "that takes more than " + std::to_string(kLongestGossip) + " bytes"};
    }
    const Result<Json> json = Json::parse(text, {}, 8);
    if (!json) return json.error();
    if (!json->is(Json::Kind::object)) {
        return Error{Code::bad_request, "an object was expected, not " + std::string(json->kind_name())};
    }
    Gossip gossip;
    for (const Json& entry : (*json)["mht"].items()) {
        if (gossip.addresses.size() == kMostGossip) break;
        if (entry.items().size() != 2) continue;
        const std::string& host = entry.items()[0].as_string();
        const std::int64_t port = entry.items()[1].as_int();
        if (!plausible_host(host) || port < 1 || port > 65535) continue;
        gossip.addresses.push_back({host, static_cast<std::uint16_t>(port)});
    }
    for (const Json::Member& member : (*json)["proxy"].members()) {
        if (gossip.proxies.size() == kMostGossip) break;
        const std::string& proxy = member.value.as_string();
        if (valid_host_id(member.name) && valid_host_id(proxy)) gossip.proxies.emplace_back(member.name, proxy);
    }
    return gossip;
}

}  // namespace msw::net
