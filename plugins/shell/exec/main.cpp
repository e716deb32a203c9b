// mswd-exec SECONDS COMMAND: run `/bin/sh -c COMMAND` and leave nothing of it behind.
//
//   stdin    a pipe that nobody writes to; at its end (mswd wants it, or is dead) the command is ended
//   stdout   of the command, and so is stderr; the command's own stdin is /dev/null
//   fd 3     where a line says how it came out: `exit N`, `signal N`, `timeout`, `ended`, or `failed WHY`
//
// Ends when the shell ends, at the timeout, at the end of stdin, or at SIGTERM, SIGINT or SIGHUP. Whatever descends
// from the shell then, background jobs and daemons too, gets SIGTERM and soon after SIGKILL. To have all of them,
// this process is their subreaper: who loses its parent becomes our child.
#include "base/process_tree.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr int kReportFd = 3;
constexpr milliseconds kGrace{1000};         // between SIGTERM and SIGKILL
constexpr milliseconds kGraceIfTold{300};    // the same when mswd is waiting to stop
constexpr milliseconds kKillPatience{2000};  // for processes that we may not kill, or that hang in the kernel

constexpr int kExitTimeout = 124;
constexpr int kExitFailed = 126;
constexpr int kExitUsage = 2;

enum class Why { shell_ended, timeout, told };

int milliseconds_until(Clock::time_point deadline) {
    const auto left = std::chrono::duration_cast<milliseconds>(deadline - Clock::now()).count();
    return left <= 0 ? 0 : left > 3'600'000 ? 3'600'000 : static_cast<int>(left) + 1;
}

void report(const std::string& line) {
    const std::string text = line + '\n';
    (void)!::write(kReportFd, text.data(), text.size());
}

/// A command that is running, and all that came of it.
class Command {
public:
    Command(pid_t shell, int signals) noexcept : shell_(shell), signals_(signals) {}

    /// Wait for a reason to end.
    Why wait(Clock::time_point deadline) {
        std::array<pollfd, 2> watched{{{signals_, POLLIN, 0}, {STDIN_FILENO, POLLIN, 0}}};
        for (;;) {
            reap();
            if (shell_ended_) return Why::shell_ended;
            const int ready = ::poll(watched.data(), watched.size(), milliseconds_until(deadline));
            if (ready == 0 && Clock::now() >= deadline) return Why::timeout;
            if (ready <= 0) continue;
            if (watched[0].revents != 0 && took_end_signal()) return Why::told;
            if (watched[1].revents != 0 && stdin_ended()) return Why::told;
        }
    }

    /// End what is left. @return false if something can't be ended
    bool end_all(milliseconds grace) {
        msw::signal_all(msw::descendants(), SIGTERM);
        if (all_gone_by(Clock::now() + grace)) return true;
        const Clock::time_point give_up = Clock::now() + kKillPatience;
        while (Clock::now() < give_up) {
            msw::kill_descendants();
            if (all_gone_by(Clock::now() + milliseconds(50))) return true;
        }
        return false;
    }

    [[nodiscard]] int status() const noexcept { return status_; }

private:
    /// @return whether there are children left
    bool reap() {
        for (;;) {
            int status = 0;
            const pid_t pid = ::waitpid(-1, &status, WNOHANG);
            if (pid == 0) return true;
            if (pid < 0) return errno == EINTR;
            if (pid == shell_) {
                shell_ended_ = true;
                status_ = status;
            }
        }
    }

    bool all_gone_by(Clock::time_point deadline) {
        while (reap()) {
            if (Clock::now() >= deadline) return false;
            pollfd watched{signals_, POLLIN, 0};
            if (::poll(&watched, 1, milliseconds_until(deadline)) > 0) (void)took_end_signal();
        }
        return true;
    }

    /// Take the signals that came. @return whether one of them asks us to end
    bool took_end_signal() const {
        bool end = false;
        signalfd_siginfo info{};
        while (::read(signals_, &info, sizeof info) == static_cast<ssize_t>(sizeof info)) {
            if (info.ssi_signo != SIGCHLD) end = true;
        }
        return end;
    }

    static bool stdin_ended() {
        std::array<char, 64> ignored{};
        const ssize_t n = ::read(STDIN_FILENO, ignored.data(), ignored.size());
        return n == 0 || (n < 0 && errno != EINTR && errno != EAGAIN);
    }

    pid_t shell_;
    int signals_;
    bool shell_ended_ = false;
    int status_ = 0;
};

[[noreturn]] void become_shell(const char* command, const sigset_t& mask) {
    (void)::prctl(PR_SET_PDEATHSIG, SIGKILL);
    const int null = ::open("/dev/null", O_RDONLY);
    if (null >= 0) (void)::dup2(null, STDIN_FILENO);
    (void)::close_range(kReportFd, ~0U, 0);
    (void)std::signal(SIGPIPE, SIG_DFL);
    (void)::sigprocmask(SIG_SETMASK, &mask, nullptr);
    ::execl("/bin/sh", "sh", "-c", command, nullptr);
    (void)std::fprintf(stderr, "mswd-exec: /bin/sh: %s\n", std::strerror(errno));
    ::_exit(kExitFailed);
}

int fail(const char* what) {
    report(std::string("failed ") + what + ": " + std::strerror(errno));
    return kExitFailed;
}

}  // namespace

int main(int argc, char** argv) {
    char* end = nullptr;
    const long seconds = argc == 3 ? std::strtol(argv[1], &end, 10) : 0;
    if (argc != 3 || *end != '\0' || seconds <= 0) {
        (void)std::fputs("usage: mswd-exec SECONDS COMMAND   (started by mswd; ends COMMAND when its stdin ends)\n",
                         stderr);
        return kExitUsage;
    }
    (void)::fcntl(kReportFd, F_SETFD, FD_CLOEXEC);
    (void)::close_range(kReportFd + 1, ~0U, 0);
    (void)std::signal(SIGPIPE, SIG_IGN);

    sigset_t watched;
    sigset_t before;
    ::sigemptyset(&watched);
    for (const int signal : {SIGCHLD, SIGTERM, SIGINT, SIGHUP}) ::sigaddset(&watched, signal);
    ::sigprocmask(SIG_BLOCK, &watched, &before);
    const int signals = ::signalfd(-1, &watched, SFD_CLOEXEC | SFD_NONBLOCK);
    if (signals < 0) return fail("signalfd");
    if (::prctl(PR_SET_CHILD_SUBREAPER, 1) != 0) return fail("prctl");

    const Clock::time_point deadline = Clock::now() + std::chrono::seconds(seconds);
    const pid_t shell = ::fork();
    if (shell < 0) return fail("fork");
    if (shell == 0) become_shell(argv[2], before);

    Command command(shell, signals);
    const Why why = command.wait(deadline);
    if (!command.end_all(why == Why::told ? kGraceIfTold : kGrace)) {
        (void)std::fputs("\nmswd-exec: some processes of this command could not be ended\n", stderr);
    }
    if (why != Why::shell_ended) {
        report(why == Why::timeout ? "timeout" : "ended");
        return why == Why::timeout ? kExitTimeout : 128 + SIGTERM;
    }
    if (WIFSIGNALED(command.status())) {
        report("signal " + std::to_string(WTERMSIG(command.status())));
        return 128 + WTERMSIG(command.status());
    }
    report("exit " + std::to_string(WEXITSTATUS(command.status())));
    return WEXITSTATUS(command.status());
}
