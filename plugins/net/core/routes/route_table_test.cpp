#include "plugins/net/core/routes/route_table.hpp"

#include "plugins/net/core/routes/announce_for_test.hpp"

#include <gmock/gmock.h>

namespace msw::net {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;
using Verdict = Heard::Verdict;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr Time kNow = seconds(100);

/// A table of host `a`, linked as it says, that has heard all the others.
RouteTable table_of(std::initializer_list<const char*> own_links, const std::vector<AnnouncedPtr>& others) {
    RouteTable table("a");
    table.set_own(says("a", own_links), kNow);
    table.set_links(links_to(own_links));
    for (const AnnouncedPtr& other : others) EXPECT_EQ(table.hear(other, kNow).verdict, Verdict::fresh);
    return table;
}

TEST(RouteTable, TheNewestOfEachMemberStands) {
    RouteTable table("a");
    const Heard first = table.hear(says("b", {"c"}, {.edition = {1, 2}}), kNow);
    EXPECT_EQ(first.verdict, Verdict::fresh);
    EXPECT_EQ(first.since_last, Time::max());
    EXPECT_EQ(table.hear(says("b", {"c"}, {.edition = {1, 2}}), kNow).verdict, Verdict::known);
    EXPECT_EQ(table.hear(says("b", {}, {.edition = {1, 1}}), kNow).verdict, Verdict::stale);
    const Heard newer = table.hear(says("b", {}, {.edition = {2, 1}}), kNow + Time(300));
    EXPECT_EQ(newer.verdict, Verdict::fresh);
    EXPECT_EQ(newer.since_last, Time(300));
    ASSERT_NE(table.said("b"), nullptr);
    EXPECT_THAT(table.said("b")->links, IsEmpty());
    EXPECT_EQ(table.size(), 1U);
    EXPECT_EQ(table.said("c"), nullptr);
}

TEST(RouteTable, OfTwoTextsOfOneEditionAllKeepTheSame) {
    const AnnouncedPtr one = says("b", {"c"});
    const AnnouncedPtr other = says("b", {"d"});
    RouteTable here("a");
    RouteTable there("e");
    (void)here.hear(one, kNow);
    (void)here.hear(other, kNow);
    (void)there.hear(other, kNow);
    (void)there.hear(one, kNow);
    EXPECT_EQ(here.digests().root(), there.digests().root());
    EXPECT_EQ(here.find("b")->what->digest, there.find("b")->what->digest);
}

TEST(RouteTable, ItsOwnMemberIsNotTakenFromOthers) {
    RouteTable table("a");
    EXPECT_EQ(table.hear(says("a", {"b"}), kNow).verdict, Verdict::own_newer);
    table.set_own(says("a", {}, {.edition = {2, 5}}), kNow);
    EXPECT_EQ(table.hear(says("a", {"b"}, {.edition = {2, 4}}), kNow).verdict, Verdict::stale);
    EXPECT_EQ(table.hear(says("a", {}, {.edition = {2, 5}}), kNow).verdict, Verdict::known);
    EXPECT_EQ(table.hear(says("a", {"b"}, {.edition = {2, 6}}), kNow).verdict, Verdict::own_newer);
    EXPECT_THAT(table.said("a")->links, IsEmpty());
}

TEST(RouteTable, BeyondItsBoundNobodyIsTakenAndOneselfAlways) {
    RouteTable table("a", 3);
    EXPECT_EQ(table.hear(says("b", {}), kNow).verdict, Verdict::fresh);
    EXPECT_EQ(table.hear(says("c", {}), kNow).verdict, Verdict::fresh);
    const Heard over = table.hear(says("d", {}), kNow);
    EXPECT_EQ(over.verdict, Verdict::refused);
    EXPECT_NE(over.why, "");
    EXPECT_EQ(table.refused(), 1U);
    table.set_own(says("a", {}), kNow);
    EXPECT_EQ(table.size(), 3U);
    EXPECT_EQ(table.hear(says("b", {"c"}, {.edition = {1, 2}}), kNow).verdict, Verdict::fresh);
}

TEST(RouteTable, AnEdgeNeedsBothItsEnds) {
    const RouteTable table = table_of({"b"}, {says("b", {"a", "c", "d"}), says("c", {"b"}), says("d", {})});
    EXPECT_THAT(table.path("c"), ElementsAre("b", "c"));
    EXPECT_EQ(table.next_hop("c"), "b");
    EXPECT_EQ(table.distance("c"), 2U);
    EXPECT_THAT(table.path("d"), IsEmpty());
    EXPECT_EQ(table.next_hop("d"), "");
    EXPECT_FALSE(table.can_reach("d"));
    EXPECT_THAT(table.reachable(), UnorderedElementsAre("b", "c"));
    EXPECT_EQ(table.distance("a"), 0U);
    EXPECT_EQ(table.next_hop("a"), "");
    EXPECT_EQ(table.next_hop("nobody"), "");
}

TEST(RouteTable, AnEdgeCostsWhatTheEndSaysThatAsksMore) {
    RouteTable table = table_of({"b", "c"}, {make_announced(saying("b", {{"a", 1, false}, {"d", 1, false}})),
                                             make_announced(saying("c", {{"a", 1, false}, {"d", 2, false}})),
                                             make_announced(saying("d", {{"b", 9, false}, {"c", 1, false}}))});
    EXPECT_EQ(table.distance("d"), 3U);
    EXPECT_THAT(table.path("d"), ElementsAre("c", "d"));
}

TEST(RouteTable, ABusyEdgeIsTheLastOrNone) {
    // c-d is busy, as only d says.
    const RouteTable table =
        table_of({"b", "c"}, {says("b", {"a", "f"}), says("c", {"a", "d"}),
                              make_announced(saying("d", {{"c", 1, true}, {"e", 1, false}})),
                              make_announced(saying("e", {{"d", 1, false}, {"f", 9, false}})), says("f", {"b", "e"})});
    EXPECT_THAT(table.path("d"), ElementsAre("c", "d"));
    EXPECT_THAT(table.path("e"), ElementsAre("b", "f", "e"));
}

TEST(RouteTable, ItsOwnLinksCountAsTheyAreNow) {
    RouteTable table = table_of({"b", "c"}, {says("b", {"a", "d"}), says("c", {"a", "d"}), says("d", {"b", "c", "a"})});
    EXPECT_TRUE(table.next_hop("d") == "b" || table.next_hop("d") == "c");
    table.set_links(links_to({"c"}));
    EXPECT_EQ(table.next_hop("d"), "c");
    table.set_links({});
    EXPECT_EQ(table.next_hop("d"), "");
    // A link to e that e hasn't announced leads to e, and not on.
    (void)table.hear(says("e", {"d"}), kNow);
    (void)table.hear(says("d", {"b", "c", "e"}, {.edition = {1, 2}}), kNow);
    table.set_links(links_to({"e"}));
    EXPECT_EQ(table.next_hop("e"), "e");
    EXPECT_EQ(table.next_hop("d"), "");
    (void)table.hear(says("e", {"d", "a"}, {.edition = {1, 2}}), kNow);
    EXPECT_EQ(table.next_hop("d"), "e");
}

TEST(RouteTable, AWayAroundThoseThatAreDoubted) {
    const RouteTable table = table_of(
        {"b", "c"}, {says("b", {"a", "d"}), says("c", {"a", "e"}), says("e", {"c", "d"}), says("d", {"b", "e"})});
    ASSERT_THAT(table.path("d"), ElementsAre("b", "d"));
    EXPECT_THAT(table.path_around("d", {}), ElementsAre("b", "d"));
    EXPECT_THAT(table.path_around("d", {{"b", 1}}), ElementsAre("c", "e", "d"));
    EXPECT_THAT(table.path_around("d", {{"b", 2}, {"c", 1}, {"e", 1}}), ElementsAre("b", "d"))
        << "as many: the shorter";
    EXPECT_THAT(table.path_around("d", {{"b", 3}, {"c", 1}, {"e", 1}}), ElementsAre("c", "e", "d"));
    EXPECT_THAT(table.path_around("d", {{"nobody", 1}, {"d", 9}}), ElementsAre("b", "d"));
    EXPECT_THAT(table.path_around("nobody", {}), IsEmpty());
}

TEST(RouteTable, AWayThatBeginsWithANeighbour) {
    const RouteTable table = table_of({"b", "c", "f"}, {says("b", {"a", "d"}), says("c", {"a", "e"}), says("f", {"a"}),
                                                        says("e", {"c", "d"}), says("d", {"b", "e"})});
    EXPECT_THAT(table.path_through("b", "d", {}), ElementsAre("b", "d"));
    EXPECT_THAT(table.path_through("c", "d", {}), ElementsAre("c", "e", "d"));
    EXPECT_THAT(table.path_through("c", "e", {{"e", kOneWay}}), ElementsAre("c", "e"));
    EXPECT_THAT(table.path_through("f", "d", {}), IsEmpty()) << "that would come back here";
    EXPECT_THAT(table.path_through("b", "b", {}), IsEmpty());
    EXPECT_THAT(table.path_through("nobody", "d", {}), IsEmpty());
    EXPECT_THAT(table.path_through("b", "nobody", {}), IsEmpty());
}

TEST(RouteTable, AsManyDoubtsAsCanBeDoNotOverflow) {
    const RouteTable table =
        table_of({"b", "c"}, {says("b", {"a", "c", "d"}), says("c", {"a", "b"}), says("d", {"b"})});
    EXPECT_THAT(table.path_around("d", {{"b", RouteTable::kMostDoubts}}), ElementsAre("b", "d"));
    EXPECT_THAT(table.path_through("c", "d", {{"b", RouteTable::kMostDoubts}}), ElementsAre("c", "b", "d"));
}

TEST(RouteTable, ADoubtOutweighsEveryCost) {
    const RouteTable table =
        table_of({"b", "c"}, {says("b", {"a", "d"}), make_announced(saying("c", {{"a", 65'535}, {"e", 65'535}})),
                              make_announced(saying("e", {{"c", 65'535}, {"d", 65'535}})), says("d", {"b", "e"})});
    EXPECT_THAT(table.path_around("d", {{"b", kOneWay}}), ElementsAre("c", "e", "d"));
}

TEST(RouteTable, HostIdsMeanTheSameInAnyCase) {
    const RouteTable table = table_of({"b"}, {says("b", {"a"}, {.host = "Miku"})});
    EXPECT_EQ(table.named("mIKU").member, "b");
    EXPECT_FALSE(table.named("miku").conflict);
    EXPECT_EQ(table.named("luka").member, "");
    EXPECT_THAT(table.conflicts(), IsEmpty());
}

TEST(RouteTable, OfTwoWithOneIdTheOneThatCanBeReachedThenTheLower) {
    RouteTable table = table_of({"d"}, {says("d", {"a"}, {.host = "miku"}), says("b", {}, {.host = "MIKU"})});
    EXPECT_EQ(table.named("miku").member, "d");
    EXPECT_TRUE(table.named("miku").conflict);
    table.set_links({});
    EXPECT_EQ(table.named("miku").member, "b");
    const auto conflicts = table.conflicts();
    ASSERT_EQ(conflicts.size(), 1U);
    EXPECT_EQ(conflicts.front().host, "MIKU");
    EXPECT_THAT(conflicts.front().members, ElementsAre("b", "d"));
    // One of them is renamed.
    (void)table.hear(says("b", {}, {.edition = {1, 2}, .host = "luka"}), kNow);
    EXPECT_THAT(table.conflicts(), IsEmpty());
    EXPECT_EQ(table.named("luka").member, "b");
}

TEST(RouteTable, WhoCantBeReachedForADayIsForgotten) {
    RouteTable table = table_of({"b"}, {says("b", {"a"}), says("c", {}), says("d", {})});
    EXPECT_THAT(table.sweep(kNow), IsEmpty());
    Time now = kNow;
    while (now < kNow + hours(23)) EXPECT_THAT(table.sweep(now += minutes(10)), IsEmpty());
    (void)table.hear(says("d", {}, {.edition = {1, 2}}), now);  // it spoke again: its day begins anew
    std::vector<std::string> forgotten;
    while (forgotten.empty() && now < kNow + hours(30)) forgotten = table.sweep(now += minutes(10));
    EXPECT_THAT(forgotten, ElementsAre("c"));
    EXPECT_LT(now, kNow + hours(26));
    EXPECT_EQ(table.find("c"), nullptr);
    EXPECT_NE(table.find("d"), nullptr);
    EXPECT_EQ(table.next_hop("b"), "b");
    EXPECT_EQ(table.size(), 3U);
}

TEST(RouteTable, WhoeverIsForgottenTheOthersStay) {
    // Each host in turn is the one that can't be reached, this one in whatever place it was taken in.
    for (const char* gone : {"b", "c", "d"}) {
        RouteTable table("a");
        const auto hear = [&](const char* member) {
            EXPECT_EQ(table.hear(member == std::string(gone) ? says(member, {}) : says(member, {"a"}), kNow).verdict,
                      Verdict::fresh);
        };
        hear("b");
        hear("c");
        hear("d");
        table.set_own(says("a", {}), kNow);
        table.set_links(links_to({"b", "c", "d"}));
        std::vector<AnnouncedLink> up = links_to({"b", "c", "d"});
        std::erase_if(up, [&](const AnnouncedLink& link) { return link.member == gone; });
        table.set_links(up);
        (void)table.sweep(kNow);
        EXPECT_THAT(table.sweep(kNow + hours(25)), ElementsAre(gone));
        table.set_own(says("a", {"1"}, {.edition = {1, 2}}), kNow);
        EXPECT_EQ(table.said("a")->edition.seq, 2U);
        EXPECT_EQ(table.size(), 3U);
        for (const char* member : {"b", "c", "d"}) EXPECT_EQ(table.can_reach(member), member != std::string(gone));
    }
}

TEST(RouteTable, WhoIsGoneForAnHourIsToldToNoOne) {
    const AnnouncedPtr c = says("c", {"b"});
    RouteTable table = table_of({"b"}, {says("b", {"a"})});
    const std::uint64_t without = table.digests().root();
    (void)table.hear(c, kNow);
    const std::uint64_t with = table.digests().root();
    (void)table.sweep(kNow);
    EXPECT_EQ(table.digests().root(), with);
    Time now = kNow + hours(1) + seconds(1);
    (void)table.sweep(now);
    EXPECT_EQ(table.digests().root(), without);
    EXPECT_TRUE(table.find("c")->withheld);
    // Hosts that still tell of it can't bring it back.
    EXPECT_EQ(table.hear(c, now).verdict, Verdict::known);
    EXPECT_EQ(table.digests().root(), without);
    // It can be reached again, though it has said nothing since: it is told again soon.
    (void)table.hear(says("b", {"a", "c"}, {.edition = {1, 2}}), now);
    now += RouteTable::kLookAgain;
    (void)table.sweep(now);
    EXPECT_FALSE(table.find("c")->withheld);
    EXPECT_TRUE(table.can_reach("c"));
}

TEST(RouteTable, TheDigestIsThatOfWhatItHolds) {
    RouteTable here = table_of({"b"}, {says("b", {"a"}), says("c", {})});
    RouteTable there("b");
    (void)there.hear(says("c", {}), kNow);
    (void)there.hear(says("a", {"b"}), kNow);
    there.set_own(says("b", {}, {.edition = {1, 0}}), kNow);
    EXPECT_NE(here.digests().root(), there.digests().root());
    there.set_own(says("b", {"a"}), kNow);
    EXPECT_EQ(here.digests().root(), there.digests().root());
}

TEST(RouteTable, WhatChangedIsCounted) {
    RouteTable table("a");
    table.set_own(says("a", {}), kNow);
    std::uint64_t version = table.version();
    std::uint64_t population = table.population();
    (void)table.hear(says("b", {}), kNow);
    EXPECT_GT(table.version(), version);
    EXPECT_GT(table.population(), population);
    version = table.version();
    population = table.population();
    (void)table.hear(says("b", {"c"}, {.edition = {1, 2}}), kNow);
    EXPECT_GT(table.version(), version);
    EXPECT_EQ(table.population(), population);
    (void)table.hear(says("b", {"c"}, {.edition = {1, 3}, .hub = true}), kNow);
    EXPECT_GT(table.population(), population);
    version = table.version();
    (void)table.hear(says("b", {"c"}, {.edition = {1, 3}, .hub = true}), kNow);
    EXPECT_EQ(table.version(), version);
}

}  // namespace
}  // namespace msw::net
