#include "tests/sim/mesh/members.hpp"

#include "plugins/net/core/membership_for_test.hpp"

#include <map>
#include <mutex>
#include <utility>

namespace msw::sim {

std::shared_ptr<const Members> members_of(const std::vector<std::string>& ids, std::uint64_t seed) {
    constexpr unsigned kVariants = 16;
    constexpr unsigned kKeysApart = 20'000;
    static std::mutex mutex;
    static std::map<std::pair<unsigned, std::vector<std::string>>, std::shared_ptr<const Members>> made;
    const auto variant = static_cast<unsigned>(seed % kVariants);
    const std::scoped_lock lock(mutex);
    std::shared_ptr<const Members>& mesh = made[{variant, ids}];
    if (mesh) return mesh;
    net::MeshForTest founded(net::MeshForTest::kFirstKey + variant * kKeysApart);
    Members members;
    for (const std::string& id : ids) members.names.push_back(founded.add(id));
    for (const std::string& id : ids) members.keys.push_back(founded.of(id).keys);
    members.all = founded.members();
    return mesh = std::make_shared<const Members>(std::move(members));
}

}  // namespace msw::sim
