// The roster as JSON, for `get net` with the body `roster`.
#pragma once

#include "plugins/net/core/address.hpp"
#include "plugins/net/core/membership.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace msw::net {

/// @param id         host id of this host
/// @param key        that it signs with
/// @param addresses  where others can dial it
[[nodiscard]] std::string roster_json(const Membership& members, std::string_view id, const PublicKey& key,
                                      const std::vector<Address>& addresses);

}  // namespace msw::net
