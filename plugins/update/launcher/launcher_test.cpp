// The real launcher, with shell scripts in place of mswd, in a tree of its own.
#include "base/fd.hpp"
#include "plugins/update/launcher/backoff.hpp"
#include "plugins/update/launcher/options.hpp"
#include "plugins/update/release_store.hpp"
#include "tests/support/temp_folder.hpp"

#include <gtest/gtest.h>

#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>
#include <array>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <vector>

namespace msw::launcher {
namespace {

using release::State;
using release::Store;
using release::Trial;
using test::TempFolder;

const std::string A(64, 'a');
const std::string B(64, 'b');

constexpr int kPatienceMs = 20000;

/// A launcher that runs. What its mswd prints can be waited for, a line at a time.
class Running {
public:
    Running(const std::string& program, const std::vector<std::string>& arguments, bool with_systemd) {
        std::array<int, 2> out{};
        if (::pipe2(out.data(), O_CLOEXEC) != 0) throw std::runtime_error("pipe2");
        lines_ = Fd(out[0]);
        const Fd writing(out[1]);
        pid_ = ::fork();
        if (pid_ != 0) return;
        ::dup2(out[1], STDOUT_FILENO);
        ::dup2(out[1], STDERR_FILENO);
        ::unsetenv("MSW_LAUNCHER");
        // A container's manager sets the former for all that it starts; only the latter names the process.
        ::setenv("NOTIFY_SOCKET", "/run/none", 1);
        const pid_t named = with_systemd ? ::getpid() : ::getppid();
        ::setenv("SYSTEMD_EXEC_PID", std::to_string(named).c_str(), 1);
        std::vector<char*> argv{const_cast<char*>(program.c_str())};  // NOLINT: execv doesn't change them
        for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));  // NOLINT
        argv.push_back(nullptr);
        ::execv(program.c_str(), argv.data());
        ::_exit(99);
    }
    Running(const Running&) = delete;
    Running& operator=(const Running&) = delete;
    ~Running() {
        if (pid_ <= 0) return;
        ::kill(pid_, SIGKILL);
        ::waitpid(pid_, nullptr, 0);
    }

    /// Read on until a line holds `part`. @return that line; empty if it doesn't come
    std::string line_with(const std::string& part) {
        for (std::string line; !(line = next_line()).empty();) {
            all_ += line;
            if (line.find(part) != std::string::npos) return line;
        }
        return {};
    }
    [[nodiscard]] const std::string& all() const { return all_; }
    void signal(int number) const { ::kill(pid_, number); }

    /// Wait until it has ended and nobody prints any more. @return its exit status, or 1000 + signal
    int wait() {
        while (!line_with("\n").empty()) {
        }
        int status = 0;
        ::waitpid(pid_, &status, 0);
        pid_ = -1;
        return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
    }

private:
    std::string next_line() {
        for (std::string line;;) {
            pollfd watched{lines_.get(), POLLIN, 0};
            char c = 0;
            if (::poll(&watched, 1, kPatienceMs) <= 0 || ::read(lines_.get(), &c, 1) != 1) return line;
            line += c;
            if (c == '\n') return line;
        }
    }

    pid_t pid_ = -1;
    Fd lines_;
    std::string all_;
};

class Launcher : public ::testing::Test {
protected:
    Launcher() : store_(temp_.path("state")) {
        std::filesystem::create_directories(temp_.path("bin"));
        std::filesystem::create_directories(store_.folder());
        std::filesystem::copy_file(MSW_TEST_LAUNCHER, temp_.path("bin/mswd-launcher"));
        base("echo base $*; exit 77");
    }

    void base(const std::string& script) const { temp_.write("bin/mswd", "#!/bin/sh\n" + script + '\n', true); }
    void release(const std::string& digest, const std::string& script) const {
        temp_.write("state/releases/" + digest + "/bin/mswd", "#!/bin/sh\n" + script + '\n', true);
    }
    /// A line of a script: what mswd does when it is up.
    [[nodiscard]] std::string confirm() const { return "rm -f " + store_.folder() + "/trial;"; }
    void link(const std::string& name, const std::string& target) const {
        std::filesystem::create_symlink(target, store_.folder() + '/' + name);
    }
    [[nodiscard]] Running start(bool with_systemd = false, std::vector<std::string> more = {}) const {
        std::vector<std::string> arguments{"--state-dir", temp_.path("state")};
        arguments.insert(arguments.end(), more.begin(), more.end());
        return {temp_.path("bin/mswd-launcher"), arguments, with_systemd};
    }

    TempFolder temp_;
    Store store_;
};

TEST_F(Launcher, StartsTheBaseWithItsArgumentsAndStaysDownAt77) {
    Running run = start(false, {"--config", "x y"});
    EXPECT_NE(run.line_with("base").find("--config x y"), std::string::npos);
    EXPECT_EQ(run.wait(), 77);
}

TEST_F(Launcher, StartsAgainAtStatus0) {
    base("echo turn >> " + temp_.path("turns") + "; test $(wc -l < " + temp_.path("turns") +
         ") = 3 && exit 77; exit 0");
    Running run = start();
    EXPECT_EQ(run.wait(), 77);
    EXPECT_EQ(temp_.read("turns"), "turn\nturn\nturn\n");
}

TEST_F(Launcher, StartsAgainAfterACrashAndSaysSo) {
    base("test -e " + temp_.path("crashed") + " && exit 77; touch " + temp_.path("crashed") + "; kill -SEGV $$");
    Running run = start();
    EXPECT_NE(run.line_with("was ended by signal"), "");
    EXPECT_EQ(run.wait(), 77);
}

TEST_F(Launcher, TellsMswdThatItIsThere) {
    base("echo launcher=$MSW_LAUNCHER; exit 77");
    for (const bool with_systemd : {false, true}) {
        Running run = start(with_systemd);
        EXPECT_EQ(run.line_with("launcher="), "launcher=1\n");
        EXPECT_EQ(run.wait(), 77);
    }
}

TEST_F(Launcher, HandsSigtermOnAndEndsLikeMswd) {
    base("trap 'echo asked; exit 5' TERM; echo up; while :; do sleep 0.01; done");
    Running run = start();
    ASSERT_NE(run.line_with("up"), "");
    run.signal(SIGTERM);
    EXPECT_NE(run.line_with("asked"), "");
    EXPECT_EQ(run.wait(), 5);
}

TEST_F(Launcher, EndsWhatMswdLeavesRunning) {
    // A plugin that went into a session of its own and won't hear of an end; mswd is killed, then ends in order.
    base("test -e " + temp_.path("crashed") + " && { echo next; exit 77; }; touch " + temp_.path("crashed") +
         "; setsid sh -c 'trap \"\" TERM; echo $$ > " + temp_.path("pid") +
         "; echo left; while :; do sleep 0.01; done' & while ! test -s " + temp_.path("pid") +
         "; do sleep 0.01; done; kill -KILL $$");
    Running run = start();
    ASSERT_NE(run.line_with("left"), "");
    ASSERT_NE(run.line_with("next"), "");
    EXPECT_EQ(::kill(std::stoi(temp_.read("pid")), 0), -1) << "it still ran when the next mswd started";
    EXPECT_EQ(run.wait(), 77);

    base("setsid sh -c 'trap \"\" TERM; echo left; while :; do sleep 0.01; done' & exit 77");
    Running again = start();
    EXPECT_EQ(again.wait(), 77) << "its output ends only when all of it has";
}

TEST_F(Launcher, HandsSighupOnAndGoesOn) {
    base("trap 'echo again; exit 77' HUP; echo up; while :; do sleep 0.01; done");
    Running run = start();
    ASSERT_NE(run.line_with("up"), "");
    run.signal(SIGHUP);
    EXPECT_NE(run.line_with("again"), "");
    EXPECT_EQ(run.wait(), 77);
}

TEST_F(Launcher, TakesMswdWithItWhenItIsKilled) {
    base("trap 'echo orphaned; exit 0' TERM; echo up; while :; do sleep 0.01; done");
    Running run = start();
    ASSERT_NE(run.line_with("up"), "");
    run.signal(SIGKILL);
    EXPECT_NE(run.line_with("orphaned"), "");
    EXPECT_EQ(run.wait(), 1000 + SIGKILL);
}

TEST_F(Launcher, TriesTheNextReleaseAndKeepsItOnceConfirmed) {
    release(A, "echo release A; " + confirm() + " exit 77");
    link("next", A);
    Running run = start();
    EXPECT_NE(run.line_with("is tried for the first time"), "");
    EXPECT_NE(run.line_with("release A"), "");
    EXPECT_EQ(run.wait(), 77);
    EXPECT_EQ(store_.read(), (State{A, "base", "", {}}));
    Running again = start();
    EXPECT_EQ(again.wait(), 77);
    EXPECT_EQ(again.all(), "release A\n");
}

TEST_F(Launcher, GoesBackToWhatRanBeforeWhenATrialCrashes) {
    release(A, "echo release A; exit 77");
    release(B, "echo release B; exit 1");
    link("current", A);
    link("next", B);
    Running run = start();
    EXPECT_NE(run.line_with("release B"), "");
    EXPECT_NE(run.line_with("back to release aaaaaaaaaaaaaaaa"), "");
    EXPECT_NE(run.line_with("release A"), "");
    EXPECT_EQ(run.wait(), 77);
    EXPECT_EQ(store_.read().current, A);
    EXPECT_EQ(store_.failed(), B + " it did not come up");
}

TEST_F(Launcher, GoesBackToTheBaseWhenAProgramCantBeExecuted) {
    temp_.write("state/releases/" + A + "/bin/mswd",
                "\x7f"
                "ELF for another machine",
                true);
    link("next", A);
    for (const bool with_systemd : {false, true}) {
        Running run = start(with_systemd);
        EXPECT_NE(run.line_with("base"), "");
        EXPECT_EQ(run.wait(), 77);
        EXPECT_EQ(store_.read(), (State{"", "base", "", {}}));
        if (!with_systemd) link("next", A);
    }
}

TEST_F(Launcher, KillsAReleaseThatHangsInItsTrial) {
    release(A, "trap '' TERM; echo hangs; while :; do sleep 0.01; done");
    link("next", A);
    Running run = start();
    EXPECT_NE(run.line_with("hangs"), "");
    EXPECT_NE(run.line_with("it is killed"), "");
    EXPECT_NE(run.line_with("base"), "");
    EXPECT_EQ(run.wait(), 77);
}

TEST_F(Launcher, UnderSystemdEachStartIsOneLook) {
    release(A, "echo pid $$; exit 1");
    link("next", A);
    Running first = start(true);
    EXPECT_EQ(first.wait(), 1);
    EXPECT_EQ(store_.read().trial, (Trial{A, 1}));
    Running second = start(true);
    EXPECT_EQ(second.wait(), 77);
    EXPECT_NE(second.all().find("back to the base program"), std::string::npos) << second.all();
    EXPECT_EQ(store_.read(), (State{"", "base", "", {}}));
}

TEST_F(Launcher, AQuestionToMswdBeginsNoTrial) {
    release(A, "echo release A; exit 0");
    link("next", A);
    Running run = start(false, {"--version"});
    EXPECT_NE(run.line_with("base --state-dir"), "");
    EXPECT_EQ(run.wait(), 77);
    EXPECT_EQ(store_.read(), (State{"", "", A, {}}));
}

TEST_F(Launcher, StartsWithStateThatMakesNoSense) {
    link("current", "../../elsewhere");
    link("previous", "/etc");
    temp_.write("state/releases/trial", "nonsense");
    std::filesystem::create_directory(store_.folder() + "/next");
    EXPECT_EQ(start().wait(), 77);
}

TEST(LauncherOptions, FindTheStateDirectory) {
    const auto state_dir = [](std::vector<const char*> argv) {
        argv.push_back(nullptr);
        return read_options(argv.data()).state_dir;
    };
    ::unsetenv("STATE_DIRECTORY");
    EXPECT_EQ(state_dir({"l"}), "/var/lib/mswd");
    EXPECT_EQ(state_dir({"l", "--state-dir", "/s"}), "/s");
    EXPECT_EQ(state_dir({"l", "--config", "c", "--state-dir=/s"}), "/s");
    ::setenv("STATE_DIRECTORY", "/given:/second", 1);
    EXPECT_EQ(state_dir({"l", "--state-dir"}), "/given");
    ::unsetenv("STATE_DIRECTORY");
}

TEST(LauncherBackoff, DoublesToAMinuteAndBeginsAnew) {
    using std::chrono::milliseconds;
    Backoff backoff(milliseconds(500), milliseconds(10000));
    for (const int wait : {500, 1000, 2000, 4000, 8000, 16000, 32000, 60000, 60000}) {
        EXPECT_EQ(backoff.after_crash(milliseconds(9999)).count(), wait);
    }
    EXPECT_EQ(backoff.after_crash(milliseconds(10000)).count(), 500);
    EXPECT_EQ(backoff.after_restart(milliseconds(1)).count(), 0);
}

TEST(LauncherBackoff, EndlessRestartsAreCrashes) {
    using std::chrono::milliseconds;
    Backoff backoff(milliseconds(500), milliseconds(10000));
    for (int i = 0; i < 20; ++i) EXPECT_EQ(backoff.after_restart(milliseconds(1)).count(), 0);
    EXPECT_EQ(backoff.after_restart(milliseconds(1)).count(), 500);
    EXPECT_EQ(backoff.after_restart(milliseconds(10000)).count(), 0);
}

}  // namespace
}  // namespace msw::launcher
