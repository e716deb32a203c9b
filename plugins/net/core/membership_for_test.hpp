// A mesh of made-up hosts, for tests: the first founds it and admits the others.
#pragma once

#include "base/hex.hpp"
#include "base/roster/roster_for_test.hpp"
#include "plugins/net/core/membership.hpp"

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

namespace msw::net {

/// Host number n has the key roster::test::key(first + n). Thread: one at a time.
class MeshForTest {
public:
    static constexpr unsigned kFirstKey = 100;

    explicit MeshForTest(unsigned first_key = kFirstKey) : first_(first_key) {}

    /// @return its member
    std::string add(const std::string& id, const std::vector<std::string>& roles = {}) {
        const unsigned n = first_ + hosts_++;
        if (!roster_) return found(id, roles, n);
        roster::Invite invite = invite_;
        invite.roles = roles;
        constexpr unsigned kOnce = 1'000'000;
        const unsigned once = kOnce + n;
        invite.once = roster::test::key(once).public_key();
        const roster::SignedInvite signed_invite{invite, roster::sign(roster::test::key(roster::test::kAdmin), invite)};
        const roster::Member member = roster::test::admit(signed_invite, once, n, id, first_);
        give(member);
        return to_hex(digest_of(member.admission));
    }
    void end(const std::string& id) {
        const roster::Belongs* member = roster_->view().named(id);
        give(roster::test::end(member->member, id, number_of(member->keys.sign)));
    }
    void give(const roster::Document& document) { (void)roster::test::give(*roster_, {document}); }

    [[nodiscard]] bool has(const std::string& id) const { return roster_ && roster_->view().named(id) != nullptr; }
    [[nodiscard]] const roster::Belongs& of(const std::string& id) const { return *roster_->view().named(id); }
    [[nodiscard]] MembershipPtr members() const { return std::make_shared<const Membership>(*roster_); }

private:
    std::string found(const std::string& id, const std::vector<std::string>& roles, unsigned n) {
        roster::Root root;
        root.admins = roster::test::public_keys({roster::test::kAdmin});
        root.recovery = roster::test::key(roster::test::kRecovery).public_key();
        root.founder = roster::Founder{id, roster::test::keys(n), roles};
        roster_.emplace(digest_of(root));
        give(roster::SignedRoot{root, roster::test::signed_by(root, {roster::test::kAdmin})});
        const roster::Digest founder = digest_of(*root.founder);
        invite_ = {roster_->mesh(), {}, founder, {}, {}, 1, 4'000'000'000, {}};
        return to_hex(founder);
    }
    [[nodiscard]] unsigned number_of(const PublicKey& key) const {
        unsigned n = first_;
        while (n < first_ + hosts_ && roster::test::key(n).public_key() != key) ++n;
        return n;
    }

    std::optional<roster::Roster> roster_;
    roster::Invite invite_;
    unsigned first_;
    unsigned hosts_ = 0;
};

}  // namespace msw::net
