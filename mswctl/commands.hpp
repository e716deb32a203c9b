// The commands: the one table of them, and where each begins.
#pragma once

#include "mswctl/arguments.hpp"
#include "mswctl/exit_code.hpp"
#include "mswctl/output.hpp"

#include <array>
#include <cstdint>
#include <string_view>

namespace mswctl {

class Session;

// Each attaches by itself, once it knows that its command line is right.
Exit run_call(const Arguments& args, Output& out);
Exit run_exit(const Arguments& args, Output& out);
Exit run_key(const Arguments& args, Output& out);
Exit run_peers(const Arguments& args, Output& out);
Exit run_plugins(const Arguments& args, Output& out);
Exit run_prompt(const Arguments& args, Output& out);
Exit run_queue(const Arguments& args, Output& out);
Exit run_reload(const Arguments& args, Output& out);
Exit run_restart(const Arguments& args, Output& out);
Exit run_send(const Arguments& args, Output& out);
Exit run_status(const Arguments& args, Output& out);
Exit run_tail(const Arguments& args, Output& out);
Exit run_trace(const Arguments& args, Output& out);
Exit run_update(const Arguments& args, Output& out);
/// peers --watch
Exit watch_peers(const Arguments& args, Output& out);

/// Which arguments a command takes beside the global ones.
enum Takes : std::uint16_t {
    kNothing = 0,
    kSpec = 1,       ///< SPEC, -f, --to, --here
    kWait = 2,       ///< --wait[=SECONDS], --no-wait
    kWaitBack = 4,   ///< --wait
    kTargets = 8,    ///< TARGETS
    kWords = 16,     ///< the words of queue
    kWhenUp = 32,    ///< --when-up
    kWatch = 64,     ///< --watch
    kWay = 128,      ///< WHAT (SPEC or a flag, or nothing), -f, --to
    kKeyWord = 256,  ///< the word of key
};

struct Command {
    std::string_view name;
    std::string_view summary;
    std::string_view more;      ///< what help says below the options; paragraphs, each one line
    std::string_view examples;  ///< a command a line
    std::uint16_t takes;
    Exit (*run)(const Arguments&, Output&);
};

/// In the order of the alphabet.
extern const std::array<Command, 13> kCommands;

/// @return the command of that name, or null
[[nodiscard]] const Command* find_command(std::string_view name) noexcept;

}  // namespace mswctl
