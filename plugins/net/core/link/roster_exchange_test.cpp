// Two neighbours with different rosters, and neighbours that mean harm.
#include "plugins/net/core/link/roster_exchange.hpp"

#include "base/roster/bundle.hpp"
#include "plugins/net/core/membership_for_test.hpp"

#include <gmock/gmock.h>

#include <deque>

namespace msw::net {
namespace {

constexpr LinkId kLink = 1;

/// One end of the only link.
struct End final : RosterEdge {
    explicit End(MembershipPtr members) : now_is(std::move(members)) { exchange.changed(now_is, {}, 0); }

    bool send_roster(LinkId, const Datapack& frame) override {
        if (room) out.push_back(frame);
        return room;
    }
    void merge_documents(LinkId, std::vector<std::string> documents, bool asked) override {
        merging.emplace_back(std::move(documents), asked);
    }
    void roster_settled(LinkId) override { ++settled; }
    void roster_offence(LinkId, std::string_view why) override { offences.emplace_back(why); }

    void merge(Time now) {
        for (auto& [documents, asked] : std::exchange(merging, {})) {
            roster::Roster next = *now_is->roster();
            const roster::Roster::Merged merged = next.merge(roster::check_documents(documents));
            now_is = std::make_shared<const Membership>(std::move(next));
            exchange.changed(now_is, merged.fresh, kLink);
            if (asked) exchange.merged(kLink, now);
        }
    }
    void say(const char* what, std::string body, const char* n = "") {
        Datapack d("link", "roster", std::move(body));
        d.set("say", what);
        d.set("n", n);
        d.set("count", "1");
        exchange.heard(kLink, d, Time(0));
    }

    MembershipPtr now_is;
    RosterExchange exchange{*this};
    std::deque<Datapack> out;
    std::vector<std::pair<std::vector<std::string>, bool>> merging;
    std::vector<std::string> offences;
    int settled = 0;
    bool room = true;
};

struct Pair {
    void settle() {
        for (bool any = true; any;) {
            any = !a.merging.empty() || !b.merging.empty();
            for (auto [from, to] : {std::pair(&a, &b), std::pair(&b, &a)}) {
                for (const Datapack& frame : std::exchange(from->out, {})) {
                    to->exchange.heard(kLink, frame, now);
                    any = true;
                }
                to->merge(now);
                to->exchange.tick(now);
            }
        }
    }
    void up() {
        const bool same = a.now_is->digest() == b.now_is->digest();
        a.exchange.up(kLink, same, now);
        b.exchange.up(kLink, same, now);
        settle();
    }

    Time now{1000};
    End a, b;
};

MeshForTest mesh_of(int hosts) {
    MeshForTest mesh;
    for (int i = 0; i < hosts; ++i) (void)mesh.add("h" + std::to_string(i));
    return mesh;
}

TEST(RosterExchange, TheSameRosterNeedsNoWord) {
    const MembershipPtr members = mesh_of(3).members();
    Pair pair{.a = End(members), .b = End(members)};
    pair.a.exchange.up(kLink, true, pair.now);
    EXPECT_EQ(pair.a.settled, 1);
    EXPECT_TRUE(pair.a.out.empty());
}

TEST(RosterExchange, WhoLacksSomethingGetsItBeforeAnythingElse) {
    MeshForTest mesh = mesh_of(2);
    const MembershipPtr before = mesh.members();
    for (int i = 2; i < 40; ++i) (void)mesh.add("h" + std::to_string(i));
    Pair pair{.a = End(before), .b = End(mesh.members())};
    pair.up();
    EXPECT_EQ(pair.a.now_is->digest(), pair.b.now_is->digest());
    EXPECT_EQ(pair.a.now_is->all().size(), 40U);
    EXPECT_EQ(pair.a.settled, 1);
    EXPECT_EQ(pair.b.settled, 1);
    EXPECT_TRUE(pair.a.offences.empty() && pair.b.offences.empty());
}

TEST(RosterExchange, EachGetsWhatTheOtherHas) {
    MeshForTest mesh = mesh_of(3);
    const MembershipPtr common = mesh.members();
    roster::Roster left = *common->roster();
    mesh.end("h1");
    MeshForTest other = mesh_of(3);  // the same keys: the same mesh
    (void)other.add("late");
    Pair pair{.a = End(mesh.members()), .b = End(other.members())};
    pair.up();
    EXPECT_EQ(pair.a.now_is->digest(), pair.b.now_is->digest());
    EXPECT_EQ(pair.a.now_is->called("h1"), nullptr);
    EXPECT_NE(pair.a.now_is->called("late"), nullptr);
}

TEST(RosterExchange, WithoutRoomItIsSaidLater) {
    MeshForTest mesh = mesh_of(2);
    const MembershipPtr before = mesh.members();
    (void)mesh.add("h2");
    Pair pair{.a = End(before), .b = End(mesh.members())};
    pair.a.room = pair.b.room = false;
    pair.up();
    EXPECT_EQ(pair.a.settled, 0);
    pair.a.room = pair.b.room = true;
    for (int i = 0; i < 10; ++i) {
        pair.now += Time(1000);
        pair.a.exchange.tick(pair.now);
        pair.b.exchange.tick(pair.now);
        pair.settle();
    }
    EXPECT_EQ(pair.a.settled, 1);
    EXPECT_EQ(pair.b.settled, 1);
    EXPECT_EQ(pair.a.now_is->digest(), pair.b.now_is->digest());
}

TEST(RosterExchange, NewsGoToAllButTheOneTheyCameFrom) {
    MeshForTest mesh = mesh_of(2);
    End end(mesh.members());
    for (const LinkId link : {LinkId{1}, LinkId{2}, LinkId{3}}) end.exchange.up(link, true, Time(0));
    (void)mesh.add("h2");
    std::vector<roster::Digest> fresh;
    const MembershipPtr after = mesh.members();
    for (const auto& [name, bytes] : after->roster()->documents()) {
        if (!end.now_is->roster()->documents().contains(name)) fresh.push_back(name);
    }
    end.exchange.changed(after, fresh, 2);
    ASSERT_EQ(end.out.size(), 2U);
    EXPECT_EQ(end.out.front().get("say"), "news");
    EXPECT_EQ(roster::split_bundle(end.out.front().body)->size(), 1U);
}

TEST(RosterExchange, ADifferenceThatStaysIsComparedLessAndLessOften) {
    End end(mesh_of(2).members());
    end.exchange.up(kLink, true, Time(0));
    int compared = 0;
    for (Time now(0); now < Time(3'600'000); now += Time(1000)) {
        end.exchange.digest_heard(kLink, "0123456789abcdef", now);
        compared += static_cast<int>(std::exchange(end.out, {}).size());
    }
    EXPECT_GE(compared, 7);
    EXPECT_LE(compared, 13);
    end.exchange.digest_heard(kLink, end.exchange.digest_word(), Time(3'600'000));
    EXPECT_TRUE(end.out.empty());
}

TEST(RosterExchange, WhatNobodyAskedForIsAnOffence) {
    End end(mesh_of(2).members());
    end.exchange.up(kLink, true, Time(0));
    std::string bundle;
    roster::append_to_bundle(bundle, "something");
    end.say("documents", bundle, "0");
    end.say("names", "not a multiple of 32");
    end.say("want", std::string(32UL * 257, 'x'));
    end.say("want", "");
    end.say("news", "x");
    end.say("dance", "");
    EXPECT_EQ(end.offences.size(), 6U);
    EXPECT_TRUE(end.merging.empty());
    end.say("documents", bundle, "7");  // an answer to what was asked again is none
    EXPECT_EQ(end.offences.size(), 6U);
}

TEST(RosterExchange, NewsBeforeItIsSettledAreAnOffence) {
    End end(mesh_of(2).members());
    end.exchange.up(kLink, false, Time(0));
    std::string bundle;
    roster::append_to_bundle(bundle, "something");
    end.say("news", bundle);
    EXPECT_EQ(end.offences.size(), 1U);
}

TEST(RosterExchange, AFloodOfNewsIsLeftOut) {
    End end(mesh_of(2).members());
    end.exchange.up(kLink, true, Time(0));
    std::string bundle;
    roster::append_to_bundle(bundle, std::string(std::size_t{1024} * 1024, 'x'));
    for (int i = 0; i < 100; ++i) end.say("news", bundle);
    EXPECT_LE(end.merging.size(), 10U);
}

}  // namespace
}  // namespace msw::net
