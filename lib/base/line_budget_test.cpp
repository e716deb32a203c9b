#include "base/line_budget.hpp"

#include <gtest/gtest.h>

namespace msw {
namespace {

using Time = LineBudget::Time;
constexpr int kWarning = 4;
constexpr int kNotice = 5;

unsigned granted(LineBudget& budget, std::string_view app, int priority, unsigned asked, Time now) {
    unsigned n = 0;
    for (unsigned i = 0; i < asked; ++i) n += budget.grant(app, priority, now) ? 1U : 0U;
    return n;
}

TEST(LineBudget, EachKindHasItsOwn) {
    LineBudget budget;
    EXPECT_EQ(granted(budget, "mswd", kWarning, 5000, Time(0)), LineBudget::kLines);
    EXPECT_EQ(granted(budget, "mswd", kNotice, 10, Time(0)), 10U) << "a flood of warnings hides no notice";
    EXPECT_EQ(granted(budget, "net", kWarning, 10, Time(0)), 10U);
}

TEST(LineBudget, TellsOnceWhatWasLeftOutWhenTheWindowIsOver) {
    LineBudget budget;
    (void)granted(budget, "mswd", kWarning, 1200, Time(100));
    (void)granted(budget, "net", kWarning, 1001, Time(200));
    EXPECT_TRUE(budget.settle(Time(10'099)).empty());
    const auto first = budget.settle(Time(10'100));
    ASSERT_EQ(first.size(), 1U);
    EXPECT_EQ(first[0].app, "mswd");
    EXPECT_EQ(first[0].priority, kWarning);
    EXPECT_EQ(first[0].lines, 200U);
    const auto second = budget.settle(Time(10'200));
    ASSERT_EQ(second.size(), 1U);
    EXPECT_EQ(second[0].app, "net");
    EXPECT_TRUE(budget.settle(Time(90'000)).empty());
    EXPECT_EQ(granted(budget, "mswd", kWarning, 5000, Time(90'000)), LineBudget::kLines);
}

TEST(LineBudget, SaysNothingWhereNothingWasLeftOut) {
    LineBudget budget;
    (void)granted(budget, "mswd", kWarning, LineBudget::kLines, Time(0));
    EXPECT_TRUE(budget.settle_all().empty());
}

}  // namespace
}  // namespace msw
