// The file of a spool: whose it is, who may read it, what is done if it is not what it should be.
#include "tests/support/forgetful_vfs.hpp"
#include "tests/support/spool_user.hpp"

#include <gtest/gtest.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <array>
#include <chrono>
#include <filesystem>
#include <set>
#include <string>
#include <thread>

namespace msw::spool {
namespace {

namespace fs = std::filesystem;
using test::outgoing;

class SpoolFile : public testing::Test {
protected:
    SpoolFile() : path(folder.path("spool.db")), user(path) { user.settings().ballast_bytes = 64UL * 1024; }

    std::set<std::string> files() const {
        std::set<std::string> names;
        for (const fs::directory_entry& e : fs::directory_iterator(folder.path())) names.insert(e.path().filename());
        return names;
    }
    void sql(const char* text) const {
        sqlite3* db = nullptr;
        ASSERT_EQ(sqlite3_open(path.c_str(), &db), SQLITE_OK);
        EXPECT_EQ(sqlite3_exec(db, text, nullptr, nullptr, nullptr), SQLITE_OK) << sqlite3_errmsg(db);
        sqlite3_close(db);
    }
    /// @return the file that was set aside, and a new one begun
    std::string aside() const {
        for (const std::string& name : files()) {
            if (name.find("spool.db.damaged-") == 0 && name.find("-wal") == std::string::npos) return name;
        }
        return {};
    }

    test::TempFolder folder;
    std::string path;
    test::SpoolUser user;
};

TEST_F(SpoolFile, IsForItsOwnerAlone) {
    const mode_t before = ::umask(0);
    ASSERT_TRUE(user.open());
    ASSERT_TRUE(user.write({outgoing(1)}));
    ::umask(before);
    EXPECT_EQ(files(), (std::set<std::string>{"spool.db", "spool.db-wal", "spool.db-ballast"}));
    for (const std::string& name : files()) {
        struct stat info {};
        ASSERT_EQ(::stat(folder.path(name).c_str(), &info), 0);
        EXPECT_EQ(info.st_mode & 0777U, 0600U) << name;
    }
    user.close();
    EXPECT_EQ(files(), (std::set<std::string>{"spool.db", "spool.db-ballast"}));
}

TEST_F(SpoolFile, HasOneOwnerAtATime) {
    ASSERT_TRUE(user.open());
    test::SpoolUser second(path);
    const Result<void> opened = second.open();
    ASSERT_FALSE(opened.ok());
    EXPECT_EQ(opened.error().code, Code::name_taken);
    EXPECT_NE(opened.error().text.find(path), std::string::npos);
    EXPECT_TRUE(user.write({outgoing(1)}).ok());
    user.close();
    EXPECT_TRUE(second.open().ok());
}

TEST_F(SpoolFile, IsKeptFromAnotherProcess) {
    std::array<int, 2> ready{};
    std::array<int, 2> end{};
    ASSERT_EQ(::pipe(ready.data()), 0);
    ASSERT_EQ(::pipe(end.data()), 0);
    const pid_t child = ::fork();
    if (child == 0) {
        ::close(end[1]);
        char byte = user.open() ? 'y' : 'n';
        (void)!::write(ready[1], &byte, 1);
        (void)!::read(end[0], &byte, 1);  // until the parent lets go
        user.close();
        ::_exit(0);
    }
    ::close(end[0]);
    char byte = 0;
    ASSERT_EQ(::read(ready[0], &byte, 1), 1);
    EXPECT_EQ(byte, 'y');
    const Result<void> opened = user.open();
    EXPECT_FALSE(opened.ok());
    EXPECT_EQ(opened.ok() ? Code::closed : opened.error().code, Code::name_taken);
    ::close(end[1]);
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_TRUE(user.open().ok());
    ::close(ready[0]);
    ::close(ready[1]);
}

TEST_F(SpoolFile, OfANewerMswdIsRefusedAndLeftAlone) {
    ASSERT_TRUE(user.open());
    ASSERT_TRUE(user.write({outgoing(1)}));
    user.close();
    sql("PRAGMA user_version = 7");
    const Result<void> opened = user.open();
    ASSERT_FALSE(opened.ok());
    EXPECT_EQ(opened.error().code, Code::unsupported);
    for (const char* part : {path.c_str(), " 7", " 1)", "newer mswd", "move the file away"}) {
        EXPECT_NE(opened.error().text.find(part), std::string::npos) << part << " in " << opened.error().text;
    }
    sql("PRAGMA user_version = 1");
    ASSERT_TRUE(user.open());
    EXPECT_EQ(user.read(AskTotals{})->outbox.rows, 1U);
}

TEST_F(SpoolFile, OfAnotherProgramIsRefusedAndLeftAlone) {
    sql("CREATE TABLE theirs(a); INSERT INTO theirs VALUES(1)");
    const Result<void> opened = user.open();
    ASSERT_FALSE(opened.ok());
    EXPECT_EQ(opened.error().code, Code::unsupported);
    EXPECT_NE(opened.error().text.find("some other program"), std::string::npos);
    sql("SELECT a FROM theirs");
}

TEST_F(SpoolFile, ThatIsNoneIsSetAside) {
    folder.write("spool.db", std::string(10000, 'x'));
    ASSERT_TRUE(user.open().ok());
    EXPECT_TRUE(user.journal().wait_for("is damaged"));
    EXPECT_EQ(folder.read(aside()), std::string(10000, 'x'));
    EXPECT_TRUE(user.write({outgoing(1)}).ok());
}

TEST_F(SpoolFile, ThatIsDamagedIsFoundAtTheStart) {
    ASSERT_TRUE(user.open());
    for (std::uint64_t n = 1; n <= 50; ++n) ASSERT_TRUE(user.write({outgoing(n, std::string(3000, 'x'))}));
    user.close();
    std::string bytes = folder.read("spool.db");
    bytes.replace(10UL * 4096, 10UL * 4096, std::string(10UL * 4096, '\xee'));
    folder.write("spool.db", bytes);
    ASSERT_TRUE(user.open().ok());
    EXPECT_TRUE(user.journal().wait_for("is damaged"));
    EXPECT_EQ(folder.read(aside()), bytes);
    EXPECT_EQ(user.read(AskTotals{})->outbox.rows, 0U);
    EXPECT_TRUE(user.write({outgoing(1)}).ok());
}

TEST_F(SpoolFile, ThatTurnsOutDamagedLaterIsSetAsideThen) {
    ASSERT_TRUE(user.open());
    for (std::uint64_t n = 1; n <= 300; ++n) ASSERT_TRUE(user.write({outgoing(n, std::string(3000, 'x'))}));
    user.close();
    std::string bytes = folder.read("spool.db");
    const std::size_t half = bytes.size() / 2 / 4096 * 4096;
    bytes.replace(half, bytes.size() - half, std::string(bytes.size() - half, '\xee'));
    folder.write("spool.db", bytes);
    user.settings().check_bytes = 0;
    ASSERT_TRUE(user.open().ok());
    EXPECT_EQ(user.read(AskTotals{})->outbox.rows, 300U) << "nobody looked yet";
    const Result<Page<OutboxRow>> page = user.read(OutboxAfter{{"m-hmsy", "log"}, {}, false, {1000, 1UL << 30}});
    ASSERT_FALSE(page.ok());
    EXPECT_EQ(page.error().code, Code::io);
    EXPECT_TRUE(user.journal().wait_for("is damaged"));
    EXPECT_FALSE(aside().empty());
    EXPECT_EQ(user.read(AskTotals{})->outbox.rows, 0U);
    EXPECT_TRUE(user.write({outgoing(1)}).ok());
}

TEST_F(SpoolFile, WhereThereCanBeNoneIsSaid) {
    test::SpoolUser nowhere(folder.path("nothing/spool.db"));
    const Result<void> opened = nowhere.open();
    ASSERT_FALSE(opened.ok());
    EXPECT_EQ(opened.error().code, Code::io);
    EXPECT_NE(opened.error().text.find("nothing/spool.db"), std::string::npos);
}

/// A spool on a disk that forgets.
class SpoolStart : public testing::Test {
protected:
    SpoolStart() : vfs(disk, "start"), user(settings()) {}
    Settings settings() {
        Settings s;
        s.path = "/spool.db";
        s.vfs = vfs.name();
        s.files = &disk;
        s.ballast_bytes = 0;
        return s;
    }
    test::ForgetfulDisk disk;
    test::ForgetfulVfs vfs;
    test::SpoolUser user;
};

TEST_F(SpoolStart, WhatTheDiskDoesNotGiveIsNotDamaged) {
    ASSERT_TRUE(user.open());
    for (std::uint64_t n = 1; n <= 50; ++n) ASSERT_TRUE(user.write({outgoing(n, std::string(3000, 'x'))}));
    user.close();
    disk.spoil("/spool.db", 15UL * 4096);
    const Result<void> opened = user.open();
    ASSERT_FALSE(opened.ok());
    EXPECT_EQ(opened.error().code, Code::io);
    EXPECT_NE(opened.error().text.find("/spool.db"), std::string::npos);
    EXPECT_EQ(user.journal().all(), "") << "nothing was set aside";
    disk.restart(test::Forget::nothing);
    ASSERT_TRUE(user.open());
    EXPECT_EQ(user.read(AskTotals{})->outbox.rows, 50U);
}

TEST_F(SpoolStart, ANewFileHasItsNameForGood) {
    user.settings().vfs = "none such";
    EXPECT_FALSE(user.open().ok()) << "SQLite itself does nothing";
    disk.restart(test::Forget::all);
    EXPECT_EQ(disk.names().count("/spool.db"), 1U);
}

TEST_F(SpoolStart, AFileThatWasFullGivesTheDiskBack) {
    ASSERT_TRUE(user.open());
    for (std::uint64_t n = 1; n <= 500; ++n) ASSERT_TRUE(user.write({outgoing(n, std::string(100000, 'x'))}));
    ASSERT_TRUE(user.write({outgoing(1000, "the one that stays")}));
    EXPECT_GT(disk.read_all("/spool.db").size(), 30UL << 20);
    ASSERT_TRUE(user.write({RemoveOutbox{ByRange{{"m-hmsy", "log"}, 1, 1, 500}}}));
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (disk.read_all("/spool.db").size() > 20UL << 20 && std::chrono::steady_clock::now() < deadline) {
        std::this_thread::yield();
    }
    EXPECT_LE(disk.read_all("/spool.db").size(), 20UL << 20) << "while nobody asks for anything";
    EXPECT_EQ(user.read(OutboxAfter{{"m-hmsy", "log"}})->rows.at(0).datapack, "the one that stays");
    user.close();
    ASSERT_TRUE(user.open());
    EXPECT_EQ(user.read(AskTotals{})->outbox.rows, 1U);
}

TEST_F(SpoolStart, ReadsNoMoreOfALargeSpoolThanOfASmallOne) {
    user.settings().check_bytes = 0;
    const auto add = [&](std::uint64_t from, std::uint64_t to) {
        ASSERT_TRUE(user.open());
        for (std::uint64_t n = from; n < to; n += 100) {
            Changes some;
            for (std::uint64_t i = n; i < n + 100; ++i) some.push_back(outgoing(i, std::string(1000, 'x')));
            ASSERT_TRUE(user.write(some));
        }
        user.close();
    };
    const auto reads_of_a_start = [&] {
        const std::uint64_t before = disk.reads();
        EXPECT_TRUE(user.open());
        EXPECT_TRUE(user.read(FlowsAfter{}).ok());
        const std::uint64_t reads = disk.reads() - before;
        user.close();
        return reads;
    };
    add(0, 100);
    const std::uint64_t small = reads_of_a_start();
    add(100, 20000);
    EXPECT_LE(reads_of_a_start(), small + 8) << "20000 rows in place of 100";
}

}  // namespace
}  // namespace msw::spool
