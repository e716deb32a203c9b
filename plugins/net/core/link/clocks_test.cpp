#include "plugins/net/core/link/clocks.hpp"

#include <gtest/gtest.h>

namespace msw::net {
namespace {

TEST(Clocks, OneThatIsFarOffDoesNotMatter) {
    EXPECT_EQ(median_clock({0}), 0);
    EXPECT_EQ(median_clock({0, 7'200'000, 20}), 20);
    EXPECT_EQ(median_clock({-31'536'000'000, 0, 20, 30}), 10);
}

TEST(Clocks, TwoHostsMeetHalfWay) {
    const std::int64_t theirs = 7'200'000;
    EXPECT_EQ(median_clock({0, theirs}), theirs + median_clock({0, -theirs}));
}

TEST(Clocks, ALittleIsNoDifference) {
    EXPECT_EQ(clock_difference(0, 99), 0);
    EXPECT_EQ(clock_difference(99, 0), 0);
    EXPECT_EQ(clock_difference(1'000, 4'500), 3'500);
    EXPECT_EQ(clock_difference(4'500, 1'000), -3'500);
}

TEST(Clocks, MoveWhatEnds) {
    Datapack d("get", "shell");
    move_expires(d, 4'001);
    EXPECT_FALSE(d.head.has("expires"));
    d.set("expires", "100");
    move_expires(d, 4'001);
    EXPECT_EQ(d.get("expires"), "105");
    move_expires(d, -200'000);
    EXPECT_EQ(d.get("expires"), "0");
    for (const char* text : {"soon", "-1", "253402300800"}) {
        d.set("expires", text);
        move_expires(d, 4'001);
        EXPECT_EQ(d.get("expires"), text);
    }
}

}  // namespace
}  // namespace msw::net
