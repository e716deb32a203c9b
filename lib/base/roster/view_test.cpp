#include "base/hex.hpp"
#include "base/roster/roster_for_test.hpp"

#include <gmock/gmock.h>

namespace msw::roster {
namespace {

using test::end;
using test::give;
using test::ids;
using test::invite;
using test::kAdmin;
using test::key;
using test::kFounder;
using test::kRecovery;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

/// miku has founded the mesh.
class ViewTest : public testing::Test {
protected:
    ViewTest() { give(roster, {test::first_root()}); }

    /// Somebody with key `host` joins by miku, with an invite of its own.
    static Member joined(unsigned host, const std::string& id) {
        return test::admit(invite(host + 1'000, test::founder()), host + 1'000, host, id, kFounder);
    }
    [[nodiscard]] const Belongs& of(const Member& member) const {
        return roster.view().members.at(test::name_of(member));
    }

    Roster roster{test::mesh()};
};

SignedAmendment amended(const Belongs& member, const std::string& id, const PublicKeys& keys,
                        std::initializer_list<unsigned> signers, std::vector<std::string> roles = {}) {
    const Amendment amendment{member.member, member.version + 1, member.newest, id, keys, std::move(roles)};
    return {amendment, test::signed_by(amendment, signers)};
}

TEST_F(ViewTest, TheFounderBelongs) {
    EXPECT_THAT(ids(roster), ElementsAre("miku"));
    EXPECT_EQ(roster.view().named("MIKU")->member, test::founder());
    EXPECT_EQ(roster.view().with_key(key(kFounder).public_key())->id, "miku");
    EXPECT_EQ(roster.view().with_key(key(9).public_key()), nullptr);
    EXPECT_EQ(roster.view().named("rin"), nullptr);
}

TEST_F(ViewTest, NothingHoldsWithoutARoot) {
    Roster empty(test::mesh());
    EXPECT_THAT(give(empty, {joined(11, "rin")}).fresh, IsEmpty());
    EXPECT_THAT(empty.documents(), IsEmpty());
    SignedRoot other = test::first_root();
    other.root.founder->id = "rin";
    other.by = test::signed_by(other.root, {kAdmin});
    EXPECT_THAT(give(empty, {other}).fresh, IsEmpty()) << "of another mesh";
    other = test::first_root();
    other.by = test::signed_by(other.root, {9});
    EXPECT_THAT(give(empty, {other}).fresh, IsEmpty()) << "signed by nobody who may";
    EXPECT_FALSE(empty.view().root);
}

TEST_F(ViewTest, WhoIsInvitedAndAdmittedBelongs) {
    const Member rin = joined(11, "rin");
    EXPECT_EQ(give(roster, {rin}).fresh.size(), 1U);
    EXPECT_THAT(ids(roster), ElementsAre("miku", "rin"));
    EXPECT_THAT(give(roster, {rin}).fresh, IsEmpty());
    const Member len = test::admit(invite(20, test::name_of(rin)), 20, 12, "len", 11);
    give(roster, {len});
    EXPECT_THAT(ids(roster), ElementsAre("len", "miku", "rin"));
}

TEST_F(ViewTest, WhoWasAdmittedByNobodyWhoMayDoesNotBelong) {
    const Member rin = joined(11, "rin");
    const Member len = test::admit(invite(20, test::name_of(rin)), 20, 12, "len", 11);
    EXPECT_THAT(give(roster, {len}).fresh, IsEmpty()) << "rin isn't known yet";
    give(roster, {rin});
    EXPECT_THAT(ids(roster), ElementsAre("miku", "rin"));
    give(roster, {len});
    EXPECT_THAT(ids(roster), ElementsAre("len", "miku", "rin"));
    give(roster, {test::admit(invite(21, test::founder(), 1, 9), 21, 13, "luka", kFounder)});
    give(roster, {test::admit(invite(22, test::founder()), 22, 13, "luka", 11)});
    Invite elsewhere = invite(23, test::founder()).invite;
    elsewhere.mesh = Digest{1};
    give(roster, {test::admit({elsewhere, sign(key(kAdmin), elsewhere)}, 23, 13, "luka", kFounder)});
    EXPECT_THAT(ids(roster), ElementsAre("len", "miku", "rin")) << "invited by no admin, admitted by another host, to "
                                                                   "another mesh";
}

TEST_F(ViewTest, AnInviteIsUsedAsOftenAsItSays) {
    const SignedInvite twice = invite(20, test::founder(), 2);
    give(roster, {test::admit(twice, 20, 11, "rin", kFounder, 1), test::admit(twice, 20, 12, "len", kFounder, 2),
                  test::admit(twice, 20, 13, "luka", kFounder, 3)});
    EXPECT_THAT(ids(roster), ElementsAre("len", "miku", "rin"));
}

TEST_F(ViewTest, OfTwoWithOneUseTheLesserDigestStays) {
    const SignedInvite once = invite(20, test::founder());
    const Member a = test::admit(once, 20, 11, "rin", kFounder);
    const Member b = test::admit(once, 20, 12, "len", kFounder);
    const bool first = test::name_of(a) < test::name_of(b);
    give(roster, {first ? b : a});
    const Roster::Merged merged = give(roster, {first ? a : b});
    ASSERT_EQ(merged.alarms.size(), 1U);
    EXPECT_THAT(merged.alarms[0], HasSubstr("use 1 of an invite was given twice by miku"));
    EXPECT_THAT(ids(roster), ElementsAre(first ? "miku" : "len", first ? "rin" : "miku"));
}

TEST_F(ViewTest, AnInviteMayNameTheId) {
    Invite named = invite(20, test::founder()).invite;
    named.id = "rin";
    const SignedInvite signed_invite{named, sign(key(kAdmin), named)};
    give(roster, {test::admit(signed_invite, 20, 11, "len", kFounder)});
    EXPECT_THAT(ids(roster), ElementsAre("miku"));
    give(roster, {test::admit(signed_invite, 20, 11, "rin", kFounder)});
    EXPECT_THAT(ids(roster), ElementsAre("miku", "rin"));
}

TEST_F(ViewTest, AKeyIsOneMembers) {
    const Member a = joined(11, "rin");
    const Member b = test::admit(invite(20, test::founder()), 20, 11, "len", kFounder);
    const Roster::Merged merged = give(roster, {a, b});
    EXPECT_EQ(ids(roster).size(), 2U);
    EXPECT_EQ(roster.view().with_key(key(11).public_key())->member, std::min(test::name_of(a), test::name_of(b)));
    ASSERT_EQ(merged.alarms.size(), 1U);
    EXPECT_THAT(merged.alarms[0], HasSubstr("is another member's"));
    give(roster, {joined(kFounder, "len")});
    EXPECT_EQ(roster.view().with_key(key(kFounder).public_key())->id, "miku");
}

TEST_F(ViewTest, OfTwoWithOneIdOneIsCalledOtherwise) {
    const Member a = joined(11, "rin");
    const Member b = joined(12, "Rin");
    const Roster::Merged merged = give(roster, {a, b});
    const Member& first = test::name_of(a) < test::name_of(b) ? a : b;
    const Member& second = test::name_of(a) < test::name_of(b) ? b : a;
    EXPECT_EQ(of(first).id, first.claim.id);
    EXPECT_EQ(of(second).id, second.claim.id + "-" + to_hex(test::name_of(second)).substr(0, 8));
    EXPECT_EQ(roster.view().named("rIn")->member, test::name_of(first));
    EXPECT_EQ(roster.view().named(of(second).id)->member, test::name_of(second));
    ASSERT_EQ(merged.alarms.size(), 1U);
    EXPECT_THAT(give(roster, {joined(13, "len")}).alarms, IsEmpty()) << "that was said";
}

TEST_F(ViewTest, WhoIsEndedIsOutForGood) {
    const Member rin = joined(11, "rin");
    give(roster, {rin, end(test::name_of(rin), "rin", 11)});
    EXPECT_THAT(ids(roster), ElementsAre("miku"));
    EXPECT_EQ(roster.view().with_key(key(11).public_key()), nullptr);
    EXPECT_TRUE(roster.view().taken("RIN"));
    for (unsigned n = 20; n < 26; ++n) give(roster, {test::admit(invite(n, test::founder()), n, 11, "len", kFounder)});
    EXPECT_THAT(ids(roster), ElementsAre("miku")) << "its key stays its own, whoever has the lesser digest";
    const Member other = joined(12, "rin");
    give(roster, {other});
    EXPECT_EQ(roster.view().named("rin"), nullptr) << "its id is reserved";
    EXPECT_THAT(of(other).id, testing::StartsWith("rin-"));
    give(roster, {end(test::name_of(other), "rin", 12, {}, 9)});
    EXPECT_FALSE(of(other).ended) << "signed by nobody who may";
}

TEST_F(ViewTest, AnInviteThatNamesTheTombstoneFreesTheId) {
    const Member rin = joined(11, "rin");
    const SignedTombstone gone = end(test::name_of(rin), "rin", 11);
    const Member again =
        test::admit(invite(20, test::founder(), 1, kAdmin, digest_of(gone.tombstone)), 20, 12, "rin", kFounder);
    give(roster, {rin, gone, again});
    ASSERT_NE(roster.view().named("rin"), nullptr);
    EXPECT_EQ(roster.view().named("rin")->member, test::name_of(again));
}

TEST_F(ViewTest, WhomAnEndedHostAdmittedStaysIfItsTombstonesSaySo) {
    const Member rin = joined(11, "rin");
    const SignedInvite many = invite(20, test::name_of(rin), 3);
    const Member a = test::admit(many, 20, 12, "a", 11, 1);
    const Member b = test::admit(many, 20, 13, "b", 11, 2);
    const Member backdated = test::admit(many, 20, 14, "c", 11, 3);
    give(roster, {rin, a, b, end(test::name_of(rin), "rin", 11, {test::name_of(a), test::name_of(b)}), backdated});
    EXPECT_THAT(ids(roster), ElementsAre("a", "b", "miku"));
    give(roster, {end(test::name_of(rin), "rin", 11, {test::name_of(b)})});
    EXPECT_THAT(ids(roster), ElementsAre("b", "miku")) << "all of them must say so";
}

TEST_F(ViewTest, AHostAndAnAdminChangeItsIdAndKeys) {
    const Member rin = joined(11, "rin");
    give(roster, {rin});
    const Belongs before = of(rin);
    for (const std::initializer_list<unsigned> signers :
         {std::initializer_list<unsigned>{11, 12}, {kAdmin, 12}, {kAdmin, 11}}) {
        give(roster, {amended(before, "luka", test::keys(12), signers)});
        EXPECT_EQ(of(rin).version, 1U);
    }
    give(roster, {amended(before, "luka", test::keys(12), {kAdmin, 11, 12})});
    EXPECT_EQ(roster.view().named("luka")->keys, test::keys(12));
    EXPECT_EQ(roster.view().named("luka")->member, test::name_of(rin));
    EXPECT_EQ(roster.view().named("rin"), nullptr);
    EXPECT_EQ(roster.view().with_key(key(11).public_key()), nullptr) << "its old key";
    EXPECT_EQ(roster.view().with_key(key(12).public_key())->id, "luka");
    unsigned once = 20;
    const auto with_old_key = [&] { return test::admit(invite(once, test::founder()), once, 11, "len", kFounder); };
    while (test::name_of(with_old_key()) < test::name_of(rin)) ++once;
    give(roster, {with_old_key(), amended(before, "back", test::keys(11), {kAdmin, 11})});
    EXPECT_EQ(roster.view().named("len"), nullptr) << "an old key is its own still";
    EXPECT_EQ(of(rin).version, 2U);
    give(roster, {amended(of(rin), "rin", test::keys(kFounder), {kAdmin, 12, kFounder})});
    EXPECT_EQ(of(rin).version, 2U) << "with another's key";
}

TEST_F(ViewTest, WhomItAdmittedWithItsOldKeyStays) {
    const Member rin = joined(11, "rin");
    const Member len = test::admit(invite(20, test::name_of(rin)), 20, 12, "len", 11);
    give(roster, {rin, len});
    give(roster, {amended(of(rin), "rin", test::keys(13), {kAdmin, 11, 13})});
    EXPECT_THAT(ids(roster), ElementsAre("len", "miku", "rin"));
    give(roster, {test::admit(invite(21, test::name_of(rin)), 21, 14, "luka", 13)});
    EXPECT_THAT(ids(roster), ElementsAre("len", "luka", "miku", "rin"));
}

TEST_F(ViewTest, AnAdminGivesRoles) {
    const Member rin = joined(11, "rin");
    give(roster, {rin});
    give(roster, {amended(of(rin), "rin", test::keys(11), {11}, {"control"})});
    EXPECT_THAT(of(rin).roles, IsEmpty());
    give(roster, {amended(of(rin), "rin", test::keys(11), {kAdmin}, {"control"})});
    EXPECT_THAT(of(rin).roles, ElementsAre("control"));
}

TEST_F(ViewTest, OfTwoVersionsTheLesserDigestStays) {
    const Member rin = joined(11, "rin");
    give(roster, {rin});
    const SignedAmendment a = amended(of(rin), "a", test::keys(11), {kAdmin, 11});
    const SignedAmendment b = amended(of(rin), "b", test::keys(11), {kAdmin, 11});
    const bool first = digest_of(a.amendment) < digest_of(b.amendment);
    give(roster, {first ? b : a});
    const SignedAmendment on_it = amended(of(rin), "c", test::keys(11), {kAdmin, 11});
    give(roster, {on_it});
    EXPECT_EQ(of(rin).id, "c");
    const Roster::Merged merged = give(roster, {first ? a : b});
    EXPECT_EQ(of(rin).id, first ? "a" : "b") << "what came after the other one is void";
    ASSERT_EQ(merged.alarms.size(), 1U);
    EXPECT_THAT(merged.alarms[0], HasSubstr("there are two versions 2 of "));
}

TEST_F(ViewTest, WhoHasAnIdKeepsItFromWhoIsRenamedToIt) {
    const Member rin = joined(11, "rin");
    const Member len = joined(12, "len");
    give(roster, {rin, len});
    give(roster, {amended(of(rin), "LEN", test::keys(11), {kAdmin, 11})});
    EXPECT_EQ(roster.view().named("len")->member, test::name_of(len));
    EXPECT_THAT(of(rin).id, testing::StartsWith("LEN-"));
}

class RootTest : public ViewTest {
protected:
    const Root first = test::first_root().root;

    void expect_version(std::uint64_t version) const { EXPECT_EQ(roster.view().root->version, version); }
};

TEST_F(RootTest, AsManyAdminsAsTheThresholdSignTheNext) {
    Root two = test::next_root(first, {kAdmin, 50, 51});
    two.threshold = 2;
    give(roster, {SignedRoot{two, test::signed_by(two, {50, 51})}, Kept{}});
    expect_version(1);
    give(roster, {SignedRoot{two, test::signed_by(two, {kAdmin})}, Kept{}});
    expect_version(2);
    const Root three = test::next_root(two, {50});
    give(roster, {SignedRoot{three, test::signed_by(three, {50, 9})}, Kept{}});
    expect_version(2);
    give(roster,
         {SignedRoot{three, test::signed_by(three, {50})}, SignedRoot{three, test::signed_by(three, {51})}, Kept{}});
    expect_version(3);
    EXPECT_FALSE(roster.view().frozen);
}

TEST_F(RootTest, AVersionFollowsTheOneItNames) {
    Root two = test::next_root(first, {50});
    two.previous.at(0) = static_cast<std::uint8_t>(two.previous.at(0) ^ 1U);
    give(roster, {SignedRoot{two, test::signed_by(two, {kAdmin})}, Kept{}});
    expect_version(1);
    EXPECT_EQ(roster.documents().size(), 1U);
}

TEST_F(RootTest, OnlyTheRecoveryKeyReplacesItself) {
    Root two = test::next_root(first, {kAdmin});
    two.recovery = key(60).public_key();
    give(roster, {SignedRoot{two, test::signed_by(two, {kAdmin, 60})}, Kept{}});
    expect_version(1);
    give(roster, {SignedRoot{two, test::signed_by(two, {kRecovery})}, Kept{}});
    expect_version(2);
}

TEST_F(RootTest, AForkFreezesUntilTheRecoveryKeySpeaks) {
    const Root a = test::next_root(first, {50});
    const Root b = test::next_root(first, {51});
    give(roster, {SignedRoot{a, test::signed_by(a, {kAdmin})}, Kept{}});
    const Root on_a = test::next_root(a, {52});
    give(roster, {SignedRoot{on_a, test::signed_by(on_a, {50})}, Kept{}});
    expect_version(3);
    const Roster::Merged merged = give(roster, {SignedRoot{b, test::signed_by(b, {kAdmin})}, Kept{}});
    expect_version(1);
    EXPECT_TRUE(roster.view().frozen);
    EXPECT_EQ(roster.documents().size(), 4U) << "the first, both that may be the second, and what they keep";
    ASSERT_EQ(merged.alarms.size(), 1U);
    EXPECT_THAT(merged.alarms[0], HasSubstr("there are 2 different roots of version 2; version 1 stays"));
    const Member rin = joined(11, "rin");
    give(roster, {rin});
    EXPECT_THAT(ids(roster), ElementsAre("miku", "rin")) << "what version 1 says goes on";
    const Root c = test::next_root(first, {kAdmin});
    give(roster, {SignedRoot{c, test::signed_by(c, {kRecovery})}, Kept{}});
    expect_version(2);
    EXPECT_FALSE(roster.view().frozen);
    EXPECT_EQ(roster.view().root->admins, test::public_keys({kAdmin}));
    give(roster, {SignedRoot{b, test::signed_by(b, {kAdmin, kRecovery})}, Kept{}});
    EXPECT_EQ(roster.view().root_digest, std::min(digest_of(b), digest_of(c)));
}

TEST_F(RootTest, WhatAnAdminSignedWhoIsGoneHoldsIfTheRootKeepsIt) {
    const Member rin = joined(11, "rin");
    const Member len = joined(12, "len");
    const SignedTombstone gone = end(test::name_of(len), "len", 12);
    const Member late = joined(13, "late");
    give(roster, {rin, len, gone});
    Kept kept{{test::founder(), test::name_of(rin), test::name_of(len), digest_of(gone.tombstone)}};
    std::sort(kept.records.begin(), kept.records.end());
    const Root two = test::next_root(first, {50}, kept);
    give(roster, {SignedRoot{two, test::signed_by(two, {kAdmin})}, kept, late});
    expect_version(2);
    EXPECT_THAT(ids(roster), ElementsAre("miku", "rin")) << "the old admin's later word is void";
    EXPECT_TRUE(of(len).ended);
    give(roster, {test::admit(invite(20, test::founder(), 1, 50), 20, 14, "luka", kFounder)});
    EXPECT_THAT(ids(roster), ElementsAre("luka", "miku", "rin"));
}

TEST_F(RootTest, ARootWaitsForWhatItKeeps) {
    const Member rin = joined(11, "rin");
    const Kept kept{{test::founder()}};
    const Root two = test::next_root(first, {50}, kept);
    give(roster, {rin, SignedRoot{two, test::signed_by(two, {kAdmin})}, Kept{{Digest{5}}}});
    expect_version(1);
    EXPECT_THAT(ids(roster), ElementsAre("miku", "rin"));
    EXPECT_EQ(roster.documents().size(), 3U) << "two roots and rin: what no root keeps is nothing";
    const Kept none;
    const Root three = test::next_root(two, {50}, none);
    give(roster, {SignedRoot{three, test::signed_by(three, {50})}, kept});
    expect_version(2);
    EXPECT_THAT(ids(roster), ElementsAre("miku"));
    const Roster::Merged merged = give(roster, {none});
    expect_version(3);
    EXPECT_THAT(ids(roster), IsEmpty());
    ASSERT_EQ(merged.alarms.size(), 1U);
    EXPECT_THAT(merged.alarms[0], HasSubstr("the founding host miku has gone"));
}

TEST_F(RootTest, SignaturesOfStrangersFallOff) {
    const Root two = test::next_root(first, {50});
    SignedRoot with_more{two, {}};
    for (unsigned n = 70; n < 70 + kMostSigners; ++n) with_more.by.push_back(sign(key(n), two));
    std::sort(with_more.by.begin(), with_more.by.end());
    give(roster, {with_more, SignedRoot{two, test::signed_by(two, {kAdmin})}, Kept{}});
    expect_version(2);
    EXPECT_EQ(roster.documents().count(sha256({encode_document(SignedRoot{two, test::signed_by(two, {kAdmin})})})), 1U);
}

}  // namespace
}  // namespace msw::roster
