// Hosts whose clocks differ: what ends in four seconds by the clock of its sender does so by everybody's.
#include "plugins/net/core/mesh_world_for_test.hpp"

#include <gmock/gmock.h>

namespace msw::net {
namespace {

constexpr std::int64_t kNow = 1'700'000'000;  // s since 1970, when the world begins
constexpr std::int64_t kHour = 3600;

class MeshClock : public testing::Test {
protected:
    /// @param wrong_by  s
    HostForTest& add(const char* id, const std::vector<std::uint16_t>& knows, std::int64_t wrong_by = 0) {
        HostForTest& host = world_.add(id, knows);
        set_clock(host, wrong_by);
        return host;
    }
    void set_clock(HostForTest& host, std::int64_t wrong_by) {
        wrong_by_[host.id] = wrong_by;
        host.mesh.set_clock((kNow + wrong_by) * 1000 + world_.now.count(), world_.now);
    }
    [[nodiscard]] std::int64_t clock_of(const HostForTest& host) const {
        return kNow + wrong_by_.at(host.id) + world_.now.count() / 1000;
    }

    /// Ask with four seconds to go. @return how many are left by the clock of who was asked; nothing: it didn't come
    std::optional<std::int64_t> left(HostForTest& from, HostForTest& to) {
        to.delivered.clear();
        Datapack d("get", "shell");
        d.set("id", from.id);
        d.set("from", "tester");
        d.set("flag", "f-clock");
        d.set("to", to.id);
        d.set("expires", std::to_string(clock_of(from) + 4));
        from.mesh.submit(std::move(d), world_.now);
        world_.settle();
        if (to.delivered.empty()) return std::nullopt;
        return std::stoll(std::string(to.delivered.back().get("expires"))) - clock_of(to);
    }
    void expect_that_all_reach_each_other(const std::vector<HostForTest*>& hosts) {
        for (HostForTest* from : hosts) {
            for (HostForTest* to : hosts) {
                if (from == to) continue;
                const std::optional<std::int64_t> seconds = left(*from, *to);
                ASSERT_TRUE(seconds.has_value()) << from->id << " to " << to->id;
                EXPECT_GE(*seconds, 2) << from->id << " to " << to->id;
                EXPECT_LE(*seconds, 6) << from->id << " to " << to->id;
            }
        }
    }

    World world_;

private:
    std::map<std::string, std::int64_t> wrong_by_;
};

TEST_F(MeshClock, TwoHostsAgreeHoweverFarApart) {
    HostForTest& a = add("a", {});
    HostForTest& b = add("b", {1}, -2 * kHour);
    world_.pass(Time(3'000));
    expect_that_all_reach_each_other({&a, &b});
    a.delivered.clear();
    b.send("post", "shell", "a", "without an end");
    world_.settle();
    EXPECT_EQ(a.bodies(), std::vector<std::string>{"without an end"});
}

TEST_F(MeshClock, OneThatIsWrongAmongSeveralGoesByTheOthers) {
    HostForTest& a = add("a", {});
    HostForTest& b = add("b", {1});
    HostForTest& c = add("c", {1, 2}, 365 * 24 * kHour);
    world_.pass(Time(15'000));
    expect_that_all_reach_each_other({&a, &b, &c});
    EXPECT_EQ(left(a, b), 4) << "those that are right are not moved";
}

TEST_F(MeshClock, AJumpIsNoticedWhileTheLinkLives) {
    HostForTest& a = add("a", {});
    HostForTest& b = add("b", {1});
    world_.pass(Time(3'000));
    EXPECT_EQ(left(a, b), 4);
    set_clock(b, 3 * kHour);
    world_.pass(Time(3'000));
    expect_that_all_reach_each_other({&a, &b});
}

TEST_F(MeshClock, WhatIsOverAlreadyIsNotSent) {
    HostForTest& a = add("a", {});
    HostForTest& b = add("b", {1});
    world_.pass(Time(3'000));
    Datapack d("get", "shell");
    for (const auto& [name, value] : {std::pair("id", "a"), {"from", "tester"}, {"flag", "f"}, {"to", "b"}}) {
        d.set(name, value);
    }
    d.set("expires", std::to_string(clock_of(a)));
    a.mesh.submit(std::move(d), world_.now);
    world_.settle();
    EXPECT_TRUE(b.delivered.empty());
    ASSERT_EQ(a.delivered.size(), 1U);
    EXPECT_EQ(a.delivered.front().get("error"), "expired");
}

TEST_F(MeshClock, ItIsSaidOnceAndTakenBack) {
    HostForTest& a = add("a", {});
    HostForTest& b = add("b", {1}, -100);
    world_.pass(Time(30'000));
    EXPECT_TRUE(b.said("the clock of this host is 50 s behind"));
    EXPECT_TRUE(a.said("the clock of this host is 50 s ahead of"));
    b.lines.clear();
    set_clock(b, 0);
    world_.pass(Time(60'000));
    EXPECT_TRUE(b.lines.empty()) << "not more than a line in ten minutes";
    world_.pass(Time(600'000));
    EXPECT_TRUE(b.said("agrees with its neighbours' again"));
}

}  // namespace
}  // namespace msw::net
