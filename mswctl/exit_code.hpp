// What mswctl's exit codes mean, and which error becomes which: the one place that says so.
#pragma once

#include "msw/error.hpp"

#include <cstdint>
#include <string_view>

namespace mswctl {

enum class Exit : std::uint8_t {
    ok = 0,           ///< all well
    failed = 1,       ///< some target failed
    usage = 2,        ///< the command line, or a command, is wrong
    no_daemon = 3,    ///< the daemon of this host isn't reachable
    unreachable = 4,  ///< no answer in time, or the target can't be reached
    refused = 5,      ///< policy, ownership or a reserved name said no
};

/// @param code  of an error reply
[[nodiscard]] Exit exit_of(msw::Code code) noexcept;

/// @param code  `exit` field of an answer: a command's exit code as text; empty if there is none
/// @return failed for anything but none and `0`
[[nodiscard]] Exit exit_of_command(std::string_view code) noexcept;

/// Two outcomes in one code: failures of one kind keep their code, of different kinds they are "some target failed".
/// A daemon that isn't reachable outweighs all else.
[[nodiscard]] Exit both(Exit a, Exit b) noexcept;

}  // namespace mswctl
