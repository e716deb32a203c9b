// What an admin decides, and what the roster makes of it.
#include "mswctl/authority.hpp"

#include "base/roster/admission.hpp"
#include "base/roster/roster_for_test.hpp"
#include "mswctl/admin.hpp"

#include <gmock/gmock.h>

namespace mswctl {
namespace {

using namespace msw::roster;
using testing::HasSubstr;

/// A roster, and what net says of it.
struct AuthorityTest : testing::Test {
    AuthorityTest() {
        (void)test::give(roster, {test::first_root()});
        (void)join("rin", 51);
    }
    std::string join(const std::string& id, unsigned host) {
        const SignedInvite invite = test::invite(100 + host, test::founder());
        const Member member = test::admit(invite, 100 + host, host, id, test::kFounder);
        (void)test::give(roster, {member});
        return id;
    }
    [[nodiscard]] RosterWords words() const {
        const View& view = roster.view();
        RosterWords w;
        w.in_mesh = true;
        w.frozen = view.frozen;
        w.mesh = roster.mesh();
        w.own = test::founder();
        w.id = "miku";
        w.addresses = {"10.0.0.7:3900"};
        w.root = *view.root;
        w.root_digest = view.root_digest;
        for (const auto& [digest, m] : view.members) {
            w.members.push_back({m.id, digest, {}, m.keys, m.roles, m.version, m.newest, m.signed_with, {}, m.ended});
            w.records.push_back(digest);
        }
        for (const auto& [digest, m] : roster.holdings().members) {
            for (RosterWords::Member& acceptor : w.members) {
                if (acceptor.member == m.invite.invite.acceptor) acceptor.admitted.push_back(digest);
            }
        }
        for (const auto& [member, ends] : roster.holdings().tombstones) {
            for (const auto& [digest, one] : ends) {
                w.reserved.push_back({one.tombstone.id, digest});
                w.records.push_back(digest);
            }
        }
        std::sort(w.records.begin(), w.records.end());
        return w;
    }
    [[nodiscard]] bool takes(const Document& document) { return !test::give(roster, {document}).fresh.empty(); }

    Roster roster{test::mesh()};
    const msw::SigningKey& admin = test::key(test::kAdmin);
};

TEST_F(AuthorityTest, AFoundingHolds) {
    const SignedRoot root = found_mesh(admin, test::key(test::kRecovery).public_key(), "luka", test::keys(9));
    Roster fresh(digest_of(root.root));
    EXPECT_EQ(test::give(fresh, {root}).fresh.size(), 1U);
    ASSERT_NE(fresh.view().named("luka"), nullptr);
    EXPECT_EQ(fresh.view().named("luka")->roles, std::vector<std::string>{"control"});
}

TEST_F(AuthorityTest, AnInviteIsOneThatIsAccepted) {
    const msw::Result<Token> token =
        invite(words(), admin, {"luka", {"render", "night", "render"}, 2, 5'000'000'000, false});
    ASSERT_TRUE(token) << token.error().text;
    EXPECT_EQ(token->acceptor, test::key(test::kFounder).public_key());
    EXPECT_EQ(token->invite.invite.roles, (std::vector<std::string>{"night", "render"}));
    const JoinRequest request =
        make_request(token->invite, token->once, test::key(60), test::keys(60), "luka", Digest{});
    const msw::Result<Member> member =
        admit(roster, {test::founder(), test::key(test::kFounder)}, request, Digest{}, 1);
    ASSERT_TRUE(member) << member.error().text;
    EXPECT_TRUE(takes(*member));
}

TEST_F(AuthorityTest, WhatCanNotBeIsSaid) {
    EXPECT_THAT(invite(words(), test::key(77), {}).error().text, HasSubstr("none of an admin"));
    EXPECT_THAT(invite(words(), admin, {"rin", {}, 1, 1, false}).error().text, HasSubstr("is a member's"));
    EXPECT_THAT(invite(words(), admin, {"", {"@x"}, 1, 1, false}).error().text, HasSubstr("no role"));
    RosterWords nowhere = words();
    nowhere.addresses.clear();
    EXPECT_THAT(invite(nowhere, admin, {}).error().text, HasSubstr("no address"));
    EXPECT_THAT(amend(words(), admin, "nobody", {}).error().text, HasSubstr("no member is called nobody"));
    EXPECT_THAT(amend(words(), admin, "rin", {}).error().text, HasSubstr("has these roles already"));
    MemberWish wish;
    wish.id = "MIKU";
    EXPECT_THAT(amend(words(), admin, "rin", wish).error().text, HasSubstr("another host's"));
    wish = {};
    wish.remove = {"render"};
    EXPECT_THAT(amend(words(), admin, "rin", wish).error().text, HasSubstr("has not the role"));
    RosterWords frozen = words();
    frozen.frozen = true;
    EXPECT_THAT(revoke(frozen, admin, "rin", false).error().text, HasSubstr("frozen"));
}

TEST_F(AuthorityTest, RolesComeAndGo) {
    MemberWish wish;
    wish.add = {"render", "control"};
    ASSERT_TRUE(takes(*amend(words(), admin, "RIN", wish)));
    wish = {};
    wish.remove = {"render"};
    ASSERT_TRUE(takes(*amend(words(), admin, "rin", wish)));
    EXPECT_EQ(roster.view().named("rin")->roles, std::vector<std::string>{"control"});
}

TEST_F(AuthorityTest, AnotherIdNeedsTheHostToo) {
    MemberWish wish;
    wish.id = "luka";
    SignedAmendment amendment = *amend(words(), admin, "rin", wish);
    EXPECT_FALSE(takes(amendment));
    amendment.by.push_back(sign(test::key(51), amendment.amendment));
    std::sort(amendment.by.begin(), amendment.by.end());
    EXPECT_TRUE(takes(amendment));
    EXPECT_NE(roster.view().named("luka"), nullptr);
}

TEST_F(AuthorityTest, WhoIsRevokedEndsAndItsIdIsGivenBackByAnInvite) {
    ASSERT_TRUE(takes(*revoke(words(), admin, "rin", false)));
    EXPECT_EQ(roster.view().named("rin"), nullptr);
    EXPECT_THAT(invite(words(), admin, {"rin", {}, 1, 1, false}).error().text, HasSubstr("--replace"));
    const msw::Result<Token> back = invite(words(), admin, {"rin", {}, 1, 1, true});
    ASSERT_TRUE(back) << back.error().text;
    EXPECT_TRUE(back->invite.invite.replaces);
}

TEST_F(AuthorityTest, WhomItAdmittedStaysUnlessItIsSaidOtherwise) {
    RosterWords w = words();
    for (RosterWords::Member& member : w.members) {
        if (member.id == "rin") member.admitted = {Digest{1}, Digest{2}};
    }
    EXPECT_EQ(revoke(w, admin, "rin", false)->tombstone.kept, (std::vector<Digest>{Digest{1}, Digest{2}}));
    EXPECT_TRUE(revoke(w, admin, "rin", true)->tombstone.kept.empty());
}

TEST_F(AuthorityTest, AnAdminThatGoesLeavesWhomItAdmitted) {
    RootWish wish;
    wish.add = {test::key(70).public_key()};
    NextRoot two = *next_root(words(), admin, wish);
    EXPECT_EQ(test::give(roster, {two.kept, two.root}).fresh.size(), 2U);
    wish = {};
    wish.remove = {admin.public_key()};
    NextRoot other = *next_root(words(), test::key(70), wish);
    EXPECT_EQ(test::give(roster, {other.kept, other.root}).fresh.size(), 1U) << "the same is kept as before";
    EXPECT_EQ(roster.view().root->version, 3U);
    EXPECT_EQ(test::ids(roster), (std::vector<std::string>{"miku", "rin"})) << "what they signed is kept";
    EXPECT_THAT(revoke(words(), admin, "rin", false).error().text, HasSubstr("none of an admin"));
}

TEST_F(AuthorityTest, ARootThatCanNotBeIsSaid) {
    RootWish wish;
    wish.remove = {admin.public_key()};
    EXPECT_THAT(next_root(words(), admin, wish).error().text, HasSubstr("last admin"));
    wish = {};
    wish.threshold = 2;
    EXPECT_THAT(next_root(words(), admin, wish).error().text, HasSubstr("1 to 1"));
    wish = {};
    wish.add = {admin.public_key()};
    EXPECT_THAT(next_root(words(), admin, wish).error().text, HasSubstr("already"));
    EXPECT_TRUE(next_root(words(), test::key(test::kRecovery), {})) << "the recovery key may";
    EXPECT_FALSE(next_root(words(), test::key(77), {}));
}

TEST(SecondsOf, ReadsTimesAsPeopleWriteThem) {
    EXPECT_EQ(*seconds_of("90"), 90U);
    EXPECT_EQ(*seconds_of("90s"), 90U);
    EXPECT_EQ(*seconds_of("15m"), 900U);
    EXPECT_EQ(*seconds_of("1h"), 3600U);
    EXPECT_EQ(*seconds_of("30d"), 2'592'000U);
    for (const char* wrong : {"", "h", "0", "-1s", "1w", "31d", "1 h", "99999999999999999999"}) {
        EXPECT_FALSE(seconds_of(wrong)) << wrong;
    }
}

}  // namespace
}  // namespace mswctl
