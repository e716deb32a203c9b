// All processes that descend from this one, as the kernel tells them.
#pragma once

#include <sys/types.h>
#include <string>
#include <vector>

namespace msw {

/// @return the processes below this one, children before grandchildren. Those that were abandoned by their parent are
/// among them if this process is a subreaper.
[[nodiscard]] std::vector<pid_t> descendants();

/// Send `signal` to each of `processes`; those that are gone or another user's are passed over.
void signal_all(const std::vector<pid_t>& processes, int signal);

/// Stop and then kill everything below this process. Stopped first, so that nothing can fork on behind our back.
void kill_descendants();

}  // namespace msw
