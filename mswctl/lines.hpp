// Commands from stdin, a line each, where nobody edits them.
#pragma once

#include "mswctl/info.hpp"
#include "mswctl/send.hpp"
#include "mswctl/shortcuts.hpp"

#include <string>

namespace mswctl {

/// @return what to say about a line that isn't to be carried out (help, or what is wrong); empty for all others
[[nodiscard]] std::string words_about(const Line& line);

/// Carry out one of the words status, peers, plugins, queue, reload.
Exit run_word(const std::string& name, Session& session, Output& out, const Globals& globals);

/// Read lines to the end of stdin (or `quit`), waiting for the answers of each before the next.
/// @return what all of them amount to
Exit run_lines(Session session, const Globals& globals, Output& out);

}  // namespace mswctl
