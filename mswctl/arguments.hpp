// The command line, read.
#pragma once

#include "mswctl/compose.hpp"
#include "mswctl/exit_code.hpp"
#include "mswctl/globals.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace mswctl {

/// What commands of admins may be told.
struct AdminWish {
    std::string admin_key;
    std::string recovery_key;     ///< empty: beside the admin's
    bool passphrase = false;      ///< new keys get one, asked on the terminal
    std::string passphrase_file;  ///< read instead
    std::string id;
    std::vector<std::string> roles;
    std::string ttl = "1h";
    std::uint64_t uses = 1;
    bool replace = false;
    bool leave = false;
    bool drop_admitted = false;
    std::vector<std::string> remove;  ///< roles
};

struct Arguments {
    std::string command;  ///< its first word; empty: the prompt
    Globals globals;
    Wish wish;                         ///< of send, call, update and trace; the flag of trace FLAG is in `spec`
    std::optional<Milliseconds> wait;  ///< send --wait=SECONDS
    bool wait_asked = false;           ///< --wait, with or without a number
    bool no_wait = false;              ///< send --no-wait
    bool when_up = false;              ///< call --when-up, send --when-up
    bool watch = false;                ///< peers --watch
    std::vector<std::string> words;    ///< of queue, key, join, grant, revoke and rename
    AdminWish admin;
};

/// Read the command line; help, version and what is wrong are printed here.
/// @return the arguments, or the code to end with
[[nodiscard]] std::variant<Arguments, Exit> read_arguments(int argc, const char* const* argv);

}  // namespace mswctl
