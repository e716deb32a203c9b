#include "plugins/net/core/outbox.hpp"

#include <gmock/gmock.h>

namespace msw::net {
namespace {

Parcel parcel(const char* to, const std::string& flag, std::size_t body = 0) {
    Parcel p;
    p.datapack = Datapack("post", "log", std::string(body, 'x'));
    p.datapack.set("flag", flag);
    p.way = {to};
    return p;
}

bool never(const Parcel&) { return false; }
bool always(const Parcel&) { return true; }

std::vector<std::string> drain(Outbox& outbox) {
    std::vector<std::string> flags;
    outbox.offer([&](Parcel& p) {
        flags.emplace_back(p.datapack.get("flag"));
        const Parcel taken = std::move(p);
        return true;
    });
    return flags;
}

void must_add(Outbox& outbox, Parcel p, Time now = Time(0)) { ASSERT_TRUE(outbox.add(p, now)); }

TEST(Outbox, KeepsTheOrderForEachHost) {
    Outbox outbox;
    must_add(outbox, parcel("miku", "1"));
    must_add(outbox, parcel("lain", "2"));
    must_add(outbox, parcel("MIKU", "3"));
    EXPECT_EQ(outbox.waiting_for("Miku").first, 2U);
    EXPECT_EQ(drain(outbox), (std::vector<std::string>{"2", "1", "3"}));
    EXPECT_EQ(outbox.bytes(), 0U);
    EXPECT_EQ(outbox.size(), 0U);
}

TEST(Outbox, StopsAtTheFirstThatIsNotTaken) {
    Outbox outbox;
    must_add(outbox, parcel("miku", "1"));
    must_add(outbox, parcel("miku", "2"));
    int offered = 0;
    outbox.offer([&](Parcel&) {
        ++offered;
        return false;
    });
    EXPECT_EQ(offered, 1);
    EXPECT_EQ(outbox.size(), 2U);
}

TEST(Outbox, WhatComesBackStandsFirst) {
    Outbox outbox;
    must_add(outbox, parcel("miku", "3"));
    std::vector<Parcel> back;
    back.push_back(parcel("miku", "1"));
    back.push_back(parcel("miku", "2"));
    outbox.put_back(std::move(back), Time(0));
    EXPECT_EQ(drain(outbox), (std::vector<std::string>{"1", "2", "3"}));
}

TEST(Outbox, DropsAfterThe39thFailure) {
    Outbox outbox;
    must_add(outbox, parcel("miku", "1"));
    Time now(0);
    for (unsigned i = 1; i < Outbox::kMostTries; ++i) {
        now += Outbox::kBetweenTries;
        EXPECT_TRUE(outbox.expire(now - Time(1), never).empty());
        EXPECT_TRUE(outbox.expire(now, never).empty()) << i;
    }
    EXPECT_EQ(outbox.rows().front().parcel->tries, 38U);
    const std::vector<Parcel> failed = outbox.expire(now + Outbox::kBetweenTries, never);
    ASSERT_EQ(failed.size(), 1U);
    EXPECT_EQ(failed[0].datapack.get("flag"), "1");
    EXPECT_EQ(outbox.size(), 0U);
    EXPECT_EQ(outbox.bytes(), 0U);
}

TEST(Outbox, WhoSaysWhenItsTimeIsOverWaitsUntilThen) {
    Outbox outbox;
    Parcel soon = parcel("miku", "soon");
    soon.ends = Time(2'000);
    Parcel late = parcel("miku", "late");
    late.ends = Time(1'000'000);
    must_add(outbox, std::move(soon));
    must_add(outbox, std::move(late));
    EXPECT_TRUE(outbox.expire(Time(1'999), never).empty());
    const std::vector<Parcel> first = outbox.expire(Time(2'000), always);
    ASSERT_EQ(first.size(), 1U);
    EXPECT_EQ(first[0].datapack.get("flag"), "soon");
    for (Time now(2'000); now < Time(1'000'000); now += Outbox::kBetweenTries) {
        ASSERT_TRUE(outbox.expire(now, never).empty()) << now.count();
    }
    EXPECT_EQ(outbox.expire(Time(1'000'000), never).size(), 1U);
}

TEST(Outbox, WaitingForRoomIsNoFailure) {
    Outbox outbox;
    must_add(outbox, parcel("miku", "1"));
    for (int i = 1; i < 100; ++i) EXPECT_TRUE(outbox.expire(Outbox::kBetweenTries * i, always).empty());
    EXPECT_EQ(outbox.rows().front().parcel->tries, 0U);
}

TEST(Outbox, IsBoundedForEachHostAndInAll) {
    Outbox outbox;
    constexpr std::size_t kMiB = 1024 * 1024;
    for (const char* host : {"a", "b", "c", "d"}) {
        for (int i = 0; i < 15; ++i) must_add(outbox, parcel(host, "1", kMiB));
        Parcel large = parcel(host, "2", kMiB);
        const Result<void> refused = outbox.add(large, Time(0));
        ASSERT_FALSE(refused);
        EXPECT_EQ(refused.error().code, Code::queue_full);
        EXPECT_EQ(large.datapack.body.size(), kMiB);
    }
    must_add(outbox, parcel("e", "1", 3 * kMiB));
    Parcel last = parcel("f", "1", kMiB);
    const Result<void> refused = outbox.add(last, Time(0));
    ASSERT_FALSE(refused);
    EXPECT_THAT(refused.error().text, testing::HasSubstr("other hosts"));
    EXPECT_LE(outbox.bytes(), Outbox::kMostInAll);
}

}  // namespace
}  // namespace msw::net
