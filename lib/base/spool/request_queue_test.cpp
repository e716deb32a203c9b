// What waits in front of the disk: bounded, in order, carried out to the end.
#include "base/spool/request_queue.hpp"

#include "tests/support/spool_user.hpp"

#include <gtest/gtest.h>
#include <atomic>
#include <future>
#include <numeric>
#include <thread>
#include <utility>
#include <vector>

namespace msw::spool {
namespace {

using test::outgoing;

RequestQueue::Put put(RequestQueue& queue, std::size_t bytes, bool makes_room = false) {
    Request r;
    r.bytes = bytes;
    r.makes_room = makes_room;
    return queue.put(r);
}

TEST(SpoolQueue, IsBoundedAndKeepsRoomForWhatMakesRoom) {
    RequestQueue queue(1000, 100);
    EXPECT_EQ(put(queue, 5000), RequestQueue::Put::taken) << "a large one goes in alone";
    EXPECT_EQ(put(queue, 1), RequestQueue::Put::full);
    std::vector<Request> out;
    EXPECT_TRUE(queue.take(out, 10000, 10, RequestQueue::Clock::time_point::max()));
    EXPECT_EQ(put(queue, 600), RequestQueue::Put::taken);
    EXPECT_EQ(put(queue, 401), RequestQueue::Put::full);
    EXPECT_EQ(put(queue, 400), RequestQueue::Put::taken);
    EXPECT_EQ(put(queue, 1000, true), RequestQueue::Put::taken);
    EXPECT_EQ(put(queue, 1, true), RequestQueue::Put::full);
    queue.close();
    EXPECT_EQ(put(queue, 1), RequestQueue::Put::closed);
    out.clear();
    EXPECT_TRUE(queue.take(out, 700, 10, RequestQueue::Clock::time_point::max()));
    EXPECT_EQ(out.size(), 2U) << "until it has so many bytes";
    EXPECT_TRUE(queue.take(out, 700, 3, RequestQueue::Clock::time_point::max()));
    EXPECT_EQ(out.size(), 3U) << "what is in can still be taken";
    out.clear();
    EXPECT_FALSE(queue.take(out, 700, 10, RequestQueue::Clock::time_point::max()));
}

TEST(SpoolQueue, CountsRequestsToo) {
    RequestQueue queue(1000, 2);
    EXPECT_EQ(put(queue, 1), RequestQueue::Put::taken);
    EXPECT_EQ(put(queue, 1), RequestQueue::Put::taken);
    EXPECT_EQ(put(queue, 1), RequestQueue::Put::full);
    EXPECT_EQ(put(queue, 1, true), RequestQueue::Put::taken);
    EXPECT_EQ(put(queue, 1, true), RequestQueue::Put::taken);
    EXPECT_EQ(put(queue, 1, true), RequestQueue::Put::full);
}

class SpoolThread : public testing::Test {
protected:
    SpoolThread() : user(folder.path("spool.db")) { user.settings().ballast_bytes = 0; }
    test::TempFolder folder;
    test::SpoolUser user;
};

TEST_F(SpoolThread, TellsThatTooMuchWaits) {
    user.settings().queue_requests = 4;
    ASSERT_TRUE(user.open());
    std::promise<void> busy;
    std::promise<void> go_on;
    user.spool().write({outgoing(1)}, [&](const Result<Written>&) {
        busy.set_value();
        go_on.get_future().wait();
    });
    busy.get_future().wait();
    std::vector<std::future<Result<Written>>> told;
    for (std::uint64_t n = 2; n <= 7; ++n) told.push_back(user.later({outgoing(n)}));
    EXPECT_EQ(told[4].get().error().code, Code::queue_full) << "at once";
    EXPECT_EQ(told[5].get().error().code, Code::queue_full);
    std::future<Result<Written>> removal = user.later({RemoveOutbox{ByRange{{"m-hmsy", "log"}, 1, 1, 1}}});
    go_on.set_value();
    for (std::size_t i = 0; i < 4; ++i) EXPECT_TRUE(told[i].get().ok());
    EXPECT_TRUE(removal.get().ok()) << "what makes room has room";
}

TEST_F(SpoolThread, TheEndWaitsForWhatWasAsked) {
    ASSERT_TRUE(user.open());
    std::vector<std::future<Result<Written>>> told;
    for (std::uint64_t n = 1; n <= 3000; ++n) told.push_back(user.later({outgoing(n)}));
    user.close();
    for (auto& one : told) ASSERT_TRUE(one.get().ok());
    ASSERT_TRUE(user.open());
    EXPECT_EQ(user.read(AskTotals{})->outbox.rows, 3000U);
}

TEST_F(SpoolThread, AnswersGoThroughPostInTheOrderOfTheCalls) {
    std::mutex mutex;
    std::vector<std::function<void()>> posted;
    const Hooks hooks{[&](std::function<void()> run) {
                          const std::lock_guard lock(mutex);
                          posted.push_back(std::move(run));
                      },
                      [](Priority, const std::string&) {}};
    Result<std::unique_ptr<Spool>> opened = Spool::open(user.settings(), hooks);
    ASSERT_TRUE(opened.ok());
    std::unique_ptr<Spool> spool = std::move(opened).value();
    std::vector<int> order;
    for (int i = 0; i < 50; ++i) {
        spool->write({outgoing(static_cast<std::uint64_t>(i))}, [&order, i](const Result<Written>& told) {
            EXPECT_TRUE(told.ok());
            order.push_back(i);
        });
    }
    spool->write({outgoing(100)}, {});  // nobody wants to know
    spool.reset();
    EXPECT_TRUE(order.empty()) << "only who runs what was posted is told";
    for (const std::function<void()>& run : posted) run();
    std::vector<int> expected(50);
    std::iota(expected.begin(), expected.end(), 0);
    EXPECT_EQ(order, expected);
    EXPECT_LT(posted.size(), 50U) << "one wake-up for a group";
}

TEST_F(SpoolThread, ManyMayAskAtOnce) {
    ASSERT_TRUE(user.open());
    std::vector<std::thread> threads;
    std::atomic<int> wrong{0};
    for (std::uint64_t t = 0; t < 8; ++t) {
        threads.emplace_back([&, t] {
            const std::string member = "m-" + std::to_string(t);
            for (std::uint64_t n = 1; n <= 25; ++n) {
                if (!user.write({outgoing(n, "x", member)})) ++wrong;
                if (user.read(OutboxAfter{{member, "log"}})->rows.size() != n) ++wrong;  // sees what it wrote
            }
        });
    }
    for (std::thread& t : threads) t.join();
    EXPECT_EQ(wrong, 0);
    EXPECT_EQ(user.read(AskTotals{})->outbox.rows, 200U);
}

}  // namespace
}  // namespace msw::spool
