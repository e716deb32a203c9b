#include "plugins/net/core/patience.hpp"

#include <gtest/gtest.h>

namespace msw::net {
namespace {

TEST(Patience, EndsAfterFiveSecondsWithoutRoomAndComesBackWithTheFirstTaken) {
    Patience patience;
    const Patience::Name slow = Patience::name_of("slow");
    const Patience::Name other = Patience::name_of("other");
    EXPECT_FALSE(patience.is_over(slow, Time(1000)));
    EXPECT_FALSE(patience.is_over(slow, Time(5999)));
    EXPECT_TRUE(patience.is_over(slow, Time(6000)));
    EXPECT_TRUE(patience.is_over(slow, Time(600000)));
    EXPECT_FALSE(patience.is_over(other, Time(600000)));
    patience.begin_anew(slow);
    EXPECT_FALSE(patience.is_over(slow, Time(600001)));
}

}  // namespace
}  // namespace msw::net
