#include "plugins/log/log_file.hpp"

#include "tests/support/temp_folder.hpp"

#include <gtest/gtest.h>

#include <sys/resource.h>
#include <csignal>
#include <filesystem>

namespace msw::log_plugin {
namespace {

using test::TempFolder;

TEST(LogFile, MakesItsFolderAndAppends) {
    const TempFolder temp;
    LogFile file(temp.path() + "/a/b");
    ASSERT_TRUE(file.append("one", {}));
    ASSERT_TRUE(LogFile(temp.path() + "/a/b").append("two", {}));
    EXPECT_EQ(temp.read("a/b/log.txt"), "one\ntwo\n");
}

TEST(LogFile, PutsFullPartsAsideAndKeepsSoMany) {
    const TempFolder temp;
    LogFile file(temp.path());
    for (const char* line : {"1111", "2222", "3333", "4444", "5555"}) {
        ASSERT_TRUE(file.append(line, {.max_bytes = 10, .keep = 1}));
    }
    EXPECT_EQ(temp.read("log.txt"), "5555\n");
    EXPECT_EQ(temp.read("log.txt.1"), "3333\n4444\n");
    EXPECT_FALSE(temp.has("log.txt.2"));
}

TEST(LogFile, KeepsNoPartIfSoAsked) {
    const TempFolder temp;
    LogFile file(temp.path());
    ASSERT_TRUE(file.append("11111111", {.max_bytes = 10, .keep = 0}));
    ASSERT_TRUE(file.append("2", {.max_bytes = 10, .keep = 0}));
    EXPECT_EQ(temp.read("log.txt"), "2\n");
    EXPECT_FALSE(temp.has("log.txt.1"));
}

TEST(LogFile, ALineLongerThanAPartStandsAlone) {
    const TempFolder temp;
    LogFile file(temp.path());
    ASSERT_TRUE(file.append("a line that is too long", {.max_bytes = 10, .keep = 2}));
    ASSERT_TRUE(file.append("next", {.max_bytes = 10, .keep = 2}));
    EXPECT_EQ(temp.read("log.txt.1"), "a line that is too long\n");
    EXPECT_EQ(temp.read("log.txt"), "next\n");
}

TEST(LogFile, FollowsWhenSomebodyMovesItAway) {
    const TempFolder temp;
    LogFile file(temp.path());
    ASSERT_TRUE(file.append("old", {}));
    std::filesystem::rename(temp.path() + "/log.txt", temp.path() + "/elsewhere");
    ASSERT_TRUE(file.append("new", {}));
    EXPECT_EQ(temp.read("log.txt"), "new\n");
}

TEST(LogFile, SaysWhyItCantAndRecovers) {
    const TempFolder temp;
    temp.write("logs", "a file where the folder should be");
    LogFile file(temp.path() + "/logs");
    const Result<void> failed = file.append("lost", {});
    ASSERT_FALSE(failed);
    EXPECT_EQ(failed.error().code, Code::io);
    std::filesystem::remove(temp.path() + "/logs");
    EXPECT_TRUE(file.append("written", {}));
    EXPECT_EQ(temp.read("logs/log.txt"), "written\n");
}

TEST(LogFile, FollowsNoLinkOutOfItsFolder) {
    const TempFolder temp;
    std::filesystem::create_symlink(temp.path("elsewhere"), temp.path("log.txt"));
    EXPECT_FALSE(LogFile(temp.path()).append("lost", {}));
    EXPECT_FALSE(temp.has("elsewhere"));
}

/// Files of this process can't grow beyond `bytes`, as on a disk that is full then.
class SmallDisk {
public:
    explicit SmallDisk(rlim_t bytes) {
        ::getrlimit(RLIMIT_FSIZE, &before_);
        const rlimit now{bytes, before_.rlim_max};
        ::setrlimit(RLIMIT_FSIZE, &now);
        handler_ = std::signal(SIGXFSZ, SIG_IGN);
    }
    SmallDisk(const SmallDisk&) = delete;
    SmallDisk& operator=(const SmallDisk&) = delete;
    ~SmallDisk() {
        ::setrlimit(RLIMIT_FSIZE, &before_);
        (void)std::signal(SIGXFSZ, handler_);
    }

private:
    rlimit before_{};
    void (*handler_)(int);
};

TEST(LogFile, LeavesNoHalfLineOnAFullDisk) {
    const TempFolder temp;
    LogFile file(temp.path());
    ASSERT_TRUE(file.append("whole", {}));
    {
        const SmallDisk full(9);
        EXPECT_FALSE(file.append("too long for what is left", {}));
        EXPECT_EQ(temp.read("log.txt"), "whole\n");
    }
    EXPECT_TRUE(file.append("next", {}));
    EXPECT_EQ(temp.read("log.txt"), "whole\nnext\n");
}

}  // namespace
}  // namespace msw::log_plugin
