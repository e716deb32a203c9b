// mswd-exec alone: what it does when mswd, which holds the other end of its stdin, is killed.
#include "base/fd.hpp"
#include "tests/support/temp_folder.hpp"

#include <gtest/gtest.h>

#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>
#include <array>
#include <string>

namespace msw {
namespace {

struct Ended {
    std::string output;
    std::string report;
    int status = 0;
};

struct TwoEnds {
    Fd read;
    Fd write;
};

TwoEnds make_pipe() {
    std::array<int, 2> fds{};
    if (::pipe2(fds.data(), O_CLOEXEC) != 0) throw std::runtime_error("pipe2");
    return {Fd(fds[0]), Fd(fds[1])};
}

std::string read_all(int fd) {
    std::string all;
    std::array<char, 4096> buffer{};
    for (ssize_t n = 0; (n = ::read(fd, buffer.data(), buffer.size())) > 0;) {
        all.append(buffer.data(), static_cast<std::size_t>(n));
    }
    return all;
}

/// Run it; once the command has printed its first line, do `then` with the control pipe's end and the process.
template <class Then>
Ended run(const char* seconds, const char* command, Then then) {
    TwoEnds control = make_pipe();
    TwoEnds output = make_pipe();
    TwoEnds report = make_pipe();
    const pid_t pid = ::fork();
    if (pid == 0) {
        const int out = ::fcntl(report.write.get(), F_DUPFD, 20);
        ::dup2(control.read.get(), 0);
        ::dup2(output.write.get(), 1);
        ::dup2(1, 2);
        ::dup2(out, 3);
        ::close(out);
        ::execl(MSW_TEST_EXEC, "mswd-exec", seconds, command, nullptr);
        ::_exit(99);
    }
    control.read.reset();
    output.write.reset();
    report.write.reset();
    Ended ended;
    char c = 0;
    while (c != '\n' && ::read(output.read.get(), &c, 1) == 1) ended.output += c;
    then(control.write, pid);
    ended.output += read_all(output.read.get());
    ended.report = read_all(report.read.get());
    ::waitpid(pid, &ended.status, 0);
    return ended;
}

constexpr auto kNothing = [](Fd&, pid_t) {};

TEST(Exec, ExitsLikeItsCommand) {
    const Ended ended = run("10", "echo hello; exit 7", kNothing);
    EXPECT_EQ(ended.output, "hello\n");
    EXPECT_EQ(ended.report, "exit 7\n");
    EXPECT_EQ(WEXITSTATUS(ended.status), 7);
}

TEST(Exec, TellsASignalFromAnExit) {
    const Ended ended = run("10", "kill -TERM $$", kNothing);
    EXPECT_EQ(ended.report, "signal 15\n");
    EXPECT_EQ(WEXITSTATUS(ended.status), 128 + 15);
}

TEST(Exec, EndsWithTheOneWhoStartedIt) {
    // That the output ends, too, shows that nobody is left who holds it.
    const Ended ended = run("100", "setsid sh -c 'trap \"\" TERM; echo up; sleep 1000; sleep 1000' & sleep 1000",
                            [](Fd& control, pid_t) { control.reset(); });
    EXPECT_EQ(ended.output, "up\n");
    EXPECT_EQ(ended.report, "ended\n");
}

TEST(Exec, EndsItsCommandAtASignal) {
    const Ended ended = run("100", "echo up; sleep 1000", [](Fd&, pid_t pid) { ::kill(pid, SIGTERM); });
    EXPECT_EQ(ended.report, "ended\n");
}

TEST(Exec, EndsItsCommandInTime) {
    const Ended ended = run("1", "echo up; sleep 1000", kNothing);
    EXPECT_EQ(ended.report, "timeout\n");
    EXPECT_EQ(WEXITSTATUS(ended.status), 124);
}

TEST(Exec, OutrunsATreeThatKeepsForking) {
    const Ended ended = run("100",
                            "f() { trap '' TERM; echo up; while :; do (sleep 1000 & sleep 1000 &) ; done; }; "
                            "ulimit -u 3000; f 2>/dev/null",
                            [](Fd& control, pid_t) { control.reset(); });
    EXPECT_EQ(ended.report, "ended\n");
    EXPECT_EQ(ended.output.find("could not be ended"), std::string::npos);
}

}  // namespace
}  // namespace msw
