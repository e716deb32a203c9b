// Sending one command, for `send`, `update`, the prompt and lines from stdin alike.
#pragma once

#include "mswctl/arguments.hpp"
#include "mswctl/output.hpp"
#include "mswctl/round.hpp"
#include "mswctl/session.hpp"

#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace mswctl {

/// Asks a person; null where nobody can be asked.
using AskPerson = std::function<bool(std::string_view question)>;

/// @return a way to ask at the terminal of `out`, which must outlive it; null if there is none
[[nodiscard]] AskPerson person_at(Output& out);

/// @return how long the answers of `d` are waited for if nothing else is said; zero: not at all
[[nodiscard]] Milliseconds usual_wait(const msw::Datapack& d);

/// Compose a command; --host is where it goes if it names no target.
/// @return the Datapack, or what is wrong with the command
[[nodiscard]] msw::Result<msw::Datapack> compose_for(const Globals& globals, const Wish& wish);

/// The same, with its file open if it has one.
[[nodiscard]] msw::Result<msw::Datapack> compose_and_open(const Globals& globals, const Wish& wish);

/// A command of shell or update that names no target: ask, or say how to write it.
/// @param command  of mswctl, for that advice: `send` or `call`
/// @return whether it may be sent
[[nodiscard]] bool meant_for_here(const msw::Datapack& d, std::string_view command, std::string_view host, bool here,
                                  const AskPerson& ask, Output& out);

/// Send it to all its targets and print the answers as they come.
Exit send_and_wait(Session& session, Output& out, const Globals& globals, const msw::Datapack& d, Milliseconds wait);

/// Send it as it is and return when the daemon has taken it, or has said why not.
Exit send_only(Session& session, Output& out, const Globals& globals, const msw::Datapack& d);

/// @return the questions for all targets of `d`, ready to send; or why the targets can't be found out
[[nodiscard]] msw::Result<Round> open_round(Session& session, Output& out, const Globals& globals,
                                            const msw::Datapack& d, Form form, Milliseconds wait);

/// @return the form of answers that a command's own flags and targets ask for
[[nodiscard]] Form form_for(const Globals& globals, const msw::Datapack& d);

}  // namespace mswctl
