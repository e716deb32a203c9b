#include "plugins/net/core/routes/budget.hpp"

#include <gtest/gtest.h>

namespace msw::net {
namespace {

using std::chrono::seconds;

TEST(Budget, IsSpentAndFillsUpAgain) {
    Budget budget(100, 200);
    EXPECT_TRUE(budget.has_some(seconds(5)));
    budget.spend(200);
    EXPECT_FALSE(budget.has_some(seconds(5)));
    EXPECT_TRUE(budget.has_some(seconds(5) + Time(1)));
}

TEST(Budget, WhatWasTakenOverIsOwed) {
    Budget budget(100, 200);
    (void)budget.has_some(seconds(0));
    budget.spend(500);
    EXPECT_FALSE(budget.has_some(seconds(3)));
    EXPECT_TRUE(budget.has_some(seconds(3) + Time(10)));
}

TEST(Budget, NoMoreIsSavedThanItsBound) {
    Budget budget(100, 200);
    (void)budget.has_some(std::chrono::hours(24 * 365));
    budget.spend(200);
    EXPECT_FALSE(budget.has_some(std::chrono::hours(24 * 365)));
}

}  // namespace
}  // namespace msw::net
