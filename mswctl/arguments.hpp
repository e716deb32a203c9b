// The command line, read.
#pragma once

#include "mswctl/compose.hpp"
#include "mswctl/exit_code.hpp"
#include "mswctl/globals.hpp"

#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace mswctl {

struct Arguments {
    std::string command;  ///< its first word; empty: the prompt
    Globals globals;
    Wish wish;                         ///< of send, call, update and trace; the flag of trace FLAG is in `spec`
    std::optional<Milliseconds> wait;  ///< send --wait=SECONDS
    bool wait_asked = false;           ///< --wait, with or without a number
    bool no_wait = false;              ///< send --no-wait
    bool when_up = false;              ///< call --when-up, send --when-up
    bool watch = false;                ///< peers --watch
    std::vector<std::string> words;    ///< of queue and key
};

/// Read the command line; help, version and what is wrong are printed here.
/// @return the arguments, or the code to end with
[[nodiscard]] std::variant<Arguments, Exit> read_arguments(int argc, const char* const* argv);

}  // namespace mswctl
