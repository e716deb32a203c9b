// reload, restart, exit, for the command line and the prompt.
#pragma once

#include "mswctl/commands.hpp"
#include "mswctl/session.hpp"

namespace mswctl {

/// Read the config again. Prints what is wrong with it.
Exit reload(Session& session, Output& out, const Globals& globals);

/// End mswd, to be started again.
/// @param wait_back  whether to wait, at most kRestartWait, until another process answers
Exit restart(Session& session, Output& out, const Globals& globals, bool wait_back);

/// End mswd, to stay down; waits, at most kRestartWait, until this host's is gone.
Exit end_daemon(Session& session, Output& out, const Globals& globals);

}  // namespace mswctl
