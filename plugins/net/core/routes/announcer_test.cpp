#include "plugins/net/core/routes/announcer.hpp"

#include "plugins/net/core/routes/announce_for_test.hpp"

#include <gmock/gmock.h>

#include <map>

namespace msw::net {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::IsEmpty;

/// An announcer of host `a` and the table that its announcements go to, with a clock.
struct Desk {
    std::optional<Announcement> look() {
        std::optional<Announcement> made = announcer.due(table, hubs, now);
        if (made) table.set_own(make_announced(*made), now);
        return made;
    }
    /// What is announced when all has settled.
    std::vector<std::string> announced() {
        for (int i = 0; i < 20; ++i, now += seconds(1)) (void)look();
        std::vector<std::string> members;
        for (const AnnouncedLink& link : table.said("a")->links) members.push_back(link.member);
        return members;
    }
    void hear(const AnnouncedPtr& what) { EXPECT_EQ(table.hear(what, now).verdict, Heard::Verdict::fresh); }
    void make_large() {
        for (std::uint64_t n = 0; n <= Hubs::kLarge; ++n) hear(says("f" + member_number(n), {}));
        hubs.look(table, now += seconds(1));
        ASSERT_TRUE(hubs.large());
    }

    RouteTable table{"a"};
    Hubs hubs;
    Announcer announcer{{"miku", "a", 7, 9}};
    Time now = seconds(100);
};

TEST(Announcer, TheFirstIsMadeAtOnce) {
    Desk desk;
    desk.announcer.set_addresses({{"10.0.0.7", 3900}}, desk.now);
    const std::optional<Announcement> first = desk.look();
    ASSERT_TRUE(first);
    EXPECT_EQ(first->host, "miku");
    EXPECT_EQ(first->member, "a");
    EXPECT_EQ(first->edition, (Edition{7, 1}));
    EXPECT_EQ(first->run, 9U);
    EXPECT_THAT(first->addresses, ElementsAre(Address{"10.0.0.7", 3900}));
    EXPECT_THAT(first->links, IsEmpty());
    EXPECT_TRUE(decode_announcement(encode(*first)));
    EXPECT_FALSE(desk.look());
}

TEST(Announcer, ChangesAreGatheredForASecond) {
    Desk desk;
    (void)desk.look();
    desk.now += minutes(1);
    desk.announcer.set_links(links_to({"b"}), desk.now);
    EXPECT_FALSE(desk.look());
    desk.now += Time(600);
    desk.announcer.set_links(links_to({"b", "c"}), desk.now);
    EXPECT_FALSE(desk.look());
    desk.now += Time(399);
    EXPECT_FALSE(desk.look());
    desk.now += Time(1);
    const std::optional<Announcement> made = desk.look();
    ASSERT_TRUE(made);
    EXPECT_EQ(made->links, links_to({"b", "c"}));
    EXPECT_EQ(made->edition, (Edition{7, 2}));
    desk.now += minutes(1);
    EXPECT_FALSE(desk.look());
}

TEST(Announcer, WhatIsAsItWasIsNotSaidAgain) {
    Desk desk;
    (void)desk.look();
    desk.announcer.set_links(links_to({"b"}), desk.now);
    desk.now += Time(500);
    desk.announcer.set_links({}, desk.now);
    desk.now += seconds(10);
    EXPECT_FALSE(desk.look());
    // The second that passed then isn't part of the next change's.
    desk.announcer.set_links(links_to({"b"}), desk.now);
    EXPECT_FALSE(desk.look());
    desk.now += seconds(1);
    EXPECT_TRUE(desk.look());
}

TEST(Announcer, WhoGoesOnChangingIsHeardLessOftenButOfALostLinkSoon) {
    Desk desk;
    (void)desk.look();
    std::vector<AnnouncedLink> up;
    std::vector<Time> spaces;
    Time last = desk.now;
    for (std::uint64_t n = 0; n < 400; ++n, desk.now += Time(100)) {
        up.push_back({"e" + member_number(n / 15), 1, false});
        if (up.size() > 1 && up.back() == up[up.size() - 2]) up.pop_back();
        desk.announcer.set_links(up, desk.now);
        if (!desk.look()) continue;
        spaces.push_back(desk.now - last);
        last = desk.now;
    }
    ASSERT_GE(spaces.size(), 4U);
    EXPECT_LT(spaces.front(), seconds(2));
    EXPECT_GE(spaces.back(), Announcer::kLongestGather);
    EXPECT_LT(spaces.back(), Announcer::kLongestGather + seconds(2));

    desk.now = last + Time(100);
    up.pop_back();
    up.erase(up.begin());
    desk.announcer.set_links(up, desk.now);
    desk.now += seconds(1);
    EXPECT_TRUE(desk.look());
    // A busy one is told soon too; and after some calm a change waits for a second again.
    up.front().busy = true;
    desk.announcer.set_links(up, desk.now);
    desk.now += seconds(1);
    EXPECT_TRUE(desk.look());
    desk.now += Announcer::kCalm + Announcer::kLongestGather;
    for (const char* member : {"b", "c"}) {
        desk.announcer.set_links(links_to({member}), desk.now);
        desk.now += seconds(1);
        EXPECT_TRUE(desk.look());
    }
}

TEST(Announcer, ABusyLinkAndANewNameAreChanges) {
    Desk desk;
    desk.announcer.set_links(links_to({"b"}), desk.now);
    (void)desk.look();
    desk.announcer.set_links({{"b", 1, true}}, desk.now);
    desk.announcer.rename("luka", desk.now);
    desk.now += seconds(1);
    const std::optional<Announcement> made = desk.look();
    ASSERT_TRUE(made);
    EXPECT_EQ(made->host, "luka");
    EXPECT_TRUE(made->links.at(0).busy);
}

TEST(Announcer, ItGoesPastWhatAnotherSaidInItsName) {
    Desk desk;
    (void)desk.look();
    EXPECT_EQ(desk.announcer.jump_past({7, 0}, desk.now), Announcer::Jump::behind);
    EXPECT_FALSE(desk.look());
    EXPECT_EQ(desk.announcer.jump_past({9, 4}, desk.now), Announcer::Jump::made);
    EXPECT_EQ(desk.announcer.epoch(), 9U);
    const std::optional<Announcement> made = desk.look();
    ASSERT_TRUE(made);
    EXPECT_EQ(made->edition, (Edition{9, 5}));
    EXPECT_EQ(desk.announcer.jump_past({9, 5}, desk.now), Announcer::Jump::made) << "another text of the same edition";
    EXPECT_EQ(desk.look()->edition, (Edition{9, 6}));
}

TEST(Announcer, TwoLiveRunsDontChaseEachOther) {
    Desk desk;
    (void)desk.look();
    Edition theirs{8, 1};
    for (std::size_t i = 0; i < Announcer::kMostJumps; ++i) {
        EXPECT_EQ(desk.announcer.jump_past(theirs, desk.now), Announcer::Jump::made);
        theirs = past(desk.look()->edition);
        desk.now += seconds(1);
    }
    EXPECT_EQ(desk.announcer.jump_past(theirs, desk.now), Announcer::Jump::too_many);
    EXPECT_FALSE(desk.look());
    desk.now += minutes(1);
    EXPECT_EQ(desk.announcer.jump_past(theirs, desk.now), Announcer::Jump::made);
    EXPECT_EQ(desk.announcer.jump_past({kLargestCount, 1}, desk.now + minutes(2)), Announcer::Jump::too_many);
}

TEST(Announcer, OfMoreLinksThanFitThoseComeFirstThatHardlyHaveAnother) {
    Desk desk;
    std::vector<AnnouncedLink> up;
    for (std::uint64_t n = 0; n < 60; ++n) {
        const std::string member = "e" + member_number(n);
        up.push_back({member, 1, false});
        if (n < 5) {
            desk.hear(says(member, {"a"}));
        } else {
            desk.hear(says(member, {"1", "2", "3", "4", "a"}));
        }
    }
    desk.announcer.set_links(up, desk.now);
    const std::vector<std::string> first = desk.announced();
    EXPECT_EQ(first.size(), Announcement::kMostLinks);
    for (std::uint64_t n = 0; n < 5; ++n) EXPECT_THAT(first, testing::Contains("e" + member_number(n)));
    // The choice stays as more links come up.
    for (std::uint64_t n = 60; n < 90; ++n) {
        up.push_back({"e" + member_number(n), 1, false});
        desk.hear(says(up.back().member, {"1", "2", "3", "4", "a"}));
    }
    desk.announcer.set_links(up, desk.now);
    EXPECT_EQ(desk.announced(), first);
}

// --- In a large mesh.

TEST(Announcer, AHostAnnouncesUpToThreeHubs) {
    Desk desk;
    desk.make_large();
    for (const char* hub : {"b", "c", "d", "e"}) desk.hear(says(hub, {"1", "2", "3", "4"}, {.hub = true}));
    for (const char* other : {"1", "2", "3", "4"}) desk.hear(says(other, {"b"}));
    desk.announcer.set_links(links_to({"b", "c", "d", "e", "1", "2"}), desk.now);
    const std::vector<std::string> chosen = desk.announced();
    EXPECT_EQ(chosen.size(), 3U);
    EXPECT_THAT(chosen, testing::IsSubsetOf({"b", "c", "d", "e"}));
    // Those that are followed by their hub stay, whatever else comes.
    desk.hear(says("0", {"a", "b"}, {.hub = true}));
    desk.announcer.set_links(links_to({"b", "c", "d", "e", "0"}), desk.now);
    EXPECT_THAT(desk.announced(), testing::Contains("0"));
}

TEST(Announcer, AHostWithoutAHubAnnouncesAllAndIsFollowed) {
    Desk desk;
    desk.make_large();
    desk.hear(says("b", {"c"}));
    desk.hear(says("c", {"b"}));
    desk.announcer.set_links(links_to({"b", "c"}), desk.now);
    EXPECT_THAT(desk.announced(), ElementsAre("b", "c"));

    // b has a hub, d names nobody but a: a needs the hub, d needs a, b doesn't.
    desk.hear(says("e", {"b", "a"}, {.edition = {1, 2}, .hub = true}));
    desk.hear(says("b", {"a", "e"}, {.edition = {1, 2}}));
    desk.hear(says("d", {"a"}));
    desk.announcer.set_links(links_to({"b", "c", "d", "e"}), desk.now);
    EXPECT_THAT(desk.announced(), ElementsAre("d", "e"));
}

TEST(Announcer, AHubAnnouncesHubsAndWhoNamesIt) {
    Desk desk;
    desk.make_large();
    std::string own;
    for (std::uint64_t n = 0; own.empty(); ++n) {
        if (desk.hubs.should_be(key_of(member_number(n)), true)) own = member_number(n);
    }
    Announcer hub({"miku", own, 1, 1});
    RouteTable table(own);
    hub.set_addresses({{"miku", 3900}}, desk.now);
    (void)table.hear(says("b", {"1"}, {.hub = true}), desk.now);
    (void)table.hear(says("c", {own.c_str(), "b"}), desk.now);
    (void)table.hear(says("d", {"b"}), desk.now);
    (void)table.hear(says("e", {own.c_str()}), desk.now);
    hub.set_links(links_to({"b", "c", "d", "e"}), desk.now);
    const std::optional<Announcement> made = hub.due(table, desk.hubs, desk.now);
    ASSERT_TRUE(made);
    EXPECT_TRUE(made->hub);
    EXPECT_TRUE(hub.hub());
    EXPECT_EQ(made->links, links_to({"b", "c", "e"}));
}

/// Hosts that see what the others announce, until nothing changes.
TEST(Announcer, BothEndsComeToTheSameEdges) {
    Desk large;
    large.make_large();
    // a, b, c in a row without a hub; c has one. Links: a-b, b-c, c-d (a hub), a-e where e has the hub d as well.
    const std::map<std::string, std::vector<AnnouncedLink>> up = {{"a", links_to({"b", "e"})},
                                                                  {"b", links_to({"a", "c"})},
                                                                  {"c", links_to({"b", "d"})},
                                                                  {"d", links_to({"c", "e"})},
                                                                  {"e", links_to({"a", "d"})}};
    RouteTable table("0");
    std::map<std::string, Announcer> announcers;
    Time now = seconds(100);
    for (const auto& [member, links] : up) {
        Announcer& announcer = announcers.emplace(member, Announcer({"h" + member, member, 1, 1})).first->second;
        announcer.set_links(links, now);
    }
    for (int round = 0; round < 20; ++round, now += seconds(1)) {
        for (auto& [member, announcer] : announcers) {
            std::optional<Announcement> made = announcer.due(table, large.hubs, now);
            if (!made) continue;
            made->hub = member == "d";  // whatever its key says
            EXPECT_EQ(table.hear(make_announced(*made), now).verdict, Heard::Verdict::fresh);
            EXPECT_LT(round, 15) << "it settles";
        }
    }
    for (const auto& [member, links] : up) {
        for (const AnnouncedLink& link : table.said(member)->links) {
            EXPECT_THAT(table.said(link.member)->links, testing::Contains(AnnouncedLink{member, 1, false}))
                << member << " names " << link.member;
        }
        EXPECT_THAT(table.said(member)->links, testing::Not(IsEmpty())) << member;
    }
    EXPECT_EQ(table.said("a")->links, links_to({"b", "e"}));
    EXPECT_EQ(table.said("d")->links, links_to({"c", "e"}));
}

}  // namespace
}  // namespace msw::net
