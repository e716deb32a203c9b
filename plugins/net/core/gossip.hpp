// The exchange of addresses and proxies: the JSON that answers `get net`, body `mht`.
#pragma once

#include "msw/result.hpp"
#include "plugins/net/core/address.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace msw::net {

/// What one host tells another.
struct Gossip {
    std::vector<Address> addresses;
    std::vector<std::pair<std::string, std::string>> proxies;  ///< host id, id of the host that relays for it
};

/// Most entries that are taken of each kind from one answer; what is beyond is left out.
inline constexpr std::size_t kMostGossip = 1024;

/// The longest text that is read, in bytes: more than all entries that are taken can fill.
inline constexpr std::size_t kLongestGossip = std::size_t{1024} * 1024;

/// @param room  bytes the text may take; what doesn't fit is left out, proxies last
/// @param turn  at which address to begin, so that several rounds tell all of them where one has no room
[[nodiscard]] std::string build_gossip(const Gossip& gossip, std::size_t room, std::size_t turn = 0);

/// Read what another host told. Entries that make no sense are left out.
/// @return an error only if it isn't a JSON object at all, or longer than kLongestGossip
[[nodiscard]] Result<Gossip> parse_gossip(std::string_view text);

}  // namespace msw::net
