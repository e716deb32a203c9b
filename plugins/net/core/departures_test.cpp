#include "plugins/net/core/departures.hpp"

#include <gtest/gtest.h>

namespace msw::net {
namespace {

TEST(Departures, NothingHasArrivedThatWasNeverSeenTo) {
    Departures departures;
    EXPECT_EQ(departures.until({false, 1, 0}, Time(100)), Time::min());
}

TEST(Departures, WhereNothingWaitsAllHasArrived) {
    Departures departures;
    departures.taken(10, 1);
    EXPECT_EQ(departures.until({true, 1, 10}, Time(100)), Time::min()) << "unacknowledged";
    EXPECT_EQ(departures.until({true, 1, 0}, Time(200)), Time(200));
    EXPECT_EQ(departures.until({true, 1, 0}, Time(300)), Time(300));
}

TEST(Departures, OnALinkThatIsNeverIdleAMarkMovesOn) {
    Departures departures;
    EXPECT_EQ(departures.until({false, 2, 0}, Time(100)), Time::min());
    departures.taken(10, 1);
    departures.taken(10, 2);
    departures.taken(10, 3);
    EXPECT_EQ(departures.until({false, 5, 11}, Time(200)), Time::min()) << "a byte before the mark is missing";
    EXPECT_EQ(departures.until({false, 5, 10}, Time(300)), Time(100));
    departures.taken(20, 5);
    EXPECT_EQ(departures.until({false, 9, 0}, Time(400)), Time(300)) << "the next one was set then";
}

TEST(Departures, AMarkBehindWhatTheSystemHasNeedsNothingMoreTaken) {
    Departures departures;
    departures.taken(50, 1);
    EXPECT_EQ(departures.until({true, 1, 20}, Time(100)), Time::min());
    departures.taken(50, 2);
    EXPECT_EQ(departures.until({false, 3, 50}, Time(200)), Time(100));
}

TEST(Departures, AMarkThatCanNotBeReachedGoesWithTheNextPause) {
    Departures departures;
    EXPECT_EQ(departures.until({false, 7, 0}, Time(100)), Time::min());
    departures.taken(10, 5);  // the other two were taken out
    EXPECT_EQ(departures.until({true, 5, 0}, Time(200)), Time(200));
}

}  // namespace
}  // namespace msw::net
