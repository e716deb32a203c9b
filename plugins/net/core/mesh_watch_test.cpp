#include "base/json.hpp"
#include "plugins/net/core/mesh_world_for_test.hpp"

#include <gmock/gmock.h>

#include <algorithm>

namespace msw::net {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

Datapack question(const HostForTest& host, const char* to = "") {
    Datapack d("get", "net", "watch");
    d.set("id", host.id);
    d.set("from", "tester");
    d.set("flag", "watching");
    d.set("stream", "1");
    d.set("to", to);
    return d;
}

/// What a host was told since the last call: a word for each row.
std::vector<std::string> heard(HostForTest& host) {
    std::vector<std::string> out;
    for (const Datapack& part : std::exchange(host.delivered, {})) {
        if (part.get("flag") != "watching") continue;
        if (part.head.has("error")) out.emplace_back(part.get("error"));
        const Result<Json> rows = Json::parse(part.body);
        for (const Json& row : rows ? rows->items() : Json::Array{}) {
            const std::string& via = row["via"].as_string();
            out.push_back(row["id"].as_string() + ' ' + row["state"].as_string() + (via.empty() ? "" : " via " + via));
        }
        if (part.get("end") == "1") out.emplace_back("end");
    }
    host.take_all();
    return out;
}

/// Time passes, and `host` takes what it is given.
void pass(HostForTest& host, Time time) {
    constexpr Time kStep{500};
    for (Time left = time; left > Time(0); left -= kStep) {
        host.world.pass(std::min(kStep, left));
        host.take_all();
    }
}

/// a - b - c, and no link between a and c.
class MeshWatch : public testing::Test {
protected:
    MeshWatch() : a(world.add("a", {2})), b(world.add("b")), c(world.add("c", {2}, "b")) {
        world.pass(2 * kRound);
        a.handed = Arrivals::Handed::waits;
    }
    World world;
    HostForTest& a;
    HostForTest& b;
    HostForTest& c;
};

TEST(MeshWatchOne, TellsOfHostsThatComeAndGo) {
    World world;
    HostForTest& a = world.add("a");
    HostForTest& b = world.add("b", {1});
    world.pass(kRound);
    a.handed = Arrivals::Handed::waits;
    a.mesh.submit(question(a), world.now);
    EXPECT_THAT(heard(a), ElementsAre("b up"));
    HostForTest& c = world.add("c", {2});
    pass(a, 2 * kRound);
    EXPECT_THAT(heard(a), Contains(HasSubstr("c up")));
    world.kill(c);
    pass(a, kRound);
    EXPECT_THAT(heard(a), Contains("c down"));
    b.stands_still = true;
    pass(a, Time(5'000));
    EXPECT_THAT(heard(a), ElementsAre("b busy"));
    b.stands_still = false;
    pass(a, Time(5'000));
    EXPECT_THAT(heard(a), Contains("b up"));
}

TEST(MeshWatchOne, IsAQuestionWithAStream) {
    World world;
    HostForTest& a = world.add("a");
    Datapack once = question(a);
    once.head.remove("stream");
    a.mesh.submit(once, world.now);
    EXPECT_THAT(heard(a), ElementsAre("bad-request"));
    Datapack post = question(a);
    post.method = "post";
    a.mesh.submit(post, world.now);
    EXPECT_THAT(heard(a), ElementsAre("bad-request"));
    Datapack durable = question(a);
    durable.set("durable", "1");
    a.mesh.submit(durable, world.now);
    EXPECT_THAT(heard(a), ElementsAre("unsupported"));
    Datapack late = question(a);
    late.set("expires", "soon");
    a.mesh.submit(late, world.now);
    EXPECT_THAT(heard(a), ElementsAre("bad-request"));
}

TEST(MeshWatchOne, ItsAskerEndsIt) {
    World world;
    HostForTest& a = world.add("a");
    a.handed = Arrivals::Handed::waits;
    a.mesh.submit(question(a), world.now);
    EXPECT_THAT(heard(a), IsEmpty());
    EXPECT_EQ(a.ask("unwatch nothing").body, R"({"ended":false})");
    EXPECT_EQ(a.ask("unwatch watching").body, R"({"ended":true})");
    EXPECT_THAT(heard(a), ElementsAre("end"));
}

TEST_F(MeshWatch, AnotherHostIsWatchedAndItsWays) {
    a.mesh.submit(question(a, "b"), world.now);
    world.settle();
    EXPECT_THAT(heard(a), UnorderedElementsAre("a up", "c up"));
    world.kill(c);
    pass(a, Time(10'000));
    EXPECT_THAT(heard(a), ElementsAre("c down"));
}

TEST_F(MeshWatch, AWatcherIsToldThatItsAskerLeft) {
    a.mesh.submit(question(a, "b"), world.now);
    world.settle();
    (void)heard(a);
    a.handed = Arrivals::Handed::ended;  // nobody is there any more
    world.kill(c);
    pass(a, Time(10'000));
    EXPECT_THAT(heard(a), ElementsAre("c down"));
    a.handed = Arrivals::Handed::waits;
    pass(a, Time(60'000));
    EXPECT_THAT(heard(a), IsEmpty());  // no heartbeat: it is over
}

TEST_F(MeshWatch, ADifferentRunOfTheAskersHostEndsIt) {
    a.mesh.submit(question(a, "b"), world.now);
    world.settle();
    world.kill(a);
    HostForTest& again = world.add("a", {2});
    again.handed = Arrivals::Handed::waits;
    pass(again, 4 * kRound);
    EXPECT_THAT(heard(again), IsEmpty());
    const std::uint64_t unasked = again.mesh.counters().of(Count::unasked);
    pass(again, 4 * kRound);
    EXPECT_EQ(again.mesh.counters().of(Count::unasked), unasked);
}

TEST_F(MeshWatch, AFarHostThatIsBusyIsCalledSo) {
    a.mesh.submit(question(a), world.now);
    EXPECT_THAT(heard(a), UnorderedElementsAre("b up", "c up via b"));
    c.stands_still = true;
    pass(a, Time(8'000));
    EXPECT_THAT(heard(a), ElementsAre("c busy via b"));
}

}  // namespace
}  // namespace msw::net
