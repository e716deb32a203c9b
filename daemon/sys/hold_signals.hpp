// Signals that come while mswd starts anew in the same process are not lost: they wait until somebody handles them.
#pragma once

#include <csignal>

namespace msw {

/// @param hold  from now on those that end or reload mswd wait; false: no longer. A new program inherits that
/// (execve(2))
inline void hold_signals(bool hold) noexcept {
    sigset_t set;
    sigemptyset(&set);
    for (const int signal : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&set, signal);
    (void)::sigprocmask(hold ? SIG_BLOCK : SIG_UNBLOCK, &set, nullptr);
}

}  // namespace msw
