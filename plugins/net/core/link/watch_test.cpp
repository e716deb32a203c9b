#include "plugins/net/core/link/watch.hpp"

#include <gtest/gtest.h>
#include <stdexcept>

namespace msw::net {
namespace {

using State = LinkWatch::State;

constexpr Vitals kAcknowledging{};
constexpr Vitals dead_for(Time time) { return {time, false, Time(200), 0}; }

State judge(LinkWatch& watch, const Vitals& vitals, Time now) {
    return watch.judge([&] { return vitals; }, now);
}

TEST(LinkWatch, IsDownWhenNothingComesAndNothingIsAcknowledged) {
    LinkWatch watch(Time(0), true);
    EXPECT_EQ(judge(watch, dead_for(Time(2'500)), Time(2'500)), State::up);
    EXPECT_EQ(judge(watch, dead_for(Time(2'501)), Time(2'501)), State::down);
    EXPECT_EQ(watch.since(), Time(2'501));
}

TEST(LinkWatch, IsUpWhileBytesComeWhateverTheKernelSays) {
    LinkWatch watch(Time(0), true);
    watch.heard(Time(100'000));
    EXPECT_EQ(judge(watch, dead_for(Time(90'000)), Time(102'000)), State::up);
}

TEST(LinkWatch, IsBusyWhenOnlyItsKernelAnswers) {
    LinkWatch watch(Time(0), true);
    EXPECT_EQ(judge(watch, kAcknowledging, Time(2'500)), State::up);
    EXPECT_EQ(judge(watch, kAcknowledging, Time(3'000)), State::busy);
    EXPECT_EQ(judge(watch, kAcknowledging, Time(60'000)), State::busy);
    EXPECT_EQ(watch.since(), Time(3'000));
    EXPECT_EQ(judge(watch, kAcknowledging, Time(60'001)), State::down);
    watch.heard(Time(61'000));
    EXPECT_EQ(judge(watch, kAcknowledging, Time(61'000)), State::up);
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
        LinkWatch watch(Time(0), true);
        const auto at = [&](Time now) { return judge(watch, {now, true, row.rto, row.backoff}, now); };
        EXPECT_NE(at(row.down_after), State::down) << row.backoff;
        EXPECT_EQ(at(row.down_after + Time(1)), State::down) << row.backoff;
    }
}

TEST(LinkWatch, IsNotBlamedForOurOwnSleep) {
    LinkWatch watch(Time(0), true);
    OwnPulse pulse;
    EXPECT_FALSE(pulse.beat(Time(0)));
    EXPECT_FALSE(pulse.beat(Time(1'000)));
    ASSERT_TRUE(pulse.beat(Time(31'000)));
    watch.forgive(Time(31'000));
    EXPECT_EQ(judge(watch, dead_for(Time(30'000)), Time(31'000)), State::up);
    EXPECT_EQ(judge(watch, dead_for(Time(32'500)), Time(33'500)), State::up);
    EXPECT_EQ(judge(watch, dead_for(Time(32'501)), Time(33'501)), State::down);
    EXPECT_FALSE(pulse.beat(Time(31'500)));
}

TEST(LinkWatch, PingsEverySecondAndMeasuresTheAnswer) {
    LinkWatch watch(Time(500), true);
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

TEST(LinkWatch, OneEndPingsAndTheOtherWhenItHearsNoPing) {
    LinkWatch watch(Time(0), false);
    EXPECT_EQ(watch.ping_due(Time(0)), 1U) << "for the round trip";
    for (Time now{1'000}; now < Time(10'000); now += Time(1'000)) {
        watch.heard_ping(now);
        EXPECT_FALSE(watch.ping_due(now + Time(999))) << now.count();
    }
    EXPECT_EQ(watch.ping_due(Time(10'000)), 2U) << "again for the round trip";
    watch.heard_ping(Time(10'100));
    EXPECT_FALSE(watch.ping_due(Time(11'599)));
    EXPECT_EQ(watch.ping_due(Time(11'600)), 3U);
    EXPECT_EQ(watch.ping_due(Time(12'600)), 4U);
}

TEST(LinkWatch, AsksForVitalsOnlyWhenBytesDontTell) {
    LinkWatch watch(Time(0), true);
    const auto never = []() -> Vitals { throw std::logic_error("not needed"); };
    EXPECT_EQ(watch.judge(never, Time(2'500)), State::up);
    EXPECT_THROW(watch.judge(never, Time(2'501)), std::logic_error);
}

}  // namespace
}  // namespace msw::net
