#include "mswctl/output.hpp"
#include "base/nearest.hpp"
#include "mswctl/answers.hpp"
#include "mswctl/table.hpp"
#include "mswctl/text.hpp"

#include <gtest/gtest.h>

#include <array>

namespace mswctl {
namespace {

TEST(Table, Aligns) {
    Table t({{"APP"}, {"WAITING", true}, {"PATH"}});
    t.add({"shell", "1", "/a"});
    t.add({"x", "1200", ""});
    t.note("last error: a\nb");
    EXPECT_EQ(t.text(0, false),
              "APP    WAITING  PATH\n"
              "shell        1  /a\n"
              "x         1200\n"
              "  last error: a b\n");
}

TEST(Table, FitsTheTerminal) {
    Table t({{"APP"}, {"N", true}, {"PATH"}});
    t.add({"shell", "1", "/a/very/long/path/that/goes/on"});
    t.note("a note that is longer than the line");
    EXPECT_EQ(t.text(20, false),
              "APP    N  PATH\n"
              "shell  1  /a/very/l…\n"
              "  a note that is lo…\n");
    EXPECT_EQ(t.text(0, true).substr(0, 4), "\x1b[1m");
}

TEST(Table, CountsCharactersNotBytes) {
    Table t({{"A"}, {"B"}});
    t.add({"é", "x"});
    t.add({"ab", "y"});
    EXPECT_EQ(t.text(0, false), "A   B\né   x\nab  y\n");
}

TEST(Text, ForeignControlCharactersBecomeVisible) {
    EXPECT_EQ(printable("a\x1b[31mb\x7f\r\n\tc\r"), "a^[[31mb^?\n\tc^M");
    EXPECT_EQ(printable("a\tb", 4), "a   b");
    EXPECT_EQ(printable("\xc2\x9b"
                        "31m é"),
              "\\x9b31m é");
}

TEST(Text, Words) {
    EXPECT_EQ(bytes_words(1023), "1023 B");
    EXPECT_EQ(bytes_words(1536), "1.5 KiB");
    EXPECT_EQ(bytes_words(16LL << 20U), "16 MiB");
    EXPECT_EQ(duration_words(0), "0 s");
    EXPECT_EQ(duration_words(60), "1 min");
    EXPECT_EQ(duration_words(3725), "1 h 2 min");
    EXPECT_EQ(duration_words(90061), "1 d 1 h");
    EXPECT_EQ(wait_words(500), "0.5 s");
    EXPECT_EQ(wait_words(30000), "30 s");
}

TEST(Text, Nearest) {
    constexpr std::array<std::string_view, 3> kWords{"peers", "plugins", "status"};
    EXPECT_EQ(msw::nearest("statsu", kWords), "status");
    EXPECT_EQ(msw::nearest("plugin", kWords), "plugins");
    EXPECT_EQ(msw::nearest("xyzzy", kWords), "");
}

TEST(Answers, EachLineBehindItsHost) {
    EXPECT_EQ(prefixed_lines("a: ", "one\r\ntwo"), "a: one\na: two\n");
    EXPECT_EQ(prefixed_lines("a: ", "\n"), "a: \n");
    EXPECT_EQ(prefixed_lines("a: ", ""), "");
}

TEST(Answers, Json) {
    msw::Datapack d("reply", "@1", "out\n");
    d.set("exit", "3");
    d.set("from", "shell");
    EXPECT_EQ(json_line("miku", "x", d),
              R"({"host":"miku","app":"shell","exit":3,"body":"out\n","fields":{"exit":"3","from":"shell"}})"
              "\n");
    msw::Datapack error("reply", "@1", "no");
    error.set("error", "refused");
    EXPECT_EQ(json_line("miku", "x", error),
              R"({"host":"miku","app":"x","error":"refused","body":"no","fields":{"error":"refused"}})"
              "\n");
}

TEST(Output, Yes) {
    EXPECT_TRUE(means_yes(" Y\r"));
    EXPECT_TRUE(means_yes("yes"));
    EXPECT_FALSE(means_yes(""));
    EXPECT_FALSE(means_yes("yep"));
}

}  // namespace
}  // namespace mswctl
