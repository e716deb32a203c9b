#include "base/mailbox.hpp"

#include <gtest/gtest.h>
#include <future>
#include <thread>

namespace msw {
namespace {

using Put = Mailbox::Put;

Mail mail(std::string body = "x", std::string method = "post") {
    return {DatapackRef(Datapack(std::move(method), "a", std::move(body))), {}};
}

const std::size_t kOne = mail().datapack->weight();

TEST(Mailbox, IsBoundedInBytes) {
    Mailbox box(3 * kOne, kOne);
    EXPECT_EQ(box.put(mail()), Put::taken);
    EXPECT_EQ(box.put(mail()), Put::taken);
    EXPECT_EQ(box.put(mail()), Put::taken);
    EXPECT_EQ(box.put(mail()), Put::full);
    EXPECT_EQ(box.numbers().waiting, 3U);
    Mail out;
    EXPECT_EQ(box.get(out, Mailbox::Clock::now()), Mailbox::Get::taken);
    EXPECT_EQ(box.put(mail()), Put::taken);
}

TEST(Mailbox, AnAnswerHasRoomOfItsOwn) {
    Mailbox box(kOne, 2 * kOne + 2);
    EXPECT_EQ(box.put(mail()), Put::taken);
    EXPECT_EQ(box.put(mail()), Put::full);
    EXPECT_EQ(box.put(mail("x", "reply")), Put::taken);
    EXPECT_EQ(box.put(mail("x", "reply")), Put::taken);
    EXPECT_EQ(box.put(mail("x", "reply")), Put::full);
}

TEST(Mailbox, OneLargerThanAllGoesInAlone) {
    Mailbox box(kOne, kOne);
    EXPECT_EQ(box.put(mail(std::string(10000, 'x'))), Put::taken);
    EXPECT_EQ(box.put(mail()), Put::full);
    Mail out;
    EXPECT_EQ(box.get(out, Mailbox::Clock::now()), Mailbox::Get::taken);
    EXPECT_EQ(box.put(mail()), Put::taken);
    EXPECT_EQ(box.put(mail(std::string(10000, 'x'))), Put::full);
}

TEST(Mailbox, WakesTheLoopOnceForABatch) {
    int woken = 0;
    Mailbox box(100 * kOne, kOne, [&] { ++woken; });
    for (int i = 0; i < 5; ++i) (void)box.put(mail());
    EXPECT_EQ(woken, 1);
    std::vector<Mail> batch;
    box.take_all(batch);
    EXPECT_EQ(batch.size(), 5U);
    (void)box.put(mail());
    EXPECT_EQ(woken, 2);
}

TEST(Mailbox, TakesABatchInPieces) {
    Mailbox box(100 * kOne, kOne);
    for (int i = 0; i < 5; ++i) (void)box.put(mail());
    std::vector<Mail> batch;
    box.take_all(batch, kOne + 1);
    EXPECT_EQ(batch.size(), 2U);
}

TEST(Mailbox, CallsBackWhenThereIsRoom) {
    Mailbox box(2 * kOne, kOne);
    int called = 0;
    box.when_room(this, kOne, [&] { ++called; });
    EXPECT_EQ(called, 1) << "there is room already";
    (void)box.put(mail());
    (void)box.put(mail());
    box.when_room(this, kOne, [&] { ++called; });
    box.when_room(this, kOne, [&] { called += 10; });
    EXPECT_EQ(called, 1);
    Mail out;
    (void)box.get(out, Mailbox::Clock::now());
    EXPECT_EQ(called, 11) << "the second wish replaced the first";
    (void)box.get(out, Mailbox::Clock::now());
    EXPECT_EQ(called, 11) << "a wish is granted once";
}

TEST(Mailbox, GrantsALargeWishOnlyWhenItFits) {
    Mailbox box(4 * kOne, kOne);
    for (int i = 0; i < 4; ++i) (void)box.put(mail());
    bool called = false;
    box.when_room(this, 4 * kOne, [&] { called = true; });
    Mail out;
    for (int i = 0; i < 3; ++i) (void)box.get(out, Mailbox::Clock::now());
    EXPECT_FALSE(called);
    (void)box.get(out, Mailbox::Clock::now());
    EXPECT_TRUE(called);
}

TEST(Mailbox, AForgottenWishIsNotGranted) {
    Mailbox box(kOne, kOne);
    (void)box.put(mail());
    bool called = false;
    box.when_room(this, kOne, [&] { called = true; });
    box.forget(this);
    box.close();
    EXPECT_FALSE(called);
}

TEST(Mailbox, ClosingWakesEverybody) {
    Mailbox box(kOne, kOne);
    (void)box.put(mail());
    bool called = false;
    box.when_room(this, kOne, [&] { called = true; });
    auto waiting =
        std::async(std::launch::async, [&] { return box.wait_for_room(kOne, Mailbox::Clock::time_point::max()); });
    box.close();
    EXPECT_TRUE(waiting.get());
    EXPECT_TRUE(called);
    EXPECT_EQ(box.put(mail()), Put::closed);
    Mail out;
    EXPECT_EQ(box.get(out, Mailbox::Clock::time_point::max()), Mailbox::Get::taken) << "what was in can be taken";
    EXPECT_EQ(box.get(out, Mailbox::Clock::time_point::max()), Mailbox::Get::closed);
}

TEST(Mailbox, WaitsForRoomToTheDeadline) {
    Mailbox box(kOne, kOne);
    (void)box.put(mail());
    EXPECT_FALSE(box.wait_for_room(kOne, Mailbox::Clock::now()));
}

TEST(Mailbox, NothingIsLostOrDoubledBetweenThreads) {
    constexpr int kEach = 5000;
    constexpr int kProducers = 3;
    Mailbox box(8 * kOne, kOne);
    std::vector<std::thread> producers;
    producers.reserve(kProducers);
    for (int p = 0; p < kProducers; ++p) {
        producers.emplace_back([&box, p] {
            for (int i = 0; i < kEach;) {
                if (box.put(mail(std::to_string(p) + ' ' + std::to_string(i))) == Put::taken) {
                    ++i;
                } else {
                    ASSERT_TRUE(box.wait_for_room(kOne + 16, Mailbox::Clock::time_point::max()));
                }
            }
        });
    }
    std::array<int, kProducers> next{};
    for (int i = 0; i < kEach * kProducers; ++i) {
        Mail out;
        ASSERT_EQ(box.get(out, Mailbox::Clock::time_point::max()), Mailbox::Get::taken);
        const std::string& body = out.datapack->body;
        const auto p = static_cast<std::size_t>(body[0] - '0');
        EXPECT_EQ(body.substr(2), std::to_string(next.at(p)++));
    }
    for (std::thread& t : producers) t.join();
}

}  // namespace
}  // namespace msw
