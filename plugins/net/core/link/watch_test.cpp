#include "plugins/net/core/link/watch.hpp"

#include <gtest/gtest.h>

namespace msw::net {
namespace {

using State = LinkWatch::State;

constexpr Vitals kAcknowledging{};
constexpr Vitals dead_for(Time time) { return {time, false, Time(200), 0}; }

TEST(LinkWatch, IsDownWhenNothingComesAndNothingIsAcknowledged) {
    LinkWatch watch(Time(0));
    EXPECT_EQ(watch.judge(dead_for(Time(2'500)), Time(2'500)), State::up);
    EXPECT_EQ(watch.judge(dead_for(Time(2'501)), Time(2'501)), State::down);
    EXPECT_EQ(watch.since(), Time(2'501));
}

TEST(LinkWatch, IsUpWhileBytesComeWhateverTheKernelSays) {
    LinkWatch watch(Time(0));
    watch.heard(Time(100'000));
    EXPECT_EQ(watch.judge(dead_for(Time(90'000)), Time(102'000)), State::up);
}

TEST(LinkWatch, IsBusyWhenOnlyItsKernelAnswers) {
    LinkWatch watch(Time(0));
    EXPECT_EQ(watch.judge(kAcknowledging, Time(2'500)), State::up);
    EXPECT_EQ(watch.judge(kAcknowledging, Time(3'000)), State::busy);
    EXPECT_EQ(watch.judge(kAcknowledging, Time(60'000)), State::busy);
    EXPECT_EQ(watch.since(), Time(3'000));
    EXPECT_EQ(watch.judge(kAcknowledging, Time(60'001)), State::down);
    watch.heard(Time(61'000));
    EXPECT_EQ(watch.judge(kAcknowledging, Time(61'000)), State::up);
    EXPECT_EQ(watch.since(), Time(61'000));
}

TEST(LinkWatch, WaitsForProbesWhileTheWindowIsClosed) {
    struct Row {
        Time rto;
        unsigned backoff;
        Time down_after;
    };
    for (const Row& row :
         {Row{Time(200), 0, Time(2'500)}, Row{Time(200), 3, Time(2'600)}, Row{Time(200), 5, Time(7'400)},
          Row{Time(200), 30, Time(60'000)}, Row{Time(120'000), 0, Time(60'000)}}) {
        LinkWatch watch(Time(0));
        const auto at = [&](Time now) { return watch.judge({now, true, row.rto, row.backoff}, now); };
        EXPECT_NE(at(row.down_after), State::down) << row.backoff;
        EXPECT_EQ(at(row.down_after + Time(1)), State::down) << row.backoff;
    }
}

TEST(LinkWatch, IsNotBlamedForOurOwnSleep) {
    LinkWatch watch(Time(0));
    OwnPulse pulse;
    EXPECT_FALSE(pulse.beat(Time(0)));
    EXPECT_FALSE(pulse.beat(Time(1'000)));
    ASSERT_TRUE(pulse.beat(Time(31'000)));
    watch.forgive(Time(31'000));
    EXPECT_EQ(watch.judge(dead_for(Time(30'000)), Time(31'000)), State::up);
    EXPECT_EQ(watch.judge(dead_for(Time(32'500)), Time(33'500)), State::up);
    EXPECT_EQ(watch.judge(dead_for(Time(32'501)), Time(33'501)), State::down);
    EXPECT_FALSE(pulse.beat(Time(31'500)));
}

TEST(LinkWatch, PingsEverySecondAndMeasuresTheAnswer) {
    LinkWatch watch(Time(500));
    EXPECT_EQ(watch.ping_due(Time(500)), 1U);
    EXPECT_FALSE(watch.ping_due(Time(1'499)));
    EXPECT_FALSE(watch.round_trip());
    watch.pong(1, Time(520));
    EXPECT_EQ(watch.round_trip(), Time(20));
    EXPECT_EQ(watch.ping_due(Time(1'500)), 2U);
    watch.pong(1, Time(1'900));
    EXPECT_EQ(watch.round_trip(), Time(20)) << "an answer that is too late says nothing";
    watch.pong(2, Time(1'950));
    EXPECT_EQ(watch.round_trip(), Time(450));
}

}  // namespace
}  // namespace msw::net
