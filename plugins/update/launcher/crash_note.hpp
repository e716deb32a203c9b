// The back-off between crashes under systemd, which has none in the version of Debian 12: the launcher becomes mswd
// there and remembers nothing, so a note in the state directory does. mswd removes it when it ends as it was told to
// (daemon/state_dir.hpp); where it is still there at the next start, the run before crashed.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace msw::launcher {

/// What one start leaves for the next.
struct CrashNote {
    std::string boot_id;          ///< the clock of another boot says nothing
    std::int64_t started_ms = 0;  ///< CLOCK_BOOTTIME
    std::int64_t wait_ms = 0;     ///< how long that start was held back

    friend bool operator==(const CrashNote&, const CrashNote&) = default;
};

/// @param before  what the start before left, if the run crashed
/// @param first_ms  the first wait; doubled from crash to crash, up to 120 times of it, and the first again after a run
///                  of 10 s
/// @return how long to wait before this start
[[nodiscard]] std::int64_t wait_after(const std::optional<CrashNote>& before, const std::string& boot_id,
                                      std::int64_t now_ms, std::int64_t first_ms) noexcept;

/// @return the note in a file; nothing if there is none that can be read
[[nodiscard]] std::optional<CrashNote> read_note(const std::string& path);
/// @return 0 or errno
int write_note(const std::string& path, const CrashNote& note);

/// Hold this start back as long as the crashes before it ask for, and leave a note.
/// @return false if SIGTERM came meanwhile: the note is gone, and nothing is to be started
/// Thread: the only one of its process.
[[nodiscard]] bool hold_back(const std::string& path, std::int64_t first_ms, void (*say)(const std::string&));

}  // namespace msw::launcher
