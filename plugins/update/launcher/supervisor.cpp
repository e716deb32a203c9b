#include "plugins/update/launcher/supervisor.hpp"

#include "plugins/update/launcher/leftovers.hpp"

#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>

namespace msw::launcher {
namespace {

using Clock = std::chrono::steady_clock;
using Milliseconds = std::chrono::milliseconds;

constexpr int kStayDown = 77;
constexpr int kCantExecute = 126;

Milliseconds since(Clock::time_point then) { return std::chrono::duration_cast<Milliseconds>(Clock::now() - then); }

/// @return the next of `signals`, or 0 at the deadline
int next_signal(const sigset_t& signals, std::optional<Clock::time_point> deadline, siginfo_t& info) {
    for (;;) {
        const Milliseconds left = deadline ? std::max(Milliseconds(0), -since(*deadline)) : Milliseconds(3'600'000);
        const timespec time{left.count() / 1000, static_cast<long>(left.count() % 1000) * 1'000'000};
        const int signal = ::sigtimedwait(&signals, &info, &time);
        if (signal > 0) return signal;
        if (errno == EAGAIN && deadline && Clock::now() >= *deadline) return 0;
    }
}

[[noreturn]] void become(const std::string& program, char** argv, pid_t launcher) {
    (void)::prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (::getppid() != launcher) ::_exit(kCantExecute);
    sigset_t none;
    ::sigemptyset(&none);
    (void)::sigprocmask(SIG_SETMASK, &none, nullptr);
    std::string name = program;
    argv[0] = name.data();
    ::execv(program.c_str(), argv);
    (void)std::fprintf(stderr, "mswd-launcher: %s: %s\n", program.c_str(), std::strerror(errno));
    ::_exit(kCantExecute);
}

std::string words_for(int status) {
    if (WIFSIGNALED(status)) return std::string("was ended by signal ") + ::strsignal(WTERMSIG(status));
    return "ended with status " + std::to_string(WEXITSTATUS(status));
}

/// One run of mswd, and whether somebody asked us to end meanwhile.
class Run {
public:
    Run(const Supervisor& how, const sigset_t& signals) : how_(how), signals_(signals) {}

    /// @return false if it could not be started
    bool start(const Start& what) {
        const pid_t launcher = ::getpid();
        began_ = Clock::now();
        if (what.on_trial) deadline_ = began_ + how_.trial_time;
        pid_ = ::fork();
        if (pid_ == 0) become(what.program, how_.argv, launcher);
        if (pid_ < 0) how_.say(std::string("mswd can't be started: ") + std::strerror(errno));
        return pid_ > 0;
    }

    /// Wait until it has ended. @return its status, as waitpid() gives it
    int wait() {
        for (;;) {
            siginfo_t info{};
            const int signal = next_signal(signals_, deadline_, info);
            int status = 0;
            if (reap(status)) return status;
            if (signal == 0) {
                overdue();
            } else if (signal != SIGCHLD) {
                hand_on(signal, info);
            }
        }
    }

    [[nodiscard]] bool asked_to_end() const noexcept { return asked_to_end_; }
    [[nodiscard]] Milliseconds length() const { return since(began_); }

private:
    /// Take note of all that have ended: mswd, or what its plugins abandoned. @return whether mswd was among them
    bool reap(int& status) const {
        bool mswd_ended = false;
        int of_one = 0;
        for (pid_t pid = 0; (pid = ::waitpid(-1, &of_one, WNOHANG)) > 0;) {
            if (pid != pid_) continue;
            status = of_one;
            mswd_ended = true;
        }
        return mswd_ended;
    }

    void hand_on(int signal, const siginfo_t& info) {
        // What a terminal sends goes to the whole foreground group: mswd has it already.
        if (info.si_code != SI_KERNEL) (void)::kill(pid_, signal);
        if (signal == SIGHUP || asked_to_end_) return;
        asked_to_end_ = true;
        deadline_ = Clock::now() + how_.stop_time;
    }

    void overdue() {
        deadline_.reset();
        if (asked_to_end_) {
            how_.say("mswd does not end; it is killed");
        } else if (how_.trial_is_open()) {
            how_.say("the new release is not up after " +
                     std::to_string(std::chrono::duration_cast<std::chrono::seconds>(how_.trial_time).count()) +
                     " s; it is killed");
        } else {
            return;
        }
        (void)::kill(pid_, SIGKILL);
    }

    const Supervisor& how_;
    const sigset_t& signals_;
    pid_t pid_ = -1;
    bool asked_to_end_ = false;
    Clock::time_point began_;
    std::optional<Clock::time_point> deadline_;
};

/// @return false if somebody asked us to end meanwhile
bool pause_for(Milliseconds time, const sigset_t& signals) {
    const Clock::time_point deadline = Clock::now() + time;
    siginfo_t info{};
    for (int signal = 0; (signal = next_signal(signals, deadline, info)) != 0;) {
        if (signal == SIGTERM || signal == SIGINT) return false;
    }
    return true;
}

std::string seconds_text(Milliseconds time) {
    const long long tenths = time.count() / 100;
    return std::to_string(tenths / 10) + '.' + std::to_string(tenths % 10) + " s";
}

}  // namespace

int Supervisor::run() {
    sigset_t signals;
    ::sigemptyset(&signals);
    for (const int signal : {SIGCHLD, SIGTERM, SIGINT, SIGHUP}) ::sigaddset(&signals, signal);
    (void)::sigprocmask(SIG_BLOCK, &signals, nullptr);

    adopt_orphans();
    Backoff backoff(first_wait, fresh_after);
    for (;;) {
        Run mswd(*this, signals);
        Milliseconds wait{0};
        const Start start = next_start();
        if (!mswd.start(start)) {
            wait = backoff.after_crash(Milliseconds(0));
        } else {
            const int status = mswd.wait();
            const bool exited = WIFEXITED(status);
            const bool asked_meanwhile = end_leftovers(leftover_time, signals);
            if (mswd.asked_to_end() || asked_meanwhile) return exited ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
            if (exited && WEXITSTATUS(status) == kStayDown) return kStayDown;
            if (exited && WEXITSTATUS(status) == 0) {
                wait = backoff.after_restart(mswd.length());
                if (wait.count() == 0) say("mswd starts again");
            } else {
                wait = start.on_trial && trial_is_open() ? Milliseconds(0) : backoff.after_crash(mswd.length());
                say("mswd " + words_for(status) + (wait.count() > 0 ? "; again in " + seconds_text(wait) : ""));
            }
        }
        if (wait.count() > 0 && !pause_for(wait, signals)) return 0;
    }
}

}  // namespace msw::launcher
