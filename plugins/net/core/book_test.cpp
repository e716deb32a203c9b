#include "plugins/net/core/book.hpp"

#include <gmock/gmock.h>

namespace msw::net {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

const Address kMiku{"127.0.0.1", 3901};
const Address kLain{"127.0.0.1", 3902};

bool nobody(std::string_view) { return false; }
bool everybody(std::string_view) { return true; }

TEST(AddressBook, DialsWhatIsConfiguredAtOnceAndOnlyOnceAtATime) {
    AddressBook book(1);
    book.configure({kMiku, kLain}, Time(0));
    EXPECT_THAT(book.due(Time(0), nobody), ElementsAre(kMiku, kLain));
    EXPECT_THAT(book.due(Time(1'000'000), nobody), IsEmpty());
}

TEST(AddressBook, BacksOffFromHalfASecondToAMinuteWithJitter) {
    AddressBook book(7);
    book.configure({kMiku}, Time(0));
    Time now(0);
    Time longest(0);
    for (int i = 0; i < 20; ++i) {
        ASSERT_THAT(book.due(now, nobody), ElementsAre(kMiku)) << i;
        book.failed(kMiku, "refused", now);
        const Time wait = book.entries().at(kMiku).next - now;
        EXPECT_GE(wait, AddressBook::kFirstDelay);
        EXPECT_LE(wait, AddressBook::kLongestDelay);
        EXPECT_THAT(book.due(now + wait - Time(1), nobody), IsEmpty());
        longest = std::max(longest, wait);
        now += wait;
    }
    EXPECT_GE(longest, Time(45'000));
    book.answered(kMiku, "miku");
    EXPECT_EQ(book.entries().at(kMiku).failures, 0U);
}

TEST(AddressBook, LeavesConnectedHostsInPeaceUntilTheyAreLost) {
    AddressBook book(1);
    book.configure({kMiku}, Time(0));
    (void)book.due(Time(0), nobody);
    book.answered(kMiku, "miku");
    EXPECT_THAT(book.due(Time(100'000), everybody), IsEmpty());
    book.lost("MIKU", Time(100'000));
    EXPECT_THAT(book.due(Time(100'000), nobody), IsEmpty());
    EXPECT_THAT(book.due(Time(101'000), nobody), ElementsAre(kMiku));
}

TEST(AddressBook, NeverDialsItself) {
    AddressBook book(1);
    book.configure({kMiku, kLain}, Time(0));
    (void)book.due(Time(0), nobody);
    book.self(kMiku);
    book.failed(kLain, "refused", Time(0));
    EXPECT_THAT(book.due(Time(100'000), nobody), ElementsAre(kLain));
    EXPECT_THAT(book.known(), ElementsAre(kLain));
}

TEST(AddressBook, AReloadForgetsWhatIsGoneFromTheFile) {
    AddressBook book(1);
    book.configure({kMiku, kLain}, Time(0));
    book.configure({kLain}, Time(1));
    EXPECT_THAT(book.known(), ElementsAre(kLain));
}

TEST(AddressBook, WhatWasLearnedIsNotDialled) {
    AddressBook book(1);
    book.configure({kMiku}, Time(0));
    EXPECT_TRUE(book.learn(kLain, Source::exchanged, Time(0)));
    EXPECT_THAT(book.due(Time(0), nobody), ElementsAre(kMiku));
    EXPECT_THAT(book.due(Time(0), nobody), IsEmpty());
}

TEST(AddressBook, TellsOthersOnlyWhatItKnowsItself) {
    AddressBook book(1);
    book.configure({{"10.0.0.1", 1}}, Time(0));
    (void)book.learn({"10.0.0.2", 1}, Source::exchanged, Time(0));
    (void)book.learn({"10.0.0.3", 1}, Source::exchanged, Time(0));
    book.answered({"10.0.0.3", 1}, "miku");
    EXPECT_THAT(book.known(), ElementsAre(Address{"10.0.0.1", 1}, Address{"10.0.0.3", 1}));
}

TEST(AddressBook, ForgetsWhereNobodyAnswersButNotWhatIsConfigured) {
    AddressBook book(1);
    const Address configured{"10.0.0.1", 1};
    const Address unmet{"10.0.0.2", 1};
    const Address met{"10.0.0.3", 1};
    book.configure({configured}, Time(0));
    for (const Address& a : {unmet, met}) (void)book.learn(a, Source::exchanged, Time(0));
    book.answered(met, "miku");
    const auto fail = [&](unsigned times) {
        for (unsigned i = 0; i < times; ++i) {
            for (const Address& a : {configured, unmet, met}) book.failed(a, "refused", Time(0));
        }
    };
    fail(AddressBook::kMostFailuresUnmet - 1);
    EXPECT_EQ(book.entries().size(), 3U);
    fail(1);
    EXPECT_FALSE(book.entries().contains(unmet));
    fail(AddressBook::kMostFailuresMet);
    EXPECT_EQ(book.entries().size(), 1U);
    EXPECT_TRUE(book.entries().contains(configured));
    EXPECT_TRUE(book.learn(unmet, Source::exchanged, Time(0))) << "somebody who knows may tell again";
}

TEST(AddressBook, IsBoundedAndKeepsWhoWasMet) {
    AddressBook book(1);
    for (unsigned i = 0; i < AddressBook::kMostLearned; ++i) {
        ASSERT_TRUE(book.learn({"h" + std::to_string(i), 1}, Source::exchanged, Time(0)));
    }
    EXPECT_FALSE(book.learn(kMiku, Source::exchanged, Time(0)));
    const Address dead{"h5", 1};
    for (int i = 0; i < 4; ++i) book.failed(dead, "refused", Time(0));
    EXPECT_TRUE(book.learn(kMiku, Source::exchanged, Time(0)));
    EXPECT_FALSE(book.entries().contains(dead));
    EXPECT_FALSE(book.learn(kLain, Source::exchanged, Time(0)));
}

}  // namespace
}  // namespace msw::net
