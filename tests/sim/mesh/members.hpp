// The roster of a simulated mesh. Keys and signatures take time and say nothing about a run, so meshes are made once
// and shared by all runs of the program; there are several, because the order of members decides between equal ways.
#pragma once

#include "plugins/net/core/membership.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace msw::sim {

/// Thread: any; it isn't changed.
struct Members {
    net::MembershipPtr all;
    std::vector<std::string> names;  ///< of each host, in the order of their ids
    std::vector<PublicKeys> keys;
};

/// @param ids  of its hosts
/// @return a mesh of these; one of several, as `seed` says. Thread: any
[[nodiscard]] std::shared_ptr<const Members> members_of(const std::vector<std::string>& ids, std::uint64_t seed);

}  // namespace msw::sim
