#include "plugins/update/launcher/leftovers.hpp"

#include "base/process_tree.hpp"

#include <sys/prctl.h>
#include <sys/wait.h>
#include <cerrno>

namespace msw::launcher {
namespace {

using Clock = std::chrono::steady_clock;

/// Take note of those that have ended. @return whether any are left
bool some_are_left() {
    pid_t pid = 0;
    do pid = ::waitpid(-1, nullptr, WNOHANG);
    while (pid > 0 || (pid < 0 && errno == EINTR));
    return pid == 0;
}

}  // namespace

void adopt_orphans() noexcept { (void)::prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); }

bool end_leftovers(std::chrono::milliseconds grace, const sigset_t& signals) {
    constexpr std::chrono::seconds kKillPatience{5};
    bool asked_to_end = false;
    if (!some_are_left()) return asked_to_end;
    signal_all(descendants(), SIGTERM);
    const Clock::time_point kill_from = Clock::now() + grace;
    while (some_are_left() && Clock::now() < kill_from + kKillPatience) {
        if (Clock::now() >= kill_from) kill_descendants();
        constexpr timespec kLook{0, 50'000'000};  // SIGCHLD comes for children only, and grandchildren become them
        const int signal = ::sigtimedwait(&signals, nullptr, &kLook);
        asked_to_end |= signal == SIGTERM || signal == SIGINT;
    }
    return asked_to_end;
}

}  // namespace msw::launcher
