// Keeps mswd running where no service manager does.
#pragma once

#include "plugins/update/launcher/backoff.hpp"

#include <sys/types.h>
#include <chrono>
#include <csignal>
#include <functional>
#include <optional>
#include <string>

namespace msw::launcher {

/// What to start, decided anew each time.
struct Start {
    std::string program;
    bool on_trial = false;
};

struct Supervisor {
    using Milliseconds = std::chrono::milliseconds;

    std::function<Start()> next_start;
    std::function<bool()> trial_is_open;  ///< whether the release under trial is still not confirmed
    std::function<void(const std::string&)> say;
    char** argv = nullptr;             ///< mswd's arguments; argv[0] is replaced
    Milliseconds trial_time{90000};    ///< after this an unconfirmed release is ended
    Milliseconds stop_time{30000};     ///< what mswd has to end when asked to
    Milliseconds leftover_time{2000};  ///< what processes that mswd left behind have to end when asked to
    Milliseconds first_wait{500};      ///< after a crash
    Milliseconds fresh_after{10000};

    /// Start mswd, and again when it ends, until it ends with status 77 or somebody ends us by a signal.
    /// SIGTERM, SIGINT and SIGHUP are handed on. What mswd leaves running is ended before the next start.
    /// @return the status to exit with
    /// Thread: the only one of its process.
    int run();
};

}  // namespace msw::launcher
