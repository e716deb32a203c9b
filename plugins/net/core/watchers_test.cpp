#include "plugins/net/core/watchers.hpp"

#include "base/json.hpp"

#include <gmock/gmock.h>

namespace msw::net {
namespace {

using Kind = HostState::Kind;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

HostState up(const std::string& host) { return {host, Kind::up}; }

class WatchersTest : public testing::Test, public Watchers::Output {
protected:
    [[nodiscard]] bool may_give(const Datapack&) const override { return way; }
    [[nodiscard]] Watchers::Given give(const Datapack& question, Datapack part, std::uint64_t token) override {
        if (gone.contains(std::string(question.get("from")))) return Watchers::Given::gone;
        tokens.push_back(token);
        parts.push_back(std::move(part));
        return question.get("id") == "far" ? Watchers::Given::on_its_way : Watchers::Given::waits;
    }

    Result<void> add(const char* from, const char* id = "here", std::optional<std::int64_t> expires = {}) {
        Datapack question("get", "net", "watch");
        question.set("from", from);
        question.set("flag", std::string("f") + from);
        question.set("id", id);
        return watchers.add(question, expires, states, now);
    }
    void pass(Time time) {
        now += time;
        watchers.tick(states, now, now.count());
    }
    void take() {
        for (const std::uint64_t token : std::exchange(tokens, {})) watchers.taken(token);
    }
    void tell(std::vector<HostState> all) { states.update(std::move(all), now); }
    /// The hosts of all parts that came since the last call, a word for each part.
    std::vector<std::string> heard() {
        std::vector<std::string> out;
        for (const Datapack& part : std::exchange(parts, {})) {
            std::string word;
            const Result<Json> rows = Json::parse(part.body);
            for (const Json& row : rows ? rows->items() : Json::Array{}) {
                word += (word.empty() ? "" : " ") + row["id"].as_string() + ":" + row["state"].as_string();
            }
            out.push_back(word + (part.get("end").empty() ? "" : "!") + std::string(part.get("error")));
        }
        return out;
    }

    bool way = true;
    std::set<std::string> gone;
    std::vector<Datapack> parts;
    std::vector<std::uint64_t> tokens;
    HostStates states;
    Watchers watchers{*this};
    Time now{0};
};

TEST_F(WatchersTest, FirstAllHostsThenWhatChanges) {
    tell({up("a"), up("b")});
    ASSERT_TRUE(add("x"));
    ASSERT_THAT(parts, SizeIs(1));
    EXPECT_EQ(parts[0].get("part"), "0");
    EXPECT_EQ(parts[0].get("stream"), "1");
    EXPECT_EQ(parts[0].get("flag"), "fx");
    EXPECT_THAT(heard(), ElementsAre("a:up b:up"));
    take();
    pass(Time(50));
    EXPECT_THAT(heard(), IsEmpty());
    tell({up("a"), {"b", Kind::busy}, up("c")});
    pass(Time(50));
    EXPECT_EQ(parts.at(0).get("part"), "1");
    EXPECT_THAT(heard(), ElementsAre("b:busy c:up"));
}

TEST_F(WatchersTest, AnEmptyMeshIsToldToo) {
    ASSERT_TRUE(add("x"));
    EXPECT_THAT(heard(), ElementsAre(""));
}

TEST_F(WatchersTest, WhileAPartIsNotTakenRowsAreOwedAndNoneIsLost) {
    ASSERT_TRUE(add("x"));
    (void)heard();
    for (int i = 0; i < 100; ++i) {
        tell({{"a", i % 2 == 0 ? Kind::up : Kind::busy}, up("b")});
        pass(Time(100));
    }
    EXPECT_THAT(heard(), IsEmpty());
    take();
    pass(Time(50));
    EXPECT_THAT(heard(), ElementsAre("b:up a:busy"));
}

TEST_F(WatchersTest, WhoTakesNothingIsEndedWithTooSlow) {
    ASSERT_TRUE(add("x"));
    (void)heard();
    pass(Watchers::kPatience - Time(1));
    EXPECT_EQ(watchers.size(), 1U);
    pass(Time(1));
    EXPECT_EQ(watchers.size(), 0U);
    EXPECT_THAT(parts.at(0).body, HasSubstr("not taken for 30 s"));
    EXPECT_THAT(heard(), ElementsAre("!too-slow"));
}

TEST_F(WatchersTest, AHostWithoutAWayIsWaitedForSoLong) {
    way = false;
    ASSERT_TRUE(add("x", "far"));
    EXPECT_THAT(heard(), IsEmpty());
    pass(Time(100));
    pass(Watchers::kPatience / 2);
    way = true;
    pass(Time(50));
    EXPECT_THAT(heard(), ElementsAre(""));
    way = false;
    tell({up("a")});
    pass(Time(2000));
    pass(Watchers::kPatience);
    EXPECT_EQ(watchers.size(), 0U);
}

TEST_F(WatchersTest, AnotherHostGetsAPartASecondAtMost) {
    ASSERT_TRUE(add("x", "far"));
    (void)heard();
    tell({up("a")});
    pass(Time(100));
    EXPECT_THAT(heard(), IsEmpty());
    tell({up("a"), up("b")});
    pass(Watchers::kFarPace);
    EXPECT_THAT(heard(), ElementsAre("a:up b:up"));
}

TEST_F(WatchersTest, SomethingComesEvenIfNothingChanges) {
    ASSERT_TRUE(add("x"));
    take();
    (void)heard();
    pass(Watchers::kHeartbeat - Time(1));
    EXPECT_THAT(heard(), IsEmpty());
    pass(Time(1));
    EXPECT_THAT(heard(), ElementsAre(""));
}

TEST_F(WatchersTest, WhoLeftIsForgottenWithTheNextPart) {
    ASSERT_TRUE(add("x"));
    take();
    gone.insert("x");
    tell({up("a")});
    pass(Time(50));
    EXPECT_EQ(watchers.size(), 0U);
}

TEST_F(WatchersTest, ThereIsALimitAndWhoLeftDoesNotCount) {
    for (std::size_t i = 0; i < Watchers::kMost; ++i) ASSERT_TRUE(add(("x" + std::to_string(i)).c_str()));
    const Result<void> refused = add("late");
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Code::queue_full);
    EXPECT_THAT(refused.error().text, HasSubstr("64"));
    take();
    gone.insert("x7");
    EXPECT_TRUE(add("late"));
    EXPECT_EQ(watchers.size(), Watchers::kMost);
}

TEST_F(WatchersTest, TheSameQuestionAgainBeginsAnew) {
    tell({up("a")});
    ASSERT_TRUE(add("x"));
    ASSERT_TRUE(add("x"));
    EXPECT_EQ(watchers.size(), 1U);
    EXPECT_THAT(heard(), ElementsAre("a:up", "a:up"));
}

TEST_F(WatchersTest, EndsWhenItsTimeIsOver) {
    ASSERT_TRUE(add("x", "here", 5'000));
    take();
    (void)heard();
    pass(Time(4'999));
    EXPECT_EQ(watchers.size(), 1U);
    pass(Time(1));
    EXPECT_EQ(watchers.size(), 0U);
    EXPECT_THAT(heard(), ElementsAre("!"));
}

TEST_F(WatchersTest, EndsWhenItsAskerOrItsHostSaysSo) {
    ASSERT_TRUE(add("x"));
    ASSERT_TRUE(add("y", "far"));
    (void)heard();
    EXPECT_FALSE(watchers.end("fx", "here", "y", now));
    EXPECT_FALSE(watchers.end("fx", "far", "", now));
    EXPECT_FALSE(watchers.end("other", "here", "x", now));
    EXPECT_TRUE(watchers.end("fx", "HERE", "x", now));
    EXPECT_THAT(heard(), ElementsAre("!"));
    EXPECT_TRUE(watchers.end("fy", "far", "", now));
    EXPECT_THAT(heard(), IsEmpty());  // there is nobody to tell
    EXPECT_EQ(watchers.size(), 0U);
}

TEST_F(WatchersTest, ManyHostsComeInSeveralPartsThatFitAnAnswer) {
    std::vector<HostState> many;
    many.reserve(2500);
    for (int i = 0; i < 2500; ++i)
        many.push_back({"a-host-with-" + std::string(40, 'x') + std::to_string(i), Kind::up, std::string(63, 'v')});
    tell(many);
    ASSERT_TRUE(add("x"));
    std::size_t rows = 0;
    for (int i = 0; i < 3; ++i) {
        ASSERT_THAT(parts, SizeIs(1));
        EXPECT_LT(parts[0].weight(), 256U * 1024);
        rows += Json::parse(parts[0].body)->items().size();
        parts.clear();
        take();
        pass(Time(50));
    }
    EXPECT_EQ(rows, 2500U);
    EXPECT_THAT(parts, IsEmpty());
}

}  // namespace
}  // namespace msw::net
