// One command, from start to end.
#pragma once

#include "msw/result.hpp"
#include "plugins/shell/output.hpp"

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

namespace msw::shell {

/// The longest command line: what Linux takes as one argument of a program.
inline constexpr std::size_t kLongestCommand = 131071;

struct Command {
    std::string exec_program;              ///< path of mswd-exec
    std::string line;                      ///< for /bin/sh -c; no NUL, at most kLongestCommand bytes
    std::string folder;                    ///< where it runs
    std::vector<std::string> environment;  ///< `NAME=VALUE` each
    std::chrono::seconds timeout{};
    std::size_t max_output = 0;  ///< bytes
};

struct Outcome {
    enum class How { exited, timed_out, interrupted };
    How how = How::exited;
    int exit = 0;  ///< the exit code, or 128 + N if signal N ended it
    Output output{0};
};

/// Run it, and come back when nothing of it is left.
/// @param stop_fd  readable once mswd is stopping: then the command is ended
/// @return how it ended; Code::io if it could not be started
/// Thread: any; blocks no longer than the timeout and some seconds.
[[nodiscard]] Result<Outcome> run_command(const Command& command, int stop_fd);

}  // namespace msw::shell
