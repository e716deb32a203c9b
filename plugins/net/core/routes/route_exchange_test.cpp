#include "plugins/net/core/routes/route_exchange.hpp"

#include "plugins/net/core/routes/announce_for_test.hpp"

#include <gmock/gmock.h>

#include <deque>
#include <memory>
#include <optional>
#include <random>
#include <set>

namespace msw::net {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

constexpr LinkId kLink = 1;

/// One host, whose frames are kept for the test to look at or to hand on.
struct Host final : RouteEdge {
    explicit Host(const std::string& own) : member(own), table(own), exchange(table, hubs, *this) { announce({}); }

    void send_routes(LinkId link, std::string body) override { sent.emplace_back(link, std::move(body)); }
    void route_changed(const Announced& what) override { changed.push_back(what.said.member); }
    void own_newer(const Edition& theirs) override { newer.push_back(theirs); }
    void route_offence(LinkId /*link*/, std::string_view why) override { offences.emplace_back(why); }

    void announce(std::initializer_list<const char*> links, bool hub = false) {
        const AnnouncedPtr own = says(member, links, {.edition = {1, ++seq}, .hub = hub});
        table.set_own(own, now);
        exchange.announce(own, now);
    }
    void knows(const AnnouncedPtr& what) { EXPECT_EQ(table.hear(what, now).verdict, Heard::Verdict::fresh); }
    void hears(LinkId link, const std::string& body) { exchange.frame_heard(link, body, now); }
    void hears(LinkId link, const AnnouncedPtr& what) {
        RouteFrame frame = RouteFrame::flood();
        ASSERT_TRUE(frame.add_announcement(*what));
        hears(link, std::move(frame).take());
    }
    /// Let time go by, and do what becomes due.
    void pass(Time time) {
        for (const Time end = now + time; now < end; now += Time(10)) exchange.tick(now);
    }
    /// @return the links to which something with `what` in it was sent, since the last look
    std::vector<LinkId> sent_to(const std::string& what) {
        std::vector<LinkId> links;
        for (const auto& [link, body] : sent) {
            if (body.find(what) != std::string::npos) links.push_back(link);
        }
        sent.clear();
        return links;
    }

    std::string member;
    RouteTable table;
    Hubs hubs;
    RouteExchange exchange;
    Time now = seconds(100);
    std::uint64_t seq = 0;
    std::deque<std::pair<LinkId, std::string>> sent;
    std::vector<std::string> changed;
    std::vector<Edition> newer;
    std::vector<std::string> offences;
};

/// A host with neighbours on links 1, 2, 3 …, that has flooded itself already.
std::unique_ptr<Host> amid(std::initializer_list<const char*> neighbours) {
    auto host = std::make_unique<Host>("a");
    LinkId link = 0;
    for (const char* neighbour : neighbours) host->exchange.up(++link, neighbour, std::nullopt, host->now);
    host->pass(seconds(1));
    host->sent.clear();
    return host;
}

/// Two hosts with one link between them, pinging each other every second.
struct Pair {
    Pair(Host& x, Host& y, std::uint32_t seed = 1) : here(x), there(y), random(seed) {}
    void up() {
        here.exchange.up(kLink, there.member, there.exchange.root(), here.now);
        there.exchange.up(kLink, here.member, here.exchange.root(), there.now);
    }
    void run(Time time) {
        for (const Time end = here.now + time; here.now < end;) {
            if (here.now % seconds(1) == Time(0)) {
                here.exchange.root_heard(kLink, there.exchange.root(), here.now);
                there.exchange.root_heard(kLink, here.exchange.root(), there.now);
            }
            for (auto [from, to] : {std::pair(&here, &there), std::pair(&there, &here)}) {
                std::deque<std::pair<LinkId, std::string>> frames;
                frames.swap(from->sent);
                for (const auto& [link, body] : frames) {
                    if (link != kLink) {
                        elsewhere.push_back(body);
                        continue;
                    }
                    bytes += body.size();
                    if (random() % 100 >= lose) to->hears(kLink, body);
                }
            }
            here.pass(Time(10));
            there.pass(Time(10));
        }
    }
    [[nodiscard]] bool agree() const { return here.exchange.root() == there.exchange.root(); }

    Host& here;
    Host& there;
    std::size_t lose = 0;  ///< of a hundred frames
    std::minstd_rand random;
    std::size_t bytes = 0;
    std::vector<std::string> elsewhere;  ///< frames for other links
};

// --- Floods.

TEST(RouteExchange, WhatIsFreshGoesToAllButWhereItCameFrom) {
    const auto host = amid({"b", "c", "d"});
    host->hears(2, says("e", {"c"}));
    EXPECT_THAT(host->changed, ElementsAre("e"));
    EXPECT_THAT(host->sent, IsEmpty()) << "it waits for more";
    host->pass(RouteExchange::kBatch + Time(10));
    EXPECT_THAT(host->sent_to("member e\n"), ElementsAre(1, 3));
    host->hears(1, says("e", {"c"}));
    host->pass(seconds(2));
    EXPECT_THAT(host->sent, IsEmpty()) << "it was known";
    EXPECT_THAT(host->changed, SizeIs(1));
}

TEST(RouteExchange, WhatComesTogetherLeavesInOneFrame) {
    const auto host = amid({"b", "c"});
    for (const char* member : {"d", "e", "f"}) host->hears(1, says(member, {}));
    host->pass(seconds(1));
    ASSERT_THAT(host->sent, SizeIs(1));
    for (const char* member : {"d", "e", "f"}) {
        EXPECT_THAT(host->sent.front().second, HasSubstr("member " + std::string(member) + "\n"));
    }
}

TEST(RouteExchange, WhoSaysItMeanwhileIsLeftOut) {
    const auto host = amid({"b", "c", "d"});
    host->hears(1, says("e", {}));
    host->hears(3, says("e", {}));
    host->pass(seconds(1));
    EXPECT_THAT(host->sent_to("member e\n"), ElementsAre(2));
}

TEST(RouteExchange, AFrameIsNeverLongerThanItMayBe) {
    const auto host = amid({"b", "c"});
    const std::string body(kLongestRouteFrame, 'x');
    for (std::uint64_t n = 0; n < 3000; ++n) host->hears(1, says("f" + member_number(n), {"1", "2", "3", "4", "5"}));
    host->pass(seconds(1));
    EXPECT_GT(host->sent.size(), 1U);
    std::size_t told = 0;
    for (const auto& [link, frame] : host->sent) {
        EXPECT_EQ(link, 2U);
        EXPECT_LE(frame.size(), kLongestRouteFrame);
        for (std::size_t at = frame.find("\nmember "); at != std::string::npos; at = frame.find("\nmember ", at + 1))
            ++told;
    }
    EXPECT_EQ(told, 3000U);
}

TEST(RouteExchange, AMemberThatKeepsChangingIsPassedOnOnceASecond) {
    const auto host = amid({"b", "c"});
    std::size_t passed_on = 0;
    for (std::uint64_t seq = 1; seq <= 100; ++seq) {
        host->hears(1, says("e", {}, {.edition = {1, seq}}));
        EXPECT_EQ(host->table.said("e")->edition.seq, seq) << "it is taken all the same";
        host->pass(Time(100));
        passed_on += host->sent_to("member e\n").size();
    }
    EXPECT_GE(passed_on, 9U);
    EXPECT_LE(passed_on, 12U);
    host->pass(seconds(1));
    EXPECT_THAT(host->sent_to("seq 100\n"), ElementsAre(2)) << "and the last one is told";
}

TEST(RouteExchange, WhoHasItAllIsNotFlooded) {
    const auto host = amid({"b", "c", "d"});
    host->hears(1, says("e", {}));
    host->exchange.root_heard(2, host->exchange.root(), host->now);
    host->pass(seconds(1));
    EXPECT_THAT(host->sent_to("member e\n"), ElementsAre(3));
}

TEST(RouteExchange, ANewNeighbourHearsWhoThisIs) {
    Host host("a");
    host.pass(seconds(1));
    host.sent.clear();
    host.exchange.up(7, "b", 17, host.now);
    EXPECT_THAT(host.sent_to("member a\n"), ElementsAre(7));
}

TEST(RouteExchange, WhatIsSaidInOnesOwnNameIsTold) {
    const auto host = amid({"b", "c"});
    host->hears(1, says("a", {}, {.edition = {5, 1}}));
    EXPECT_THAT(host->newer, ElementsAre(Edition{5, 1}));
    host->pass(seconds(1));
    EXPECT_THAT(host->sent, IsEmpty()) << "nobody else is told of it";
    EXPECT_EQ(host->table.said("a")->edition.epoch, 1U);
}

TEST(RouteExchange, WhoIsAlwaysLateIsToldToHush) {
    const auto host = amid({"b", "c", "d", "e", "f"});
    for (std::uint64_t n = 0; n < 20; ++n) {
        const AnnouncedPtr what = says("0" + member_number(n), {});
        for (const LinkId link : {1U, 2U, 3U, 4U, 5U}) host->hears(link, what);
        host->pass(seconds(1));
    }
    std::set<LinkId> hushed;
    for (const LinkId link : host->sent_to("hush\n")) hushed.insert(link);
    EXPECT_THAT(hushed, SizeIs(5 - RouteExchange::kHeard));
    EXPECT_FALSE(hushed.contains(1)) << "it was first";
    // When another goes, one is woken.
    host->exchange.down(1, host->now);
    const std::vector<LinkId> woken = host->sent_to("wake\n");
    ASSERT_THAT(woken, SizeIs(1));
    EXPECT_TRUE(hushed.contains(woken.front()));
}

TEST(RouteExchange, WhoWasToldToHushTellsOnlyOfItself) {
    const auto host = amid({"b", "c"});
    host->hears(2, "hush\n");
    host->hears(1, says("e", {}));
    host->pass(seconds(1));
    EXPECT_THAT(host->sent_to("member e\n"), IsEmpty());
    host->announce({"b"});
    host->pass(seconds(1));
    EXPECT_THAT(host->sent_to("member a\n"), ElementsAre(1, 2));
    host->hears(2, "wake\n");
    host->hears(1, says("d", {}));
    host->pass(seconds(1));
    EXPECT_THAT(host->sent_to("member d\n"), ElementsAre(2));
}

TEST(RouteExchange, InALargeMeshOnlyHubsPassOnToAll) {
    for (const bool hub : {false, true}) {
        const auto host = amid({"b", "c", "d", "e"});
        for (std::uint64_t n = 0; n <= Hubs::kLarge; ++n) host->knows(says("f" + member_number(n), {}));
        host->knows(says("b", {"1"}, {.hub = true}));
        host->knows(says("c", {"1"}, {.hub = true}));
        host->knows(says("d", {"a"}));       // depends on this host
        host->knows(says("e", {"a", "b"}));  // has a hub
        host->announce({"b", "c", "d", "e"}, hub);
        host->hubs.look(host->table, host->now);
        ASSERT_TRUE(host->hubs.large());
        host->pass(seconds(1));
        host->sent.clear();

        host->hears(1, says("01", {}));  // from a hub
        host->pass(seconds(1));
        EXPECT_EQ(host->sent_to("member 01\n"), hub ? (std::vector<LinkId>{2, 3, 4}) : (std::vector<LinkId>{3}));
        host->hears(3, says("02", {}));  // from below
        host->pass(seconds(1));
        EXPECT_EQ(host->sent_to("member 02\n"), hub ? (std::vector<LinkId>{1, 2, 4}) : (std::vector<LinkId>{1, 2}));
    }
}

// --- Pulls.

TEST(RouteExchange, TwoThatMeetComeToKnowTheSame) {
    for (const std::uint64_t hosts : {0UL, 1UL, 100UL, 3000UL}) {
        Host here("a");
        Host there("b");
        for (std::uint64_t n = 0; n < hosts; ++n) {
            const std::string member = "c" + member_number(n);
            here.knows(says(member, {}, {.edition = {1, n % 3}}));
            if (n % 2 == 0) there.knows(says(member, {}, {.edition = {1, n % 5}}));
        }
        Pair pair(here, there);
        pair.up();
        pair.run(seconds(10));
        EXPECT_TRUE(pair.agree()) << hosts;
        EXPECT_EQ(here.table.size(), hosts + 2);
        EXPECT_EQ(there.table.size(), hosts + 2);
        EXPECT_THAT(here.offences, IsEmpty());
        EXPECT_THAT(there.offences, IsEmpty());
    }
}

TEST(RouteExchange, WhatDiffersIsFoundCheaply) {
    Host here("a");
    Host there("b");
    for (std::uint64_t n = 0; n < 3000; ++n) {
        for (Host* host : {&here, &there}) host->knows(says("c" + member_number(n), {"1", "2", "3"}));
    }
    Pair pair(here, there);
    pair.up();
    pair.run(seconds(10));
    ASSERT_TRUE(pair.agree());
    pair.bytes = 0;
    here.knows(says("c" + member_number(77), {}, {.edition = {1, 2}}));
    pair.run(seconds(10));
    EXPECT_TRUE(pair.agree());
    EXPECT_LT(pair.bytes, 6000U);
    pair.bytes = 0;
    pair.run(minutes(1));
    EXPECT_EQ(pair.bytes, 0U) << "nothing is refreshed in time";
}

TEST(RouteExchange, WhatAnAnswerHasNoRoomForIsAskedForAgain) {
    Host here("a");
    Host there("b");
    std::vector<AnnouncedLink> links;
    for (std::uint64_t n = 0; n < Announcement::kMostLinks; ++n) links.push_back({member_number(n), 1, false});
    for (std::uint64_t n = 0; n < 1000; ++n) there.knows(make_announced(saying("c" + member_number(n), links)));
    Pair pair(here, there);
    pair.up();
    pair.run(seconds(2));
    EXPECT_TRUE(pair.agree());
    EXPECT_EQ(here.exchange.counts().pulls, 1U);
}

TEST(RouteExchange, ADifferenceIsBorneForTwoSeconds) {
    const auto host = amid({"b"});
    const Time from = host->now;
    host->exchange.root_heard(1, host->exchange.root(), host->now);
    for (; host->now < from + RouteExchange::kDiffers; host->now += Time(100)) {
        host->exchange.root_heard(1, 17, host->now);
        EXPECT_THAT(host->sent, IsEmpty());
    }
    host->exchange.root_heard(1, 17, host->now);
    EXPECT_THAT(host->sent_to("compare - "), ElementsAre(1));
}

TEST(RouteExchange, InALargeMeshADifferenceIsBorneForLongerWhileFloodsBringNews) {
    for (const bool caught_up : {false, true}) {
        Host here("a");
        Host there("b");
        for (std::uint64_t n = 0; n <= Hubs::kLarge; ++n) {
            for (Host* host : {&here, &there}) host->knows(says("c" + member_number(n), {}));
        }
        here.hubs.look(here.table, here.now);
        Pair pair(here, there);
        if (caught_up) {
            pair.up();
            pair.run(seconds(10));
            ASSERT_TRUE(pair.agree());
        } else {
            here.exchange.up(kLink, "b", std::nullopt, here.now);
        }
        const Time storm = RouteExchange::kDiffers + RouteExchange::kStorm * here.table.size();
        const Time from = here.now;
        here.sent.clear();
        std::optional<Time> asked;
        for (std::uint64_t news = 0; !asked && here.now < from + seconds(60); here.now += Time(100)) {
            here.hears(kLink, says("d" + member_number(++news), {}));
            here.exchange.root_heard(kLink, 17, here.now);
            if (!here.sent_to("compare - ").empty()) asked = here.now - from;
        }
        ASSERT_TRUE(asked) << "floods without end put it off for ever";
        EXPECT_GE(*asked, caught_up ? storm : Time(0));
        EXPECT_LT(*asked, caught_up ? storm + seconds(1) : Time(1));
    }
}

TEST(RouteExchange, WhatIsLostIsAskedForAgain) {
    for (const std::size_t lose : {5UL, 20UL, 35UL}) {
        Host here("a");
        Host there("b");
        for (std::uint64_t n = 0; n < 300; ++n) {
            here.knows(says("c" + member_number(n), {}));
            there.knows(says("d" + member_number(n), {}));
        }
        Pair pair(here, there);
        pair.lose = lose;
        pair.up();
        pair.run(minutes(2));
        EXPECT_TRUE(pair.agree()) << lose << " % lost";
    }
}

TEST(RouteExchange, OneIsAskedAtATime) {
    const auto host = amid({"b", "c"});
    host->exchange.root_heard(1, 17, host->now);
    host->exchange.root_heard(2, 18, host->now);
    host->pass(seconds(3));
    host->exchange.root_heard(1, 17, host->now);
    host->exchange.root_heard(2, 18, host->now);
    const std::vector<LinkId> asked = host->sent_to("ask ");
    ASSERT_FALSE(asked.empty());
    EXPECT_THAT(std::set<LinkId>(asked.begin(), asked.end()), SizeIs(1));
    // It answers nothing: after some tries the other has its turn.
    for (int i = 0; i < 4; ++i) {
        host->pass(seconds(1));
        host->exchange.root_heard(1, 17, host->now);
        host->exchange.root_heard(2, 18, host->now);
    }
    EXPECT_THAT(host->sent_to("ask "), Contains(asked.front() == 1 ? 2U : 1U));
    // One that goes away with a question open doesn't hold up the rest.
    host->exchange.down(1, host->now);
    host->exchange.down(2, host->now);
    host->exchange.up(3, "d", 19, host->now);
    EXPECT_THAT(host->sent_to("ask "), ElementsAre(3));
}

TEST(RouteExchange, WhatOneHostWasToldInOneGoItsNeighboursAreNotFlooded) {
    Host here("a");
    Host there("b");
    for (std::uint64_t n = 0; n < 500; ++n) there.knows(says("c" + member_number(n), {}));
    Pair pair(here, there);
    pair.up();
    here.exchange.up(2, "d", std::nullopt, here.now);
    pair.run(Time(600));
    ASSERT_EQ(here.table.size(), 502U);
    here.exchange.root_heard(2, here.exchange.root(), here.now);
    pair.run(seconds(3));
    std::size_t told = 0;
    for (const std::string& body : pair.elsewhere) {
        for (std::size_t at = body.find("member c"); at != std::string::npos; at = body.find("member c", at + 1))
            ++told;
    }
    EXPECT_LE(told, RouteExchange::kFew);
}

TEST(RouteExchange, WhoHasNothingNewIsNotAskedAgainUntilItHas) {
    const auto host = amid({"b"});
    std::size_t asked = 0;
    const auto run = [&](Time time, std::uint64_t root) {
        for (const Time end = host->now + time; host->now < end; host->pass(seconds(1))) {
            host->exchange.root_heard(1, root, host->now);
            std::deque<std::pair<LinkId, std::string>> frames;
            frames.swap(host->sent);
            for (const auto& [link, body] : frames) {
                const Result<RouteFrameReader> reader = RouteFrameReader::open(body);
                if (!reader || reader->title() != RouteFrameReader::Title::ask) continue;
                ++asked;
                host->hears(1, RouteFrame::answer(reader->number()).take());
            }
        }
    };
    run(seconds(25), 17);
    EXPECT_EQ(asked, 1U);
    run(seconds(10), 18);
    EXPECT_EQ(asked, 2U);
    run(minutes(2), 18);
    EXPECT_GE(asked, 4U) << "should it have been wrong";
    EXPECT_LE(asked, 7U);
}

TEST(RouteExchange, WhoIsGoneForLongIsToldToNoOne) {
    const auto host = amid({"b"});
    host->knows(says("c", {}));
    (void)host->table.sweep(host->now);
    host->now += RouteTable::kWithhold + seconds(1);
    RouteFrame ask = RouteFrame::ask(1);
    for (unsigned node = 0; node < 256; ++node) {
        DigestTree::Children others = host->table.digests().children({2, node});
        for (std::uint64_t& digest : others) ++digest;
        ASSERT_TRUE(ask.add_compare({2, node}, others));
    }
    ASSERT_TRUE(ask.add_want("c"));
    const std::string all = std::move(ask).take();
    host->hears(1, all);
    EXPECT_THAT(host->sent.back().second, HasSubstr("held c "));
    EXPECT_THAT(host->sent.back().second, HasSubstr("member c\n"));
    (void)host->table.sweep(host->now);
    host->hears(1, all);
    EXPECT_THAT(host->sent.back().second, HasSubstr("held a "));
    EXPECT_THAT(host->sent.back().second, testing::Not(HasSubstr("held c ")));
    EXPECT_THAT(host->sent.back().second, testing::Not(HasSubstr("member c\n")));
}

// --- Neighbours that lie, or are broken.

TEST(RouteExchange, WhoHasNoTimeToAnswerIsLeftInPeaceForAWhile) {
    const auto host = amid({"b"});
    std::size_t asked = 0;
    for (std::uint64_t second = 0; second < 60; ++second, host->pass(seconds(1))) {
        host->exchange.root_heard(1, 17, host->now);
        std::deque<std::pair<LinkId, std::string>> frames;
        frames.swap(host->sent);
        for (const auto& [link, body] : frames) {
            const Result<RouteFrameReader> reader = RouteFrameReader::open(body);
            if (!reader || reader->title() != RouteFrameReader::Title::ask) continue;
            ++asked;
            RouteFrame answer = RouteFrame::answer(reader->number());
            answer.add_cut();
            host->hears(1, std::move(answer).take());
        }
    }
    EXPECT_GE(asked, 5U);
    EXPECT_LE(asked, 12U);
}

TEST(RouteExchange, WhatMakesNoSenseIsAnOffenceAndChangesNothing) {
    const auto host = amid({"b"});
    const std::uint64_t root = host->exchange.root();
    std::size_t offences = 0;
    for (const char* body : {"", "nonsense\n", "flood\nannouncement 4\nabc\n", "flood\nwant 5f3a\n",
                             "ask 1\nwant XYZ\n", "ask 1\ncompare - 17\n"}) {
        host->hears(1, body);
        EXPECT_EQ(host->offences.size(), ++offences) << body;
    }
    EXPECT_EQ(host->exchange.root(), root);
    host->hears(99, "nonsense\n");
    EXPECT_EQ(host->offences.size(), offences) << "no neighbour's";
}

TEST(RouteExchange, AnAnswerThatNobodyAskedForIsNotRead) {
    const auto host = amid({"b"});
    RouteFrame frame = RouteFrame::answer(1);
    ASSERT_TRUE(frame.add_announcement(*says("e", {})));
    host->hears(1, std::move(frame).take());
    EXPECT_EQ(host->table.find("e"), nullptr);
    // Nor one with another number than the question that is open.
    host->exchange.up(2, "c", 17, host->now);
    for (const std::uint32_t number : {2U, 1U}) {
        RouteFrame late = RouteFrame::answer(number);
        ASSERT_TRUE(late.add_announcement(*says("e", {})));
        host->hears(2, std::move(late).take());
        EXPECT_EQ(host->table.find("e") != nullptr, number == 1);
    }
}

TEST(RouteExchange, AnswersCostABudget) {
    const auto host = amid({"b", "c"});
    for (std::uint64_t n = 0; n < 3000; ++n) host->knows(says("e" + member_number(n), {}));
    RouteFrame ask = RouteFrame::ask(1);
    for (unsigned node = 0; node < 32; ++node) ASSERT_TRUE(ask.add_compare({2, node}, {}));
    const std::string some = std::move(ask).take();
    std::size_t sent = 0;
    for (int i = 0; i < 300; ++i) {
        host->hears(1, some);
        for (const auto& [link, body] : host->sent) {
            EXPECT_LE(body.size(), kLongestRouteFrame);
            sent += body.size();
        }
        host->sent.clear();
    }
    EXPECT_GT(host->exchange.counts().over, 0U);
    EXPECT_LT(sent, static_cast<std::size_t>(RouteExchange::kAnswerASecond) + 2 * kLongestRouteFrame);
    host->hears(1, some);
    EXPECT_THAT(host->sent_to("cut\n"), ElementsAre(1)) << "it is told at least";
    host->hears(2, some);
    EXPECT_THAT(host->sent_to("held "), ElementsAre(2)) << "others have their own";
    host->now += seconds(1);
    host->hears(1, some);
    EXPECT_THAT(host->sent_to("held "), ElementsAre(1));
}

TEST(RouteExchange, ReadingCostsABudget) {
    const auto host = amid({"b"});
    RouteFrame frame = RouteFrame::flood();
    const AnnouncedPtr b = says("b", {});
    while (frame.add_announcement(*b)) {
    }
    const std::string body = std::move(frame).take();
    for (int i = 0; i < 100; ++i) host->hears(1, body);
    EXPECT_GT(host->exchange.counts().over, 50U);
}

TEST(RouteExchange, ALiarWastesNoMoreThanItsTurn) {
    const auto host = amid({"b", "c"});
    // It holds what it never gives, and says another root each time.
    std::size_t asked = 0;
    for (std::uint64_t second = 0; second < 20; ++second) {
        host->exchange.root_heard(1, mix(second), host->now);
        for (int i = 0; i < 10; ++i, host->pass(Time(100))) {
            std::deque<std::pair<LinkId, std::string>> frames;
            frames.swap(host->sent);
            for (const auto& [link, body] : frames) {
                Result<RouteFrameReader> reader = RouteFrameReader::open(body);
                if (!reader || reader->title() != RouteFrameReader::Title::ask) continue;
                ++asked;
                RouteFrame answer = RouteFrame::answer(reader->number());
                RouteItem item;
                while (*reader->next(item)) {
                    if (item.kind != RouteItem::Kind::compare) continue;
                    for (unsigned digit = 0; digit < 16 && item.node.level == 0; ++digit) {
                        (void)answer.add_node(item.node.child(digit), {1, 2, 3, 4, 5, 6, 7, 8, 9, 1, 2, 3, 4, 5, 6, 7});
                    }
                    for (std::uint64_t n = 0; n < 20 && item.node.level == 2; ++n) {
                        (void)answer.add_held(*says("e" + member_number(item.node.prefix * 20 + n), {}));
                    }
                }
                host->hears(link, std::move(answer).take());
            }
        }
    }
    EXPECT_LT(asked, 20U * 30U);
    // An honest neighbour has its turn between.
    host->exchange.down(1, host->now);
    host->sent.clear();
    host->exchange.root_heard(2, 18, host->now);
    EXPECT_THAT(host->sent_to("ask "), ElementsAre(2));
}

}  // namespace
}  // namespace msw::net
