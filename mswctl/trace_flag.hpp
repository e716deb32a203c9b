// trace FLAG: where a Datapack is, and why it waits.
#pragma once

#include "mswctl/exit_code.hpp"
#include "mswctl/output.hpp"
#include "mswctl/session.hpp"

#include <string>

namespace mswctl {

/// Ask this host, or that of --host, where the Datapacks with a flag are, and the hosts that they went to.
/// @return Exit::failed if nothing is known of it
[[nodiscard]] Exit trace_flag(Session& session, Output& out, const Globals& globals, const std::string& flag);

}  // namespace mswctl
