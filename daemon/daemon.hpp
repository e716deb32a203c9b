// The composition root: everything the daemon is made of, in the order in which it lives.
#pragma once

#include "base/file_root.hpp"
#include "base/log.hpp"
#include "daemon/control/self.hpp"
#include "daemon/control/server.hpp"
#include "daemon/durable/durable.hpp"
#include "daemon/forwarder.hpp"
#include "daemon/host/registry.hpp"
#include "daemon/options.hpp"
#include "daemon/services.hpp"
#include "daemon/settings.hpp"
#include "daemon/sys/notify.hpp"
#include "daemon/wakeups.hpp"
#include "uv/loop.hpp"

#include <chrono>
#include <memory>
#include <string>

namespace msw {

/// What run() gives for: start the same program anew in this process.
inline constexpr int kStartAgain = -1;

/// One host. Thread: the one that runs it.
class Daemon {
public:
    /// @param config   checked already
    /// @param host_id  of this host
    Daemon(const Paths& paths, const Config& config, const std::string& host_id, FileRoot files, Log& log);

    /// Open the control socket, start the plugins, and run until told to end.
    /// @return the exit status: 0 (start again), 77 (stay down), 1 (could not start: said in the journal), or
    /// kStartAgain
    int run();

private:
    using Clock = std::chrono::steady_clock;

    [[nodiscard]] Result<void> reload();
    [[nodiscard]] Result<void> judged_by_modules(const Config& next) const;
    [[nodiscard]] RegistryOptions registry_options() const;
    [[nodiscard]] Json status() const;
    [[nodiscard]] Json plugins() const;
    [[nodiscard]] Json queue() const;
    void say_ready();
    void warn_of_missing_folders();
    [[nodiscard]] Result<void> open_spool();

    // The steps of the end, each when the one before is done or has had its time.
    void end(int exit_code);
    void step();
    enum class Stage { running, drain_intake, end_plugins, drain_answers, over };

    const Paths paths_;
    Log& log_;
    const Clock::time_point started_ = Clock::now();

    uv::Loop loop_;
    uv::Post post_;
    Wakeups wakeups_;
    Settings settings_;
    Forwarder forwarder_;
    FileRoot files_;
    Services services_;
    std::unique_ptr<durable::Durable> durable_;
    Notify notify_;
    Registry registry_;
    ControlServer control_;
    Self self_;
    uv::Timer confirm_;
    uv::Timer steps_;

    Config config_;
    Stage stage_ = Stage::running;
    Clock::time_point stage_until_;
    int exit_code_ = 0;
    bool ready_ = false;
};

}  // namespace msw
