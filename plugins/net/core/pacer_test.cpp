#include "plugins/net/core/pacer.hpp"

#include <gtest/gtest.h>

namespace msw::net {
namespace {

TEST(Pacer, WaitsForTheQueueAndAMomentMore) {
    Pacer pacer;
    EXPECT_TRUE(pacer.free(Time(0)));
    pacer.written();
    EXPECT_FALSE(pacer.free(Time(1000)));
    EXPECT_TRUE(pacer.must_look());
    pacer.looked(17, Time(1000));
    EXPECT_TRUE(pacer.must_look());
    EXPECT_EQ(pacer.wait(Time(1000)), Pacer::kLook);
    pacer.looked(0, Time(1002));
    EXPECT_FALSE(pacer.must_look());
    EXPECT_FALSE(pacer.free(Time(1003)));
    EXPECT_EQ(pacer.wait(Time(1003)), Pacer::kPause - Time(1));
    EXPECT_TRUE(pacer.free(Time(1002) + Pacer::kPause));
}

TEST(Pacer, WritingAgainWhilePausingStartsOver) {
    Pacer pacer;
    pacer.written();
    pacer.looked(0, Time(0));
    pacer.written();
    EXPECT_FALSE(pacer.free(Time(1000)));
    EXPECT_TRUE(pacer.must_look());
}

}  // namespace
}  // namespace msw::net
