// mswd-launcher [ARGUMENTS OF MSWD]: start the right mswd.
//
// That is the release that an update has put under STATE/releases, or the mswd beside this program (the base) if there
// is none. A release that doesn't come up is tried once; then what ran before is back (release_state.hpp). Under
// systemd, which restarts its service itself, this becomes mswd; elsewhere it stays and does the restarting.
//
// It is packaged and never part of what an update replaces, so it is kept small: libc, and one decision.
#include "base/supervised.hpp"
#include "plugins/update/launcher/crash_note.hpp"
#include "plugins/update/launcher/options.hpp"
#include "plugins/update/launcher/supervisor.hpp"
#include "plugins/update/release_store.hpp"

#include <unistd.h>
#include <array>
#include <cerrno>
#include <climits>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

// The tests build a launcher that is less patient.
#ifndef MSW_TRIAL_MS
#define MSW_TRIAL_MS 90000
#endif
#ifndef MSW_FIRST_WAIT_MS
#define MSW_FIRST_WAIT_MS 500
#endif
#ifndef MSW_LEFTOVER_MS
#define MSW_LEFTOVER_MS 2000
#endif

namespace {

using msw::launcher::Start;
using msw::release::Plan;
using msw::release::State;
using msw::release::Store;

constexpr int kCantExecute = 126;

void say(const std::string& text) { (void)std::fprintf(stderr, "mswd-launcher: %s\n", text.c_str()); }

/// @return path of the mswd beside this program
std::string base_program() {
    std::array<char, PATH_MAX> buffer{};
    const ssize_t n = ::readlink("/proc/self/exe", buffer.data(), buffer.size());
    const std::string self(buffer.data(), n > 0 ? static_cast<std::size_t>(n) : 0);
    return self.substr(0, self.rfind('/') + 1) + "mswd";
}

/// Decide, and write down what was decided.
Start next_start(const Store& store) {
    const State state = store.read();
    const auto runnable = [&](const std::string& digest) { return store.runnable(digest); };
    Plan plan = plan_start(state, runnable);
    for (const auto& step : plan.steps) {
        const int error = store.apply(step);
        if (error == 0) continue;
        say("can't write in " + store.folder() + ": " + std::strerror(error) + "; what is known to work is started");
        plan = Plan{{}, run_without_steps(state, runnable), false, {}};
        break;
    }
    if (!plan.message.empty()) say(plan.message);
    return {plan.run.empty() ? base_program() : store.program_of(plan.run), plan.on_trial};
}

/// Under a service manager: become mswd. A release that can't even be executed is given up on the spot.
int become_mswd(const Store& store, char** argv) {
    for (bool on_trial = true; on_trial;) {
        Start start = next_start(store);
        argv[0] = start.program.data();
        ::execv(start.program.c_str(), argv);
        say(start.program + ": " + std::strerror(errno));
        on_trial = start.on_trial;
    }
    std::string base = base_program();
    argv[0] = base.data();
    ::execv(base.c_str(), argv);
    say(base + ": " + std::strerror(errno));
    return kCantExecute;
}

/// mswd is only asked something: whatever runs now answers, and no trial is begun for it.
int ask_mswd(const Store& store, char** argv) {
    const std::string digest =
        run_without_steps(store.read(), [&](const std::string& candidate) { return store.runnable(candidate); });
    std::string program = digest.empty() ? base_program() : store.program_of(digest);
    argv[0] = program.data();
    ::execv(program.c_str(), argv);
    say(program + ": " + std::strerror(errno));
    return kCantExecute;
}

}  // namespace

int main(int, char** argv) {
    const msw::launcher::Options options = msw::launcher::read_options(argv);
    const Store store(options.state_dir);
    if (options.only_once) return ask_mswd(store, argv);
    // So that mswd knows that somebody starts it again, and what an update brought at that.
    (void)::setenv("MSW_LAUNCHER", "1", 1);
    if (msw::started_by_systemd()) {
        if (!msw::launcher::hold_back(options.state_dir + "/crash-note", MSW_FIRST_WAIT_MS, say)) return 0;
        return become_mswd(store, argv);
    }
    msw::launcher::Supervisor supervisor;
    supervisor.next_start = [&] { return next_start(store); };
    supervisor.trial_is_open = [&] {
        const State state = store.read();
        return state.trial && state.trial->digest == state.current;
    };
    supervisor.say = say;
    supervisor.argv = argv;
    supervisor.trial_time = std::chrono::milliseconds(MSW_TRIAL_MS);
    supervisor.first_wait = std::chrono::milliseconds(MSW_FIRST_WAIT_MS);
    supervisor.leftover_time = std::chrono::milliseconds(MSW_LEFTOVER_MS);
    return supervisor.run();
}
