// A full disk: new rows are refused, what makes room goes on, and when there is room all is as before.
#include "tests/support/forgetful_vfs.hpp"
#include "tests/support/spool_user.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <functional>
#include <string>

namespace msw::spool {
namespace {

using test::incoming;
using test::outgoing;

constexpr std::uint64_t kBallast = 1UL << 20;
const std::string kKilos(3000, 'x');

Settings small(const std::string& path) {
    Settings s;
    s.path = path;
    s.ballast_bytes = kBallast;
    s.wal_bytes = 128UL * 1024;
    s.retry = std::chrono::milliseconds(1);
    return s;
}

/// A disk whose room a test decides on.
struct SmallDisk {
    explicit SmallDisk(const char* name) : vfs(disk, name) {}
    [[nodiscard]] Settings settings() {
        Settings s = small("/spool.db");
        s.vfs = vfs.name();
        s.files = &disk;
        return s;
    }

    test::ForgetfulDisk disk;
    test::ForgetfulVfs vfs;
};

/// Add rows until one is refused. @return how many were taken
std::uint64_t fill(test::SpoolUser& user, std::uint64_t from, const std::string& datapack = kKilos) {
    for (std::uint64_t n = from;; ++n) {
        const Result<Written> told = user.write({outgoing(n, datapack)});
        if (told) continue;
        EXPECT_EQ(told.error().code, Code::disk_full) << told.error().text;
        EXPECT_NE(told.error().text.find(user.settings().path), std::string::npos);
        return n - from;
    }
}

/// What must go on while the disk is full, then what must go on when it is not.
/// @param give_room  makes room on the disk; null: taking the rows away is enough
void what_makes_room_goes_on(test::SpoolUser& user, std::uint64_t rows, const std::function<void()>& give_room) {
    const FlowKey flow{"m-hmsy", "log"};
    EXPECT_EQ(user.read(AskTotals{})->condition, Condition::disk_full);
    EXPECT_TRUE(user.journal().wait_for("is full"));
    for (int i = 0; i < 20; ++i) {
        EXPECT_EQ(user.write({outgoing(900000, "small")}).ok(), false) << "new rows wait for real room";
        EXPECT_FALSE(user.write({incoming(900000, "small")}).ok());
    }
    EXPECT_EQ(user.read(OutboxAfter{flow, {}, false, {100000, 1UL << 30}})->rows.size(), rows + 1)
        << "what is there is kept";
    // Removals, marks and the rest go on, many times as much as the log alone had room for.
    for (std::uint64_t n = 1; n <= rows; ++n) {
        const Result<Written> told =
            user.write({MarkSent{ByNumber{flow, 1, {n}}, n}, PutMarks{"m-miku", n % 3, "log", std::string(900, 'm'), 1},
                        RemoveOutbox{ByNumber{flow, 1, {n}}}});
        ASSERT_TRUE(told.ok()) << n << ": " << told.error().text;
    }
    EXPECT_EQ(user.read(AskTotals{})->outbox.rows, 1U);
    if (give_room) {
        EXPECT_EQ(user.read(AskTotals{})->condition, Condition::disk_full);
        give_room();
    }
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    bool taken = false;
    while (!taken && std::chrono::steady_clock::now() < deadline) taken = user.write({outgoing(900001, "small")}).ok();
    EXPECT_TRUE(taken);
    EXPECT_TRUE(user.journal().wait_for("has room again"));
    EXPECT_EQ(user.read(AskTotals{})->condition, Condition::good);
    user.close();
    ASSERT_TRUE(user.open());
    EXPECT_EQ(user.read(AskTotals{})->outbox.rows, 2U);
}

TEST(SpoolDiskFull, WhatMakesRoomGoesOn) {
    SmallDisk small_disk("full");
    test::ForgetfulDisk& disk = small_disk.disk;
    Settings settings = small_disk.settings();
    test::SpoolUser user(settings);
    disk.set_capacity(7UL << 20);
    ASSERT_TRUE(user.open());
    ASSERT_TRUE(user.write({outgoing(800000, "the one that stays")}));
    const std::uint64_t rows = fill(user, 1);
    EXPECT_GT(rows, 300U) << "there was room for so many";
    what_makes_room_goes_on(user, rows, nullptr);
}

TEST(SpoolDiskFull, AnswersThatEndTheirQuestionsGoOn) {
    SmallDisk small_disk("answers");
    test::ForgetfulDisk& disk = small_disk.disk;
    Settings settings = small_disk.settings();
    settings.retry = std::chrono::hours(1);
    test::SpoolUser user(settings);
    disk.set_capacity(7UL << 20);
    ASSERT_TRUE(user.open());
    const std::uint64_t rows = fill(user, 1);
    const auto ended = [&](std::uint64_t n) { return RemoveOutbox{ByNumber{{"m-hmsy", "log"}, 1, {n}}}; };
    // Large ones, until a part of the ballast is used up.
    std::uint64_t n = 1;
    while (user.write({incoming(n, std::string(60'000, 'a')), ended(n)}).ok() && n < rows) ++n;
    EXPECT_GE(n, 3U);
    EXPECT_LE(n, 6U);
    EXPECT_EQ(user.write({incoming(n, std::string(60'000, 'a')), ended(n)}).error().code, Code::disk_full);
    EXPECT_EQ(user.read(AskTotals{})->outbox.rows, rows - (n - 1)) << "what is refused takes nothing away";
    // Small ones as many as there are questions.
    for (; n <= rows; ++n) {
        const Result<Written> told = user.write({incoming(n, "small"), ended(n)});
        ASSERT_TRUE(told.ok()) << n << " of " << rows << ": " << told.error().text;
    }
    EXPECT_EQ(user.read(AskTotals{})->outbox.rows, 0U);
    EXPECT_EQ(user.read(AskTotals{})->condition, Condition::disk_full);
}

TEST(SpoolDiskFull, OthersMayFillIt) {
    SmallDisk small_disk("filled");
    test::ForgetfulDisk& disk = small_disk.disk;
    Settings settings = small_disk.settings();
    test::SpoolUser user(settings);
    ASSERT_TRUE(user.open());
    ASSERT_TRUE(user.write({outgoing(800000, "the one that stays")}));
    for (std::uint64_t n = 1; n <= 500; ++n) ASSERT_TRUE(user.write({outgoing(n, kKilos)}));
    disk.set_capacity(disk.used());
    const std::uint64_t more = fill(user, 501);
    what_makes_room_goes_on(user, 500 + more, [&] { disk.set_capacity(disk.used() + 4 * kBallast); });
}

TEST(SpoolDiskFull, TheLogAlwaysFindsRoomInTheFile) {
    // All rows are in the log only when the disk becomes full, and far more than there is room for in the ballast.
    SmallDisk small_disk("log");
    test::ForgetfulDisk& disk = small_disk.disk;
    Settings settings = small_disk.settings();
    settings.ballast_bytes = 64UL * 1024;
    settings.wal_bytes = 1UL << 30;
    settings.retry = std::chrono::hours(1);
    test::SpoolUser user(settings);
    disk.set_capacity(5UL << 20);
    ASSERT_TRUE(user.open());
    const std::uint64_t rows = fill(user, 0, std::string(50000, 'x'));
    EXPECT_GT(rows, 30U);
    disk.set_capacity(disk.used() + settings.ballast_bytes);
    for (std::uint64_t n = 0; n < rows; ++n) {
        const Result<Written> told = user.write({RemoveOutbox{ByNumber{{"m-hmsy", "log"}, 1, {n}}}});
        ASSERT_TRUE(told.ok()) << n << " of " << rows << ": " << told.error().text;
    }
    EXPECT_EQ(user.read(AskTotals{})->outbox.rows, 0U);
}

TEST(SpoolDiskFull, AStartOnAFullDiskServesWhatIsThere) {
    SmallDisk small_disk("start");
    test::ForgetfulDisk& disk = small_disk.disk;
    Settings settings = small_disk.settings();
    test::SpoolUser user(settings);
    ASSERT_TRUE(user.open());
    ASSERT_TRUE(user.write({outgoing(800000, "the one that stays")}));
    for (std::uint64_t n = 1; n <= 100; ++n) ASSERT_TRUE(user.write({outgoing(n, kKilos)}));
    user.close();
    EXPECT_EQ(disk.unlink("/spool.db-ballast"), 0);
    disk.set_capacity(disk.used() + kBallast);
    ASSERT_TRUE(user.open());
    what_makes_room_goes_on(user, 100, [&] { disk.set_capacity(disk.used() + 4 * kBallast); });
}

/// A file system of 8 MiB, of this process alone.
class TinyDisk {
public:
    TinyDisk() {
        if (::unshare(CLONE_NEWNS) != 0 || ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
            ::mount("tmpfs", folder_.path().c_str(), "tmpfs", 0, "size=8m") != 0) {
            why_not_ = std::strerror(errno);
        }
    }
    TinyDisk(const TinyDisk&) = delete;
    TinyDisk& operator=(const TinyDisk&) = delete;
    TinyDisk(TinyDisk&&) = delete;
    TinyDisk& operator=(TinyDisk&&) = delete;
    ~TinyDisk() { ::umount2(folder_.path().c_str(), MNT_DETACH); }
    [[nodiscard]] const std::string& why_not() const noexcept { return why_not_; }
    [[nodiscard]] std::string path(const char* name) const { return folder_.path(name); }

private:
    test::TempFolder folder_;
    std::string why_not_;
};

TEST(SpoolDiskFull, OnAFileSystemOfItsOwn) {
    const TinyDisk disk;
    if (!disk.why_not().empty()) {
        GTEST_SKIP() << "a full file system can be tried by root only (mount: " << disk.why_not() << ")";
    }
    test::SpoolUser user(small(disk.path("spool.db")));
    ASSERT_TRUE(user.open());
    ASSERT_TRUE(user.write({outgoing(800000, "the one that stays")}));
    for (std::uint64_t n = 1; n <= 200; ++n) ASSERT_TRUE(user.write({outgoing(n, kKilos)}));
    // Somebody else takes all the rest.
    const int filler = ::open(disk.path("filler").c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    ASSERT_GE(filler, 0);
    const std::string page(4096, 'f');
    while (::write(filler, page.data(), page.size()) > 0) {
    }
    EXPECT_EQ(errno, ENOSPC);
    const std::uint64_t more = fill(user, 201);
    what_makes_room_goes_on(user, 200 + more, [&] { EXPECT_EQ(::ftruncate(filler, 0), 0); });
    ::close(filler);
}

}  // namespace
}  // namespace msw::spool
