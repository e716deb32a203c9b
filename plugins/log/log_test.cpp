#include "msw/plugin.h"
#include "tests/support/fake_host.hpp"
#include "tests/support/temp_folder.hpp"

#include <gtest/gtest.h>

#include <filesystem>

namespace msw {
namespace {

using test::FakeHost;
using test::RunningModule;
using test::TempFolder;

Datapack said(std::string method, std::string body) {
    Datapack d(std::move(method), "log", std::move(body));
    d.set("from", "test");
    d.set("id", "hmsy");
    d.set("flag", "1a2b");
    return d;
}

class LogPlugin : public ::testing::Test {
protected:
    LogPlugin() { host_.set("log_dir", '"' + temp_.path() + "/log\""); }
    TempFolder temp_;
    FakeHost host_;
};

TEST_F(LogPlugin, WritesAPostToTheFileAndTheJournal) {
    RunningModule module(host_, msw_plugin_entry());
    host_.receive(said("post", "hello"));
    module.stop();
    EXPECT_EQ(temp_.read("log/log.txt"), "test: hello\n");
    const auto line = host_.line_with("test: hello");
    ASSERT_TRUE(line);
    EXPECT_EQ(line->priority, MSW_INFO);
    EXPECT_EQ(line->fields,
              (std::map<std::string, std::string>{{"MSW_FLAG", "1a2b"}, {"MSW_FROM", "test"}, {"MSW_ID", "hmsy"}}));
    EXPECT_FALSE(host_.sent(FakeHost::Milliseconds(0)));
}

TEST_F(LogPlugin, AnswersAGetWithNothing) {
    RunningModule module(host_, msw_plugin_entry());
    host_.receive(said("get", "noted?"));
    const auto answer = host_.sent();
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->method, "reply");
    EXPECT_EQ(answer->app, "test");
    EXPECT_EQ(answer->get("to"), "hmsy");
    EXPECT_EQ(answer->get("flag"), "1a2b");
    EXPECT_EQ(answer->get("error"), "");
    EXPECT_EQ(answer->body, "");
    EXPECT_EQ(temp_.read("log/log.txt"), "test: noted?\n");
}

TEST_F(LogPlugin, NamesAFileAndIgnoresReplies) {
    Datapack file = said("file", "");
    file.set("filename", "res/a file.txt");
    RunningModule module(host_, msw_plugin_entry());
    host_.receive(said("reply", "not for the log"));
    host_.receive(file);
    module.stop();
    EXPECT_EQ(temp_.read("log/log.txt"), "test: res/a file.txt\n");
}

TEST_F(LogPlugin, SaysOnceThatItCantWriteAndOnceThatItCanAgain) {
    temp_.write("log", "in the way");
    RunningModule module(host_, msw_plugin_entry());
    host_.receive(said("post", "one"));
    host_.receive(said("post", "two"));
    ASSERT_TRUE(host_.wait_idle());
    std::filesystem::remove(temp_.path() + "/log");
    host_.receive(said("post", "three"));
    host_.receive(said("post", "four"));
    module.stop();
    std::size_t errors = 0;
    for (const auto& line : host_.lines()) errors += line.priority == MSW_ERR ? 1 : 0;
    EXPECT_EQ(errors, 1U);
    EXPECT_TRUE(host_.line_with("2 lines are missing there"));
    EXPECT_EQ(temp_.read("log/log.txt"), "test: three\ntest: four\n");
}

TEST_F(LogPlugin, TakesNewSettingsAndComplainsAboutWrongOnes) {
    host_.set("log", R"({"max_bytes": "many", "keep": 1})");
    RunningModule module(host_, msw_plugin_entry());
    host_.receive(said("post", "one"));
    EXPECT_TRUE(host_.line_with("\"max_bytes\" must be a whole number from 1024"));
    ASSERT_TRUE(host_.wait_idle());
    host_.set("log", R"({"max_bytes": 1024})");
    host_.receive(said("post", std::string(1024, 'x')));
    module.stop();
    EXPECT_EQ(temp_.read("log/log.txt.1"), "test: one\n");
}

}  // namespace
}  // namespace msw
