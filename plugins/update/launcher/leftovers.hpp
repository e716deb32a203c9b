// What mswd left running: plugins it could not end, and what they started and abandoned.
#pragma once

#include <chrono>
#include <csignal>

namespace msw::launcher {

/// Have the kernel make this process the parent of whatever mswd's processes leave behind, prctl(2)
/// PR_SET_CHILD_SUBREAPER; so that none of it outlives mswd unseen.
void adopt_orphans() noexcept;

/// Ask everything below this process to end, and kill what has not after `grace`.
/// @param signals  blocked, SIGCHLD among them
/// @return whether SIGTERM or SIGINT came meanwhile
bool end_leftovers(std::chrono::milliseconds grace, const sigset_t& signals);

}  // namespace msw::launcher
