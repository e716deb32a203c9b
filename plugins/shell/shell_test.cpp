// The module and its mswd-exec together, on a host in memory.
#include "msw/plugin.h"
#include "tests/support/fake_host.hpp"
#include "tests/support/temp_folder.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <string>
#include <thread>

namespace msw {
namespace {

using test::FakeHost;
using test::RunningModule;
using test::TempFolder;

class ShellPlugin : public ::testing::Test {
protected:
    ShellPlugin() {
        host_.set("program", '"' + std::string(MSW_TEST_PROGRAM) + '"');
        host_.set("file_root", '"' + temp_.path() + '"');
        host_.set("id", "\"hmsy\"");
    }

    static Datapack question(std::string body, std::string method = "post") {
        Datapack d(std::move(method), "shell", std::move(body));
        d.set("from", "test");
        d.set("id", "miku");
        d.set("flag", "f1");
        return d;
    }

    Datapack ask(const Datapack& d) {
        host_.receive(d);
        const auto answer = host_.sent();
        if (!answer) throw std::runtime_error("no answer to " + d.body);
        return *answer;
    }
    Datapack ask(const std::string& body) { return ask(question(body)); }

    /// Wait until a command has written `name`. The file system can't tell us on its own in a portable way: look often.
    void wait_for(std::string_view name) const {
        const auto deadline = std::chrono::steady_clock::now() + FakeHost::kPatience;
        while (temp_.read(name).empty() && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
        ASSERT_FALSE(temp_.read(name).empty()) << name;
    }

    /// @return whether the process whose id stands in the file `name` is gone
    [[nodiscard]] bool gone(std::string_view name) const {
        const pid_t pid = std::stoi(temp_.read(name));
        const auto deadline = std::chrono::steady_clock::now() + FakeHost::kPatience;
        while (::kill(pid, 0) == 0 && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
        return ::kill(pid, 0) != 0;
    }

    TempFolder temp_;
    FakeHost host_;
};

TEST_F(ShellPlugin, AnswersPostAndGetAlike) {
    RunningModule module(host_, msw_plugin_entry());
    for (const char* method : {"post", "get"}) {
        const Datapack answer = ask(question("echo out; echo err >&2; echo out again; exit 3", method));
        EXPECT_EQ(answer.method, "reply");
        EXPECT_EQ(answer.app, "test");
        EXPECT_EQ(answer.get("to"), "miku");
        EXPECT_EQ(answer.get("flag"), "f1");
        EXPECT_EQ(answer.get("exit"), "3");
        EXPECT_EQ(answer.get("error"), "");
        EXPECT_EQ(answer.body, "out\nerr\nout again\n");
    }
    EXPECT_TRUE(host_.wait_done(2));
}

TEST_F(ShellPlugin, RunsInTheFileRootWithNoInputAndACleanEnvironment) {
    ::setenv("NOTIFY_SOCKET", "/nowhere", 1);
    ::setenv("CREDENTIALS_DIRECTORY", "/nowhere", 1);
    RunningModule module(host_, msw_plugin_entry());
    const Datapack answer = ask("pwd; cat; env | grep -E 'NOTIFY|CREDENTIALS|^MSW_' | sort; ls /proc/self/fd | wc -l");
    ::unsetenv("NOTIFY_SOCKET");
    ::unsetenv("CREDENTIALS_DIRECTORY");
    EXPECT_EQ(answer.body, temp_.path() + "\nMSW_FILES=" + temp_.path() + "\nMSW_ID=hmsy\n4\n");
}

TEST_F(ShellPlugin, GivesTheSignalThatEndedIt) {
    RunningModule module(host_, msw_plugin_entry());
    EXPECT_EQ(ask("kill -9 $$").get("exit"), "137");
}

TEST_F(ShellPlugin, RefusesWhatIsNoCommand) {
    RunningModule module(host_, msw_plugin_entry());
    EXPECT_EQ(ask(question("", "file")).get("error"), "bad-request");
    EXPECT_EQ(ask(" \n").get("error"), "bad-request");
    EXPECT_EQ(ask(std::string("a\0b", 3)).get("error"), "bad-request");
    EXPECT_EQ(ask(std::string(131072, 'x')).get("error"), "too-large");
    EXPECT_EQ(ask(": " + std::string(131069, 'x')).get("exit"), "0");
    for (const char* timeout : {"0", "-1", "1.5", "soon", "999999999"}) {
        Datapack d = question("true");
        d.set("timeout", timeout);
        EXPECT_EQ(ask(d).get("error"), "bad-request") << timeout;
    }
    host_.receive(question("touch replied", "reply"));
    module.stop();
    EXPECT_FALSE(temp_.has("replied"));
    EXPECT_FALSE(host_.sent(FakeHost::Milliseconds(0)));
}

TEST_F(ShellPlugin, CutsLongOutputAndSaysHowMuchThereWas) {
    host_.set("shell", R"({"max_output": 1024})");
    RunningModule module(host_, msw_plugin_entry());
    const Datapack answer = ask("head -c 1000000 /dev/zero | tr '\\0' x");
    EXPECT_EQ(answer.get("exit"), "0");
    EXPECT_EQ(answer.body.size(), 1024U);
    EXPECT_EQ(answer.body.substr(answer.body.rfind('[')), "[cut here: there were 1000000 bytes of output in all]\n");
}

TEST_F(ShellPlugin, EndsTheWholeTreeAtTheTimeout) {
    RunningModule module(host_, msw_plugin_entry());
    Datapack d = question(
        "echo begun; trap '' TERM; "
        "setsid sh -c 'trap \"\" TERM; (sh -c \"echo \\$\\$ > deep; exec sleep 1000\" &) ; exec sleep 1000' & "
        "(setsid sleep 1000 & echo $! > daemon) & "
        "while ! test -s deep || ! test -s daemon; do :; done; echo $$ > shell; sleep 1000; sleep 1000");
    d.set("timeout", "2");
    const Datapack answer = ask(d);
    EXPECT_EQ(answer.get("error"), "timeout");
    EXPECT_EQ(answer.get("exit"), "");
    EXPECT_EQ(answer.body, "begun\n[ended after 2 s, the time this command had]\n");
    EXPECT_TRUE(gone("shell"));
    EXPECT_TRUE(gone("deep"));
    EXPECT_TRUE(gone("daemon"));
}

TEST_F(ShellPlugin, LeavesNothingInTheBackground) {
    RunningModule module(host_, msw_plugin_entry());
    const Datapack answer = ask("setsid sleep 1000 & echo $! > left; echo done");
    EXPECT_EQ(answer.get("exit"), "0");
    EXPECT_EQ(answer.body, "done\n");
    EXPECT_TRUE(gone("left"));
}

TEST_F(ShellPlugin, RunsCommandsSideBySide) {
    // Each waits for the other: one after the other, they would wait for ever.
    RunningModule module(host_, msw_plugin_entry());
    host_.receive(question("mkfifo a; echo made > ready; cat a"));
    wait_for("ready");
    host_.receive(question("echo hello > a; echo sent"));
    std::string bodies[2] = {host_.sent().value_or(Datapack()).body, host_.sent().value_or(Datapack()).body};
    std::sort(std::begin(bodies), std::end(bodies));
    EXPECT_EQ(bodies[0], "hello\n");
    EXPECT_EQ(bodies[1], "sent\n");
}

TEST_F(ShellPlugin, SaysNoWhenTooMuchWaits) {
    host_.set("shell", R"({"parallel": 1})");
    RunningModule module(host_, msw_plugin_entry());
    host_.receive(question("mkfifo gate; echo up > ready; cat gate"));
    wait_for("ready");
    constexpr int kRoom = 256;
    for (int i = 0; i < kRoom + 1; ++i) host_.receive(question("true"));
    const auto refusal = host_.sent();
    ASSERT_TRUE(refusal);
    EXPECT_EQ(refusal->get("error"), "queue-full");
    module.stop();
    for (int i = 0; i < kRoom + 1; ++i) {
        const auto answer = host_.sent(FakeHost::Milliseconds(0));
        ASSERT_TRUE(answer) << i;
        EXPECT_EQ(answer->get("error"), "interrupted");
    }
    EXPECT_TRUE(host_.wait_done(kRoom + 2));
}

TEST_F(ShellPlugin, StoppingEndsWhatRuns) {
    RunningModule module(host_, msw_plugin_entry());
    host_.receive(question("echo so far; echo $$ > pid; sleep 1000"));
    wait_for("pid");
    module.stop();
    const auto answer = host_.sent(FakeHost::Milliseconds(0));
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->get("error"), "interrupted");
    EXPECT_EQ(answer->body, "so far\n[ended because mswd is stopping]\n");
    EXPECT_TRUE(gone("pid"));
}

TEST_F(ShellPlugin, SaysThatItsProgramIsMissing) {
    host_.set("program", "\"/nowhere/bin/mswd\"");
    RunningModule module(host_, msw_plugin_entry());
    EXPECT_TRUE(host_.line_with("commands can't be run"));
    const Datapack answer = ask("true");
    EXPECT_EQ(answer.get("error"), "io");
    EXPECT_NE(answer.body.find("mswd-exec"), std::string::npos);
}

}  // namespace
}  // namespace msw
