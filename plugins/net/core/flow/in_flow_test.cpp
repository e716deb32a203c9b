#include "plugins/net/core/flow/in_flow.hpp"

#include <gmock/gmock.h>

#include <list>

namespace msw::net {
namespace {

using testing::ElementsAre;
using Arrival = InFlow::Arrival;

constexpr std::size_t kBody = 1000;

Datapack datapack(std::uint64_t n, std::size_t body = kBody) {
    Datapack d("post", "shell", std::string(body, 'x'));
    d.set("number", std::to_string(n));
    return d;
}

/// A flow, and what sends to it: offsets as an origin gives them to Datapacks of one size.
struct There {
    explicit There(FlowClass of = FlowClass::ordinary, std::optional<std::uint64_t> mark = 0)
        : flow_class(of), flow(of, "shell", pool, mark) {}

    Arrival comes(std::uint64_t n, std::uint64_t low = 1, std::size_t body = kBody) {
        Datapack d = datapack(n, body);
        const std::size_t charge = charge_of(datapack(1));
        return flow.arrive({flow_class, 1, 2, n, std::min(low, n), (n - 1) * charge, false}, d, now);
    }
    std::vector<std::uint64_t> handed(bool waits = true) {
        std::vector<std::uint64_t> all;
        while (flow.front() != nullptr) {
            EXPECT_EQ(flow.front()->get("number"), std::to_string(flow.front_number()));
            all.push_back(flow.front_number());
            flow.handed(waits, now);
        }
        return all;
    }

    FlowClass flow_class;
    Pool pool;
    InFlow flow;
    Time now{0};
};

TEST(InFlow, HandsOnInOrderAndOnce) {
    There there;
    EXPECT_EQ(there.comes(1), Arrival::taken);
    EXPECT_EQ(there.comes(3), Arrival::taken);
    EXPECT_THAT(there.handed(), ElementsAre(1));
    EXPECT_EQ(there.flow.mark(), 1U);
    EXPECT_EQ(there.flow.beyond(), std::string("\x02", 1));
    EXPECT_EQ(there.comes(3), Arrival::duplicate);
    EXPECT_EQ(there.comes(1), Arrival::duplicate);
    EXPECT_EQ(there.comes(2), Arrival::taken);
    EXPECT_EQ(there.comes(2), Arrival::duplicate);
    EXPECT_THAT(there.handed(), ElementsAre(2, 3));
    EXPECT_EQ(there.flow.mark(), 3U);
    EXPECT_EQ(there.flow.beyond(), "");
}

TEST(InFlow, DoesNotWaitForWhatTheOriginHoldsNoLonger) {
    There there;
    (void)there.comes(1);
    (void)there.comes(5);
    EXPECT_THAT(there.handed(), ElementsAre(1));
    (void)there.comes(7, 4);  // 2 and 3 have expired, 4 and 6 have yet to come
    EXPECT_TRUE(there.handed().empty());
    EXPECT_EQ(there.flow.mark(), 3U);
    there.flow.pass(6, 0, there.now);
    EXPECT_THAT(there.handed(), ElementsAre(5)) << "it had come";
    there.flow.pass(9, 0, there.now);
    EXPECT_THAT(there.handed(), ElementsAre(7));
    EXPECT_EQ(there.flow.mark(), 8U);
    EXPECT_EQ(there.comes(8), Arrival::duplicate);
}

TEST(InFlow, BeginsWhereTheOriginHasCome) {
    There there;
    EXPECT_EQ(there.comes(501, 501), Arrival::no_room) << "an origin that meets this run begins its offsets at 0";
    Datapack d = datapack(501);
    EXPECT_EQ(there.flow.arrive({FlowClass::ordinary, 1, 2, 501, 501, 0, false}, d, there.now), Arrival::taken);
    EXPECT_THAT(there.handed(), ElementsAre(501));
    EXPECT_EQ(there.flow.mark(), 501U);
}

TEST(InFlow, GivesCreditForWhatThePluginTook) {
    There there;
    const std::size_t charge = charge_of(datapack(1));
    const std::uint64_t window = there.pool.window();
    for (std::uint64_t n = 1; n <= 4; ++n) (void)there.comes(n);
    (void)there.handed();
    const std::uint64_t before = there.flow.credit();
    EXPECT_LE(before, window);
    there.flow.taken(there.now);
    there.flow.taken(there.now);
    EXPECT_GE(there.flow.credit(), before);
    there.flow.taken(there.now);
    there.flow.taken(there.now);
    there.flow.taken(there.now);  // one too many changes nothing
    EXPECT_EQ(there.flow.credit(), 4 * charge + window);
    EXPECT_EQ(there.pool.held(), 0U);
    EXPECT_TRUE(there.flow.idle());
}

TEST(InFlow, TakesNothingBeyondItsCredit) {
    There there;
    std::uint64_t n = 0;
    while (there.comes(n + 1) == Arrival::taken) ++n;
    EXPECT_EQ(n, kFirstCredit / charge_of(datapack(1)));
    EXPECT_EQ(there.flow.mark(), n);
    (void)there.handed(false);
    (void)there.flow.credit();
    EXPECT_EQ(there.comes(n + 1), Arrival::taken);
}

TEST(InFlow, TakesNothingWhenThePoolIsFull) {
    There there;
    ASSERT_TRUE(there.pool.take(Pool::kBytes - 100));
    EXPECT_EQ(there.comes(1), Arrival::no_room);
    there.pool.give(Pool::kBytes - 100);
    EXPECT_EQ(there.comes(1), Arrival::taken);
}

TEST(InFlow, OneLargerThanItsCreditGoesAlone) {
    There there;
    constexpr std::size_t large = 10 * kFirstCredit;
    (void)there.comes(1);
    EXPECT_EQ(there.comes(2, 1, large), Arrival::no_room) << "one before it waits still";
    (void)there.handed(false);
    EXPECT_EQ(there.comes(2, 1, large), Arrival::taken);
    ASSERT_TRUE(there.pool.take(Pool::kBytes - large));
    const Envelope first{FlowClass::ordinary, 1, 2, 1, 1, 0, false};
    Datapack other = datapack(1, large);
    InFlow same(FlowClass::ordinary, "shell", there.pool);
    EXPECT_EQ(same.arrive(first, other, there.now), Arrival::no_room) << "one at a time for each app";
    std::list<InFlow> others;
    for (std::size_t i = 1; i < Pool::kMostLarge; ++i) {
        Datapack d = datapack(1, large);
        others.emplace_back(FlowClass::ordinary, "app" + std::to_string(i), there.pool);
        EXPECT_EQ(others.back().arrive(first, d, there.now), Arrival::taken) << "an app that takes nothing is alone";
    }
    InFlow one_more(FlowClass::ordinary, "one-more", there.pool);
    EXPECT_EQ(one_more.arrive(first, other, there.now), Arrival::no_room);
    (void)there.handed();
    EXPECT_EQ(one_more.arrive(first, other, there.now), Arrival::taken) << "what is in a mailbox is counted there";
    EXPECT_EQ(there.comes(3, 1, large), Arrival::no_room) << "its app has yet to take the one before";
    EXPECT_EQ(there.pool.held(), Pool::kBytes - large);
}

TEST(InFlow, OneThatOnlyEndsBeyondItsCreditNeedsNotBeAlone) {
    There there;
    constexpr std::size_t large = Pool::kMostWindow / 2;
    const std::size_t charge = charge_of(datapack(1, large));
    const auto comes = [&](std::uint64_t n) {
        Datapack d = datapack(n, large);
        return there.flow.arrive({FlowClass::ordinary, 1, 2, n, 1, (n - 1) * charge, false}, d, there.now);
    };
    EXPECT_EQ(comes(1), Arrival::taken);
    EXPECT_LT(there.flow.credit(), 2 * charge);
    EXPECT_EQ(comes(2), Arrival::taken) << "the first waits still, and there is room for both";
    EXPECT_EQ(comes(3), Arrival::no_room) << "that begins beyond it";
}

TEST(InFlow, GivesItsRoomBackWhenItEnds) {
    Pool pool;
    {
        InFlow flow(FlowClass::ordinary, "shell", pool);
        for (const std::uint64_t n : {1U, 2U, 4U}) {
            Datapack d = datapack(n);
            ASSERT_EQ(flow.arrive({FlowClass::ordinary, 1, 2, n, 1, 0, false}, d, Time(0)), Arrival::taken);
        }
        flow.handed(true, Time(0));
        EXPECT_EQ(pool.held(), 3 * charge_of(datapack(1)));
    }
    EXPECT_EQ(pool.held(), 0U);
}

TEST(InFlow, TellsAfterAWhileOrAtHalfItsWindow) {
    There there;
    EXPECT_FALSE(there.flow.must_tell(there.now));
    (void)there.comes(1);
    EXPECT_FALSE(there.flow.must_tell(there.now));
    EXPECT_EQ(there.flow.tell_at(), InFlow::kReceiptDelay);
    EXPECT_TRUE(there.flow.must_tell(InFlow::kReceiptDelay));
    there.flow.told();
    EXPECT_FALSE(there.flow.must_tell(Time(10'000)));
    std::uint64_t n = 1;
    while (!there.flow.must_tell(there.now)) ASSERT_EQ(there.comes(++n), Arrival::taken);
    EXPECT_NEAR(static_cast<double>(n), kFirstCredit / 2.0 / static_cast<double>(charge_of(datapack(1))), 2);
}

TEST(InFlow, TellsAtOnceWhoAsksOrSendsAgain) {
    There there;
    (void)there.comes(1);
    there.flow.told();
    (void)there.comes(1);
    EXPECT_TRUE(there.flow.must_tell(there.now));
    there.flow.told();
    there.flow.pass(1, 0, there.now);
    EXPECT_TRUE(there.flow.must_tell(there.now));
}

TEST(DurableInFlow, ReceiptsWhatIsOnDisk) {
    There there(FlowClass::durable);
    for (const std::uint64_t n : {1U, 2U, 3U, 5U}) (void)there.comes(n);
    EXPECT_EQ(there.flow.front_number(), 1U);
    const std::uint64_t first = there.flow.committing();
    const std::uint64_t second = there.flow.committing();
    EXPECT_EQ(there.flow.mark(), 0U);
    EXPECT_EQ(there.flow.beyond(), std::string("\x17", 1)) << "all of these are here";
    there.flow.committed(first, true, there.now);
    EXPECT_EQ(there.flow.mark(), 1U);
    there.flow.committed(second, true, there.now);
    EXPECT_EQ(there.flow.mark(), 2U);
    EXPECT_EQ(there.flow.front_number(), 3U);
}

TEST(DurableInFlow, ForgetsAllBehindOneThatIsNotOnDisk) {
    There there(FlowClass::durable);
    for (const std::uint64_t n : {1U, 2U, 3U, 4U, 6U}) (void)there.comes(n);
    const std::uint64_t token = there.flow.committing();
    (void)there.flow.committing();
    (void)there.flow.committing();
    there.flow.committed(token, true, there.now);
    there.flow.committed(token, false, there.now);
    EXPECT_EQ(there.flow.mark(), 1U);
    EXPECT_EQ(there.flow.beyond(), "");
    EXPECT_EQ(there.pool.held(), charge_of(datapack(1)));
    EXPECT_EQ(there.comes(2), Arrival::taken) << "sent again";
    (void)there.flow.committing();
    there.flow.committed(token, true, there.now);  // of the third, whose time is over
    EXPECT_EQ(there.flow.mark(), 1U);
}

TEST(DurableInFlow, WaitsForWhatTheDiskSays) {
    There there(FlowClass::durable, std::nullopt);
    for (const std::uint64_t n : {7U, 8U, 9U}) {
        Datapack d = datapack(n);
        ASSERT_EQ(there.flow.arrive({FlowClass::durable, 1, 2, n, 5, (n - 7) * 2000, false}, d, there.now),
                  Arrival::taken);
    }
    EXPECT_EQ(there.flow.front(), nullptr);
    EXPECT_FALSE(there.flow.must_tell(Time(1000)));
    there.flow.recall(7, there.now);
    ASSERT_NE(there.flow.front(), nullptr);
    EXPECT_EQ(there.flow.front_number(), 8U);
    EXPECT_EQ(there.flow.mark(), 7U);
    EXPECT_TRUE(there.flow.must_tell(there.now)) << "7 came for nothing";
    EXPECT_EQ(there.pool.held(), 2 * charge_of(datapack(1)));
}

TEST(DurableInFlow, HasOnlySoManyOnTheirWayToTheDisk) {
    There there(FlowClass::durable);
    for (std::uint64_t n = 1; n <= InFlow::kMostCommitting + 1; ++n) {
        Datapack d = datapack(n, 10);
        ASSERT_EQ(there.flow.arrive({FlowClass::durable, 1, 2, n, 1, 0, false}, d, there.now), Arrival::taken);
    }
    std::size_t begun = 0;
    for (; there.flow.front() != nullptr; ++begun) (void)there.flow.committing();
    EXPECT_EQ(begun, InFlow::kMostCommitting);
}

}  // namespace
}  // namespace msw::net
