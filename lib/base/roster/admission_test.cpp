// Who is admitted, and why not: one request, and all that can be wrong with it.
#include "base/roster/admission.hpp"

#include "base/roster/roster_for_test.hpp"
#include "base/roster/token.hpp"

#include <gmock/gmock.h>

#include <functional>

namespace msw::roster {
namespace {

using testing::HasSubstr;

constexpr std::uint64_t kNow = 1'000'000;
constexpr unsigned kOnce = 50;
constexpr unsigned kHost = 51;
constexpr Digest kSession{7};

struct AdmissionTest : testing::Test {
    AdmissionTest() { (void)test::give(roster, {test::first_root()}); }

    [[nodiscard]] static SignedInvite invite(const std::function<void(Invite&)>& change = {},
                                             unsigned admin = test::kAdmin) {
        Invite invite = test::invite(kOnce, test::founder()).invite;
        invite.expires = kNow + 1;
        if (change) change(invite);
        return {invite, sign(test::key(admin), invite)};
    }
    [[nodiscard]] static JoinRequest request(const SignedInvite& invite, const std::string& id = "rin",
                                             unsigned host = kHost, unsigned once = kOnce) {
        return make_request(invite, test::key(once), test::key(host), test::keys(host), id, kSession);
    }
    [[nodiscard]] Result<Member> admit(const JoinRequest& request, const Digest& session = kSession,
                                       std::uint64_t now_s = kNow) const {
        return roster::admit(roster, {test::founder(), test::key(test::kFounder)}, request, session, now_s);
    }
    void take(const Member& member) { EXPECT_EQ(test::give(roster, {member}).fresh.size(), 1U); }
    [[nodiscard]] std::string why(const JoinRequest& request, const Digest& session = kSession) const {
        const Result<Member> member = admit(request, session);
        return member ? "admitted" : member.error().text;
    }

    Roster roster{test::mesh()};
};

TEST_F(AdmissionTest, WhoIsInvitedBelongs) {
    const Result<Member> member = admit(request(invite()));
    ASSERT_TRUE(member) << member.error().text;
    take(*member);
    ASSERT_NE(roster.view().named("rin"), nullptr);
    EXPECT_EQ(roster.view().named("rin")->keys, test::keys(kHost));
}

TEST_F(AdmissionTest, WhatIsWrongIsSaid) {
    const SignedInvite good = invite();
    EXPECT_THAT(why(request(invite({}, 77))), HasSubstr("signed by no admin"));
    EXPECT_THAT(why(request(invite([](Invite& i) { i.mesh.front() ^= 1U; }))), HasSubstr("another mesh"));
    EXPECT_THAT(why(request(invite([](Invite& i) { i.acceptor.front() ^= 1U; }))), HasSubstr("another host"));
    EXPECT_THAT(why(request(invite([](Invite& i) { i.expires = kNow; }))), HasSubstr("has expired"));
    EXPECT_THAT(why(request(invite([](Invite& i) { i.id = "luka"; }))), HasSubstr("called luka, not rin"));
    EXPECT_THAT(why(request(good, "rin", kHost, 99)), HasSubstr("one-time key"));
    EXPECT_THAT(why(request(good), Digest{8}), HasSubstr("another connection"));
    JoinRequest changed = request(good);
    changed.invite.invite.uses = 9;
    EXPECT_THAT(why(changed), HasSubstr("signed by no admin"));
    changed = request(good);
    changed.claim.id = "luka";
    EXPECT_THAT(why(changed), HasSubstr("one-time key"));
    changed = request(good);
    changed.claim.keys = test::keys(60);
    changed.once = test::key(kOnce).sign(encode(changed.claim));
    EXPECT_THAT(why(changed), HasSubstr("its own key"));
}

TEST_F(AdmissionTest, AnInviteIsGoodForAsManyAsItSays) {
    const SignedInvite two = invite([](Invite& i) { i.uses = 2; });
    take(*admit(request(two, "a", 60)));
    take(*admit(request(two, "b", 61)));
    EXPECT_THAT(why(request(two, "c", 62)), HasSubstr("as often as it may be"));
    EXPECT_EQ(test::ids(roster), (std::vector<std::string>{"a", "b", "miku"}));
}

TEST_F(AdmissionTest, TheSameHostIsGivenTheSameAnswerHoweverLate) {
    const SignedInvite once = invite();
    const Member member = *admit(request(once));
    take(member);
    const Result<Member> again = admit(request(once), kSession, kNow + 1'000'000);
    ASSERT_TRUE(again) << again.error().text;
    EXPECT_EQ(test::name_of(*again), test::name_of(member));
}

TEST_F(AdmissionTest, AnIdIsOneHosts) {
    const SignedInvite many = invite([](Invite& i) { i.uses = 9; });
    const Result<Member> taken = admit(request(many, "MIKU"));
    ASSERT_FALSE(taken);
    EXPECT_EQ(taken.error().code, Code::name_taken);
    EXPECT_THAT(taken.error().text, HasSubstr("Free is MIKU-2:"));
    take(*admit(request(many, "miku-2", 60)));
    EXPECT_THAT(why(request(many, "miku")), HasSubstr("Free is miku-3:"));
}

TEST_F(AdmissionTest, WhatHasEndedIsReserved) {
    const Member rin = *admit(request(invite()));
    take(rin);
    const SignedTombstone end = test::end(test::name_of(rin), "rin", kHost);
    (void)test::give(roster, {end});
    EXPECT_THAT(why(request(invite([](Invite& i) { i.uses = 2; }))), HasSubstr("was, that of a member"));
    EXPECT_THAT(why(request(invite([](Invite& i) { i.uses = 2; }), "rin", 60)), HasSubstr("was, another host's"));
    const SignedInvite back = invite([&](Invite& i) { i.replaces = digest_of(end.tombstone); });
    EXPECT_EQ(why(request(back, "rin", 60)), "admitted");
}

TEST_F(AdmissionTest, ARequestIsReadAsItWasWritten) {
    const JoinRequest said = request(invite());
    const std::string bytes = encode_request(said);
    const Result<JoinRequest> read = decode_request(bytes);
    ASSERT_TRUE(read) << read.error().text;
    EXPECT_EQ(encode_request(*read), bytes);
    for (std::size_t cut = 0; cut < bytes.size(); ++cut) EXPECT_FALSE(decode_request(bytes.substr(0, cut))) << cut;
    EXPECT_FALSE(decode_request(bytes + "x"));
}

struct TokenTest : testing::Test {
    [[nodiscard]] static Token token() {
        const Invite invite = test::invite(kOnce, test::founder()).invite;
        return {SigningKey::from_seed({50}),
                test::key(test::kFounder).public_key(),
                {"10.0.0.7:3900", "[fd00::7]:3900"},
                {invite, sign(test::key(test::kAdmin), invite)}};
    }
    /// key(n) has the seed {n, 0, …}.
    const std::string text = to_text(token());
};

TEST_F(TokenTest, IsOneLineThatIsReadAgain) {
    EXPECT_EQ(text.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_"),
              std::string::npos);
    const Result<Token> read = read_token(" \n" + text + "\r\n");
    ASSERT_TRUE(read) << read.error().text;
    EXPECT_EQ(read->addresses, token().addresses);
    EXPECT_EQ(read->acceptor, token().acceptor);
    EXPECT_EQ(read->once.public_key(), token().once.public_key());
    EXPECT_EQ(encode_invite(read->invite), encode_invite(token().invite));
    EXPECT_EQ(to_text(*read), text);
}

TEST_F(TokenTest, IsRefusedIfALetterIsMissingOrAnotherOne) {
    for (std::size_t i = 0; i < text.size(); ++i) {
        std::string other = text;
        other[i] = other[i] == 'A' ? 'B' : 'A';
        const Result<Token> read = read_token(other);
        ASSERT_FALSE(read) << i;
        EXPECT_EQ(read.error().text.find(text.substr(10, 20)), std::string::npos) << "it shows the token";
        EXPECT_FALSE(read_token(text.substr(0, i))) << i;
    }
    EXPECT_FALSE(read_token(text + "A"));
}

}  // namespace
}  // namespace msw::roster
