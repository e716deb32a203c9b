// A program attached on the control socket.
//
//     connected --get mswd: attach--> attached --end, or an error--> gone
//         |                                                          ^
//         +--- anything else, or nothing for 10 s -------------------+
#pragma once

#include "daemon/host/plugin_state.hpp"
#include "daemon/host/stream_port.hpp"
#include "daemon/services.hpp"

#include <sys/types.h>
#include <functional>
#include <memory>
#include <string>

namespace msw {

/// Thread: the loop's.
class AttachedClient : private Wakeups::Sleeper, private StreamPort::Owner {
public:
    /// @param number   names it `@number` if it asks for no app
    /// @param reserved tells whether an app belongs to somebody else, running or not
    /// @param gone     called once, when the connection is over; the client may be destroyed then, but not within it
    AttachedClient(Services& services, uv::Stream stream, std::uint64_t number,
                   std::function<bool(std::string_view)> reserved, std::function<void()> gone);
    ~AttachedClient() override;
    AttachedClient(const AttachedClient&) = delete;
    AttachedClient& operator=(const AttachedClient&) = delete;
    AttachedClient(AttachedClient&&) = delete;
    AttachedClient& operator=(AttachedClient&&) = delete;

    /// Whatever it asks, it is answered with `why` and closed; so it is if it asks nothing for a second.
    void turn_away(Error why);

    /// Read nothing more: the daemon is stopping.
    void stop_reading() { port_->stop_reading(); }
    [[nodiscard]] bool idle() const { return !attached_ || port_->idle(); }
    [[nodiscard]] bool attached() const noexcept { return attached_; }
    [[nodiscard]] PluginState state() const;

private:
    void wake() override;
    void received(Datapack& d) override;
    void ended(std::optional<Error> why) override;
    void attach(const Datapack& question);
    [[nodiscard]] Result<void> take_name(const std::string& wanted);
    void refuse_and_close(const Datapack& question, const Error& error);
    void refuse_what_waits();
    void time_is_up();
    void over();

    Services& services_;
    const std::uint64_t number_;
    std::function<bool(std::string_view)> reserved_;
    std::function<void()> gone_;
    Wakeups::Key key_;
    std::shared_ptr<Mailbox> mailbox_;
    std::unique_ptr<StreamPort> port_;
    Sender sender_;
    pid_t pid_ = 0;
    std::optional<Error> turned_away_;
    bool attached_ = false;
    bool closing_ = false;
    uv::Timer timer_;
};

}  // namespace msw
