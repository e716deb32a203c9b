#include "plugins/update/launcher/crash_note.hpp"
#include "tests/support/temp_folder.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace msw::launcher {
namespace {

constexpr std::int64_t kFirst = 500;

TEST(CrashNote, TheWaitDoublesFromCrashToCrash) {
    EXPECT_EQ(wait_after(std::nullopt, "boot", 1000, kFirst), 0) << "no crash before";
    CrashNote note{"boot", 1000, 0};
    std::string waits;
    for (int i = 0; i < 10; ++i) {
        note.wait_ms = wait_after(note, "boot", note.started_ms + 100, kFirst);
        note.started_ms += 100 + note.wait_ms;
        waits += std::to_string(note.wait_ms) + ' ';
    }
    EXPECT_EQ(waits, "500 1000 2000 4000 8000 16000 32000 60000 60000 60000 ");
}

TEST(CrashNote, AGoodRunBeginsAnew) {
    EXPECT_EQ(wait_after(CrashNote{"boot", 0, 60000}, "boot", 10000, kFirst), kFirst);
    EXPECT_EQ(wait_after(CrashNote{"boot", 0, 60000}, "boot", 9999, kFirst), 60000);
}

TEST(CrashNote, AnotherBootSaysNothing) {
    EXPECT_EQ(wait_after(CrashNote{"before", 99999999, 60000}, "boot", 5, kFirst), 0);
}

TEST(CrashNote, IsReadBackAndAnythingElseIsNone) {
    const test::TempFolder folder;
    const std::string path = folder.path() + "/note";
    EXPECT_FALSE(read_note(path));
    const CrashNote note{"b-1", 123, 456};
    ASSERT_EQ(write_note(path, note), 0);
    EXPECT_EQ(read_note(path), note);
    for (const char* bad : {"", "x", "b 1", "b 1 -5", "b one 2"}) {
        std::ofstream(path) << bad;
        EXPECT_FALSE(read_note(path)) << bad;
    }
    EXPECT_NE(write_note(folder.path() + "/none/note", note), 0);
}

void quiet(const std::string&) {}

TEST(CrashNote, EveryStartLeavesOne) {
    const test::TempFolder folder;
    const std::string path = folder.path() + "/note";
    ASSERT_TRUE(hold_back(path, 1, quiet));
    EXPECT_EQ(read_note(path)->wait_ms, 0);
    ASSERT_TRUE(hold_back(path, 1, quiet));
    EXPECT_EQ(read_note(path)->wait_ms, 1);
    ASSERT_TRUE(hold_back(path, 1, quiet));
    EXPECT_EQ(read_note(path)->wait_ms, 2);
    std::filesystem::remove(path);
    ASSERT_TRUE(hold_back(path, 1, quiet));
    EXPECT_EQ(read_note(path)->wait_ms, 0) << "after an orderly end";
}

}  // namespace
}  // namespace msw::launcher
