#include "plugins/net/core/flow/out_flow.hpp"

#include "plugins/net/core/flow/runs_for_test.hpp"

#include <gmock/gmock.h>

namespace msw::net {
namespace {

using testing::ElementsAre;

Held held(std::size_t charge = 100, std::int64_t expires = 1'000'000) {
    Held h;
    h.datapack = std::make_shared<const Datapack>("post", "shell");
    h.charge = charge;
    h.expires = expires;
    return h;
}

OutFlow flow_of(std::size_t count, FlowClass flow_class = FlowClass::ordinary, std::size_t charge = 100) {
    OutFlow flow(flow_class, kOwn);
    for (std::size_t i = 0; i < count; ++i) (void)flow.add(held(charge));
    EXPECT_TRUE(flow.meet(kThere).empty());
    if (flow_class == FlowClass::durable) {
        for (Held& h : flow.held()) h.sent_for = kThere;
    }
    return flow;
}

/// @return the numbers of all that may be sent now, which are sent
std::vector<std::uint64_t> sent_by(OutFlow& flow, Time now = Time(0)) {
    std::vector<std::uint64_t> numbers;
    while (flow.next() != nullptr) numbers.push_back(flow.send(now).n);
    return numbers;
}

std::vector<std::uint64_t> numbers_of(const std::vector<Held>& all) {
    std::vector<std::uint64_t> numbers;
    numbers.reserve(all.size());
    for (const Held& h : all) numbers.push_back(h.n);
    return numbers;
}

TEST(OutFlow, SendsInOrderOnceTheDestinationIsKnown) {
    OutFlow flow(FlowClass::ordinary, kOwn);
    EXPECT_EQ(flow.add(held()), 1U);
    EXPECT_EQ(flow.add(held()), 2U);
    EXPECT_EQ(flow.next(), nullptr) << "for which run?";
    EXPECT_TRUE(flow.meet(kThere).empty());
    const Envelope first = flow.send(Time(5));
    EXPECT_EQ(first, (Envelope{FlowClass::ordinary, kOwn, kThere, 1, 1, 0, false}));
    EXPECT_EQ(flow.send(Time(5)), (Envelope{FlowClass::ordinary, kOwn, kThere, 2, 1, 100, false}));
    EXPECT_EQ(flow.next(), nullptr);
    EXPECT_EQ(flow.under_way(), 200U);
    ASSERT_NE(flow.unheard(), nullptr);
    EXPECT_EQ(flow.unheard_since(*flow.unheard()), Time(5));
}

TEST(OutFlow, KeepsWhatIsSentUntilItsReceipt) {
    OutFlow flow = flow_of(3);
    EXPECT_THAT(sent_by(flow), ElementsAre(1, 2, 3));
    OutFlow::Receipt receipt = flow.receipt(2, {}, Time(0));
    EXPECT_THAT(numbers_of(receipt.received), ElementsAre(1, 2));
    EXPECT_EQ(receipt.acked, 200U);
    EXPECT_FALSE(receipt.gap);
    EXPECT_EQ(flow.low(), 3U);
    EXPECT_EQ(flow.under_way(), 100U);
    EXPECT_TRUE(flow.receipt(1, {}, Time(0)).received.empty()) << "an old one that was late";
    EXPECT_THAT(numbers_of(flow.receipt(3, {}, Time(0)).received), ElementsAre(3));
    EXPECT_TRUE(flow.empty());
    EXPECT_EQ(flow.bytes(), 0U);
    EXPECT_EQ(flow.low(), 4U);
}

TEST(OutFlow, BelievesNoReceiptForWhatWasNotSent) {
    OutFlow flow = flow_of(2);
    (void)flow.send(Time(0));
    EXPECT_THAT(numbers_of(flow.receipt(kMostNumber, {}, Time(0)).received), ElementsAre(1));
    EXPECT_THAT(sent_by(flow), ElementsAre(2));
}

TEST(OutFlow, StopsWhereItsCreditEnds) {
    OutFlow flow = flow_of(3, FlowClass::ordinary, kFirstCredit / 2);
    EXPECT_THAT(sent_by(flow), ElementsAre(1, 2));
    EXPECT_TRUE(flow.starved());
    EXPECT_TRUE(flow.receipt(2, {}, Time(0)).received.size() == 2) << "a receipt is no credit";
    EXPECT_EQ(flow.next(), nullptr);
    EXPECT_FALSE(flow.credit(kFirstCredit + 1));
    EXPECT_TRUE(flow.credit(kFirstCredit * 3 / 2));
    EXPECT_FALSE(flow.credit(0)) << "nothing in it is taken back";
    EXPECT_THAT(sent_by(flow), ElementsAre(3));
    EXPECT_FALSE(flow.starved());
}

TEST(OutFlow, SendsOneLargerThanAnyCreditAlone) {
    OutFlow flow(FlowClass::ordinary, kOwn);
    (void)flow.add(held(100));
    (void)flow.add(held(kFirstCredit * 10));
    (void)flow.add(held(100));
    (void)flow.meet(kThere);
    EXPECT_THAT(sent_by(flow), ElementsAre(1));
    (void)flow.receipt(1, {}, Time(0));
    EXPECT_EQ(flow.next(), nullptr) << "the first has not been taken yet";
    (void)flow.credit(100 + kFirstCredit);
    EXPECT_THAT(sent_by(flow), ElementsAre(2));
    (void)flow.receipt(2, {}, Time(0));
    (void)flow.credit(100 + kFirstCredit * 11);
    EXPECT_THAT(sent_by(flow), ElementsAre(3));
}

TEST(OutFlow, SendsAgainWhatIsUnderWay) {
    OutFlow flow = flow_of(3);
    (void)flow.send(Time(0));
    (void)flow.send(Time(0));
    flow.rewind();
    EXPECT_EQ(flow.under_way(), 0U);
    EXPECT_EQ(flow.send(Time(1)), (Envelope{FlowClass::ordinary, kOwn, kThere, 1, 1, 0, false})) << "at its old offset";
    EXPECT_THAT(sent_by(flow), ElementsAre(2, 3));
    EXPECT_EQ(flow.held().front().sent, 2U);
    EXPECT_EQ(flow.held().back().sent, 1U);
}

TEST(OutFlow, SendsOnceAgainWhatIsMissing) {
    OutFlow flow = flow_of(6);
    (void)sent_by(flow);
    OutFlow::Receipt receipt = flow.receipt(1, std::string("\x06", 1), Time(0));  // 3 and 4 are there
    EXPECT_TRUE(receipt.gap);
    EXPECT_THAT(numbers_of(receipt.received), ElementsAre(1));
    EXPECT_EQ(receipt.acked, 300U);
    EXPECT_EQ(flow.under_way(), 200U) << "5 and 6";
    EXPECT_THAT(sent_by(flow), ElementsAre(2));
    receipt = flow.receipt(1, std::string("\x0e", 1), Time(0));
    EXPECT_FALSE(receipt.gap) << "it is under way, maybe";
    EXPECT_TRUE(sent_by(flow).empty());
    EXPECT_THAT(numbers_of(flow.receipt(5, {}, Time(0)).received), ElementsAre(2, 3, 4, 5));
    EXPECT_EQ(flow.under_way(), 100U);
}

TEST(OutFlow, WhatIsSeenIsNotSentAgain) {
    OutFlow flow = flow_of(3);
    (void)sent_by(flow);
    (void)flow.receipt(0, std::string("\x02", 1), Time(0));
    flow.rewind();
    EXPECT_THAT(sent_by(flow), ElementsAre(1, 3));
    flow.forget_seen();
    flow.rewind();
    EXPECT_THAT(sent_by(flow), ElementsAre(1, 2, 3)) << "unless the destination has dropped it";
}

TEST(OutFlow, ReceiptsStartTheTimerAnew) {
    OutFlow flow = flow_of(3);
    (void)sent_by(flow, Time(5));
    (void)flow.receipt(0, std::string("\x04", 1), Time(600));
    ASSERT_NE(flow.unheard(), nullptr);
    EXPECT_EQ(flow.unheard_since(*flow.unheard()), Time(5)) << "the first one is still missing";
    (void)flow.receipt(1, {}, Time(700));
    EXPECT_EQ(flow.unheard_since(*flow.unheard()), Time(700));
    (void)flow.receipt(3, {}, Time(700));
    EXPECT_EQ(flow.unheard(), nullptr);
}

TEST(OutFlow, WhatIsSeenIsWaitedForEvenIfNothingIsUnderWay) {
    OutFlow flow = flow_of(3);
    (void)sent_by(flow, Time(5));
    flow.rewind();
    (void)flow.receipt(0, std::string("\x07", 1), Time(600));
    EXPECT_TRUE(sent_by(flow).empty());
    ASSERT_NE(flow.unheard(), nullptr);
    EXPECT_EQ(flow.unheard_since(*flow.unheard()), Time(5)) << "the destination may drop them, and say nothing";
}

TEST(OutFlow, OfAnEarlierRunIsUnconfirmed) {
    OutFlow flow = flow_of(3);
    (void)flow.send(Time(0));
    (void)flow.send(Time(0));
    (void)flow.receipt(1, {}, Time(0));
    EXPECT_THAT(numbers_of(flow.meet(kThereAgain)), ElementsAre(2));
    EXPECT_TRUE(flow.meet(kThereAgain).empty());
    EXPECT_EQ(flow.send(Time(0)), (Envelope{FlowClass::ordinary, kOwn, kThereAgain, 3, 3, 0, false}));
}

TEST(OutFlow, DurableOnesGoToTheNextRunToo) {
    OutFlow flow = flow_of(2, FlowClass::durable);
    EXPECT_THAT(sent_by(flow), ElementsAre(1, 2));
    EXPECT_TRUE(flow.meet(kThereAgain).empty());
    EXPECT_EQ(flow.next(), nullptr) << "that they go there is not on disk yet";
    EXPECT_TRUE(flow.receipt(2, {}, Time(0)).received.empty()) << "of another run than they were sent to";
    for (Held& h : flow.held()) {
        h.sent_for = kThereAgain;
        h.redelivered = true;
    }
    EXPECT_EQ(flow.send(Time(0)), (Envelope{FlowClass::durable, kOwn, kThereAgain, 1, 1, 0, true}));
    EXPECT_THAT(numbers_of(flow.receipt(2, {}, Time(0)).received), ElementsAre(1, 2))
        << "2 may have been sent before this host started";
}

TEST(OutFlow, ANewRunGivesCreditAnew) {
    OutFlow flow = flow_of(1);
    (void)flow.credit(10 * kFirstCredit);
    (void)flow.meet(kThereAgain);
    (void)flow.add(held(kFirstCredit));
    EXPECT_THAT(sent_by(flow), ElementsAre(1));
}

TEST(OutFlow, Expires) {
    OutFlow flow(FlowClass::ordinary, kOwn);
    for (const std::int64_t expires : {500, 100, 500, 200}) (void)flow.add(held(100, expires));
    (void)flow.meet(kThere);
    (void)flow.send(Time(0));
    (void)flow.send(Time(0));
    EXPECT_TRUE(flow.expire(99).empty());
    EXPECT_THAT(numbers_of(flow.expire(100)), ElementsAre(2));
    EXPECT_EQ(flow.under_way(), 100U);
    EXPECT_THAT(sent_by(flow), ElementsAre(3, 4)) << "in its place nothing is sent twice or left out";
    EXPECT_THAT(numbers_of(flow.expire(300)), ElementsAre(4));
    EXPECT_THAT(numbers_of(flow.expire(1000)), ElementsAre(1, 3));
    EXPECT_TRUE(flow.empty());
    EXPECT_EQ(flow.under_way(), 0U);
    EXPECT_EQ(flow.bytes(), 0U);
}

TEST(OutFlow, TellsWhatItHoldsNoLonger) {
    OutFlow flow(FlowClass::ordinary, kOwn);
    for (const std::int64_t expires : {100, 100, 500}) (void)flow.add(held(100, expires));
    (void)flow.meet(kThere);
    EXPECT_FALSE(flow.must_tell_low());
    (void)sent_by(flow);
    (void)flow.expire(100);
    EXPECT_TRUE(flow.must_tell_low());
    EXPECT_EQ(flow.low(), 3U);
    EXPECT_EQ(flow.low_at(), 200U);
    (void)flow.expire(500);
    EXPECT_EQ(flow.low(), 4U);
    EXPECT_EQ(flow.low_at(), 300U);
    (void)flow.receipt(3, {}, Time(0));
    EXPECT_FALSE(flow.must_tell_low());
}

TEST(OutFlow, RemovesOne) {
    OutFlow flow = flow_of(3);
    (void)sent_by(flow);
    ASSERT_TRUE(flow.remove(2).has_value());
    EXPECT_FALSE(flow.remove(2).has_value());
    EXPECT_EQ(flow.under_way(), 200U);
    flow.rewind();
    EXPECT_THAT(sent_by(flow), ElementsAre(1, 3));
}

}  // namespace
}  // namespace msw::net
