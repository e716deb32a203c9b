#include "plugins/net/core/flow/arrivals.hpp"

#include <gmock/gmock.h>

namespace msw::net {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::SizeIs;
using Handed = Arrivals::Handed;
using Verdict = Arrivals::Verdict;

constexpr Run kOrigin = 0xa;
constexpr Run kOriginAgain = 0xb;

/// Apps that take until they are full, and a line for what goes back.
class ArrivalsTest : public Arrivals::Output, public testing::Test {
public:
    [[nodiscard]] Handed hand(const Datapack& d, std::uint64_t token) override {
        if (full.contains(d.app)) return Handed::full;
        handed.push_back(d.app + ":" + std::string(d.get("flag")));
        if (d.method == "reply") return Handed::ended;
        tokens.push_back(token);
        return Handed::waits;
    }
    void commit(const Datapack& d, const std::string& member, const FlowName& flow, std::uint64_t n,
                std::uint64_t token, std::uint64_t generation) override {
        commits.push_back(
            {member + ' ' + flow.app + ' ' + std::to_string(n) + ' ' + std::string(d.get("flag")), token, generation});
    }
    void recall(const std::string&, const FlowName&, std::uint64_t token) override { recalls.push_back(token); }
    bool tell(const std::string& member, const std::string& receipts, const std::string& windows) override {
        if (!reachable) return false;
        told.push_back(member + ": " + receipts);
        credits.push_back(windows);
        return true;
    }

protected:
    Verdict comes(const char* app, std::uint64_t n, net::Run run = kOrigin, const char* member = "1",
                  std::size_t body = 100) {
        Datapack d(app[0] == '@' ? "reply" : "post", app, std::string(body, 'x'));
        d.set("flag", std::to_string(n));
        return arrivals.arrive(member, {FlowClass::ordinary, run, 1, n, 1, (n - 1) * charge_of(d), false}, d, now);
    }

    std::set<std::string, std::less<>> full;
    std::vector<std::string> handed, told, credits;
    std::vector<std::uint64_t> tokens;
    struct Commit {
        std::string what;
        std::uint64_t token;
        std::uint64_t generation;
    };
    std::vector<Commit> commits;
    std::vector<std::uint64_t> recalls;
    bool reachable = true;
    Time now{0};
    Arrivals arrivals{*this};
};

TEST_F(ArrivalsTest, HandsOnInTheOrderOfEachFlow) {
    EXPECT_EQ(comes("shell", 2), Verdict::taken);
    EXPECT_EQ(comes("log", 1), Verdict::taken);
    EXPECT_EQ(comes("shell", 1), Verdict::taken);
    EXPECT_EQ(comes("shell", 1), Verdict::duplicate);
    EXPECT_EQ(comes("shell", 1, kOrigin, "2"), Verdict::taken) << "another host's flow";
    EXPECT_THAT(handed, ElementsAre("log:1", "shell:1", "shell:2", "shell:1"));
}

TEST_F(ArrivalsTest, AnAppWithoutRoomHoldsUpNobodyElse) {
    full = {"slow"};
    EXPECT_EQ(comes("slow", 1), Verdict::taken);
    EXPECT_EQ(comes("slow", 2), Verdict::taken);
    EXPECT_EQ(comes("shell", 1), Verdict::taken);
    EXPECT_THAT(handed, ElementsAre("shell:1"));
    EXPECT_GT(arrivals.held(), 0U);
    full.clear();
    arrivals.try_again(now);
    EXPECT_THAT(handed, ElementsAre("shell:1", "slow:1", "slow:2"));
    for (const std::uint64_t token : tokens) arrivals.taken(token, now);
    EXPECT_EQ(arrivals.held(), 0U);
}

TEST_F(ArrivalsTest, WhatAnAppTookMakesRoomForTheNext) {
    (void)comes("slow", 1);
    full = {"slow"};
    (void)comes("slow", 2);
    full.clear();
    arrivals.taken(tokens.front(), now);
    EXPECT_THAT(handed, ElementsAre("slow:1", "slow:2"));
    arrivals.taken(4711, now);  // nobody's
}

TEST_F(ArrivalsTest, TellsAboutAllFlowsOfAnOriginTogether) {
    (void)comes("shell", 1);
    (void)comes("log", 1);
    (void)comes("shell", 1, kOrigin, "2");
    arrivals.tick(now);
    EXPECT_TRUE(told.empty());
    now = InFlow::kReceiptDelay;
    arrivals.tick(now);
    EXPECT_THAT(told, ElementsAre("1: o 000000000000000a shell 1\no 000000000000000a log 1\n",
                                  "2: o 000000000000000a shell 1\n"));
    EXPECT_THAT(credits[0], HasSubstr("shell credit "));
    now += Time(1000);
    arrivals.tick(now);
    EXPECT_EQ(told.size(), 2U) << "there is nothing new";
    (void)comes("shell", 1);
    arrivals.tick(now);
    EXPECT_EQ(told.size(), 3U) << "its receipt must have been lost";
}

TEST_F(ArrivalsTest, ThatWhoseTimeIsOverIsReceiptedIfItHadCome) {
    (void)comes("shell", 1);
    arrivals.tell_all();
    told.clear();
    const auto too_late = [&](const char* app, std::uint64_t n) {
        arrivals.too_late("1", {FlowClass::ordinary, kOrigin, 1, n, 1, 0, false}, Datapack("post", app));
        arrivals.tick(now);
    };
    too_late("shell", 2);
    too_late("log", 1);
    EXPECT_TRUE(told.empty()) << "these had not";
    too_late("shell", 1);
    EXPECT_THAT(told, ElementsAre("1: o 000000000000000a shell 1\n"));
}

TEST_F(ArrivalsTest, TellsAllBeforeThisHostStops) {
    (void)comes("shell", 1);
    (void)comes("log", 1, kOrigin, "2");
    arrivals.tell_all();
    EXPECT_THAT(told, ElementsAre("1: o 000000000000000a shell 1\n", "2: o 000000000000000a log 1\n"));
}

TEST_F(ArrivalsTest, AFileIsReceiptedAtOnce) {
    Datapack d("file", "log");
    d.file = std::make_shared<const File>(-1, 9000, "");
    EXPECT_EQ(arrivals.arrive("1", {FlowClass::ordinary, kOrigin, 1, 1, 1, 0, false}, d, now), Verdict::taken);
    arrivals.tick(now);
    EXPECT_EQ(told.size(), 1U);
}

TEST_F(ArrivalsTest, TellsLaterWhereThereIsNoWayNow) {
    reachable = false;
    (void)comes("shell", 1);
    now = Time(1000);
    arrivals.tick(now);
    reachable = true;
    arrivals.tick(now);
    EXPECT_THAT(told, ElementsAre("1: o 000000000000000a shell 1\n"));
}

TEST_F(ArrivalsTest, AnswersWhoAsks) {
    (void)comes("shell", 1);
    now = Time(1000);
    arrivals.tick(now);
    arrivals.low("1", {{FlowClass::ordinary, kOrigin, "shell"}, 5, 0}, now);
    arrivals.tick(now);
    EXPECT_EQ(told.back(), "1: o 000000000000000a shell 4\n");
    EXPECT_EQ(told.size(), 2U);
}

TEST_F(ArrivalsTest, AFlowOfWhichNothingArrivedGetsCreditBehindWhatWasGivenUp) {
    arrivals.low("1", {{FlowClass::ordinary, kOrigin, "shell"}, 3, 200'000}, now);
    arrivals.tick(now);
    EXPECT_THAT(told, ElementsAre("1: o 000000000000000a shell 2\n"));
    const std::string credit = credits.back();
    EXPECT_THAT(credit, HasSubstr("shell credit "));
    EXPECT_GE(std::stoull(credit.substr(credit.rfind(' ') + 1)), 200'000U + kFirstCredit);
}

TEST_F(ArrivalsTest, WhatALaterLowLetsGoIsHandedOnThoughItComesForTheSecondTime) {
    EXPECT_EQ(comes("shell", 2), Verdict::taken);
    EXPECT_TRUE(handed.empty()) << "the first may still come";
    Datapack d("post", "shell", std::string(100, 'x'));
    const Envelope given_up{FlowClass::ordinary, kOrigin, 1, 2, 2, charge_of(d), false};
    EXPECT_EQ(arrivals.arrive("1", given_up, d, now), Verdict::duplicate);
    EXPECT_THAT(handed, ElementsAre("shell:2"));
}

TEST_F(ArrivalsTest, AnswersNeverWait) {
    EXPECT_EQ(comes("@1", 1), Verdict::taken);
    EXPECT_EQ(comes("@2", 2), Verdict::taken) << "all askers share a flow";
    EXPECT_EQ(arrivals.held(), 0U);
    EXPECT_EQ(arrivals.flows(), 1U);
}

TEST_F(ArrivalsTest, AnOriginHasOnlySoManyFlows) {
    for (std::size_t i = 0; i < Arrivals::kMostFlows; ++i) {
        ASSERT_EQ(comes(("app" + std::to_string(i)).c_str(), 1), Verdict::taken);
    }
    EXPECT_EQ(comes("more", 1), Verdict::too_many_flows);
    EXPECT_EQ(comes("app1", 2), Verdict::taken);
    EXPECT_EQ(comes("more", 1, kOrigin, "2"), Verdict::taken);
    EXPECT_EQ(comes("more", 1, kOriginAgain), Verdict::taken) << "another run begins anew";
}

TEST_F(ArrivalsTest, ForgetsFlowsOfAnEarlierRunAndTakesNothingOfThemAgain) {
    arrivals.meet("1", kOrigin);
    (void)comes("shell", 1);
    arrivals.taken(tokens.back(), now);
    arrivals.meet("1", kOriginAgain);
    EXPECT_EQ(comes("shell", 2), Verdict::taken) << "it was under way when its origin ended";
    arrivals.taken(tokens.back(), now);
    EXPECT_EQ(comes("log", 1), Verdict::no_room) << "who knows whether it was here before";
    EXPECT_EQ(comes("shell", 1, kOriginAgain), Verdict::taken);
    for (; now < Arrivals::kForget + Time(120'000); now += Time(30'000)) arrivals.tick(now);
    EXPECT_EQ(arrivals.flows(), 1U);
    EXPECT_EQ(comes("shell", 2), Verdict::no_room);
    EXPECT_EQ(comes("shell", 1, kOriginAgain), Verdict::duplicate) << "of the present run nothing is forgotten";
}

/// Durable ones.
class DurableArrivals : public ArrivalsTest {
protected:
    Verdict durable(std::uint64_t n, std::size_t body = 100) {
        Datapack d("post", "log", std::string(body, 'x'));
        d.set("flag", std::to_string(n));
        return arrivals.arrive("1", {FlowClass::durable, kOrigin, 1, n, 1, (n - 1) * charge_of(d), false}, d, now);
    }
    std::string receipt() {
        now += InFlow::kReceiptDelay;
        told.clear();
        arrivals.tick(now);
        return told.empty() ? "" : told.back();
    }
};

TEST_F(DurableArrivals, WaitUntilTheDiskHasSaidHowFarTheirFlowHadCome) {
    EXPECT_EQ(durable(3), Verdict::taken);
    EXPECT_EQ(durable(4), Verdict::taken);
    EXPECT_TRUE(commits.empty());
    ASSERT_THAT(recalls, SizeIs(1));
    arrivals.recalled(recalls[0], 3, now);
    ASSERT_THAT(commits, SizeIs(1)) << "the third is there already";
    EXPECT_EQ(commits[0].what, "1 log 4 4");
}

TEST_F(DurableArrivals, AreReceiptedOnceTheyAreOnDisk) {
    EXPECT_EQ(durable(1), Verdict::taken);
    arrivals.recalled(recalls[0], 0, now);
    EXPECT_THAT(receipt(), Not(HasSubstr("log 1")));
    arrivals.committed(commits[0].token, commits[0].generation, true, now);
    EXPECT_THAT(receipt(), HasSubstr("log 1"));
    EXPECT_EQ(arrivals.held(), 0U) << "on disk they take no memory";
    EXPECT_TRUE(handed.empty()) << "whoever keeps the disk hands them on";
}

TEST_F(DurableArrivals, BehindOneThatIsNotOnDiskAllComeAgain) {
    EXPECT_EQ(durable(1), Verdict::taken);
    arrivals.recalled(recalls[0], 0, now);
    EXPECT_EQ(durable(2), Verdict::taken);
    ASSERT_THAT(commits, SizeIs(2));
    arrivals.committed(commits[0].token, commits[0].generation, false, now);
    arrivals.committed(commits[1].token, commits[1].generation, false, now);
    EXPECT_EQ(arrivals.held(), 0U);
    EXPECT_THAT(receipt(), Not(HasSubstr("log 1")));
    EXPECT_EQ(durable(1), Verdict::taken);
    EXPECT_EQ(durable(2), Verdict::taken);
    ASSERT_THAT(commits, SizeIs(4));
    arrivals.committed(commits[2].token, commits[2].generation, true, now);
    arrivals.committed(commits[3].token, commits[3].generation, true, now);
    EXPECT_THAT(receipt(), HasSubstr("log 2"));
}

TEST_F(DurableArrivals, WhereTheDiskCannotBeReadTheyAskAgain) {
    EXPECT_EQ(durable(1), Verdict::taken);
    arrivals.recalled(recalls[0], std::nullopt, now);
    EXPECT_EQ(arrivals.held(), 0U);
    EXPECT_EQ(durable(1), Verdict::taken);
    ASSERT_THAT(recalls, SizeIs(2));
    arrivals.recalled(recalls[1], 0, now);
    EXPECT_THAT(commits, SizeIs(1));
}

}  // namespace
}  // namespace msw::net
