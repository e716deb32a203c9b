#include "base/replace_file.hpp"

#include "tests/support/forgetful_disk.hpp"
#include "tests/support/temp_folder.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <cerrno>
#include <filesystem>
#include <functional>
#include <string>

namespace msw {
namespace {

using test::Forget;
using test::ForgetfulDisk;

TEST(ReplaceFile, PutsTheNewOneInPlace) {
    const test::TempFolder folder;
    const std::string path = folder.path("id");
    EXPECT_EQ(replace_file(path, "one\n", 0640), 0);
    EXPECT_EQ(folder.read("id"), "one\n");
    EXPECT_EQ(replace_file(path, std::string(100000, 'x'), 0600), 0);
    EXPECT_EQ(folder.read("id"), std::string(100000, 'x'));
    struct stat info {};
    ASSERT_EQ(::stat(path.c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 0777U, 0600U);
    EXPECT_FALSE(folder.has(".id.new"));
}

TEST(ReplaceFile, DoesNotFollowWhatACrashOrAnotherLeftBehind) {
    const test::TempFolder folder;
    folder.write("elsewhere", "theirs");
    std::filesystem::create_symlink(folder.path("elsewhere"), folder.path(".id.new"));
    EXPECT_EQ(replace_file(folder.path("id"), "ours", 0640), 0);
    EXPECT_EQ(folder.read("elsewhere"), "theirs");
    EXPECT_EQ(folder.read("id"), "ours");
    std::filesystem::create_symlink("old", folder.path(".current.new"));
    EXPECT_EQ(replace_link(folder.path("current"), "new"), 0);
    EXPECT_EQ(std::filesystem::read_symlink(folder.path("current")), "new");
}

TEST(ReplaceFile, AFailureIsToldAndLeavesTheOldOne) {
    const test::TempFolder folder;
    EXPECT_EQ(replace_file(folder.path("nothing/id"), "x", 0640), ENOENT);
    EXPECT_EQ(remove_file(folder.path("id")), 0) << "what isn't there is removed";
    ForgetfulDisk disk;
    ASSERT_EQ(replace_file("/d/id", "old", 0640, disk), 0);
    disk.set_capacity(disk.used() + 10);
    EXPECT_EQ(replace_file("/d/id", std::string(100, 'x'), 0640, disk), ENOSPC);
    EXPECT_EQ(disk.read_all("/d/id"), "old");
    EXPECT_EQ(disk.names().size(), 1U) << "the temporary file is not left in the way";
    for (std::uint64_t nth = 1; nth <= 2; ++nth) {
        disk.fail_sync(nth);
        EXPECT_EQ(replace_file("/d/id", "new", 0640, disk), EIO);
    }
}

TEST(ReplaceFile, WritesOnWhereAWriteStopsShort) {
    class Slow final : public FileCalls {
    public:
        int open(const char* path, int flags, mode_t mode) noexcept override { return disk.open(path, flags, mode); }
        ssize_t write(int fd, const void* bytes, std::size_t size) noexcept override {
            if (++writes % 2 == 0) {
                errno = EINTR;
                return -1;
            }
            return disk.write(fd, bytes, size > 3 ? 3 : size);
        }
        int fsync(int fd) noexcept override { return disk.fsync(fd); }
        int close(int fd) noexcept override { return disk.close(fd); }
        int rename(const char* from, const char* to) noexcept override { return disk.rename(from, to); }
        int unlink(const char* path) noexcept override { return disk.unlink(path); }
        int symlink(const char* target, const char* path) noexcept override { return disk.symlink(target, path); }
        int allocate(int fd, off_t size) noexcept override { return disk.allocate(fd, size); }
        int truncate(int fd, off_t size) noexcept override { return disk.truncate(fd, size); }
        off_t size(int fd) noexcept override { return disk.size(fd); }
        ForgetfulDisk disk;
        int writes = 0;
    };
    Slow slow;
    EXPECT_EQ(replace_file("/d/id", "hello world", 0640, slow), 0);
    EXPECT_EQ(slow.disk.read_all("/d/id"), "hello world");
}

/// What a change leaves if the power is cut at any of its steps, in any way: `before` or `after`, and `after` for sure
/// once it said so.
void cut_everywhere(const std::function<void(FileCalls&)>& prepare, const std::function<int(FileCalls&)>& change,
                    const std::string& before, const std::string& after) {
    bool ran_through = false;
    for (std::uint64_t step = 1; !ran_through; ++step) {
        ASSERT_LT(step, 50U);
        for (const Forget forget : {Forget::all, Forget::torn, Forget::nothing, Forget::some}) {
            for (std::uint64_t seed = 0; seed < (forget == Forget::some ? 32U : 1U); ++seed) {
                ForgetfulDisk disk;
                prepare(disk);
                disk.cut_at(step);
                const bool done = change(disk) == 0;
                ran_through = done;
                disk.restart(forget, seed);
                const std::string left = disk.read_all("/d/id");
                EXPECT_TRUE(left == after || (!done && left == before))
                    << "cut at step " << step << ", way " << static_cast<int>(forget) << ", seed " << seed << ": \""
                    << left << '"';
            }
        }
    }
}

TEST(ReplaceFile, APowerCutLeavesTheOldOneOrTheNewOne) {
    const std::string old_text(3000, 'o');
    const std::string new_text(2000, 'n');
    cut_everywhere([&](FileCalls& files) { EXPECT_EQ(replace_file("/d/id", old_text, 0640, files), 0); },
                   [&](FileCalls& files) { return replace_file("/d/id", new_text, 0640, files); }, old_text, new_text);
    cut_everywhere([](FileCalls&) {}, [&](FileCalls& files) { return replace_file("/d/id", new_text, 0640, files); },
                   "", new_text);
}

TEST(ReplaceFile, APowerCutLeavesTheOldLinkOrTheNewOne) {
    cut_everywhere([](FileCalls& files) { EXPECT_EQ(replace_link("/d/id", "old", files), 0); },
                   [](FileCalls& files) { return replace_link("/d/id", "new", files); }, "old", "new");
}

TEST(ReplaceFile, WhatIsRemovedStaysRemoved) {
    cut_everywhere([](FileCalls& files) { EXPECT_EQ(replace_file("/d/id", "old", 0640, files), 0); },
                   [](FileCalls& files) { return remove_file("/d/id", files); }, "old", "");
}

TEST(ReplaceFile, KnowsTheFolder) {
    EXPECT_EQ(folder_of("/var/lib/mswd/id"), "/var/lib/mswd");
    EXPECT_EQ(folder_of("/id"), "/");
    EXPECT_EQ(folder_of("id"), ".");
}

}  // namespace
}  // namespace msw
