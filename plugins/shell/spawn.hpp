// Starting mswd-exec with its three pipes.
#pragma once

#include "base/fd.hpp"
#include "msw/result.hpp"
#include "plugins/shell/command.hpp"

#include <sys/types.h>

namespace msw::shell {

/// A running mswd-exec.
struct Spawned {
    pid_t pid = -1;
    Fd control;  ///< close it to end the command
    Fd output;   ///< to read, non-blocking
    Fd report;   ///< to read, non-blocking; ends with mswd-exec
};

/// @return a process whose end the caller must wait for; Code::io if it can't be started
[[nodiscard]] Result<Spawned> spawn(const Command& command);

}  // namespace msw::shell
