#include "plugins/net/core/routes/detours.hpp"

#include "plugins/net/core/routes/announce_for_test.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <map>

namespace msw::net {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

/// From 1 to 9 over 2, or over 3, or over 4 and 5; 8 is a neighbour.
class DetoursTest : public testing::Test {
protected:
    DetoursTest() {
        table.set_own(says("1", {"2", "3", "4", "8"}), Time{0});
        table.set_links(links_to({"2", "3", "4", "8"}));
        hear("2", {"1", "9"});
        hear("3", {"1", "9"});
        hear("4", {"1", "5"});
        hear("5", {"4", "9"});
        hear("8", {"1"});
        hear("9", {"2", "3", "5"});
    }
    void hear(const char* member, std::initializer_list<const char*> to, std::uint64_t seq = 1) {
        ASSERT_EQ(table.hear(says(member, to, {{1, seq}}), Time{0}).verdict, Heard::Verdict::fresh);
    }

    RouteTable table{"1"};
    Detours detours{table};
};

TEST_F(DetoursTest, TheShortestWayNeedsNoName) {
    EXPECT_THAT(detours.out("9"), IsEmpty());
    EXPECT_THAT(detours.back("9"), IsEmpty());
}

TEST_F(DetoursTest, ItTakesWaysThatShareNoRelayInTurn) {
    ASSERT_EQ(table.next_hop("9"), "2");
    EXPECT_TRUE(detours.change("9", Time(1'000), Time(1'000)));
    EXPECT_THAT(detours.out("9"), ElementsAre("h3"));
    EXPECT_TRUE(detours.change("9", Time(1'000), Time(2'000)));
    EXPECT_THAT(detours.out("9"), ElementsAre("h4", "h5"));
    EXPECT_TRUE(detours.change("9", Time(1'000), Time(3'000)));
    EXPECT_THAT(detours.out("9"), ElementsAre("h2"))
        << "the shortest of those that failed once, by its name: 2 may have gone another one that is as short";
    EXPECT_TRUE(detours.change("9", Time(1'000), Time(4'000)));
    EXPECT_THAT(detours.out("9"), ElementsAre("h3"));
}

TEST_F(DetoursTest, WhereAllWaysShareARelayTheOthersAreGoneRound) {
    hear("4", {"1"}, 2);
    hear("2", {"1", "6", "7"}, 2);
    hear("3", {"1"}, 2);
    hear("6", {"2", "9"});
    hear("7", {"2", "9"});
    hear("9", {"6", "7"}, 2);
    ASSERT_THAT(table.path("9"), ElementsAre("2", "7", "9"));
    EXPECT_TRUE(detours.change("9", Time(1'000), Time(1'000)));
    EXPECT_THAT(detours.out("9"), ElementsAre("h2", "h6"));
}

// 2 swallows, and is on the shortest of the ways and on the second.
TEST_F(DetoursTest, WhoIsOnEveryWayThatFailsIsGoneRoundInTheEnd) {
    hear("2", {"1", "6", "9"}, 2);
    hear("3", {"1", "6"}, 2);
    hear("6", {"2", "3", "9"});
    hear("9", {"2", "6"}, 2);
    ASSERT_THAT(table.path("9"), ElementsAre("2", "9"));
    const auto passed_by = [&] {
        const Detours::Via& via = detours.out("9");
        return !via.empty() && std::find(via.begin(), via.end(), "h2") == via.end();
    };
    int tries = 0;
    for (Time now(1'000); !passed_by() && tries < 5; now += Time(1'000), ++tries) {
        (void)detours.change("9", Time(1'000), now);
    }
    EXPECT_THAT(detours.out("9"), ElementsAre("h3", "h6"));
    EXPECT_LT(tries, 5);
}

// Where it seemed to be the only one, another may have been taken: by who knew it already.
TEST_F(DetoursTest, WhileThereIsNoOtherWayNobodyIsDoubted) {
    hear("9", {"2"}, 2);
    for (int i = 1; i <= 10; ++i) EXPECT_FALSE(detours.change("9", Time(1'000), Time(1'000 * i)));
    hear("9", {"2", "3"}, 3);
    EXPECT_TRUE(detours.change("9", Time(1'000), Time(11'000)));
    EXPECT_THAT(detours.out("9"), ElementsAre("h3"));
    EXPECT_TRUE(detours.change("9", Time(1'000), Time(12'000)));
    EXPECT_THAT(detours.out("9"), ElementsAre("h2")) << "it has failed once, and not eleven times";
}

TEST_F(DetoursTest, HoweverOftenAllOfThemFailTheyAreTakenInTurn) {
    std::map<std::string, int> taken;  // by the first host on the way
    for (int i = 1; i <= 3'000; ++i) {
        (void)detours.change("9", Time(1'000), Time(1'000 * i));
        if (!detours.out("9").empty()) ++taken[detours.out("9").front()];
    }
    for (const char* first : {"h2", "h3", "h4"}) EXPECT_GT(taken[first], 500) << first;
}

TEST_F(DetoursTest, EveryRelayOfTheOtherWayIsNamed) {
    hear("3", {"1"}, 2);
    EXPECT_TRUE(detours.change("9", Time(1'000), Time(1'000)));
    EXPECT_THAT(detours.out("9"), ElementsAre("h4", "h5"));
}

TEST_F(DetoursTest, ATimerThatBeganBeforeTheChangeChangesNothing) {
    EXPECT_TRUE(detours.change("9", Time(1'000), Time(5'000)));
    EXPECT_FALSE(detours.change("9", Time(1'000), Time(5'999)));
    EXPECT_THAT(detours.out("9"), ElementsAre("h3"));
    EXPECT_TRUE(detours.change("9", Time(1'000), Time(6'000)));
}

TEST_F(DetoursTest, ToANeighbourAndWhereThereIsNoOtherWayNothingChanges) {
    EXPECT_FALSE(detours.change("8", Time(1'000), Time(1'000)));
    EXPECT_FALSE(detours.change("nobody", Time(1'000), Time(1'000)));
    hear("3", {"1"}, 2);
    hear("5", {"4"}, 2);
    EXPECT_FALSE(detours.change("9", Time(1'000), Time(1'000)));
    EXPECT_THAT(detours.out("9"), IsEmpty());
}

TEST_F(DetoursTest, AWayOfMoreThanSixteenRelaysIsNone) {
    RouteTable line{"0"};
    const auto name = [](int i) { return "m" + std::to_string(i); };
    line.set_own(make_announced(saying("0", {{"m1", 1, false}, {"short", 1, false}})), Time{0});
    line.set_links({{"m1", 1, false}, {"short", 1, false}});
    ASSERT_EQ(line.hear(says("short", {"0", "end"}), Time{0}).verdict, Heard::Verdict::fresh);
    const auto build = [&](int relays, std::uint64_t seq) {
        for (int i = 1; i <= relays; ++i) {
            (void)line.hear(
                make_announced(saying(
                    name(i), {{i == 1 ? "0" : name(i - 1), 1, false}, {i == relays ? "end" : name(i + 1), 1, false}},
                    {{1, seq}})),
                Time{0});
        }
        (void)line.hear(make_announced(saying("end", {{name(relays), 1, false}, {"short", 1, false}}, {{1, seq}})),
                        Time{0});
    };
    Detours of_line{line};
    build(17, 1);
    EXPECT_FALSE(of_line.change("end", Time(1'000), Time(1'000)));
    build(16, 2);
    EXPECT_TRUE(of_line.change("end", Time(1'000), Time(1'000)));
    EXPECT_EQ(of_line.out("end").size(), 16U);
}

TEST_F(DetoursTest, WordsGoBackThroughTheNeighbourOverWhichOneHears) {
    detours.heard_through("9", "2", false, Time{0});
    EXPECT_THAT(detours.back("9"), IsEmpty()) << "which is the shortest way";
    detours.heard_through("9", "3", false, Time{0});
    EXPECT_THAT(detours.back("9"), ElementsAre("h3"));
    detours.heard_through("9", "4", false, Time(500));
    EXPECT_THAT(detours.back("9"), ElementsAre("h4"));
    detours.heard_through("9", "2", false, Time(600));
    EXPECT_THAT(detours.back("9"), IsEmpty());
    detours.heard_through("9", "3", false, Time(700));
    detours.heard_through("9", "9", false, Time(800));
    EXPECT_THAT(detours.back("9"), IsEmpty()) << "it came straight";
}

TEST_F(DetoursTest, TheWholeWayBackIsNamedAndAnotherWhenThingsComeAgain) {
    hear("3", {"1"}, 2);
    detours.heard_through("9", "4", true, Time{0});
    EXPECT_THAT(detours.back("9"), ElementsAre("h4", "h5")) << "nothing was said there yet";
    hear("5", {"4"}, 2);
    detours.heard_through("9", "4", true, Time(999));
    EXPECT_THAT(detours.back("9"), ElementsAre("h4", "h5")) << "not so often";
    detours.heard_through("9", "4", false, Time(1'000));
    EXPECT_THAT(detours.back("9"), ElementsAre("h4", "h5"));
    detours.heard_through("9", "4", true, Time(1'000));
    EXPECT_THAT(detours.back("9"), ElementsAre("h2")) << "that way is there no more";
}

TEST_F(DetoursTest, WhereNoWayThroughThatNeighbourIsKnownItIsNamedAlone) {
    detours.heard_through("9", "8", false, Time{0});
    EXPECT_THAT(detours.back("9"), ElementsAre("h8"));
}

TEST_F(DetoursTest, WhatBringsNoReceiptFollowsTheOtherSide) {
    EXPECT_TRUE(detours.change("9", Time(1'000), Time(1'000)));
    ASSERT_THAT(detours.out("9"), ElementsAre("h3"));
    detours.heard_through("9", "4", false, Time(1'500));
    EXPECT_THAT(detours.out("9"), ElementsAre("h4", "h5"));
    EXPECT_FALSE(detours.change("9", Time(1'000), Time(2'000))) << "that way has yet to be tried";
    detours.arrived("9");
    detours.heard_through("9", "3", false, Time(3'000));
    EXPECT_THAT(detours.back("9"), ElementsAre("h3"));
    EXPECT_THAT(detours.out("9"), ElementsAre("h4", "h5")) << "it works";
}

TEST_F(DetoursTest, WordsThatWereLostTakeTheWayThatBringsReceipts) {
    EXPECT_TRUE(detours.change("9", Time(1'000), Time(1'000)));
    ASSERT_THAT(detours.out("9"), ElementsAre("h3"));
    detours.heard_through("9", "3", false, Time(1'000));
    detours.arrived("9");
    detours.heard_through("9", "4", false, Time(2'000));
    ASSERT_THAT(detours.back("9"), ElementsAre("h4", "h5"));
    detours.heard_through("9", "2", true, Time(3'000));
    EXPECT_THAT(detours.back("9"), ElementsAre("h3"));
    detours.heard_through("9", "2", true, Time(4'000));
    EXPECT_THAT(detours.back("9"), ElementsAre("h2")) << "words were lost there, too";
    detours.heard_through("9", "2", true, Time(5'000));
    EXPECT_THAT(detours.back("9"), ElementsAre("h4", "h5")) << "and no receipt has come since";
    detours.arrived("9");
    detours.heard_through("9", "2", true, Time(6'000));
    EXPECT_THAT(detours.back("9"), ElementsAre("h3"));
}

// 9 looks for a way of its own and comes by another neighbour each time; what swallows, 7, is on the ways back.
TEST_F(DetoursTest, AWayBackThatFailedIsDoubtedWhenTheOtherSideComesByAnotherNeighbour) {
    hear("4", {"1"}, 2);
    hear("2", {"1", "6", "7"}, 2);
    hear("3", {"1", "6", "7"}, 2);
    hear("6", {"2", "3", "9"});
    hear("7", {"2", "3", "9"});
    hear("9", {"6", "7"}, 2);
    ASSERT_THAT(table.path("9"), ElementsAre("2", "7", "9"));
    detours.heard_through("9", "3", false, Time(1'000));
    ASSERT_THAT(detours.back("9"), ElementsAre("h3", "h7"));
    detours.heard_through("9", "2", true, Time(11'000));
    EXPECT_THAT(detours.back("9"), ElementsAre("h2", "h6"));
    detours.heard_through("9", "3", true, Time(11'999));
    EXPECT_THAT(detours.back("9"), ElementsAre("h3")) << "not so often: 3 knows its way";
}

TEST_F(DetoursTest, AReceiptEndsAllDoubts) {
    EXPECT_TRUE(detours.change("9", Time(1'000), Time(1'000)));
    EXPECT_TRUE(detours.change("9", Time(1'000), Time(2'000)));
    EXPECT_TRUE(detours.change("9", Time(1'000), Time(3'000)));
    EXPECT_TRUE(detours.change("9", Time(1'000), Time(4'000)));
    ASSERT_THAT(detours.out("9"), ElementsAre("h3")) << "the second time";
    detours.arrived("9");
    EXPECT_TRUE(detours.change("9", Time(1'000), Time(5'000)));
    EXPECT_THAT(detours.out("9"), ElementsAre("h2")) << "though it has failed twice: at another time";
    detours.arrived("nobody");
}

TEST_F(DetoursTest, WhatFailsIsLeftEvenIfNoOtherHasFewerDoubts) {
    for (int i = 1; i <= 3; ++i) EXPECT_TRUE(detours.change("9", Time(1'000), Time(1'000 * i)));
    ASSERT_THAT(detours.out("9"), ElementsAre("h2"));
    detours.arrived("9");
    EXPECT_TRUE(detours.change("9", Time(1'000), Time(4'000)));
    EXPECT_THAT(detours.out("9"), ElementsAre("h3"));
}

TEST_F(DetoursTest, WhatComesAgainOnTheShortestWayIsAnsweredOnAnother) {
    detours.heard_through("9", "2", true, Time{0});
    EXPECT_THAT(detours.back("9"), ElementsAre("h3"));
    detours.heard_through("9", "2", false, Time(10));
    EXPECT_THAT(detours.back("9"), ElementsAre("h3")) << "while it comes there";
    detours.heard_through("9", "9", true, Time(2'000));
    EXPECT_THAT(detours.back("9"), IsEmpty());
}

TEST_F(DetoursTest, AnotherShortestWayBeginsAnew) {
    (void)detours.change("9", Time(1'000), Time(1'000));
    detours.heard_through("9", "3", false, Time{0});
    detours.forget("9");
    EXPECT_THAT(detours.out("9"), IsEmpty());
    EXPECT_THAT(detours.back("9"), IsEmpty());
}

}  // namespace
}  // namespace msw::net
