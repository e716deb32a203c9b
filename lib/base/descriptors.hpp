// Descriptors are shared by all; connections from outside must leave some for those who are here already.
#pragma once

namespace msw {

/// Descriptors that are kept for files, commands and plugins.
inline constexpr int kSpareDescriptors = 64;

/// @param fd  just opened; the kernel gives out the lowest free number
/// @return whether it is one of the last that RLIMIT_NOFILE allows, of which new connections get none
/// Thread: any.
[[nodiscard]] bool descriptors_run_out(int fd) noexcept;

/// What the journal says of a connection that was closed for it.
inline constexpr const char* kDescriptorsRunOut =
    "file descriptors run out (`ulimit -n`, or LimitNOFILE= of the service)";

}  // namespace msw
