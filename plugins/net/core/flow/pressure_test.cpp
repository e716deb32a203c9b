#include "plugins/net/core/flow/pressure.hpp"

#include <gmock/gmock.h>

#include <algorithm>

namespace msw::net {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

/// A hundred bytes for each host, a thousand in all.
class PressureTest : public testing::Test {
protected:
    [[nodiscard]] Pressure::Room room_for(const std::string& member) const {
        const auto of = bytes.find(member);
        std::size_t all = 0;
        for (const auto& [m, n] : bytes) all += n;
        const std::size_t taken = of == bytes.end() ? 0 : of->second;
        return {away == member ? std::nullopt : std::optional(100 - std::min<std::size_t>(taken, 100)),
                1000 - std::min<std::size_t>(all, 1000)};
    }
    bool took(const char* app, const char* member, std::size_t n) {
        bytes[member] += n;
        return pressure.took(app, member, n, room_for(member));
    }
    std::vector<std::string> ended(const char* app, const char* member, std::size_t n) {
        bytes[member] -= n;
        pressure.ended(app, member, n);
        return let_go();
    }
    std::vector<std::string> let_go() {
        return pressure.let_go([this](const std::string& member) { return room_for(member); });
    }

    Pressure pressure;
    std::map<std::string, std::size_t> bytes;
    std::string away;
};

TEST_F(PressureTest, OneAloneMayHaveAFifth) {
    EXPECT_FALSE(took("a", "1", 20)) << "a quarter of the 80 that are free then";
    EXPECT_TRUE(took("a", "1", 1));
    EXPECT_FALSE(took("a", "1", 1)) << "it is held already";
    EXPECT_THAT(pressure.held(), ElementsAre("a"));
}

TEST_F(PressureTest, ItIsLetGoFromHalfOfThatOn) {
    EXPECT_TRUE(took("a", "1", 30));
    EXPECT_THAT(ended("a", "1", 10), IsEmpty());
    EXPECT_THAT(ended("a", "1", 8), IsEmpty());
    EXPECT_THAT(ended("a", "1", 1), ElementsAre("a")) << "11 of an eighth of 89";
    EXPECT_FALSE(pressure.holds_any());
    EXPECT_FALSE(took("a", "1", 5));
}

TEST_F(PressureTest, HoweverManyThereAreThereIsRoomForOneMore) {
    for (int i = 0; i < 6; ++i) {
        const std::string app = "a" + std::to_string(i);
        while (!took(app.c_str(), "1", 1)) {
        }
    }
    EXPECT_LT(bytes["1"], 80U);
    EXPECT_FALSE(took("late", "1", 1));
}

TEST_F(PressureTest, WhatWaitsForManyHostsCountsInAll) {
    bool held = false;
    for (int i = 0; i < 60 && !held; ++i) held = took("a", std::to_string(i).c_str(), 10);
    EXPECT_TRUE(held);
    EXPECT_EQ(pressure.holds_any(), true);
    EXPECT_EQ(bytes.size(), 51U) << "as much as is left of the thousand";
    std::vector<std::string> free;
    int gone = 0;
    for (; free.empty() && gone < 51; ++gone) free = ended("a", std::to_string(gone).c_str(), 10);
    EXPECT_THAT(free, ElementsAre("a"));
    EXPECT_EQ(gone, 18) << "330 wait, half as much as is free";
}

TEST_F(PressureTest, HostsThatCantBeReachedHoldNobody) {
    away = "1";
    EXPECT_FALSE(took("a", "1", 90));
    EXPECT_FALSE(took("a", "2", 20));
    away.clear();
    EXPECT_TRUE(took("a", "1", 1));
    away = "1";
    EXPECT_THAT(let_go(), IsEmpty()) << "there is more than an eighth for 2";
    EXPECT_THAT(ended("a", "2", 10), ElementsAre("a"));
    EXPECT_THAT(ended("a", "1", 91), IsEmpty());
}

TEST_F(PressureTest, WhoIsHeldForOneHostMayBeHeldForAnotherThen) {
    EXPECT_TRUE(took("a", "1", 30));
    EXPECT_FALSE(took("a", "2", 30)) << "it is held";
    EXPECT_THAT(ended("a", "1", 30), IsEmpty());
    EXPECT_THAT(ended("a", "2", 30), ElementsAre("a"));
}

TEST_F(PressureTest, OthersAreNotHeldForIt) {
    EXPECT_TRUE(took("a", "1", 30));
    EXPECT_FALSE(took("b", "1", 1));
    EXPECT_FALSE(took("b", "2", 20));
}

}  // namespace
}  // namespace msw::net
