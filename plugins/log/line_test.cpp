#include "plugins/log/line.hpp"

#include <gtest/gtest.h>

namespace msw::log_plugin {
namespace {

using namespace std::string_literals;

TEST(Line, OneLineTable) {
    const struct {
        std::string text;
        std::string line;
    } table[] = {
        {"", ""},
        {"plain text, 100 %", "plain text, 100 %"},
        {R"(C:\temp)", R"(C:\temp)"},
        {"a\nb\r\nc\td", R"(a\nb\r\nc\td)"},
        {"x\0y\x1b[31mz\x7f"s, R"(x\x00y\x1b[31mz\x7f)"},
        {"grün 日志 🎬", "grün 日志 🎬"},
        {"\xff\xc3", R"(\xff\xc3)"},
        {"\xc2\x9b[m", R"(\xc2\x9b[m)"},      // a C1 control
        {"\xed\xa0\x80", R"(\xed\xa0\x80)"},  // a surrogate
        {"\xe6\x97", R"(\xe6\x97)"},          // cut short
    };
    for (const auto& row : table) EXPECT_EQ(one_line(row.text), row.line);
}

TEST(Line, IsFromColonBody) {
    EXPECT_EQ(log_line("test", "hello"), "test: hello");
    EXPECT_EQ(log_line("test", "hello\n"), "test: hello");
    EXPECT_EQ(log_line("test", "hello\nadmin: all is well\n"), "test: hello\\nadmin: all is well");
    EXPECT_EQ(log_line("a\nb", ""), "a\\nb: ");
}

TEST(Line, AHugeBodyIsCutAndSaysSo) {
    const std::string line = log_line("test", std::string(kShownBytes + 1, 'x'));
    EXPECT_EQ(line, "test: " + std::string(kShownBytes, 'x') + " … (65537 bytes in all)");
}

}  // namespace
}  // namespace msw::log_plugin
