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
Exit run_grant(const Arguments& args, Output& out);
Exit run_invite(const Arguments& args, Output& out);
Exit run_join(const Arguments& args, Output& out);
Exit run_key(const Arguments& args, Output& out);
Exit run_leave(const Arguments& args, Output& out);
Exit run_peers(const Arguments& args, Output& out);
Exit run_plugins(const Arguments& args, Output& out);
Exit run_prompt(const Arguments& args, Output& out);
Exit run_queue(const Arguments& args, Output& out);
Exit run_reload(const Arguments& args, Output& out);
Exit run_rename(const Arguments& args, Output& out);
Exit run_restart(const Arguments& args, Output& out);
Exit run_revoke(const Arguments& args, Output& out);
Exit run_roster(const Arguments& args, Output& out);
Exit run_send(const Arguments& args, Output& out);
Exit run_status(const Arguments& args, Output& out);
Exit run_tail(const Arguments& args, Output& out);
Exit run_trace(const Arguments& args, Output& out);
Exit run_update(const Arguments& args, Output& out);
/// peers --watch
Exit watch_peers(const Arguments& args, Output& out);
/// key rotate
Exit rotate_keys(const Arguments& args, Output& out);

/// Which arguments a command takes beside the global ones.
enum Takes : std::uint32_t {
    kNothing = 0,
    kSpec = 1,        ///< SPEC, -f, --to, --here
    kWait = 2,        ///< --wait[=SECONDS], --no-wait
    kWaitBack = 4,    ///< --wait
    kTargets = 8,     ///< TARGETS
    kWords = 16,      ///< the words of queue
    kWhenUp = 32,     ///< --when-up
    kWatch = 64,      ///< --watch
    kWay = 128,       ///< WHAT (SPEC or a flag, or nothing), -f, --to
    kKeyWord = 256,   ///< the word of key
    kAdmin = 512,     ///< --admin-key, --passphrase-file
    kInvite = 1024,   ///< --id, --role, --ttl, --uses, --replace, --recovery-key, --passphrase
    kJoin = 2048,     ///< TOKEN, --id, --leave, --wait[=SECONDS]
    kGrant = 4096,    ///< HOST ROLE…, --remove
    kRevoke = 8192,   ///< HOST, --drop-admitted
    kRename = 16384,  ///< OLD NEW
};

struct Command {
    std::string_view name;
    std::string_view summary;
    std::string_view more;      ///< what help says below the options; paragraphs, each one line
    std::string_view examples;  ///< a command a line
    std::uint32_t takes;
    Exit (*run)(const Arguments&, Output&);
};

/// In the order of the alphabet.
extern const std::array<Command, 20> kCommands;

/// @return the command of that name, or null
[[nodiscard]] const Command* find_command(std::string_view name) noexcept;

}  // namespace mswctl
