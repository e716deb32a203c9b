// Who belongs changes while links stand: members that come, end, are renamed, and neighbours that don't know it yet.
#include "plugins/net/core/mesh_world_for_test.hpp"

#include <gmock/gmock.h>

namespace msw::net {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

TEST(MeshRoster, AKeyThatNobodyKnowsIsToldSoAndCounted) {
    World world;
    HostForTest& a = world.add("a");
    EXPECT_TRUE(a.mesh.accepted(1000, "10.0.0.7", world.now));
    a.mesh.proved(1000, PublicKey{7}, world.now);
    EXPECT_EQ(a.mesh.counters().of(Count::strangers), 1U);
    EXPECT_TRUE(a.said("is none of a member of this mesh"));
    EXPECT_FALSE(a.mesh.is_established(1000));
}

TEST(MeshRoster, WhoSpeaksBeforeItHasShownWhoItIsIsClosed) {
    World world;
    HostForTest& a = world.add("a");
    EXPECT_TRUE(a.mesh.accepted(1000, "10.0.0.7", world.now));
    a.mesh.heard(1000, Datapack("link", "hello"), world.now);
    EXPECT_TRUE(a.said("it spoke before it had shown who it is"));
}

TEST(MeshRoster, OneThatCallsItselfOtherwiseThanTheRosterIsRefused) {
    World world;
    HostForTest& a = world.add("a");
    world.enrol("b");
    EXPECT_TRUE(a.mesh.accepted(1000, "10.0.0.7", world.now));
    a.mesh.proved(1000, world.founded.of("b").keys.sign, world.now);
    Hello hello;
    hello.id = "c";
    hello.epoch = 1;
    hello.run = 7;
    hello.roster = std::string(64, '0');
    a.mesh.heard(1000, to_datapack(hello), world.now);
    EXPECT_TRUE(a.said("it calls itself c, and the roster calls it b"));
    EXPECT_FALSE(a.mesh.is_established(1000));
}

TEST(MeshRoster, WhoKnowsLessLearnsItBeforeAnythingIsCarried) {
    World world;
    HostForTest& a = world.add("a");
    HostForTest& b = world.add("b", {1});
    const MembershipPtr before = world.founded.members();
    world.keep_apart(a, b);
    (void)world.founded.add("c");
    b.mesh.set_members(world.founded.members(), {}, 0, world.now);
    world.allow(a, b);
    b.send("post", "log", "a", "hi");
    world.pass(kRound);
    EXPECT_THAT(a.bodies(), ElementsAre("hi"));
    EXPECT_NE(a.mesh.members().called("c"), nullptr);
    EXPECT_EQ(a.mesh.members().digest(), b.mesh.members().digest());
}

TEST(MeshRoster, WhatIsCarriedBeforeThatClosesTheLink) {
    World world;
    HostForTest& a = world.add("a");
    world.enrol("b");
    EXPECT_TRUE(a.mesh.accepted(1000, "10.0.0.7", world.now));
    a.mesh.proved(1000, world.founded.of("b").keys.sign, world.now);
    Hello hello;
    hello.id = "b";
    hello.epoch = 1;
    hello.run = 7;
    hello.roster = std::string(64, '0');
    a.mesh.heard(1000, to_datapack(hello), world.now);
    ASSERT_TRUE(a.mesh.is_established(1000));
    Datapack d("post", "log", "early");
    d.set("id", "b");
    d.set("to", "a");
    a.mesh.heard(1000, d, world.now);
    EXPECT_TRUE(a.said("it sends before both have the same roster"));
    EXPECT_FALSE(a.mesh.is_established(1000));
    EXPECT_THAT(a.delivered, IsEmpty());
}

TEST(MeshRoster, WhoEndsIsCutOffEverywhereAndToldWhy) {
    World world;
    HostForTest& a = world.add("a");
    HostForTest& b = world.add("b", {1});
    HostForTest& c = world.add("c", {1});
    world.pass(kRound);
    world.founded.end("c");
    // One is told by an admin; the others hear it from there.
    std::vector<roster::Digest> fresh;
    const MembershipPtr after = world.founded.members();
    for (const auto& [name, bytes] : after->roster()->documents()) {
        if (!a.mesh.members().roster()->documents().contains(name)) fresh.push_back(name);
    }
    a.mesh.set_members(after, fresh, 0, world.now);
    world.pass(Time(5'000));
    EXPECT_EQ(b.mesh.members().called("c"), nullptr);
    EXPECT_THAT(a.ask("peers").body, testing::Not(HasSubstr("\"c\"")));
    EXPECT_THAT(b.ask("peers").body, testing::Not(HasSubstr("\"c\"")));
    EXPECT_TRUE(c.said("it belongs to the mesh no more"));
    EXPECT_EQ(c.mesh.members().called("c"), nullptr) << "it was given the tombstone, too";
    a.send("get", "log", "c");
    EXPECT_EQ(a.delivered.back().get("error"), "no-such-host");
}

TEST(MeshRoster, OneThatHasEndedIsNotLetInWithARosterThatDoesNotKnowIt) {
    World world;
    HostForTest& a = world.add("a");
    HostForTest& b = world.add("b");
    const MembershipPtr stale = world.founded.members();
    world.founded.end("b");
    a.mesh.set_members(world.founded.members(), {}, 0, world.now);
    b.mesh.set_members(stale, {}, 0, world.now);
    b.mesh.configure({a.address}, world.now);
    world.pass(kRound);
    EXPECT_TRUE(b.said("your key is none of a member of my mesh"));
    EXPECT_EQ(a.ask("peers").body, "[]");
    EXPECT_EQ(a.mesh.members().called("b"), nullptr);
}

TEST(MeshRoster, ARoleMeansThoseWhoHaveIt) {
    World world;
    HostForTest& a = world.add("a");
    world.enrol("b", {"render"});
    world.enrol("c", {"night", "render"});
    EXPECT_EQ(a.ask("targets @render").body, R"(["b","c"])");
    EXPECT_EQ(a.ask("targets @night").body, R"(["c"])");
    EXPECT_EQ(a.ask("targets *").body, R"(["b","c"])");
    EXPECT_EQ(a.ask("targets @nobody").get("error"), "no-such-role");
}

}  // namespace
}  // namespace msw::net
