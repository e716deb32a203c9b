#include "plugins/net/core/host_states.hpp"

#include <gmock/gmock.h>

namespace msw::net {
namespace {

using Kind = HostState::Kind;
using testing::ElementsAre;
using testing::IsEmpty;

HostState up(const char* host, const char* via = "") { return {host, Kind::up, via}; }

std::vector<std::string> changed(const HostStates& states, std::uint64_t serial, std::size_t most = 100) {
    std::vector<std::string> out;
    states.changed_since(serial, [&](std::uint64_t, const HostState& row) {
        out.push_back(row.host + ' ' + std::string(name_of(row.kind)) + (row.via.empty() ? "" : " via " + row.via));
        return out.size() < most;
    });
    return out;
}

TEST(HostStates, WhoeverIsBehindIsOwedEachChangedRowOnce) {
    HostStates states;
    EXPECT_EQ(states.serial(), 0U);
    states.update({up("a"), up("b", "a")}, Time(100));
    EXPECT_THAT(changed(states, 0), ElementsAre("a up", "b up via a"));
    const std::uint64_t told = states.serial();
    states.update({up("a"), up("b", "a")}, Time(200));
    EXPECT_EQ(states.serial(), told);

    states.update({{"a", Kind::busy}, up("b", "a")}, Time(300));
    states.update({{"a", Kind::down}, up("b", "c")}, Time(400));
    EXPECT_THAT(changed(states, told), ElementsAre("a down", "b up via c"));
    EXPECT_THAT(changed(states, told, 1), ElementsAre("a down"));
    EXPECT_THAT(changed(states, states.serial()), IsEmpty());
}

TEST(HostStates, AStateHasATimeThatAnotherWayDoesNotChange) {
    HostStates states;
    states.update({up("a")}, Time(100));
    states.update({up("a", "b")}, Time(200));
    EXPECT_EQ(states.find("A")->since, Time(100));
    states.update({{"a", Kind::busy, "b"}}, Time(300));
    EXPECT_EQ(states.find("a")->since, Time(300));
}

TEST(HostStates, WhoIsNotThereAnyMoreIsDownAndForgottenAfterADay) {
    HostStates states;
    states.update({up("a"), up("b", "a")}, Time(100));
    const std::uint64_t told = states.serial();
    states.update({up("a")}, Time(200));
    EXPECT_THAT(changed(states, told), ElementsAre("b down"));
    EXPECT_EQ(states.find("b")->since, Time(200));
    states.update({up("a")}, Time(300));
    EXPECT_EQ(states.find("b")->since, Time(200));
    states.update({up("a")}, Time(200) + HostStates::kForget);
    EXPECT_EQ(states.find("b"), nullptr);
    EXPECT_THAT(changed(states, 0), ElementsAre("a up"));
}

TEST(HostStates, IsBoundedByForgettingWhoIsGone) {
    HostStates states;
    std::vector<HostState> many;
    for (std::size_t i = 0; i < HostStates::kMost; ++i) many.push_back(up(("h" + std::to_string(i)).c_str()));
    states.update(many, Time(100));
    states.update({up("x")}, Time(200));
    EXPECT_EQ(states.size(), HostStates::kMost);
    EXPECT_EQ(states.find("x")->kind, Kind::up);
}

TEST(HostStates, ARoundTripIsNoChangeButKept) {
    HostStates states;
    states.update({up("a")}, Time(100));
    const std::uint64_t told = states.serial();
    HostState measured = up("a");
    measured.round_trip = Time(7);
    states.update({measured}, Time(200));
    EXPECT_EQ(states.serial(), told);
    EXPECT_EQ(states.find("a")->round_trip, Time(7));
}

}  // namespace
}  // namespace msw::net
