#include "base/json.hpp"
#include "plugins/net/core/mesh_world_for_test.hpp"

#include <gmock/gmock.h>

namespace msw::net {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

Json told(HostForTest& host, const std::string& words) {
    const Datapack answer = host.ask(words.c_str());
    EXPECT_EQ(answer.get("error"), "") << answer.body;
    return Json::parse(answer.body).value();
}

/// The only place where a Datapack is.
Json place(HostForTest& host, const std::string& flag) {
    const Json rows = told(host, "trace " + flag);
    EXPECT_THAT(rows.items(), SizeIs(1)) << rows.dump();
    return rows.items().empty() ? Json() : rows.items()[0];
}

TEST(MeshTrace, ARouteNamesTheNextHostAndWhyThereIsNone) {
    World world;
    HostForTest& a = world.add("a", {2});
    HostForTest& b = world.add("b");
    HostForTest& c = world.add("c", {2}, "b");
    world.pass(2 * kRound);
    EXPECT_EQ(told(a, "route A")["way"].as_string(), "here");
    const Json direct = told(a, "route b shell");
    EXPECT_EQ(direct["way"].as_string(), "direct");
    EXPECT_EQ(direct["next"].as_string(), "b");
    EXPECT_EQ(direct["state"].as_string(), "up");
    EXPECT_TRUE(direct["room"].as_bool());
    EXPECT_EQ(direct["flow"]["waiting"].as_int(-1), 0);
    const Json relayed = told(a, "route c");
    EXPECT_EQ(relayed["way"].as_string(), "relayed");
    EXPECT_EQ(relayed["next"].as_string(), "b");
    EXPECT_EQ(told(b, "route c")["next"].as_string(), "c");
    a.room = false;
    EXPECT_FALSE(told(a, "route c")["room"].as_bool(true));
    a.room = true;

    world.kill(c);
    world.pass(Time(10'000));
    const Json gone = told(a, "route c");
    EXPECT_EQ(gone["way"].as_string(), "none");
    EXPECT_THAT(gone["why"].as_string(), HasSubstr("there is no way to c, and was none for"));
    EXPECT_THAT(told(a, "route d")["why"].as_string(), HasSubstr("there is no host d in this mesh"));
    for (const char* wrong : {"route", "route a+b", "route all", "route a b c", "trace"}) {
        EXPECT_EQ(a.ask(wrong).get("error"), "bad-request") << wrong;
    }
}

TEST(MeshTrace, ABusyHostIsCalledSo) {
    World world;
    HostForTest& a = world.add("a", {2});
    HostForTest& b = world.add("b");
    world.pass(kRound);
    b.stands_still = true;
    world.pass(Time(5'000));
    EXPECT_EQ(told(a, "route b")["state"].as_string(), "busy");
    a.send("get", "echo", "b", "x");
    world.pass(Time(1'000));
    EXPECT_THAT(place(a, "f-x")["why"].as_string(), HasSubstr("b has yet to say that it came"));
}

TEST(MeshTrace, WhatIsUnderWayIsNamedWithWhatItWaitsFor) {
    World world;
    HostForTest& a = world.add("a", {2});
    HostForTest& b = world.add("b");
    world.pass(kRound);
    EXPECT_THAT(told(a, "trace f-x").items(), IsEmpty());

    a.room = false;
    a.send("get", "echo", "b", "x");
    a.send("get", "echo", "b", "y");
    EXPECT_EQ(place(a, "f-x")["waits"].as_string(), "room");
    EXPECT_EQ(place(a, "f-x")["where"].as_string(), "custody");
    EXPECT_EQ(place(a, "f-x")["app"].as_string(), "echo");
    EXPECT_EQ(place(a, "f-y")["waits"].as_string(), "others");
    EXPECT_THAT(place(a, "f-y")["why"].as_string(), HasSubstr("1 of its flow"));
    a.room = true;
    a.mesh.has_room_again(world.now);
    EXPECT_EQ(place(a, "f-x")["waits"].as_string(), "receipt");
    EXPECT_EQ(place(a, "f-x")["sent"].as_int(), 1);
    EXPECT_THAT(place(a, "f-x")["why"].as_string(), HasSubstr("it was sent 0.0 s ago"));

    world.pass(Time(1'000));
    const Json asked = place(a, "f-x");
    EXPECT_EQ(asked["where"].as_string(), "question");
    EXPECT_EQ(asked["waits"].as_string(), "answer");
    EXPECT_EQ(asked["host"].as_string(), "b");
    EXPECT_EQ(asked["app"].as_string(), "echo");
    a.send("post", "echo", "b", "z");
    world.pass(Time(1'000));
    EXPECT_EQ(place(a, "f-z")["waits"].as_string(), "nothing");

    world.kill(b);
    world.pass(Time(5'000));
    a.send("get", "echo", "b", "w");
    EXPECT_EQ(place(a, "f-w")["waits"].as_string(), "no-way");
    EXPECT_THAT(place(a, "f-w")["why"].as_string(), HasSubstr("there is no way to b, and was none for"));
    world.enrol("nowhere");
    a.send("get", "echo", "nowhere", "v");
    EXPECT_EQ(place(a, "f-v")["where"].as_string(), "custody");
    EXPECT_THAT(place(a, "f-v")["why"].as_string(), HasSubstr("nowhere was not seen"));
}

TEST(MeshTrace, WithoutCreditItIsTheAppThatIsNamed) {
    World world;
    HostForTest& a = world.add("a", {2});
    HostForTest& b = world.add("b");
    world.pass(kRound);
    b.handed = Arrivals::Handed::waits;  // and never taken
    constexpr int kMany = 100;
    for (int i = 0; i < kMany; ++i) a.send("get", "echo", "b", std::to_string(i + 100) + std::string(60'000, 'x'));
    world.pass(Time(5'000));
    const Json flow = told(a, "route b echo")["flow"];
    EXPECT_TRUE(flow["starved"].as_bool());
    EXPECT_GT(flow["bytes"].as_int(), 60'000);
    const Json first = place(a, "f-" + std::to_string(100 + kMany - flow["waiting"].as_int()) + std::string(13, 'x'));
    EXPECT_EQ(first["waits"].as_string(), "credit");
    EXPECT_EQ(first["why"].as_string(), "echo on b has yet to take what it was sent");
}

TEST(MeshTrace, AtItsDestinationItWaitsForRoomAtItsApp) {
    World world;
    HostForTest& a = world.add("a", {2});
    HostForTest& b = world.add("b");
    world.pass(kRound);
    b.handed = Arrivals::Handed::full;
    a.send("get", "echo", "b", "x");
    a.send("get", "echo", "b", "y");
    world.pass(Time(1'000));
    b.handed = Arrivals::Handed::full;
    const Datapack answer = [&] {
        b.send("get", "net", "", "trace f-y");
        for (const Datapack& d : b.delivered) {
            if (d.get("flag") == "f-trace f-y") return d;
        }
        return Datapack();
    }();
    const Json rows = Json::parse(answer.body).value();
    ASSERT_THAT(rows.items(), SizeIs(1)) << answer.body;
    EXPECT_EQ(rows.items()[0]["where"].as_string(), "arrived");
    EXPECT_EQ(rows.items()[0]["waits"].as_string(), "room");
    EXPECT_EQ(rows.items()[0]["why"].as_string(), "echo has no room for more; 1 of its flow stand before it");
    EXPECT_EQ(rows.items()[0]["origin"].as_string(), "a");
}

}  // namespace
}  // namespace msw::net
