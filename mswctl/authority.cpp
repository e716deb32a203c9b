#include "mswctl/authority.hpp"

#include "msw/host_id.hpp"

#include <algorithm>

namespace mswctl {
namespace {

using namespace msw::roster;
using msw::Code;
using msw::Error;
using msw::PublicKey;
using msw::SigningKey;

template <class List, class Value>
bool contains(const List& list, const Value& value) {
    return std::find(list.begin(), list.end(), value) != list.end();
}

/// @return why that key decides nothing here
msw::Result<void> may_sign(const RosterWords& roster, const PublicKey& key) {
    if (roster.frozen) {
        return Error{Code::refused,
                     "the roster is frozen: two roots contradict each other, and the recovery key alone decides "
                     "(mswctl roster recover)"};
    }
    if (contains(roster.root.admins, key)) return {};
    return Error{Code::refused, "this key is none of an admin of this mesh; --admin-key names another file"};
}

msw::Result<void> check_roles(const std::vector<std::string>& roles) {
    for (const std::string& role : roles) {
        if (!msw::valid_host_id(role)) {
            return Error{Code::bad_request, "\"" + role + "\" is no role: " + std::string(msw::kHostIdRule)};
        }
    }
    if (roles.size() > kMostRoles) {
        return Error{Code::bad_request, "a host has " + std::to_string(kMostRoles) + " roles at most"};
    }
    return {};
}

Error nobody(std::string_view host) {
    return {Code::no_such_host,
            "no member is called " + std::string(host) + "; `mswctl roster` shows who belongs to the mesh"};
}

void sort_unique(std::vector<std::string>& list) {
    std::sort(list.begin(), list.end());
    list.erase(std::unique(list.begin(), list.end()), list.end());
}

}  // namespace

SignedRoot found_mesh(const SigningKey& admin, const PublicKey& recovery, const std::string& id,
                      const msw::PublicKeys& host) {
    Root root;
    root.admins = {admin.public_key()};
    root.recovery = recovery;
    root.founder = Founder{id, host, {"control"}};
    return {root, {sign(admin, root)}};
}

msw::Result<Token> invite(const RosterWords& roster, const SigningKey& admin, const InviteWish& wish) {
    if (msw::Result<void> may = may_sign(roster, admin.public_key()); !may) return may.error();
    const RosterWords::Member* acceptor = roster.named(roster.own);
    if (acceptor == nullptr) return Error{Code::refused, "this host belongs to the mesh no more"};
    if (roster.addresses.empty()) {
        return Error{Code::unreachable,
                     "this host has no address where others can dial it: invite on one that has (\"listen_ip\", "
                     "\"onlyproxy\" in its configuration)"};
    }
    if (msw::Result<void> roles = check_roles(wish.roles); !roles) return roles.error();
    Invite invite;
    invite.mesh = roster.mesh;
    invite.acceptor = roster.own;
    invite.id = wish.id;
    invite.roles = wish.roles;
    sort_unique(invite.roles);
    invite.uses = wish.uses;
    invite.expires = wish.expires;
    if (!wish.id.empty()) {
        if (!msw::valid_host_id(wish.id)) {
            return Error{Code::bad_request, "\"" + wish.id + "\" is no host id: " + std::string(msw::kHostIdRule)};
        }
        if (roster.called(wish.id) != nullptr) {
            return Error{Code::name_taken,
                         "the id " + wish.id + " is a member's; `mswctl revoke " + wish.id + "` ends it"};
        }
        const auto reserved = std::find_if(roster.reserved.begin(), roster.reserved.end(),
                                           [&](const auto& one) { return msw::same_host_id(one.id, wish.id); });
        if (reserved != roster.reserved.end() && !wish.replace) {
            return Error{Code::name_taken,
                         "the id " + wish.id + " was that of a host that has ended; --replace gives it to the new one"};
        }
        if (reserved != roster.reserved.end()) invite.replaces = reserved->tombstone;
    }
    SigningKey once = SigningKey::make();
    invite.once = once.public_key();
    std::vector<std::string> addresses(roster.addresses.begin(),
                                       roster.addresses.begin() + static_cast<std::ptrdiff_t>(std::min(
                                                                      roster.addresses.size(), Token::kMostAddresses)));
    return Token{std::move(once), acceptor->keys.sign, std::move(addresses), {invite, sign(admin, invite)}};
}

msw::Result<SignedAmendment> amend(const RosterWords& roster, const SigningKey& admin, std::string_view host,
                                   const MemberWish& wish) {
    if (msw::Result<void> may = may_sign(roster, admin.public_key()); !may) return may.error();
    const RosterWords::Member* member = roster.called(host);
    if (member == nullptr) return nobody(host);
    if (wish.id && (roster.called(*wish.id) != nullptr ||
                    std::any_of(roster.reserved.begin(), roster.reserved.end(),
                                [&](const auto& one) { return msw::same_host_id(one.id, *wish.id); }))) {
        return Error{Code::name_taken, "the id " + *wish.id + " is, or was, another host's"};
    }
    if (wish.id && !msw::valid_host_id(*wish.id)) {
        return Error{Code::bad_request, "\"" + *wish.id + "\" is no host id: " + std::string(msw::kHostIdRule)};
    }
    Amendment amendment;
    amendment.member = member->member;
    amendment.version = member->version + 1;
    amendment.previous = member->newest;
    amendment.id = wish.id.value_or(member->id);
    amendment.keys = wish.keys.value_or(member->keys);
    amendment.roles = member->roles;
    amendment.roles.insert(amendment.roles.end(), wish.add.begin(), wish.add.end());
    sort_unique(amendment.roles);
    for (const std::string& role : wish.remove) {
        if (std::erase(amendment.roles, role) == 0) {
            return Error{Code::no_such_role, member->id + " has not the role " + role};
        }
    }
    if (msw::Result<void> roles = check_roles(amendment.roles); !roles) return roles.error();
    if (!wish.id && !wish.keys && amendment.roles == member->roles) {
        return Error{Code::refused, member->id + " has these roles already"};
    }
    return SignedAmendment{amendment, {sign(admin, amendment)}};
}

msw::Result<SignedTombstone> revoke(const RosterWords& roster, const SigningKey& admin, std::string_view host,
                                    bool drop_admitted) {
    if (msw::Result<void> may = may_sign(roster, admin.public_key()); !may) return may.error();
    const RosterWords::Member* member = roster.called(host);
    if (member == nullptr) return nobody(host);
    Tombstone tombstone;
    tombstone.member = member->member;
    tombstone.id = member->id;
    tombstone.keys = member->signed_with;
    std::sort(tombstone.keys.begin(), tombstone.keys.end());
    if (!drop_admitted) tombstone.kept = member->admitted;
    std::sort(tombstone.kept.begin(), tombstone.kept.end());
    return SignedTombstone{tombstone, sign(admin, tombstone)};
}

msw::Result<NextRoot> next_root(const RosterWords& roster, const SigningKey& signer, const RootWish& wish) {
    const bool recovers = signer.public_key() == roster.root.recovery;
    if (!recovers) {
        if (msw::Result<void> may = may_sign(roster, signer.public_key()); !may) return may.error();
    }
    NextRoot next;
    Root& root = next.root.root;
    root.version = roster.root.version + 1;
    root.previous = roster.root_digest;
    root.admins = roster.root.admins;
    root.recovery = roster.root.recovery;
    for (const PublicKey& key : wish.add) {
        if (contains(root.admins, key)) return Error{Code::name_taken, "this key is an admin's already"};
        root.admins.push_back(key);
    }
    for (const PublicKey& key : wish.remove) {
        if (std::erase(root.admins, key) == 0) return Error{Code::bad_request, "this key is none of an admin"};
    }
    std::sort(root.admins.begin(), root.admins.end());
    if (root.admins.empty()) return Error{Code::refused, "the last admin can't be removed: add another one first"};
    if (root.admins.size() > kMostAdmins) {
        return Error{Code::refused, "a mesh has " + std::to_string(kMostAdmins) + " admins at most"};
    }
    root.threshold = wish.threshold.value_or(std::min<std::uint64_t>(roster.root.threshold, root.admins.size()));
    if (root.threshold == 0 || root.threshold > root.admins.size()) {
        return Error{Code::bad_request,
                     "the threshold is 1 to " + std::to_string(root.admins.size()) + ", as many as there are admins"};
    }
    next.kept.records = roster.records;
    root.kept = digest_of(next.kept);
    next.root.by = {sign(signer, root)};
    return next;
}

}  // namespace mswctl
