// One attached connection, with questions that block until their answer is there.
#pragma once

#include "msw/client.hpp"
#include "mswctl/exit_code.hpp"
#include "mswctl/globals.hpp"
#include "mswctl/output.hpp"

#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace mswctl {

/// Thread: one at a time. Blocks in the calling thread, never longer than it is told.
class Session {
public:
    /// Attach to the daemon of this host.
    /// @param longest  how long that may take, unless --timeout says less
    [[nodiscard]] static msw::Result<Session> open(const Globals& globals, Milliseconds longest = Milliseconds(5'000));

    /// @return the id of this host
    [[nodiscard]] const std::string& host() const noexcept { return client_.host(); }
    [[nodiscard]] int fd() const noexcept { return client_.fd(); }
    [[nodiscard]] const std::string& daemon_version() const noexcept { return client_.daemon_version(); }

    msw::Result<void> send(const msw::Datapack& d, Milliseconds timeout);

    /// Send a question and wait for its answer; whatever else arrives meanwhile is kept for next().
    /// @param question  gets a flag if it has none
    /// @return the answer; the error of an error reply; Code::timeout; Code::closed (see gone())
    /// @param slow     called once when there is no answer after `silence`; may ask questions itself
    msw::Result<msw::Datapack> ask(msw::Datapack question, Milliseconds timeout, Milliseconds silence = {},
                                   const std::function<void()>& slow = {});

    /// @return the next Datapack that isn't an answer to ask(), or nothing if none came in time
    msw::Result<std::optional<msw::Datapack>> next(Milliseconds timeout);

    /// @return whether the connection to the daemon broke
    [[nodiscard]] bool gone() const noexcept { return gone_; }

    /// @return what an error that a member of this class gave means for the exit code
    [[nodiscard]] Exit exit_for(const msw::Error& error) const noexcept {
        return gone_ ? Exit::no_daemon : exit_of(error.code);
    }

private:
    explicit Session(msw::Client client) noexcept : client_(std::move(client)) {}

    msw::Client client_;
    std::deque<msw::Datapack> kept_;
    bool gone_ = false;
};

/// @return a `get` with a flag for the app `app`: of this host's mswd, or of --host's
[[nodiscard]] msw::Datapack question_for(const Globals& globals, std::string_view app, std::string_view body);

/// @return whether the socket is the one of the service, which systemd starts
[[nodiscard]] bool is_service(const Globals& globals);

/// @return what starts the mswd of this socket, as a clause: only that of the service is known
[[nodiscard]] std::string how_to_start(const Globals& globals);

/// Attach, or say on stderr which socket was tried and what may help.
/// @return nothing if the daemon isn't reachable
[[nodiscard]] std::optional<Session> attach_or_say(const Globals& globals, Output& out);

}  // namespace mswctl
