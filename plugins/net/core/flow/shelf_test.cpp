#include "plugins/net/core/flow/shelf.hpp"

#include "plugins/net/core/flow/runs_for_test.hpp"

#include <gmock/gmock.h>

#include <deque>

namespace msw::net {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr Run kBefore = 0x9;

std::string flags_of(const std::vector<std::string>& all) {
    std::string text;
    for (const std::string& one : all) text += one + ' ';
    return text;
}

/// A disk that does what it is told when it is told to work.
class DiskForTest final : public Store {
public:
    void add(const StoredRow& row, std::uint64_t,
             std::function<void(const Result<std::int64_t>&, Time)> done) override {
        later.emplace_back([this, row, done] {
            if (refuses) {
                done(Error{Code::disk_full, "full"}, now);
                return;
            }
            rows.push_back(row);
            rows.back().row = ++last_row;
            done(last_row, now);
        });
    }
    void sent(const std::vector<std::int64_t>& which, Run run, bool redelivered,
              std::function<void(bool, Time)> done) override {
        later.emplace_back([this, which, run, redelivered, done] {
            for (StoredRow& row : rows) {
                if (std::find(which.begin(), which.end(), row.row) == which.end()) continue;
                row.sent_for = run;
                row.redelivered |= redelivered;
            }
            done(!refuses, now);
        });
    }
    void received(const std::vector<std::int64_t>& which, bool open) override {
        for (const std::int64_t row : which) (open ? open_questions : gone).push_back(row);
        std::erase_if(rows,
                      [&](const StoredRow& r) { return std::find(which.begin(), which.end(), r.row) != which.end(); });
    }
    void load(const std::string& member, const std::string& app, std::uint64_t epoch, std::uint64_t n,
              std::function<void(const Result<Page>&, Time)> done) override {
        ++loads;
        later.emplace_back([this, member, app, epoch, n, done] {
            Page page;
            for (const StoredRow& row : rows) {
                if (row.member != member || row.app != app || std::pair(row.epoch, row.n) <= std::pair(epoch, n)) {
                    continue;
                }
                page.more = page.rows.size() == kPage;
                if (page.more) break;
                page.rows.push_back(row);
            }
            done(page, now);
        });
    }
    void flows(std::function<void(const Result<std::vector<StoredRow>>&, Time)> done) override {
        later.emplace_back([this, done] { done(rows, now); });
    }
    void arrive(const Datapack&, const std::string&, Run, const std::string&, std::uint64_t,
                std::function<void(bool, Time)>) override {}
    void mark_of(const std::string&, Run, const std::string&,
                 std::function<void(std::optional<std::uint64_t>, Time)>) override {}
    void done_with(std::uint64_t) override {}

    void work() {
        for (std::size_t i = 0; !later.empty() && i < 10'000; ++i) {
            const std::function<void()> what = std::move(later.front());
            later.pop_front();
            what();
        }
    }

    static constexpr std::size_t kPage = 100;
    std::vector<StoredRow> rows;
    std::int64_t last_row = 0;
    std::vector<std::int64_t> gone, open_questions;
    std::deque<std::function<void()>> later;
    std::size_t loads = 0;
    bool refuses = false;
    Time now{0};
};

class ShelfTest : public Custody::Output, public testing::Test {
public:
    [[nodiscard]] Custody::Way way_to(const std::string&) const override {
        return up ? Custody::Way::direct : Custody::Way::none;
    }
    [[nodiscard]] bool has_room(const std::string&, const Held&) const override { return true; }
    void send(const std::string&, const Held& held, const Envelope& envelope) override {
        const auto row =
            std::find_if(disk.rows.begin(), disk.rows.end(), [&](const StoredRow& r) { return r.row == held.row; });
        ASSERT_NE(row, disk.rows.end()) << "what is sent is on disk";
        EXPECT_EQ(row->sent_for, envelope.destination) << "and so is for whom";
        EXPECT_EQ(row->redelivered, envelope.redelivered);
        EXPECT_EQ(row->run, envelope.run);
        sent.push_back(std::string(held.datapack->get("flag")) + (envelope.redelivered ? "!" : ""));
        envelopes.push_back(envelope);
    }
    bool send_words(const std::string&, const std::string&) override { return true; }
    Time delivered_until(const std::string&, const Held&) override { return Time::max(); }
    void unheard(const std::string&, Time, Time) override {}
    void heard_again(const std::string&) override {}
    void hold(const std::string&, bool) override {}
    void ended(const std::string&, Held held, Ending ending) override {
        if (ending == Ending::received) received.push_back(std::move(held));
    }

protected:
    ShelfTest() {
        shelf.start(&disk);
        disk.work();
    }
    void accept(const std::string& flag, const char* method = "post", std::uint64_t answered = 0) {
        Held held;
        Datapack d(method, "log", "x");
        d.set("flag", flag);
        held.datapack = std::make_shared<const Datapack>(std::move(d));
        held.lines = "to: rin\n";
        held.expires = 1'000'000;
        shelf.accept("1", "rin", std::move(held), answered, [this, flag](const Result<void>& done, Time) {
            told.push_back(flag + (done ? "" : " " + std::string(wire_name(done.error().code))));
        });
    }
    void meet(net::Run run, std::uint64_t epoch) {
        custody.meet("1", run, epoch, now);
        shelf.pump(now);
    }
    /// The other end has all up to `mark`.
    void receipt(std::uint64_t mark, net::Run of = kOwn) {
        custody.credit("1", custody.run_of("1"), {{FlowClass::durable, of, "log"}, 1'000'000}, now);
        custody.receipts("1", custody.run_of("1"), {{{FlowClass::durable, of, "log"}, mark, {}}}, now);
        shelf.received(std::exchange(received, {}));
        shelf.pump(now);
        disk.work();
    }
    std::string take_sent() { return flags_of(std::exchange(sent, {})); }

    bool up = true;
    std::vector<std::string> sent, told;
    std::vector<Envelope> envelopes;
    std::vector<Held> received;
    Time now{0};
    DiskForTest disk;
    Custody custody{kOwn, Custody::kOrdinary, *this};
    Shelf shelf{kOwn, 7, custody};
};

TEST_F(ShelfTest, NothingIsSentOrSaidBeforeItIsOnDisk) {
    meet(kThere, 1);
    accept("a");
    EXPECT_THAT(sent, IsEmpty());
    EXPECT_THAT(told, IsEmpty());
    disk.work();
    EXPECT_EQ(take_sent(), "a ");
    EXPECT_THAT(told, ElementsAre("a"));
    receipt(1);
    EXPECT_THAT(disk.gone, ElementsAre(1));
    EXPECT_EQ(custody.size(), 0U);
}

TEST_F(ShelfTest, AQuestionStaysOnDiskUntilItIsAnswered) {
    meet(kThere, 1);
    accept("q", "get");
    disk.work();
    receipt(1);
    EXPECT_THAT(disk.open_questions, ElementsAre(1));
    EXPECT_THAT(disk.gone, IsEmpty());
}

TEST_F(ShelfTest, WhatWaitedForItsHostIsMarkedBeforeItIsSentAndNotAsRedelivered) {
    up = false;
    meet(kThere, 1);
    accept("a");
    accept("b");
    disk.work();
    EXPECT_EQ(disk.rows[0].sent_for, kNoRun);
    up = true;
    shelf.pump(now);
    EXPECT_THAT(sent, IsEmpty());
    disk.work();
    EXPECT_EQ(take_sent(), "a b ");
}

TEST_F(ShelfTest, ToAnotherRunItGoesAgainAndSaysSo) {
    meet(kThere, 1);
    accept("a");
    disk.work();
    EXPECT_EQ(take_sent(), "a ");
    meet(kThereAgain, 2);
    EXPECT_THAT(sent, IsEmpty());
    disk.work();
    EXPECT_EQ(take_sent(), "a! ");
    EXPECT_EQ(envelopes.back().n, 1U) << "with the number that it had";
}

TEST_F(ShelfTest, ADiskThatCannotMarkIsAskedAgainLater) {
    up = false;
    meet(kThere, 1);
    accept("a");
    disk.work();
    up = disk.refuses = true;
    shelf.pump(now);
    disk.work();
    shelf.pump(now);
    EXPECT_THAT(disk.later, IsEmpty());
    disk.refuses = false;
    now += Shelf::kRetry;
    shelf.pump(now);
    disk.work();
    EXPECT_EQ(take_sent(), "a ");
}

TEST_F(ShelfTest, WithoutRoomOnDiskTheSenderIsToldAndAnAnswerIsTriedAgain) {
    meet(kThere, 1);
    disk.refuses = true;
    accept("a");
    accept("reply", "post", 5);
    disk.work();
    EXPECT_THAT(told, ElementsAre("a disk-full"));
    disk.refuses = false;
    disk.now = now += Shelf::kRetry;
    shelf.pump(now);
    disk.work();
    EXPECT_THAT(told, ElementsAre("a disk-full", "reply"));
    EXPECT_EQ(take_sent(), "reply ");
}

TEST_F(ShelfTest, OfMuchOnlyAPartIsInMemoryAndAllGoesInOrder) {
    meet(kThere, 1);
    constexpr std::uint64_t kMany = 2000;
    for (std::uint64_t i = 1; i <= kMany; ++i) accept(std::to_string(i));
    disk.work();
    std::vector<std::string> all = std::exchange(sent, {});
    for (int round = 0; round < 400 && !disk.rows.empty(); ++round) {
        EXPECT_LE(custody.size(), Shelf::kMostLoaded);
        receipt(envelopes.back().n);
        std::move(sent.begin(), sent.end(), std::back_inserter(all));
        sent.clear();
    }
    EXPECT_THAT(disk.rows, IsEmpty());
    ASSERT_EQ(all.size(), kMany);
    for (std::uint64_t i = 1; i <= kMany; ++i) EXPECT_EQ(all[i - 1], std::to_string(i));
}

TEST_F(ShelfTest, OneHostHasOnlySoManyFlows) {
    for (std::size_t i = 0; i < Custody::kMostFlows; ++i) {
        Held held;
        held.datapack = std::make_shared<const Datapack>("post", "app" + std::to_string(i), "x");
        ASSERT_TRUE(shelf.room_for("1", "rin", *held.datapack));
        shelf.accept("1", "rin", std::move(held), 0, [](const Result<void>&, Time) {});
    }
    const Datapack more("post", "one-more", "x");
    EXPECT_EQ(shelf.room_for("1", "rin", more).error().code, Code::too_many_flows);
    EXPECT_TRUE(shelf.room_for("2", "len", more)) << "another host has its own";
    EXPECT_TRUE(shelf.room_for("1", "rin", Datapack("post", "app3", "x")));
}

TEST_F(ShelfTest, AForcedWayIsKeptOnDiskAndFoundThere) {
    meet(kThere, 1);
    Held held;
    Datapack d("post", "log", "x");
    d.set("flag", "forced");
    held.datapack = std::make_shared<const Datapack>(std::move(d));
    held.via = {"p", "q"};
    held.expires = 1'000'000;
    shelf.accept("1", "rin", std::move(held), 0, [](const Result<void>&, Time) {});
    disk.work();
    EXPECT_EQ(disk.rows.front().datapack->get("via"), "p,q");
    Custody later(kThereAgain, Custody::kOrdinary, *this);
    Shelf restarted(kThereAgain, 8, later);
    restarted.start(&disk);
    disk.work();
    later.meet("1", kThere, 1, now);
    restarted.pump(now);
    disk.work();
    std::vector<Held> found;
    later.for_each_durable("1", "log", [&](const Held& one) { found.push_back(one); });
    ASSERT_EQ(found.size(), 1U);
    EXPECT_THAT(found.front().via, ElementsAre("p", "q"));
    EXPECT_EQ(found.front().lines, "to: rin\nvia: p,q\n");
    EXPECT_EQ(found.front().datapack->get("via"), "") << "between hosts it is no field of the sender's";
}

TEST_F(ShelfTest, ARowThatWasTakenAwayIsNotSent) {
    up = false;
    meet(kThere, 1);
    accept("a");
    accept("b");
    disk.work();
    disk.rows.erase(disk.rows.begin());
    shelf.removed(1, now);
    up = true;
    shelf.pump(now);
    disk.work();
    EXPECT_EQ(take_sent(), "b ");
    EXPECT_EQ(envelopes.back().low, 2U) << "the other end must not wait for what is gone";
}

/// A start that finds rows of the one before.
class ShelfAfterARestart : public ShelfTest {
protected:
    ShelfAfterARestart() {
        for (std::uint64_t n = 3; n <= 4; ++n) {
            StoredRow row{++disk.last_row,          "1",   "rin", "log", 6, n, kBefore,
                          n == 3 ? kThere : kNoRun, 1'000, false, {}};
            Datapack d("post", "log", "x");
            d.set("flag", "old" + std::to_string(n));
            row.datapack = std::make_shared<const Datapack>(std::move(d));
            disk.rows.push_back(row);
        }
        again.start(&disk);
    }
    Shelf again{kOwn, 7, custody};
};

TEST_F(ShelfAfterARestart, WhatWasThereGoesFirstWithItsNumbersAndItsRun) {
    Held held;
    Datapack d("post", "log", "x");
    d.set("flag", "new");
    held.datapack = std::make_shared<const Datapack>(std::move(d));
    held.expires = 1'000'000;
    again.accept("1", "rin", std::move(held), 0, [](const Result<void>&, Time) {});
    custody.meet("1", kThere, 1, now);
    disk.work();
    again.pump(now);
    disk.work();
    EXPECT_EQ(take_sent(), "old3 old4 ");
    EXPECT_EQ(envelopes[0].run, kBefore);
    EXPECT_EQ(envelopes[0].n, 3U);
    const std::size_t loads = disk.loads;
    for (int i = 0; i < 10; ++i) {
        again.pump(now);
        disk.work();
    }
    EXPECT_EQ(disk.loads, loads) << "it does not look again and again for what can't go yet";
    custody.receipts("1", kThere, {{{FlowClass::durable, kBefore, "log"}, 4, {}}}, now);
    again.received(std::exchange(received, {}));
    again.pump(now);
    disk.work();
    EXPECT_EQ(take_sent(), "new ");
    EXPECT_EQ(envelopes.back().run, kOwn);
    EXPECT_EQ(envelopes.back().n, 1U);
}

TEST_F(ShelfAfterARestart, WhatIsTakenAwayWhileItIsReadIsNotSent) {
    custody.meet("1", kThere, 1, now);
    disk.later.front()();  // which flows there are
    disk.later.pop_front();
    again.pump(now);
    again.removed(1, now);
    disk.work();
    again.pump(now);
    disk.work();
    EXPECT_EQ(take_sent(), "old4 ");
}

TEST_F(ShelfAfterARestart, WhatMayHaveBeenSentToAnotherRunSaysSo) {
    custody.meet("1", kThereAgain, 2, now);
    disk.work();
    again.pump(now);
    disk.work();
    EXPECT_EQ(take_sent(), "old3! old4 ");
}

}  // namespace
}  // namespace msw::net
