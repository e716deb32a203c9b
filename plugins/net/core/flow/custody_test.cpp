#include "plugins/net/core/flow/custody.hpp"

#include "plugins/net/core/flow/runs_for_test.hpp"

#include <gmock/gmock.h>

namespace msw::net {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

/// A world of two hosts, `miku` of member 1 and `rin` of member 2, that does nothing but write down.
class CustodyTest : public Custody::Output, public testing::Test {
public:
    [[nodiscard]] Custody::Way way_to(const std::string& member) const override {
        const auto at = ways.find(member);
        return at == ways.end() ? Custody::Way::none : at->second;
    }
    [[nodiscard]] bool has_room(const std::string&, const Held&) const override { return room > 0; }
    void send(const std::string& member, const Held& held, const Envelope& envelope) override {
        --room;
        sent.push_back(member + ":" + std::string(held.datapack->get("flag")));
        last = envelope;
    }
    Time delivered_until(const std::string&, const Held&) override { return delivered; }
    void unheard(const std::string& member, Time waited, Time /*now*/) override {
        unheard_of.push_back(member + " for " + std::to_string(waited.count()));
    }
    void heard_again(const std::string& member) override { unheard_of.push_back("not " + member); }
    bool send_words(const std::string& member, const std::string& body) override {
        words.push_back(member + ": " + body);
        return true;
    }
    void hold(const std::string& app, bool held) override { holds.push_back(app + (held ? " held" : " let go")); }
    void ended(const std::string& host, Held held, Ending ending) override {
        constexpr std::array kNames = {"received", "unconfirmed", "expired"};
        ends.push_back(host + ":" + std::string(held.datapack->get("flag")) + " " +
                       kNames[static_cast<std::size_t>(ending)]);
    }

protected:
    Result<void> take(const std::string& flag, const char* app = "shell", std::size_t body = 0,
                      const char* member = "1", std::int64_t expires = 152'000) {
        Held held;
        Datapack d(app == std::string_view("@9") ? "reply" : "post", app, std::string(body, 'x'));
        d.set("flag", flag);
        d.set("from", "prog");
        held.datapack = std::make_shared<const Datapack>(std::move(d));
        held.expires = expires;
        return custody.take(member, member == std::string_view("1") ? "miku" : "rin", held, now);
    }
    void receipt(const char* app, std::uint64_t mark, std::string beyond = {}) {
        custody.receipts("1", kThere, {{{FlowClass::ordinary, kOwn, app}, mark, std::move(beyond)}}, now);
    }
    std::vector<std::string> take_sent() { return std::exchange(sent, {}); }
    std::vector<std::string> take_ends() { return std::exchange(ends, {}); }

    std::map<std::string, Custody::Way> ways{{"1", Custody::Way::direct}};
    int room = 1000;
    Time delivered = Time::max();
    std::vector<std::string> sent, words, ends, unheard_of, holds;
    Envelope last;
    Time now{0};
    Custody custody{kOwn, Custody::kOrdinary, *this};
};

TEST_F(CustodyTest, SendsAtOnceAndKeepsUntilTheReceipt) {
    custody.meet("1", kThere, 1, now);
    ASSERT_TRUE(take("a"));
    ASSERT_TRUE(take("b", "log"));
    EXPECT_THAT(take_sent(), ElementsAre("1:a", "1:b"));
    EXPECT_EQ(custody.size(), 2U);
    receipt("shell", 1);
    EXPECT_THAT(take_ends(), ElementsAre("miku:a received"));
    EXPECT_EQ(custody.waiting_for("1").first, 1U);
    receipt("log", 1);
    EXPECT_EQ(custody.bytes(), 0U);
    EXPECT_EQ(custody.size(), 0U);
}

TEST_F(CustodyTest, WaitsForAWayAndForTheRun) {
    ways.clear();
    ASSERT_TRUE(take("a"));
    custody.meet("1", kThere, 1, now);
    EXPECT_TRUE(sent.empty());
    ways["1"] = Custody::Way::direct;
    custody.rerouted("1", now);
    EXPECT_THAT(take_sent(), ElementsAre("1:a"));
    ways["2"] = Custody::Way::direct;
    ASSERT_TRUE(take("b", "shell", 0, "2"));
    EXPECT_TRUE(sent.empty()) << "for which run?";
    custody.meet("2", kThere, 1, now);
    EXPECT_THAT(take_sent(), ElementsAre("2:b"));
}

TEST_F(CustodyTest, SendsAgainWhatWasUnderWayWhenTheWayChanges) {
    custody.meet("1", kThere, 1, now);
    ASSERT_TRUE(take("a"));
    ASSERT_TRUE(take("b"));
    receipt("shell", 1);
    (void)take_sent();
    custody.rerouted("1", now);
    EXPECT_THAT(take_sent(), ElementsAre("1:b"));
    custody.rerouted("2", now);
    EXPECT_TRUE(sent.empty());
}

TEST_F(CustodyTest, SendsAgainWhenTheTimerRunsOutAndEachTimeLater) {
    custody.meet("1", kThere, 1, now);
    for (const char* flag : {"a", "b", "c"}) ASSERT_TRUE(take(flag, "shell", 10'000));
    (void)take_sent();
    now = Time(999);
    custody.tick(now, 0);
    EXPECT_TRUE(sent.empty());
    std::vector<Time> again;
    for (; now < Time(8'000); now += Time(1)) {
        custody.tick(now, 0);
        if (sent.empty()) continue;
        EXPECT_THAT(take_sent(), ElementsAre("1:a", "1:b")) << "no more than a step after a silence";
        again.push_back(now);
    }
    EXPECT_THAT(again, ElementsAre(Time(1'000), Time(3'000), Time(7'000)));
    EXPECT_THAT(unheard_of, ElementsAre("1 for 1000", "1 for 2000", "1 for 4000"))
        << "another way may be taken each time";
    receipt("shell", 1);
    EXPECT_EQ(unheard_of.back(), "not 1");
    EXPECT_THAT(take_sent(), ElementsAre("1:c"));
}

TEST_F(CustodyTest, TheTimerDoesNotRunWhileWhatWasSentHasNotLeftThisHost) {
    custody.meet("1", kThere, 1, now);
    now = Time(100);
    ASSERT_TRUE(take("a"));
    (void)take_sent();
    delivered = now;  // what was sent before it
    for (; now < Time(60'000); now += Time(50)) custody.tick(now, 0);
    EXPECT_THAT(take_sent(), ElementsAre());
    EXPECT_THAT(unheard_of, ElementsAre());
    delivered = Time(101);
    const Time left = now;
    while (sent.empty() && now < left + Time(3'000)) custody.tick(now += Time(50), 0);
    EXPECT_THAT(take_sent(), ElementsAre("1:a"));
    EXPECT_THAT(unheard_of, ElementsAre("1 for 1000"));
}

TEST_F(CustodyTest, MeasuresTheRoundTrip) {
    custody.meet("1", kThere, 1, now);
    ASSERT_TRUE(take("a"));
    now = Time(100);
    receipt("shell", 1);
    ASSERT_TRUE(take("b"));
    (void)take_sent();
    now = Time(399);
    custody.tick(now, 0);
    EXPECT_TRUE(sent.empty());
    now = Time(400);  // 100 ms and 4 times 50
    custody.tick(now, 0);
    EXPECT_THAT(take_sent(), ElementsAre("1:b"));
    now = Time(10'000);
    receipt("shell", 2);  // of what was sent twice nobody knows the round trip
    ASSERT_TRUE(take("c"));
    (void)take_sent();
    now = Time(10'600);
    custody.tick(now, 0);
    EXPECT_THAT(take_sent(), ElementsAre("1:c")) << "twice the 300 ms, and not ten seconds";
}

TEST_F(CustodyTest, ARelayedWayHasAWindow) {
    ways["1"] = Custody::Way::relayed;
    custody.meet("1", kThere, 1, now);
    for (int i = 0; i < 10; ++i) ASSERT_TRUE(take(std::to_string(i), i % 2 == 0 ? "shell" : "log", 16'000));
    EXPECT_EQ(take_sent().size(), 5U) << "4 steps, and what goes beyond the last one";
    receipt("shell", 1);
    EXPECT_THAT(take_sent().size(), 2U) << "one for the receipt, one for a greater window";
}

TEST_F(CustodyTest, WhatAnEarlierRunMayHaveIsUnconfirmed) {
    custody.meet("1", kThere, 1, now);
    room = 1;
    ASSERT_TRUE(take("a"));
    ASSERT_TRUE(take("b"));
    room = 1000;
    custody.meet("1", kThereAgain, 2, now);
    EXPECT_THAT(take_ends(), ElementsAre("miku:a unconfirmed"));
    EXPECT_EQ(last, (Envelope{FlowClass::ordinary, kOwn, kThereAgain, 2, 2, 0, false}));
    custody.meet("1", kThere, 1, now);
    EXPECT_EQ(custody.run_of("1"), kThereAgain) << "what is heard late is no news";
    receipt("shell", 2);
    EXPECT_TRUE(ends.empty()) << "nor does an earlier run's receipt count";
}

TEST_F(CustodyTest, AnEarlierEpochCountsOnlyInPlaceOfTheRunThatIsKnown) {
    custody.meet("1", kThere, 7, now);
    custody.meet("1", kThereAgain, 6, now);
    EXPECT_EQ(custody.run_of("1"), kThere) << "a word that was late";
    custody.replaced("1", kOwn, kThereAgain, 6, now);
    EXPECT_EQ(custody.run_of("1"), kThere) << "in place of another one";
    custody.replaced("1", kThere, kThereAgain, 6, now);
    EXPECT_EQ(custody.run_of("1"), kThereAgain);
    EXPECT_EQ(custody.epoch_of("1"), 6U);
    custody.replaced("2", kThere, kThereAgain, 6, now);
    EXPECT_EQ(custody.run_of("2"), kNoRun) << "of whom nothing is known";
}

TEST_F(CustodyTest, SaysHowWhatExpiresEnds) {
    ASSERT_TRUE(take("never", "shell", 0, "1", 1000));
    now = Time(1'500);
    custody.tick(now, 1000);
    EXPECT_THAT(take_ends(), ElementsAre("miku:never expired"));
    custody.meet("1", kThere, 1, now);
    ASSERT_TRUE(take("maybe", "shell", 0, "1", 2000));
    custody.tick(now, 2000);
    EXPECT_THAT(take_ends(), ElementsAre("miku:maybe unconfirmed"));
    EXPECT_EQ(custody.bytes(), 0U);
}

TEST_F(CustodyTest, TellsWhatItHoldsNoLongerUntilThatIsKnown) {
    custody.meet("1", kThere, 1, now);
    ASSERT_TRUE(take("a", "shell", 0, "1", 1000));
    now = Time(1'000);
    custody.tick(now, 1000);
    now = Time(2'000);
    custody.tick(now, 2000);
    ASSERT_GE(words.size(), 1U);
    EXPECT_THAT(words.back(), testing::StartsWith("1: o 000000000000000a shell low 2 "));
    const std::size_t before = words.size();
    now = Time(2'500);
    custody.tick(now, 2500);
    EXPECT_EQ(words.size(), before) << "once a second";
    now = Time(3'100);
    custody.tick(now, 3100);
    EXPECT_EQ(words.size(), before + 1);
    receipt("shell", 1);
    now = Time(9'000);
    custody.tick(now, 9000);
    EXPECT_EQ(words.size(), before + 1);
}

TEST_F(CustodyTest, AsksForCreditWhileItHasNone) {
    custody.meet("1", kThere, 1, now);
    for (const char* flag : {"a", "b"}) ASSERT_TRUE(take(flag, "shell", kFirstCredit - 1000));
    EXPECT_THAT(take_sent(), ElementsAre("1:a"));
    receipt("shell", 1);
    now = Time(1'000);
    custody.tick(now, 0);
    ASSERT_EQ(words.size(), 1U);
    EXPECT_THAT(words.back(), HasSubstr("shell low 2 "));
    custody.credit("1", kThereAgain, {{FlowClass::ordinary, kOwn, "shell"}, 10 * kFirstCredit}, now);
    EXPECT_TRUE(sent.empty()) << "of another run";
    custody.credit("1", kThere, {{FlowClass::ordinary, kOwn, "shell"}, 10 * kFirstCredit}, now);
    EXPECT_THAT(take_sent(), ElementsAre("1:b"));
}

TEST_F(CustodyTest, ALinkWithoutRoomIsTriedAgain) {
    custody.meet("1", kThere, 1, now);
    room = 0;
    ASSERT_TRUE(take("a"));
    ASSERT_TRUE(take("b", "log"));
    EXPECT_TRUE(sent.empty());
    room = 1;
    custody.pump(now);
    room = 1;
    custody.pump(now);
    EXPECT_EQ(take_sent().size(), 2U) << "each had its turn";
}

TEST_F(CustodyTest, WhereALinkHasLittleRoomFlowsAndHostsTakeTurns) {
    ways["2"] = Custody::Way::direct;
    custody.meet("1", kThere, 1, now);
    custody.meet("2", kThere, 1, now);
    room = 0;
    for (const char* flag : {"a1", "a2", "a3"}) ASSERT_TRUE(take(flag, "shell", 16'000));
    ASSERT_TRUE(take("b", "log"));
    ASSERT_TRUE(take("c", "log", 0, "2"));
    for (int i = 0; i < 5; ++i) {
        room = 1;
        custody.pump(now);
    }
    EXPECT_THAT(take_sent(), ElementsAre("1:a1", "2:c", "1:b", "1:a2", "1:a3"));
}

TEST_F(CustodyTest, WhereTheWindowIsFullFlowsTakeTurns) {
    ways["1"] = Custody::Way::relayed;
    custody.meet("1", kThere, 1, now);
    ASSERT_TRUE(take("a0", "shell"));
    custody.credit("1", kThere, {{FlowClass::ordinary, kOwn, "shell"}, 1'000'000}, now);
    for (int i = 1; i <= 9; ++i) ASSERT_TRUE(take("a" + std::to_string(i), "shell", 17'000));
    ASSERT_TRUE(take("b", "log"));
    (void)take_sent();
    receipt("shell", 2);
    EXPECT_THAT(take_sent(), testing::Contains("1:b"));
}

TEST_F(CustodyTest, ToldOnceWhoSendsMoreThanIsTakenAndOnceThatThatIsOver) {
    custody.meet("1", kThere, 1, now);
    for (int i = 0; i < 8; ++i) ASSERT_TRUE(take("a", "shell", 512 * 1024));
    EXPECT_THAT(holds, ElementsAre("prog held"));
    custody.let_go();
    EXPECT_THAT(holds, ElementsAre("prog held")) << "nothing has been received";
    custody.credit("1", kThere, {{FlowClass::ordinary, kOwn, "shell"}, 8'000'000}, now);
    receipt("shell", 5);
    custody.let_go();
    EXPECT_THAT(holds, ElementsAre("prog held", "prog let go"));
}

TEST_F(CustodyTest, HasBounds) {
    ways.clear();
    ASSERT_TRUE(take("large", "shell", 2 * Custody::kOrdinary.per_host)) << "alone it may be larger";
    Result<void> refused = take("b", "shell");
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Code::queue_full);
    EXPECT_THAT(refused.error().text, HasSubstr("waits for miku: 16 MiB"));
    ASSERT_TRUE(take("answer", "@9")) << "answers have their own";
    ASSERT_TRUE(take("c", "shell", 0, "2")) << "and so have others";
    for (std::size_t i = 1; i < Custody::kMostFlows; ++i) {
        ASSERT_TRUE(take("c", ("app" + std::to_string(i)).c_str(), 0, "2"));
    }
    refused = take("d", "one-more", 0, "2");
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Code::too_many_flows);
    EXPECT_THAT(refused.error().text, HasSubstr("32 apps on rin"));
}

TEST_F(CustodyTest, AllAnswersAreOneFlow) {
    custody.meet("1", kThere, 1, now);
    ASSERT_TRUE(take("a", "@9"));
    ASSERT_TRUE(take("b", "@9"));
    EXPECT_EQ(last.n, 2U);
    receipt("@", 2);
    EXPECT_THAT(take_ends(), ElementsAre("miku:a received", "miku:b received"));
}

TEST_F(CustodyTest, ListsWhatWaits) {
    ways.clear();
    ASSERT_TRUE(take("a"));
    ASSERT_TRUE(take("b", "log", 0, "2"));
    std::vector<std::string> rows;
    custody.for_each([&](const std::string& host, const std::string& app, const Held& h) {
        rows.push_back(host + " " + app + " " + std::string(h.datapack->get("flag")));
    });
    EXPECT_THAT(rows, ElementsAre("miku shell a", "rin log b"));
}

TEST_F(CustodyTest, SaysWhatEachWaitsFor) {
    using Waits = CustodyPlace::Waits;
    const auto waits = [this](const char* flag) {
        const std::vector<CustodyPlace> places = custody.find(flag);
        EXPECT_EQ(places.size(), 1U) << flag;
        return places.empty() ? Waits::no_way : places.front().waits;
    };
    EXPECT_TRUE(custody.find("a").empty());
    ASSERT_TRUE(take("a"));
    EXPECT_EQ(waits("a"), Waits::run);
    EXPECT_EQ(custody.find("a")[0].sent, 0U);
    ways.clear();
    EXPECT_EQ(waits("a"), Waits::no_way);
    ways["1"] = Custody::Way::direct;
    room = 0;
    custody.meet("1", kThere, 1, now);
    ASSERT_TRUE(take("b"));
    EXPECT_EQ(waits("a"), Waits::room);
    EXPECT_EQ(waits("b"), Waits::others);
    EXPECT_EQ(custody.find("b")[0].ahead, 1U);
    room = 1000;
    now = Time(70);
    custody.pump(now);
    EXPECT_EQ(waits("a"), Waits::receipt);
    EXPECT_EQ(custody.find("a")[0].sent_at, Time(70));
    ways.clear();
    EXPECT_EQ(waits("a"), Waits::receipt);
    EXPECT_FALSE(custody.find("a")[0].way);
    ways["1"] = Custody::Way::direct;
    receipt("shell", 0, "\x02");
    EXPECT_EQ(waits("b"), Waits::gap);
}

TEST_F(CustodyTest, SaysWhichBoundHoldsOneBack) {
    using Waits = CustodyPlace::Waits;
    custody.meet("1", kThere, 1, now);
    ASSERT_TRUE(take("c", "log", 60'000));
    ASSERT_TRUE(take("d", "log", 60'000));
    EXPECT_EQ(custody.find("d").at(0).waits, Waits::credit);
    const Custody::FlowNumbers numbers = custody.flow_numbers("1", "log");
    EXPECT_EQ(numbers.waiting, 2U);
    EXPECT_GT(numbers.bytes, 120'000U);
    EXPECT_TRUE(numbers.starved);
    EXPECT_EQ(custody.flow_numbers("1", "none").waiting, 0U);
    EXPECT_EQ(custody.flow_numbers("2", "log").waiting, 0U);
    ways["1"] = Custody::Way::relayed;
    ASSERT_TRUE(take("e", "echo", 60'000));
    ASSERT_TRUE(take("f", "other", 10));
    EXPECT_EQ(custody.find("f").at(0).waits, Waits::window);
}

TEST_F(CustodyTest, ADurableOneWaitsForTheDiskBeforeItIsSent) {
    custody.meet("1", kThere, 1, now);
    Datapack d("get", "shell");
    d.set("flag", "k");
    Held held;
    held.datapack = std::make_shared<const Datapack>(std::move(d));
    held.expires = 152'000;
    held.row = 17;
    held.run = kOwn;
    held.n = 1;
    custody.load("1", "miku", "shell", held, now);
    const CustodyPlace place = custody.find("k").at(0);
    EXPECT_EQ(place.waits, CustodyPlace::Waits::disk);
    EXPECT_EQ(place.row, 17);
    EXPECT_TRUE(place.durable);
    EXPECT_EQ(place.host, "miku");
}

}  // namespace
}  // namespace msw::net
