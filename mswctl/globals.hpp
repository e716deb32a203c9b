// What holds for every command: the global flags.
#pragma once

#include <chrono>
#include <optional>
#include <string>

namespace mswctl {

using Milliseconds = std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

struct Globals {
    std::string socket;                   ///< path of the control socket
    std::string host;                     ///< --host: whose mswd is asked; empty: this host's
    bool json = false;                    ///< --json
    bool here = false;                    ///< --here: this host is meant where no target is named
    std::optional<Milliseconds> timeout;  ///< --timeout

    /// @return --timeout, or `otherwise` if it wasn't given
    [[nodiscard]] Milliseconds wait(Milliseconds otherwise) const { return timeout.value_or(otherwise); }
};

/// How long mswd itself has for an answer about itself.
inline constexpr Milliseconds kInfoWait{10'000};
/// How long an app has.
inline constexpr Milliseconds kAnswerWait{30'000};
/// How long a command has: `shell` ends it after 60 s if it isn't told otherwise.
inline constexpr Milliseconds kShellWait{65'000};
/// How long an update has: the host that is asked packs, and ends it with its own timeout, 120 s, which comes first.
inline constexpr Milliseconds kUpdateWait{180'000};
/// How long mswd has to go, or to be back.
inline constexpr Milliseconds kRestartWait{30'000};

}  // namespace mswctl
