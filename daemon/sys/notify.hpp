// What systemd hears from us: ready, status, reloading, stopping, and that the loop still turns (sd_notify(3)).
#pragma once

#include "uv/loop.hpp"

#include <optional>
#include <string>

namespace msw {

/// Does nothing where no supervisor listens ($NOTIFY_SOCKET).
/// Thread: the loop's.
class Notify {
public:
    /// Feeds the watchdog from the loop at half its interval, if one is set ($WATCHDOG_USEC).
    explicit Notify(uv_loop_t* loop);

    void ready(const std::string& status);
    void status(const std::string& text);
    void reloading();
    void stopping(const std::string& status);

private:
    std::optional<uv::Timer> watchdog_;
};

}  // namespace msw
