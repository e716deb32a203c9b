#include "plugins/net/core/routes/dial_plan.hpp"

#include "plugins/net/core/routes/announce_for_test.hpp"

#include <gmock/gmock.h>

#include <map>
#include <set>

namespace msw::net {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::IsEmpty;

/// One host's plan, its table and its links.
struct Planner {
    explicit Planner(std::string own) : member(std::move(own)), table(member), plan(member, 1) {
        table.set_own(says(member, {}), now);
    }
    std::set<std::string> dials() {
        hubs.look(table, now);
        std::set<std::string> members;
        for (const DialPlan::Dial& dial : plan.due(table, hubs, links, now)) {
            members.insert(dial.member);
            last = dial.address;
        }
        return members;
    }
    void up(const std::string& to, bool we_dialled = true, bool configured = false) {
        links.push_back({to, we_dialled, configured, now});
        plan.answered(to);
    }
    void knows(const AnnouncedPtr& what) { (void)table.hear(what, now); }
    std::string surplus() {
        (void)dials();
        return plan.surplus(table, links, now);
    }

    std::string member;
    RouteTable table;
    Hubs hubs;
    DialPlan plan;
    std::vector<PlannedLink> links;
    Time now = seconds(100);
    Address last;
};

/// Hosts 1 to `hosts` that know all of each other, none linked. @return whom each wants
std::map<std::string, std::set<std::string>> wishes(std::uint64_t hosts, std::uint64_t gone = 0) {
    std::map<std::string, std::set<std::string>> wanted;
    std::vector<AnnouncedPtr> all;
    for (std::uint64_t n = 1; n <= hosts; ++n) {
        if (n != gone) all.push_back(says(member_number(n), {}));
    }
    for (const AnnouncedPtr& own : all) {
        Planner host(own->said.member);
        for (const AnnouncedPtr& other : all) host.knows(other);
        (void)host.dials();
        std::set<std::string>& of = wanted[host.member];
        for (const AnnouncedPtr& other : all) {
            if (host.plan.wants(other->said.member)) of.insert(other->said.member);
        }
    }
    return wanted;
}

/// @return how many can be reached from the first one
std::size_t connected(const std::map<std::string, std::set<std::string>>& wanted) {
    std::set<std::string> reached = {wanted.begin()->first};
    std::vector<std::string> at = {wanted.begin()->first};
    while (!at.empty()) {
        const std::string member = at.back();
        at.pop_back();
        for (const std::string& next : wanted.at(member)) {
            if (reached.insert(next).second) at.push_back(next);
        }
    }
    return reached.size();
}

TEST(DialPlan, AFewHostsAllWantEachOther) {
    const auto wanted = wishes(16);
    for (const auto& [member, of] : wanted) EXPECT_EQ(of.size(), 15U);
}

TEST(DialPlan, ManyHostsAreOneWithEightLinksEachThatBothEndsWant) {
    for (const std::uint64_t hosts : {17UL, 100UL, 300UL}) {
        const auto wanted = wishes(hosts);
        EXPECT_EQ(connected(wanted), hosts);
        for (const auto& [member, of] : wanted) {
            EXPECT_LE(of.size(), 2 * DialPlan::kRings);
            EXPECT_GE(of.size(), 2U);
            for (const std::string& other : of) EXPECT_TRUE(wanted.at(other).contains(member));
        }
    }
}

TEST(DialPlan, WhoGoesChangesTheWishesOfItsNeighboursOnly) {
    const auto before = wishes(100);
    const auto after = wishes(100, 50);
    std::size_t changed = 0;
    for (const auto& [member, of] : after) changed += of == before.at(member) ? 0U : 1U;
    EXPECT_LE(changed, 2 * DialPlan::kRings);
    EXPECT_EQ(connected(after), 99U);
}

TEST(DialPlan, TheLowerKeyDialsAndTheOtherAfterItsTurn) {
    const std::string one = member_number(1);
    const std::string two = member_number(2);
    const bool first_is_lower = key_of(one) < key_of(two);
    Planner lower(first_is_lower ? one : two);
    Planner upper(first_is_lower ? two : one);
    for (Planner* host : {&lower, &upper}) {
        host->knows(says("c", {}));
        host->up("c");
    }
    lower.knows(says(upper.member, {}));
    upper.knows(says(lower.member, {}));
    EXPECT_THAT(lower.dials(), ElementsAre(upper.member));
    EXPECT_THAT(upper.dials(), IsEmpty());
    upper.now += DialPlan::kTheirTurn;
    EXPECT_THAT(upper.dials(), ElementsAre(lower.member));
}

TEST(DialPlan, WhoHasNoLinkWaitsForNobody) {
    for (const auto& [own, other] : {std::pair(1U, 2U), std::pair(2U, 1U)}) {
        Planner host(member_number(own));
        host.knows(says(member_number(other), {}));
        EXPECT_THAT(host.dials(), ElementsAre(member_number(other)));
        EXPECT_THAT(host.dials(), IsEmpty()) << "it is being dialled";
    }
}

TEST(DialPlan, WhoCantBeDialledDialsAndIsLeftAlone) {
    Planner host("a");
    for (std::uint64_t n = 1; n <= 50; ++n) host.knows(says(member_number(n), {}, {.listens = n % 2 == 0}));
    host.table.set_own(says("a", {}, {.edition = {1, 2}, .listens = false}), host.now);
    std::set<std::string> dialled = host.dials();
    host.now += DialPlan::kTheirTurn;
    dialled.merge(host.dials());
    EXPECT_GE(dialled.size(), 2U);
    EXPECT_LE(dialled.size(), DialPlan::kRings);
    for (std::uint64_t n = 1; n <= 50; n += 2) EXPECT_FALSE(host.plan.wants(member_number(n)));
}

TEST(DialPlan, WhoDoesntAnswerIsTriedAgainLaterAndElsewhere) {
    Planner host("a");
    Announcement b = saying("b", {});
    b.addresses = {{"one", 1}, {"two", 2}};
    host.knows(make_announced(b));
    std::vector<std::string> tried;
    Time least = DialPlan::kFirstDelay * 3 / 4;
    for (int i = 0; i < 12; ++i) {
        ASSERT_THAT(host.dials(), ElementsAre("b"));
        tried.push_back(host.last.host);
        host.plan.failed("b", host.now);
        const Time failed = host.now;
        while (host.dials().empty()) host.now += Time(50);
        EXPECT_GE(host.now - failed, std::max(least, DialPlan::kFirstDelay)) << i;
        EXPECT_LE(host.now - failed, std::min(least * 2 + Time(50), DialPlan::kLongestDelay + Time(50))) << i;
        least = std::min(least * 2, DialPlan::kLongestDelay * 3 / 4);
        host.plan.failed("b", host.now);
        // Only the first of each pair of dials was looked at.
        host.now += minutes(2);
        least = std::min(least * 2, DialPlan::kLongestDelay * 3 / 4);
    }
    EXPECT_EQ(tried.front(), "one");
    EXPECT_EQ(host.last.host, "two");
}

TEST(DialPlan, ADialThatNothingIsHeardOfHasFailed) {
    Planner host("a");
    host.knows(says("b", {}));
    EXPECT_THAT(host.dials(), ElementsAre("b"));
    host.now += DialPlan::kDialing - Time(1);
    EXPECT_THAT(host.dials(), IsEmpty());
    host.now += Time(1);
    EXPECT_THAT(host.dials(), IsEmpty());
    host.now += seconds(1);
    EXPECT_THAT(host.dials(), ElementsAre("b"));
}

TEST(DialPlan, TheNextOnTheRingTakesTheFailingOnesPlace) {
    Planner host(member_number(0));
    for (std::uint64_t n = 1; n <= 100; ++n) host.knows(says(member_number(n), {}));
    std::set<std::string> failing = host.dials();
    ASSERT_FALSE(failing.empty());
    for (const std::string& member : failing) host.plan.failed(member, host.now);
    std::set<std::string> dialled;
    const Time from = host.now;
    for (int i = 0; i < 40; ++i, host.now += Time(500)) {
        for (const std::string& member : host.dials()) {
            if (failing.contains(member)) {
                host.plan.failed(member, host.now);
            } else {
                EXPECT_GE(host.now - from, DialPlan::kGrace) << "it may only have been started again";
                host.up(member);
                dialled.insert(member);
            }
        }
    }
    EXPECT_GE(host.links.size(), DialPlan::kRings);
    for (const std::string& member : failing) EXPECT_TRUE(host.plan.wants(member)) << "it is tried again still";
}

TEST(DialPlan, ALostLinkIsDialledAgainSoon) {
    Planner host("a");
    host.knows(says("b", {}));
    (void)host.dials();
    host.up("b");
    EXPECT_THAT(host.dials(), IsEmpty());
    host.links.clear();
    host.plan.lost("b", host.now);
    EXPECT_THAT(host.dials(), IsEmpty());
    host.now += seconds(1);
    EXPECT_THAT(host.dials(), ElementsAre("b"));
}

// --- In a large mesh.

struct LargeMesh : Planner {
    explicit LargeMesh(const std::string& own) : Planner(own) {
        for (std::uint64_t n = 1; n <= 600; ++n) knows(says(member_number(n), {}, {.hub = n <= 75}));
        hubs.look(table, now += seconds(1));
    }
};

TEST(DialPlan, AHostAttachesToTwoHubs) {
    LargeMesh host("a");
    const std::set<std::string> dialled = host.dials();
    EXPECT_EQ(dialled.size(), DialPlan::kHubsWanted);
    for (const std::string& member : dialled) EXPECT_TRUE(host.table.find(member)->hub);
    // Another host to others: they share the load.
    EXPECT_NE(LargeMesh("b").dials(), dialled);
}

TEST(DialPlan, AHubWithoutRoomIsPassedOver) {
    LargeMesh host("a");
    const std::string full = *host.dials().begin();
    LargeMesh other("a");
    std::vector<AnnouncedLink> links;
    for (std::uint64_t n = 100; n < 100 + DialPlan::kHubRoom; ++n) links.push_back({member_number(n), 1, false});
    other.knows(make_announced(saying(full, links, {.edition = {1, 2}, .hub = true})));
    const std::set<std::string> dialled = other.dials();
    EXPECT_EQ(dialled.size(), DialPlan::kHubsWanted);
    EXPECT_FALSE(dialled.contains(full));
    // Unless this host is one of those that it names.
    LargeMesh attached("a");
    links.back() = {"a", 1, false};
    attached.knows(make_announced(saying(full, links, {.edition = {1, 2}, .hub = true})));
    EXPECT_TRUE(attached.dials().contains(full));
}

TEST(DialPlan, HubsStandOnTheRings) {
    LargeMesh hub(member_number(1));
    hub.table.set_own(says(member_number(1), {}, {.edition = {1, 2}, .hub = true}), hub.now);
    hub.now += seconds(5);
    std::set<std::string> dialled = hub.dials();
    hub.now += seconds(5);
    dialled.merge(hub.dials());
    EXPECT_GE(dialled.size(), DialPlan::kRings);
    EXPECT_LE(dialled.size(), 2 * DialPlan::kRings);
    for (const std::string& member : dialled) EXPECT_TRUE(hub.table.find(member)->hub);
}

// --- Surplus.

TEST(DialPlan, WhatNeitherEndWantsIsSurplusWhereThereAreTooMany) {
    Planner host(member_number(0));
    for (std::uint64_t n = 1; n <= 100; ++n) host.knows(says(member_number(n), {}));
    (void)host.dials();
    std::vector<std::string> unwanted;
    for (std::uint64_t n = 1; n <= 100; ++n) {
        if (host.plan.wants(member_number(n))) {
            host.up(member_number(n));
        } else if (unwanted.size() < 20) {
            unwanted.push_back(member_number(n));
        }
    }
    for (std::size_t i = 0; i < unwanted.size(); ++i) host.up(unwanted[i], i != 0, i == 1);
    EXPECT_EQ(host.surplus(), "");
    host.now += DialPlan::kLinger - Time(1);
    EXPECT_EQ(host.surplus(), "") << "it may be wanted again soon";
    host.now += Time(1);
    std::set<std::string> dropped;
    for (std::string member = host.surplus(); !member.empty(); member = host.surplus()) {
        dropped.insert(member);
        std::erase_if(host.links, [&](const PlannedLink& link) { return link.member == member; });
    }
    EXPECT_EQ(host.links.size(), DialPlan::kBound);
    for (const std::string& member : dropped) EXPECT_FALSE(host.plan.wants(member));
    EXPECT_FALSE(dropped.contains(unwanted[1])) << "it is configured";
    EXPECT_FALSE(dropped.empty());
}

TEST(DialPlan, WhoDialsAgainAfterItWasDroppedStays) {
    Planner host(member_number(0));
    for (std::uint64_t n = 1; n <= 100; ++n) host.knows(says(member_number(n), {}));
    (void)host.dials();
    for (std::uint64_t n = 1; n <= 100; ++n) {
        if (host.links.size() <= DialPlan::kBound && !host.plan.wants(member_number(n)))
            host.up(member_number(n), false);
    }
    ASSERT_EQ(host.links.size(), DialPlan::kBound + 1);
    (void)host.surplus();
    host.now += DialPlan::kLinger;
    const std::string dropped = host.surplus();
    ASSERT_NE(dropped, "");
    std::erase_if(host.links, [&](const PlannedLink& link) { return link.member == dropped; });
    EXPECT_EQ(host.surplus(), "") << "there are not too many any more";
    host.now += seconds(1);
    host.up(dropped, false);
    (void)host.surplus();
    host.now += DialPlan::kLinger;
    const std::string next = host.surplus();
    EXPECT_NE(next, "");
    EXPECT_NE(next, dropped);
}

TEST(DialPlan, ALinkThatTheFarEndHasTooManyOfIsSurplusToo) {
    Planner host(member_number(0));
    for (std::uint64_t n = 1; n <= 100; ++n) host.knows(says(member_number(n), {}));
    (void)host.dials();
    std::string other;
    for (std::uint64_t n = 1; other.empty(); ++n) {
        if (!host.plan.wants(member_number(n))) other = member_number(n);
    }
    host.up(other);
    (void)host.surplus();
    host.now += DialPlan::kLinger;
    EXPECT_EQ(host.surplus(), "");
    std::vector<AnnouncedLink> links;
    for (std::uint64_t n = 200; n <= 200 + DialPlan::kBound; ++n) links.push_back({member_number(n), 1, false});
    host.knows(make_announced(saying(other, links, {.edition = {1, 2}})));
    EXPECT_EQ(host.surplus(), other);
}

TEST(DialPlan, AHubKeepsWhoIsAttachedToIt) {
    const std::string own = member_number(1);
    const std::string other = member_number(300);
    for (const auto& [it_says, we_say] : {std::pair(true, true), std::pair(true, false), std::pair(false, true)}) {
        LargeMesh hub(own);
        hub.table.set_own(says(own, {we_say ? other.c_str() : "b"}, {.edition = {1, 2}, .hub = true}), hub.now);
        hub.now += seconds(5);
        hub.knows(says(other, {it_says ? own.c_str() : "b"}, {.edition = {1, 2}}));
        hub.up(other);
        for (std::uint64_t n = 400; n < 420; ++n) hub.up(member_number(n), true, true);
        (void)hub.surplus();
        hub.now += DialPlan::kLinger;
        EXPECT_EQ(hub.surplus(), it_says && we_say ? "" : other);
    }
}

}  // namespace
}  // namespace msw::net
