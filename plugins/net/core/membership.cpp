#include "plugins/net/core/membership.hpp"

#include "base/hex.hpp"
#include "msw/host_id.hpp"

#include <algorithm>

namespace msw::net {
namespace {

template <class List, class Key>
const Member* find_in(const List& list, const Key& key) {
    const auto at = std::lower_bound(list.begin(), list.end(), key,
                                     [](const auto& entry, const Key& k) { return entry.first < k; });
    return at == list.end() || at->first != key ? nullptr : at->second;
}

}  // namespace

bool Member::has_role(std::string_view role) const {
    return std::binary_search(roles.begin(), roles.end(), role, std::less<>());
}

Membership::Membership(roster::Roster roster) : roster_(std::move(roster)) {
    for (const auto& [digest, member] : roster_->view().members) {
        if (member.ended) {
            ended_.push_back(to_hex(digest));
        } else {
            members_.push_back({to_hex(digest), member.id, member.keys, member.roles});
        }
    }
    for (const Member& member : members_) {
        by_id_.emplace_back(id_key(member.id), &member);
        by_key_.emplace_back(member.keys.sign, &member);
    }
    std::sort(by_id_.begin(), by_id_.end());
    std::sort(by_key_.begin(), by_key_.end());
}

const Member* Membership::named(std::string_view member) const {
    const auto at = std::lower_bound(members_.begin(), members_.end(), member,
                                     [](const Member& m, std::string_view name) { return m.name < name; });
    return at == members_.end() || at->name != member ? nullptr : &*at;
}

const Member* Membership::called(std::string_view host) const { return find_in(by_id_, id_key(host)); }

const Member* Membership::with_key(const PublicKey& sign) const { return find_in(by_key_, sign); }

bool Membership::has_ended(std::string_view member) const {
    return std::binary_search(ended_.begin(), ended_.end(), member, std::less<>());
}

}  // namespace msw::net
