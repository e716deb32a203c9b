// A host that comes back: as it was, or with its disk set back.
#include "plugins/net/core/mesh_world_for_test.hpp"

#include <gmock/gmock.h>

namespace msw::net {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

TEST(MeshRestart, ARestartedHostGetsEachOnce) {
    World world;
    HostForTest& a = world.add("a", {2, 3});
    HostForTest& b = world.add("b");
    world.pass(kRound);
    a.send("post", "log", "b", "1");
    world.settle();
    EXPECT_THAT(b.bodies(), ElementsAre("1"));
    // Its receipt never comes.
    world.kill(b);
    a.send("post", "log", "b", "2");
    HostForTest& again = world.add("b");
    world.pass(Time(61'000));
    EXPECT_THAT(again.bodies(), ElementsAre("2"));
    ASSERT_THAT(a.delivered, SizeIs(1));
    EXPECT_EQ(a.delivered[0].get("error"), "unconfirmed");
    EXPECT_EQ(a.delivered[0].get("flag"), "f-1");
}

// Its new run says hello with the epoch of the one before, and then what that one last announced comes from afar.
TEST(MeshRestart, WhatARunAnnouncedThatIsOverDoesNotDisplaceTheOneThatSaysHello) {
    World world;
    HostForTest& far = world.add("c", {4});
    HostForTest& before = world.add("b", {1});
    world.pass(kRound);
    world.kill(world.add("d", {2}));
    world.pass(Time(1'000));
    world.kill(before);  // it announced several times: that it has a link, two, and one again

    world.set_back("b");
    HostForTest& b = world.add("b");
    ASSERT_EQ(b.address.port, 4U);
    world.keep_apart(far, b);
    b.handed = Arrivals::Handed::waits;
    HostForTest& a = world.add("a", {4});
    world.keep_apart(far, a);
    world.pass(kRound);
    a.send("post", "log", "b", "1");
    world.settle();
    ASSERT_THAT(b.bodies(), ElementsAre("1"));

    world.allow(far, a);
    a.mesh.configure({{"127.0.0.1", 1}, {"127.0.0.1", 4}}, world.now);
    world.pass(kRound);
    b.take_all();
    world.pass(Time(1'000));
    EXPECT_EQ(b.epoch_on_disk, 1U) << "it heard what it had announced, and jumped past it";
    EXPECT_THAT(a.bodies(), IsEmpty()) << "no error: nothing is unconfirmed";
    EXPECT_EQ(a.mesh.waiting(), 0U);
}

}  // namespace
}  // namespace msw::net
