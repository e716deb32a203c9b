// trace SPEC: the way that a Datapack would take, asked hop by hop.
#pragma once

#include "base/json.hpp"
#include "mswctl/globals.hpp"
#include "mswctl/questions.hpp"
#include "mswctl/session.hpp"

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace mswctl {

/// One host on the way.
struct Hop {
    std::string host;
    std::optional<double> ms{};  ///< from asking to its answer, through all hosts before it; nothing: it didn't answer
    msw::Json route;             ///< what its `net` says of the next one (`route`)
    std::string why{};           ///< what is wrong here; empty: nothing
};

/// What asking along a way told.
struct Walk {
    std::string target;
    std::vector<Hop> hops;  ///< this host first
    bool reached = false;   ///< the last one is the target, and answers or can't be asked
    bool old = false;       ///< it is a host of the Python system, which can't be asked
    std::string to{};       ///< how it is reached; empty: it is this host
    msw::Error error{};     ///< if it is not reached
};

/// What became of one question.
struct Asked {
    msw::Result<msw::Datapack> answer;
    double ms = 0;     ///< until it came
    std::string flag;  ///< that the question had
};
/// Asks one question. @param to  empty: this host
using Ask = std::function<Asked(const std::string& to, const std::string& app, const std::string& body)>;

/// How long each host on the way has for its answer.
inline constexpr Milliseconds kHopWait{5'000};

/// @return what asks by way of this session, waiting kHopWait or --timeout for each answer; both live longer than it
[[nodiscard]] Ask asker(Session& session, const Globals& globals);

/// Ask each host of a way for its next one. @param way  of the target: the hosts to be passed, and it
/// @param app   whose flow is asked about; empty: none
/// @param self  the id of this host
[[nodiscard]] Walk walk(const std::vector<std::string>& way, const std::string& app, const std::string& self,
                        const Ask& ask);

/// How an app stands on a host.
struct AppState {
    std::string app;
    std::string words;              ///< a clause for people
    std::optional<msw::Error> bad;  ///< why it takes nothing now
    msw::Json row;                  ///< what `mswd` says of it; null: it isn't there
};

/// @param plugins, queue  answers of the app mswd over there
/// @param weight          of the Datapack that it would get
[[nodiscard]] AppState app_state(const std::string& app, const std::string& host, const msw::Json& plugins,
                                 const msw::Json& queue, std::size_t weight);

}  // namespace mswctl
