#include "plugins/net/core/flow/rto.hpp"

#include "plugins/net/core/flow/congestion.hpp"

#include <gtest/gtest.h>

namespace msw::net {
namespace {

TEST(Rto, FollowsWhatIsMeasured) {
    Rto rto;
    EXPECT_EQ(rto.value(), Time(1000));
    rto.sample(Time(400));  // RFC 6298, 2.2: SRTT = R, RTTVAR = R/2, RTO = R + 4 R/2
    EXPECT_EQ(rto.value(), Time(1200));
    EXPECT_EQ(rto.round_trip(), Time(400));
    rto.sample(Time(400));  // 2.3: RTTVAR = 3/4 200, RTO = 400 + 600
    EXPECT_EQ(rto.value(), Time(1000));
}

TEST(Rto, StaysWithinItsBounds) {
    Rto rto;
    for (int i = 0; i < 50; ++i) rto.sample(Time(0));
    EXPECT_EQ(rto.value(), Rto::kLeast);
    EXPECT_EQ(rto.timed_out(), 2 * Rto::kLeast);
    for (int i = 0; i < 50; ++i) (void)rto.timed_out();
    EXPECT_EQ(rto.value(), Rto::kMost);
    rto.sample(Time(1'000'000));
    EXPECT_EQ(rto.value(), Rto::kMost);
    rto.sample(Time(-5));  // a clock that was corrected
    EXPECT_LE(rto.value(), Rto::kMost);
}

TEST(CongestionWindow, GrowsByWhatIsReceivedAndThenByOneStepAWindow) {
    CongestionWindow window;
    constexpr std::size_t step = CongestionWindow::kStep;
    ASSERT_EQ(window.bytes(), 4 * step);
    window.received(step, true);
    EXPECT_EQ(window.bytes(), 5 * step);
    window.received(10 * step, true);  // no more than a step a receipt
    EXPECT_EQ(window.bytes(), 6 * step);
    window.lost(6 * step);
    EXPECT_EQ(window.bytes(), 3 * step);
    window.received(step, true);
    EXPECT_EQ(window.bytes(), 3 * step);
    window.received(2 * step, true);
    EXPECT_EQ(window.bytes(), 4 * step);
}

TEST(CongestionWindow, DoesNotGrowWhileItIsNotUsed) {
    CongestionWindow window;
    window.received(CongestionWindow::kStep, false);
    EXPECT_EQ(window.bytes(), CongestionWindow::kFirst);
}

TEST(CongestionWindow, BeginsAnewAfterSilence) {
    CongestionWindow window;
    window.timed_out(40 * CongestionWindow::kStep);
    EXPECT_EQ(window.bytes(), CongestionWindow::kStep);
    EXPECT_TRUE(window.has_room(0));
    EXPECT_FALSE(window.has_room(CongestionWindow::kStep));
    for (int i = 0; i < 19; ++i) window.received(CongestionWindow::kStep, true);
    EXPECT_EQ(window.bytes(), 20 * CongestionWindow::kStep) << "slow start up to half of what was under way";
    window.received(CongestionWindow::kStep, true);
    EXPECT_EQ(window.bytes(), 20 * CongestionWindow::kStep);
}

}  // namespace
}  // namespace msw::net
