// The power is cut at every step of a spool's life, and the disk fails at every sync, write and reading: what was
// answered with a Written is there, what was not is there as a whole or not at all.
//
// A part of the steps is tried, evenly spread, so that a run takes seconds; MSW_POWER_CUT=deep tries every step, and
// more seeds.
#include "tests/support/forgetful_vfs.hpp"
#include "tests/support/spool_user.hpp"

#include <gtest/gtest.h>
#include <cstdlib>
#include <string>
#include <vector>

namespace msw::spool {
namespace {

using test::Forget;
using test::incoming;
using test::outgoing;

bool deep() {
    const char* const wish = std::getenv("MSW_POWER_CUT");
    return wish != nullptr && std::string(wish) == "deep";
}

#ifdef __SANITIZE_THREAD__
constexpr std::uint64_t kStride = 29;  // each step takes five times as long
#else
constexpr std::uint64_t kStride = 7;
#endif

std::string payload(std::uint64_t n, std::size_t size) {
    return "post log msw/1\n\n" + std::string(size, static_cast<char>('a' + n % 26));
}

/// What happens in the life of this spool, one list after the other; an empty one is an orderly end and a new start.
std::vector<Changes> scenario() {
    const FlowKey flow{"m-hmsy", "log"};
    std::vector<Changes> all;
    RowId row = 1;  // the number that the next row gets
    for (std::uint64_t n = 1; n <= 4; ++n, ++row) all.emplace_back(Changes{outgoing(n, payload(n, 600))});
    for (std::uint64_t n = 1; n <= 3; ++n, ++row) {
        all.push_back({incoming(n, payload(n, 300)), PutMarks{"m-miku", 7, "log", "marks " + std::to_string(n), 50}});
    }
    all.push_back({MarkSent{ByRange{flow, 1, 1, 4}, 99, false}});
    all.push_back({RemoveOutbox{ByRange{flow, 1, 1, 2}}});
    all.push_back({outgoing(5, payload(5, 20000))});  // over several pages
    ++row;
    all.emplace_back();
    all.push_back({MarkHanded{5}});
    all.push_back({RemoveInbox{5, true}, outgoing(6, payload(6, 50))});  // the answer to a question
    ++row;
    all.push_back({MarkReceived{ByNumber{flow, 1, {3}}}});
    all.push_back({Bury{Box::outbox, 4, "its time ran out", true, 60}, PutMarks{"m-miku", 7, "log", "marks 4", 61}});
    const RowId dead = row++;
    all.push_back({incoming(4, payload(4, 9000)), PutMarks{"m-miku", 8, "log", std::string(5000, 'm'), 62}});
    ++row;
    all.push_back({Revive{dead, {2, 1}, 3, 70, 80}});
    ++row;
    all.emplace_back();
    all.push_back({RemoveOutbox{ByNumber{flow, 1, {5, 6}}}, RemoveInbox{6}});
    for (std::uint64_t n = 10; n <= 13; ++n, ++row) all.emplace_back(Changes{outgoing(n, payload(n, 3000))});
    all.push_back({RemoveOutbox{ByRange{flow, 1, 10, 12}}});
    return all;
}

/// All that a spool holds, as text.
std::string dump(test::SpoolUser& user) {
    std::string text;
    const auto number = [&](auto n) { text += std::to_string(n) + ' '; };
    const Result<Page<OutboxRow>> out = user.read(OutboxAfter{{"m-hmsy", "log"}, {}, true});
    const Result<Page<InboxRow>> in = user.read(InboxAfter{"log"});
    const Result<Page<Listed>> dead = user.read(ListBox{Box::dead});
    const Result<Totals> totals = user.read(AskTotals{});
    if (!out || !in || !dead || !totals) return "unreadable";
    for (const OutboxRow& r : out->rows) {
        number(r.row), number(r.at.epoch), number(r.at.n), number(r.sent_for.value_or(0)), number(r.redelivered);
        number(static_cast<int>(r.state));
        text += r.datapack + '\n';
    }
    for (const InboxRow& r : in->rows) number(r.row), number(r.n), number(r.handed), text += r.datapack + '\n';
    for (const Listed& r : dead->rows) number(r.row), text += r.why + '\n';
    for (const std::uint64_t run : {7U, 8U}) {
        const Result<MarksOf::Answer> marks = user.read(MarksOf{"m-miku", run, "log"});
        text += !marks ? "unreadable" : marks->value_or("none") + '\n';
    }
    for (const Amount& a : {totals->outbox, totals->inbox, totals->dead}) number(a.rows), number(a.bytes);
    return text;
}

/// A spool on a disk that forgets.
struct Machine {
    Machine() : vfs(disk, "forgetful"), user(settings()) {}
    Settings settings() {
        Settings s;
        s.path = "/spool.db";
        s.vfs = vfs.name();
        s.files = &disk;
        s.ballast_bytes = 4096;
        s.wal_bytes = 48UL * 1024;  // so that the log is carried over now and then
        s.retry = std::chrono::hours(1);
        return s;
    }
    /// @return what became of a list, told at the latest when the spool ends after a power cut
    Result<Written> write(const Changes& changes) {
        std::future<Result<Written>> told = user.later(changes);
        while (told.wait_for(std::chrono::milliseconds(1)) != std::future_status::ready) {
            if (!disk.is_cut()) continue;
            user.close();
            break;
        }
        return told.get();
    }
    /// Carry out `lists` from number `from` on, until one fails. @return the number of the one that did
    std::size_t run(const std::vector<Changes>& lists, std::size_t from) {
        for (std::size_t i = from; i < lists.size(); ++i) {
            if (lists[i].empty()) {
                user.close();
                if (!user.open()) return i;
            } else if (!write(lists[i])) {
                return i;
            } else if (!user.is_open()) {
                return i + 1;  // the answer and the power cut came at the same time
            }
        }
        return lists.size();
    }
    /// The program is gone without another word to the disk.
    void cut() {
        disk.cut_at(1);
        user.close();
    }

    test::ForgetfulDisk disk;
    test::ForgetfulVfs vfs;
    test::SpoolUser user;
};

/// What the spool holds after each list of the undisturbed scenario: [i] is before list i.
std::vector<std::string> undisturbed(const std::vector<Changes>& lists, std::uint64_t* steps = nullptr,
                                     std::uint64_t* syncs = nullptr) {
    Machine m;
    m.disk.cut_at(0);
    EXPECT_TRUE(m.user.open());
    std::vector<std::string> states{dump(m.user)};
    for (const Changes& list : lists) {
        EXPECT_EQ(m.run({list}, 0), 1U);
        states.push_back(dump(m.user));
    }
    m.user.close();
    if (steps != nullptr) *steps = m.disk.steps();
    if (syncs != nullptr) *syncs = m.disk.syncs();
    return states;
}

class SpoolPowerCut : public testing::Test {
protected:
    SpoolPowerCut() : lists(scenario()), states(undisturbed(lists, &steps, &syncs)) {}

    /// Cut the power at `step`; then all that was answered must be there, and the scenario must be able to go on.
    void cut_at(std::uint64_t step, Forget forget, std::uint64_t seed) {
        SCOPED_TRACE("cut at step " + std::to_string(step) + ", way " + std::to_string(static_cast<int>(forget)) +
                     ", seed " + std::to_string(seed));
        Machine m;
        m.disk.cut_at(step);
        const std::size_t done = m.user.open() ? m.run(lists, 0) : 0;
        if (!m.disk.is_cut()) m.cut();
        m.disk.restart(forget, seed);
        const Result<void> opened = m.user.open();
        ASSERT_TRUE(opened.ok()) << opened.error().text;
        ASSERT_EQ(m.user.journal().all().find("damaged"), std::string::npos) << m.user.journal().all();
        const std::string left = dump(m.user);
        const bool one_more = done < lists.size() && left == states[done + 1];
        ASSERT_TRUE(left == states[done] || one_more) << "list " << done << "\n" << left << "\nnot\n" << states[done];
        const std::size_t at = one_more ? done + 1 : done;
        EXPECT_EQ(m.run(lists, at), lists.size()) << m.user.journal().all();
        EXPECT_EQ(dump(m.user), states.back());
    }

    std::vector<Changes> lists;
    std::uint64_t steps = 0;
    std::uint64_t syncs = 0;
    std::vector<std::string> states;
};

TEST_F(SpoolPowerCut, AtEveryStepNothingAnsweredIsLostAndNothingIsHalf) {
    ASSERT_GT(steps, 200U);
    const std::uint64_t stride = deep() ? 1 : kStride;
    const std::uint64_t seeds = deep() ? 20 : 1;
    for (const Forget forget : {Forget::all, Forget::torn, Forget::nothing, Forget::some}) {
        // Each way begins elsewhere, so that together they try more.
        const std::uint64_t first = 1 + 2 * static_cast<std::uint64_t>(forget) % stride;
        for (std::uint64_t step = first; step <= steps + 1; step += stride) {
            for (std::uint64_t seed = 0; seed < (forget == Forget::some ? seeds : 1); ++seed) {
                cut_at(step, forget, seed * 1000003 + step);
                if (HasFatalFailure()) return;
            }
        }
    }
}

TEST_F(SpoolPowerCut, WhatAStartShowsIsOnTheDisk) {
    // The program dies before the sync of a list; the next one finds the list in the cache, and tells others of it.
    // Then the power is cut.
    for (std::uint64_t step = 1; step <= steps; step += deep() ? 1 : kStride) {
        SCOPED_TRACE("killed at step " + std::to_string(step));
        Machine m;
        m.disk.cut_at(step);
        if (m.user.open()) (void)m.run(lists, 0);
        if (!m.disk.is_cut()) m.cut();
        m.disk.restart(Forget::nothing);
        ASSERT_TRUE(m.user.open());
        const std::string seen = dump(m.user);
        m.cut();
        m.disk.restart(Forget::all);
        ASSERT_TRUE(m.user.open());
        ASSERT_EQ(dump(m.user), seen);
    }
}

/// The disk fails once, at the n-th sync, write or reading, and is well again.
class SpoolDiskFails : public SpoolPowerCut {
protected:
    using Fail = void (test::ForgetfulDisk::*)(std::uint64_t);

    /// One list, or a new start. @return whether it is done
    static bool go_on(Machine& m, const Changes& list) {
        if (!list.empty()) {
            const Result<Written> told = m.write(list);
            EXPECT_TRUE(told || told.error().code == Code::io) << told.error().text;
            return told.ok();
        }
        m.user.close();
        if (!m.user.open()) {
            EXPECT_TRUE(m.user.open()) << "a second try finds the disk well";
        }
        return true;
    }

    void at_every(Fail fail) {
        std::uint64_t nth = 0;
        bool failed = true;
        while (failed) {
            nth += deep() || nth < 5 ? 1U : kStride / 2;
            SCOPED_TRACE("number " + std::to_string(nth) + " fails");
            Machine m;
            (m.disk.*fail)(nth);
            if (!m.user.open()) {
                ASSERT_TRUE(m.user.open()) << "a second try finds the disk well";
            }
            std::size_t done = 0;
            while (done < lists.size() && m.disk.faults() == 0) {
                done += go_on(m, lists[done]) ? 1U : 0U;
                (void)m.user.read(FindRow{1});  // what it does after its answer is done, too
            }
            failed = m.disk.faults() != 0;
            // Told yes is there, told no is not; and so it is if the power is cut right then, whatever the cache says.
            ASSERT_EQ(dump(m.user), states[done]) << m.user.journal().all();
            m.cut();
            m.disk.restart(Forget::all);
            ASSERT_TRUE(m.user.open());
            ASSERT_EQ(dump(m.user), states[done]) << m.user.journal().all();
            ASSERT_EQ(m.run(lists, done), lists.size());
            ASSERT_EQ(dump(m.user), states.back());
        }
        EXPECT_GT(nth, 20U);
    }
};

TEST_F(SpoolDiskFails, AtEverySyncTheAnswerIsTrue) { at_every(&test::ForgetfulDisk::fail_sync); }
TEST_F(SpoolDiskFails, AtEveryWriteTheAnswerIsTrue) { at_every(&test::ForgetfulDisk::fail_write); }
TEST_F(SpoolDiskFails, AtEveryReadingTheAnswerIsTrue) { at_every(&test::ForgetfulDisk::fail_read); }

TEST_F(SpoolDiskFails, WhileItFailsAllIsRefusedAndThenItGoesOn) {
    Machine m;
    m.user.settings().retry = std::chrono::milliseconds(5);
    ASSERT_TRUE(m.user.open());
    ASSERT_EQ(m.run({lists[0], lists[1]}, 0), 2U);
    m.disk.fail_all_syncs(true);
    std::future<Result<Written>> in_doubt = m.user.later(lists[2]);
    ASSERT_TRUE(m.user.journal().wait_for("the disk failed"));
    EXPECT_EQ(m.user.write(lists[3]).error().code, Code::io);
    EXPECT_EQ(m.user.read(FindRow{1}).error().code, Code::io);
    EXPECT_EQ(m.user.read(AskTotals{})->condition, Condition::failing);
    EXPECT_EQ(in_doubt.wait_for(std::chrono::seconds(0)), std::future_status::timeout)
        << "whether it is on the disk can't be known yet";
    m.disk.fail_all_syncs(false);
    const bool committed = in_doubt.get().ok();
    ASSERT_TRUE(m.user.journal().wait_for("is open again"));
    EXPECT_EQ(dump(m.user), states[committed ? 3 : 2]);
    EXPECT_EQ(m.run(lists, committed ? 3 : 2), lists.size());
    EXPECT_EQ(dump(m.user), states.back());
}

TEST_F(SpoolDiskFails, WhatIsNotKnownAtTheEndIsSaidToBeSo) {
    Machine m;
    ASSERT_TRUE(m.user.open());
    m.disk.fail_all_syncs(true);
    std::future<Result<Written>> in_doubt = m.user.later(lists[0]);
    ASSERT_TRUE(m.user.journal().wait_for("the disk failed"));
    m.user.close();
    const Result<Written> told = in_doubt.get();
    ASSERT_FALSE(told.ok());
    EXPECT_NE(told.error().text.find("not known"), std::string::npos);
}

}  // namespace
}  // namespace msw::spool
