// A streamed answer, followed until it ends, somebody presses Ctrl-C, or its time is over.
#pragma once

#include "base/fd.hpp"
#include "mswctl/globals.hpp"
#include "mswctl/session.hpp"

#include <functional>
#include <optional>

namespace mswctl {

/// SIGINT and SIGTERM as a descriptor, so that they end what is followed and not the program. To be called before
/// anything else: Ctrl-C is no failure at any time.
[[nodiscard]] msw::Fd end_signals();

/// Send a question with `stream: 1` and print its parts as they come, until the last one, a signal, --timeout, or
/// nobody reads stdout any more.
/// @param signals  of end_signals()
/// @param host     who answers, for messages
/// @param silence  after which a host that sends nothing counts as gone; nothing: it may be silent
/// @param print    called for each part without an error
/// @return what the end amounts to
[[nodiscard]] Exit follow(Session& session, Output& out, const Globals& globals, msw::Datapack question,
                          const msw::Fd& signals, const std::string& host, std::optional<Milliseconds> silence,
                          const std::function<void(const msw::Datapack& part)>& print);

}  // namespace mswctl
