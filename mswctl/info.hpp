// status, peers, plugins, queue, for the command line and the prompt.
#pragma once

#include "mswctl/commands.hpp"
#include "mswctl/session.hpp"

namespace mswctl {

// Each asks the host of --host, else this one, and prints a table, or JSON with --json.
Exit show_status(Session& session, Output& out, const Globals& globals);
Exit show_peers(Session& session, Output& out, const Globals& globals);
Exit show_plugins(Session& session, Output& out, const Globals& globals);
Exit show_queue(Session& session, Output& out, const Globals& globals);

}  // namespace mswctl
