// A word about hosts that are waited for though nobody knows them, while there is still time to mend a slip.
#pragma once

#include "mswctl/session.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace mswctl {

/// How long a host may be silent before it is looked whether it is in reach.
inline constexpr Milliseconds kSilence{1'000};

/// @param hosts  host ids, or the first hops of ways
/// @param known  the ids that are in reach, this host's too
/// @param then   what happens to what was sent to them, as a clause
/// @return a line for each of `hosts` that isn't known: who is, and whose name is nearest; empty if there is none
[[nodiscard]] std::string words_about_unknown(const std::vector<std::string>& hosts,
                                              const std::vector<std::string>& known, std::string_view then);

/// Ask `net` of this host who is in reach, and say which of `hosts` isn't. Says nothing where `net` doesn't answer.
void say_who_is_unknown(Session& session, Output& out, const std::vector<std::string>& hosts, std::string_view then);

/// Session::ask() for a question that may be for another host (--host), with that word after kSilence.
[[nodiscard]] msw::Result<msw::Datapack> ask_host(Session& session, Output& out, const Globals& globals,
                                                  std::string_view app, std::string_view body, Milliseconds timeout);

}  // namespace mswctl
