// One question for each target: a target list becomes the hosts that it means now.
#pragma once

#include "msw/datapack.hpp"
#include "msw/result.hpp"
#include "msw/target.hpp"
#include "mswctl/session.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace mswctl {

/// A Datapack for one target, and who that is.
struct Question {
    std::string host;        ///< who is to answer
    msw::Datapack datapack;  ///< with a flag of its own
};

/// @return whether `to` names one host, so that there is one answer whatever the mesh looks like
[[nodiscard]] bool names_one_host(std::string_view to);

/// @return the items of `targets` that only the mesh can resolve (`*`, `@role`), as a target list; empty if none
[[nodiscard]] std::string open_targets(const std::vector<msw::Target>& targets);

/// @return whom a Datapack with this `to` goes to first: the hosts that it names, and the first hop of each way
[[nodiscard]] std::vector<std::string> first_hops(std::string_view to);

/// Make a question for each target.
/// @param d        what to send; `to` may be absent: this host
/// @param targets  `to`, read
/// @param found    the hosts that open_targets() means now
/// @param self     the id of this host
[[nodiscard]] std::vector<Question> questions_for(const msw::Datapack& d, const std::vector<msw::Target>& targets,
                                                  const std::vector<std::string>& found, std::string_view self);

/// The same, asking `net` who `*` and `@role` are.
/// @return the questions; or why the targets can't be found out
[[nodiscard]] msw::Result<std::vector<Question>> plan(Session& session, const msw::Datapack& d, Milliseconds timeout);

}  // namespace mswctl
