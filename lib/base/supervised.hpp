// Who starts mswd again when it ends.
#pragma once

#include <unistd.h>
#include <charconv>
#include <cstdlib>
#include <string_view>
#include <system_error>

namespace msw {

/// @return whether this very process is what a unit of systemd started ($SYSTEMD_EXEC_PID, systemd.exec(5)).
///         $NOTIFY_SOCKET and $INVOCATION_ID say less: containers set the one, and shells inherit the other.
inline bool started_by_systemd() noexcept {
    const char* const text = std::getenv("SYSTEMD_EXEC_PID");
    if (text == nullptr) return false;
    const std::string_view number(text);
    pid_t pid = 0;
    const auto [rest, status] = std::from_chars(number.data(), number.data() + number.size(), pid);
    return status == std::errc{} && rest == number.data() + number.size() && pid == ::getpid();
}

/// @return whether somebody starts mswd again when it ends with status 0: the launcher or systemd
inline bool is_supervised() noexcept { return std::getenv("MSW_LAUNCHER") != nullptr || started_by_systemd(); }

}  // namespace msw
