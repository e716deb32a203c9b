#include "plugins/net/core/peers.hpp"

#include <gmock/gmock.h>

namespace msw::net {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr Time kNow{100'000};

Link link(LinkId id, const char* host, bool we_dialled, bool modern = true, Time since = kNow) {
    Link l;
    l.id = id;
    l.we_dialled = we_dialled;
    l.peer.id = host;
    l.peer.modern = modern;
    l.since = since;
    l.alive = since;
    return l;
}

/// Two links with the same peer, one after the other. @return what the table wants closed
std::vector<LinkId> after(const char* own, const Link& older, const Link& fresh, LinkId& used, Time now = kNow) {
    Peers peers(own);
    EXPECT_THAT(peers.add(older, now), IsEmpty());
    std::vector<LinkId> surplus = peers.add(fresh, now);
    const Link* best = peers.to(fresh.peer.id);
    used = best == nullptr ? 0 : best->id;
    return surplus;
}

TEST(Peers, TheLowerIdsConnectionStaysWhenBothDialled) {
    LinkId used = 0;
    EXPECT_THAT(after("a", link(1, "b", true), link(2, "b", false), used), ElementsAre(2));
    EXPECT_EQ(used, 1U);
    EXPECT_THAT(after("a", link(1, "b", false), link(2, "b", true), used), ElementsAre(1));
    EXPECT_EQ(used, 2U);
}

TEST(Peers, TheHigherIdOnlyPrefersTheSame) {
    LinkId used = 0;
    EXPECT_THAT(after("b", link(1, "a", true), link(2, "a", false), used), IsEmpty());
    EXPECT_EQ(used, 2U);
    EXPECT_THAT(after("b", link(1, "a", false), link(2, "a", true), used), IsEmpty());
    EXPECT_EQ(used, 1U);
}

TEST(Peers, ANamesakeIsAnotherStartOfALivingHost) {
    Peers peers("a");
    Link b = link(1, "b", true);
    b.peer.run = 1;
    b.heard = kNow;
    const PeerInfo same = b.peer;
    PeerInfo another = b.peer;
    another.id = "B";
    another.run = 2;
    EXPECT_EQ(peers.namesake(another, kNow), nullptr);
    (void)peers.add(b, kNow);
    EXPECT_EQ(peers.namesake(same, kNow), nullptr);
    ASSERT_NE(peers.namesake(another, kNow), nullptr);
    EXPECT_EQ(peers.namesake(another, kNow)->id, 1U);
    // What leaves by a link is no sign of life for this: a dead host's kernel takes nothing, ours does.
    peers.shows_life(1, kNow + Time(15'001));
    EXPECT_EQ(peers.namesake(another, kNow + Time(15'001)), nullptr);
    peers.heard(1, kNow + Time(15'001));
    EXPECT_NE(peers.namesake(another, kNow + Time(15'001)), nullptr);
}

TEST(Peers, AHostStartedAgainGetsInPastItsDeadConnection) {
    LinkId used = 0;
    // Made by us, the lower, and silent for long.
    const Link dead = link(1, "b", true, true, Time(0));
    EXPECT_THAT(after("a", dead, link(2, "b", false), used, Time(16'000)), ElementsAre(1));
    EXPECT_EQ(used, 2U);
    // Made by it both times: it knows.
    EXPECT_THAT(after("a", link(1, "b", false), link(2, "b", false), used), ElementsAre(1));
    EXPECT_EQ(used, 2U);
}

TEST(Peers, ASecondAddressOfAConnectedHostIsSurplus) {
    LinkId used = 0;
    EXPECT_THAT(after("a", link(1, "b", true), link(2, "b", true), used), ElementsAre(2));
    EXPECT_EQ(used, 1U);
}

TEST(Peers, OldHostsKeepTheirConnections) {
    LinkId used = 0;
    EXPECT_THAT(after("a", link(1, "b", true, false), link(2, "b", false, false), used), IsEmpty());
    EXPECT_EQ(used, 2U);
    EXPECT_THAT(after("b", link(1, "a", false, false), link(2, "a", true, false), used), IsEmpty());
    EXPECT_EQ(used, 2U);
}

TEST(Peers, LinksWithOnePeerAreBounded) {
    Peers peers("a");
    for (LinkId id = 1; id <= Peers::kMostPerPeer; ++id)
        EXPECT_THAT(peers.add(link(id, "b", false, false), kNow), IsEmpty());
    EXPECT_THAT(peers.add(link(9, "b", false, false), kNow), ElementsAre(1));
}

TEST(Peers, WhenTheBetterOneGoesTheOtherIsUsed) {
    Peers peers("b");
    (void)peers.add(link(1, "a", true), kNow);
    (void)peers.add(link(2, "A", false), kNow);
    ASSERT_EQ(peers.to("a")->id, 2U);
    peers.remove(2);
    ASSERT_EQ(peers.to("a")->id, 1U);
    peers.retire(1);
    EXPECT_FALSE(peers.connected("a"));
}

TEST(Peers, ListsEachHostOnce) {
    Peers peers("b");
    (void)peers.add(link(1, "c", true), kNow);
    (void)peers.add(link(2, "a", true), kNow);
    (void)peers.add(link(3, "a", false), kNow);
    std::vector<LinkId> ids;
    for (const Link* l : peers.all()) ids.push_back(l->id);
    EXPECT_THAT(ids, ElementsAre(3, 1));
}

TEST(Peers, SilentLinksAreFound) {
    Peers peers("b");
    (void)peers.add(link(1, "c", true), kNow);
    (void)peers.add(link(2, "a", true), kNow);
    peers.shows_life(2, kNow + Time(30'000));
    EXPECT_THAT(peers.silent(kNow + Peers::kSilence), IsEmpty());
    EXPECT_THAT(peers.silent(kNow + Peers::kSilence + Time(1)), ElementsAre(1));
    peers.forgive(kNow + Time(1));
    EXPECT_THAT(peers.silent(kNow + Peers::kSilence + Time(1)), IsEmpty());
}

}  // namespace
}  // namespace msw::net
