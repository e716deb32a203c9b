// The app `shell`: one thread receives, others run commands and answer.
#pragma once

#include "base/fd.hpp"
#include "msw/plugin.hpp"
#include "plugins/shell/backlog.hpp"
#include "plugins/shell/command.hpp"
#include "plugins/shell/settings.hpp"

#include <atomic>
#include <cstddef>
#include <string>
#include <thread>
#include <vector>

namespace msw::shell {

/// Thread: construction and run() on the module's.
class Shell {
public:
    /// @throws std::system_error if the kernel gives no event descriptor
    explicit Shell(plugin::Host host);
    /// Take Datapacks until mswd stops; then end what runs, answer what waits, and come back.
    void run();

private:
    static constexpr std::size_t kMostWaiting = 256;

    [[nodiscard]] Settings settings() const;
    void receive(plugin::Handle question);
    void work();
    [[nodiscard]] Datapack answer(const plugin::Handle& handle) const;
    void finish(const plugin::Handle& question, const Datapack& answer) const;

    plugin::Host host_;
    const std::string exec_program_;
    const std::string folder_;
    const std::string host_id_;
    Fd stop_;  // an eventfd, readable from the moment mswd stops
    std::atomic<bool> stopping_{false};
    Backlog<plugin::Handle> backlog_{kMostWaiting};
};

}  // namespace msw::shell
