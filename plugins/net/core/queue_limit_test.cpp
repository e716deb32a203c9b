#include "plugins/net/core/queue_limit.hpp"

#include <gtest/gtest.h>

namespace msw::net {
namespace {

class QueueLimitTest : public testing::Test {
protected:
    /// Add until it is full, and have the link take `rate` bytes a ms until it is empty.
    void fill_and_drain(std::size_t rate) {
        std::size_t left = queue.bytes();
        queue.waits(now);
        queue.full();
        while (left > 0) {
            now += Time(10);
            const std::size_t took = std::min(left, 10 * rate);
            queue.taken(took, now);
            left -= took;
        }
        queue.emptied();
    }
    /// Keep it full for a while.
    void keep_full(std::size_t rate, Time time) {
        queue.waits(now);
        for (const Time end = now + time; now < end;) {
            now += Time(10);
            queue.full();
            queue.taken(10 * rate, now);
        }
    }

    QueueLimit queue;
    Time now{1'000};
};

TEST_F(QueueLimitTest, ItBeginsSmall) { EXPECT_EQ(queue.bytes(), QueueLimit::kLeast); }

TEST_F(QueueLimitTest, AFastLinkSoonGetsAllItCanUse) {
    for (int i = 0; i < 5; ++i) fill_and_drain(1'000'000);
    EXPECT_EQ(queue.bytes(), QueueLimit::kMost);
    fill_and_drain(1'000'000);
    EXPECT_EQ(queue.bytes(), QueueLimit::kMost);
}

TEST_F(QueueLimitTest, WhatNeverFillsItSaysNothing) {
    for (int i = 0; i < 100; ++i) {
        queue.waits(now);
        queue.taken(10, now);
        queue.emptied();
    }
    EXPECT_EQ(queue.bytes(), QueueLimit::kLeast);
}

TEST_F(QueueLimitTest, ItIsWhatALinkTakesInATenthOfASecond) {
    keep_full(3'000, Time(500));
    EXPECT_EQ(queue.bytes(), 300'000U);
    keep_full(1'000, Time(500));
    EXPECT_EQ(queue.bytes(), 100'000U);
}

TEST_F(QueueLimitTest, NoLinkIsSoSlowThatNothingWouldWait) {
    keep_full(1, Time(500));
    EXPECT_EQ(queue.bytes(), QueueLimit::kLeast);
    queue.taken(0, now + Time(60'000));
    EXPECT_EQ(queue.bytes(), QueueLimit::kLeast);
}

TEST_F(QueueLimitTest, AfterAPauseASpanBeginsAnew) {
    keep_full(3'000, Time(500));
    queue.emptied();
    now += Time(60'000);
    keep_full(3'000, Time(500));
    EXPECT_EQ(queue.bytes(), 300'000U);
}

}  // namespace
}  // namespace msw::net
