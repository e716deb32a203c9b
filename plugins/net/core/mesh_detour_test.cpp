// A relay that takes everything and passes nothing on: what goes through it finds another way, and so does the answer.
#include "plugins/net/core/mesh_world_for_test.hpp"

#include <gmock/gmock.h>

namespace msw::net {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

/// `a` and `d` reach each other through two others alone; `first` is the one over which the shortest way of `a`
/// leads.
class DetourTest : public testing::Test {
protected:
    DetourTest() {
        world.keep_apart(a, d);
        world.pass(4 * kRound);
        for (HostForTest* other : {&b, &c}) {
            if (a.ask("route d").body.find("\"next\":\"" + other->id) == std::string::npos) second_ = other;
        }
    }
    [[nodiscard]] HostForTest& first() const { return second_ == &b ? c : b; }
    [[nodiscard]] HostForTest& second() const { return *second_; }
    [[nodiscard]] static std::uint64_t detours(HostForTest& host) { return host.mesh.counters().of(Count::detours); }

    World world;
    HostForTest& a = world.add("a", {2, 3});
    HostForTest& c = world.add("c", {4});
    HostForTest& b = world.add("b", {4});
    HostForTest& d = world.add("d");

private:
    HostForTest* second_ = nullptr;
};

TEST_F(DetourTest, ADatapackThatIsSwallowedGoesTheOtherWayWhenItsTimerRunsOut) {
    a.send("post", "log", "d", "before");
    world.settle();
    ASSERT_THAT(d.bodies(), ElementsAre("before"));
    ASSERT_EQ(first().mesh.counters().of(Count::relayed), 1U) << "the fixture knows the way";
    world.pass(Time(1'000));
    ASSERT_EQ(a.mesh.waiting(), 0U);

    first().swallows = true;
    a.send("post", "log", "d", "during");
    world.settle();
    ASSERT_THAT(d.bodies(), ElementsAre("before"));
    world.pass(Time(1'200));
    EXPECT_THAT(d.bodies(), ElementsAre("before", "during"));
    EXPECT_EQ(detours(a), 1U);
    EXPECT_TRUE(a.said("sends no receipt; what goes there takes another way, over " + second().id));
    world.pass(Time(200));
    EXPECT_EQ(a.mesh.waiting(), 0U) << "the receipt came that way, too";
}

TEST_F(DetourTest, ItKeepsToTheWayThatBroughtAReceipt) {
    first().swallows = true;
    a.send("post", "log", "d", "1");
    world.pass(Time(2'000));
    ASSERT_THAT(d.bodies(), ElementsAre("1"));
    for (const char* body : {"2", "3", "4"}) {
        a.send("post", "log", "d", body);
        world.settle();
    }
    EXPECT_THAT(d.bodies(), ElementsAre("1", "2", "3", "4"));
    world.pass(Time(200));
    EXPECT_EQ(a.mesh.waiting(), 0U);
    EXPECT_EQ(detours(a), 1U);
}

TEST_F(DetourTest, WhenThatWayBringsNothingItIsTheTurnOfTheShortestAgain) {
    first().swallows = true;
    a.send("post", "log", "d", "1");
    world.pass(Time(2'000));
    ASSERT_THAT(d.bodies(), ElementsAre("1"));
    first().swallows = false;
    second().swallows = true;
    a.send("post", "log", "d", "2");
    world.pass(Time(5'000));
    EXPECT_THAT(d.bodies(), ElementsAre("1", "2"));
    EXPECT_EQ(a.mesh.waiting(), 0U);
}

TEST_F(DetourTest, AnAnswerFindsItsWayBesideTheOneThatSwallows) {
    first().swallows = true;
    a.send("get", "net", "d", "status");
    world.pass(Time(5'000));
    ASSERT_EQ(a.delivered.size(), 1U);
    EXPECT_EQ(a.delivered[0].method, "reply");
    EXPECT_EQ(detours(a), 1U);
    EXPECT_EQ(detours(d), 1U);
}

TEST_F(DetourTest, WhereBothSwallowNothingIsLost) {
    first().swallows = second().swallows = true;
    a.send("post", "log", "d", "1");
    world.pass(Time(30'000));
    ASSERT_THAT(d.bodies(), IsEmpty());
    EXPECT_EQ(a.mesh.waiting(), 1U);
    second().swallows = false;
    world.pass(Time(25'000));
    EXPECT_THAT(d.bodies(), ElementsAre("1"));
}

TEST_F(DetourTest, ADetourWhoseFirstHostIsGoneIsNone) {
    first().swallows = true;
    a.send("post", "log", "d", "1");
    world.pass(Time(2'000));
    ASSERT_THAT(d.bodies(), ElementsAre("1"));
    first().swallows = false;
    world.kill(second());
    a.send("post", "log", "d", "2");
    world.pass(Time(500));
    EXPECT_THAT(d.bodies(), ElementsAre("1", "2"));
}

}  // namespace
}  // namespace msw::net
