// Output, settings and environment: what needs no process.
#include "plugins/shell/environment.hpp"
#include "plugins/shell/output.hpp"
#include "plugins/shell/settings.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace msw::shell {
namespace {

using ::testing::ElementsAre;
using ::testing::UnorderedElementsAre;

TEST(Output, IsTextAsItCameUpToItsBound) {
    Output output(80);
    output.append("one\n");
    output.append("two");
    EXPECT_EQ(output.text(), "one\ntwo");
    EXPECT_EQ(output.text("why"), "one\ntwo\n[why]\n");
    output.append(std::string(73, 'x'));
    EXPECT_EQ(output.text(), "one\ntwo" + std::string(73, 'x'));
    output.append("!");
    EXPECT_EQ(output.text().size(), 80U);
    EXPECT_NE(output.text().find("\n[cut here: there were 81 bytes"), std::string::npos);
}

TEST(Output, NoteAndCutFitTheBoundTogether) {
    Output output(100);
    output.append(std::string(100, 'x'));
    EXPECT_EQ(output.text("ended"),
              std::string(41, 'x') + "\n[cut here: there were 100 bytes of output in all]\n[ended]\n");
    EXPECT_EQ(Output(100).text("ended"), "[ended]\n");
}

TEST(Output, IsCutBetweenCharacters) {
    Output output(64);
    for (int i = 0; i < 100; ++i) output.append("日");
    const std::string text = output.text();
    EXPECT_EQ(text.substr(0, text.find('\n')), "日日日日");
    EXPECT_LE(text.size(), 64U);
}

TEST(Settings, HaveDefaultsAndComplain) {
    std::vector<std::string> complaints;
    Settings s = read_settings(std::nullopt, complaints);
    EXPECT_EQ(s.timeout.count(), 60);
    EXPECT_EQ(s.parallel, 8U);
    EXPECT_TRUE(complaints.empty());
    s = read_settings(R"({"timeout_s": 5, "parallel": 0, "max_timeout_s": "1"})", complaints);
    EXPECT_EQ(s.timeout.count(), 5);
    EXPECT_EQ(s.parallel, 8U);
    EXPECT_EQ(s.max_timeout.count(), 3600);
    EXPECT_EQ(complaints.size(), 2U);
    (void)read_settings("[]", complaints);
    EXPECT_EQ(complaints.size(), 1U);
}

TEST(Settings, AnAskersTimeoutStaysBelowTheMost) {
    const Settings s;
    EXPECT_EQ(timeout_for("", s)->count(), 60);
    EXPECT_EQ(timeout_for("3600", s)->count(), 3600);
    for (const char* wrong : {"3601", "0", "x", "1x", " 1", "99999999999999999999"}) {
        EXPECT_FALSE(timeout_for(wrong, s)) << wrong;
    }
}

TEST(Environment, PassesOnByName) {
    const char* const with[] = {"PATH=/x",        "HOME=/h",          "NOTIFY_SOCKET=/n", "LISTEN_FDS=1", "LC_ALL=C",
                                "WATCHDOG_PID=1", "JOURNAL_STREAM=1", "SECRET=1",         nullptr};
    EXPECT_THAT(command_environment(with, "miku", "/f"),
                UnorderedElementsAre("PATH=/x", "HOME=/h", "LC_ALL=C", "MSW_ID=miku", "MSW_FILES=/f"));
    const char* const without[] = {"PATH=", nullptr};
    EXPECT_THAT(command_environment(without, "miku", "/f"),
                ElementsAre("PATH=" + std::string(kDefaultPath), "MSW_ID=miku", "MSW_FILES=/f"));
}

}  // namespace
}  // namespace msw::shell
