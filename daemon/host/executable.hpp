// A plugin that is a program: started with Datapacks on its stdin and stdout, and started again when it ends.
//
//     running --ends--> waiting --back-off over--> running
//        |                 |
//        +----- stop() ----+--> stopped
//        +---- renew() ----+--> running, from another file
//
// The back-off is 0.5 s, doubled each time to 60 s, and begins anew after a run of 10 s. Its mailbox lives on between
// runs. stop() and renew(): the end of its stdin; SIGTERM after a second; SIGKILL after 5; always to its whole process
// group.
#pragma once

#include "daemon/host/plugin_state.hpp"
#include "daemon/host/stderr_lines.hpp"
#include "daemon/host/stream_port.hpp"
#include "daemon/services.hpp"
#include "uv/process.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace msw {

/// What to run.
struct ExecutableOptions {
    std::string app;
    std::string path;                      ///< the plugin's file
    std::vector<std::string> argv;         ///< how to run it
    std::vector<std::string> environment;  ///< NAME=value
    std::size_t mailbox_bytes = 0;
};

/// Thread: the loop's.
class Executable : private Wakeups::Sleeper, private StreamPort::Owner {
public:
    /// @pre the app is free in the forwarder
    Executable(Services& services, ExecutableOptions options);
    ~Executable() override;
    Executable(const Executable&) = delete;
    Executable& operator=(const Executable&) = delete;
    Executable(Executable&&) = delete;
    Executable& operator=(Executable&&) = delete;

    void start();
    /// End it for good. @param stopped  called once it has ended, never from within this call
    void stop(std::function<void()> stopped);
    /// Its file has changed: end this run and begin the next with `options`. What waits for it waits on.
    /// @pre options.app is the same
    void renew(ExecutableOptions options);

    [[nodiscard]] PluginState state() const;
    [[nodiscard]] const ExecutableOptions& options() const noexcept { return options_; }
    /// @return whether nothing waits for it and all it sent has been forwarded
    [[nodiscard]] bool idle() const noexcept;

private:
    using Clock = std::chrono::steady_clock;

    void wake() override;
    void received(Datapack& d) override;
    void ended(std::optional<Error> why) override;

    void run();
    void end_run();
    void exited(int status, int signal);
    void finish_run();
    void schedule();
    void say(Priority priority, const std::string& text);

    Services& services_;
    ExecutableOptions options_;
    const Sender sender_;
    Wakeups::Key key_;
    std::shared_ptr<Mailbox> mailbox_;

    std::unique_ptr<StreamPort> port_;
    std::unique_ptr<StderrLines> lines_;
    std::optional<uv::Process> process_;
    bool alive_ = false;      // the process has not ended
    bool out_ended_ = false;  // its stdout has
    bool stopping_ = false;
    bool renewing_ = false;
    std::function<void()> stopped_;

    uv::Timer timer_;  // back-off, or the steps of stop(), or the wait for the rest of stdout
    Clock::time_point started_;
    std::chrono::milliseconds back_off_;
    std::uint64_t restarts_ = 0;
    std::string last_error_;
    std::string garbage_;  // what was wrong with the output of this run
};

}  // namespace msw
