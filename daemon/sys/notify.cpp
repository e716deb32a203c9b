#include "daemon/sys/notify.hpp"

#include <systemd/sd-daemon.h>
#include <cstdint>

namespace msw {

Notify::Notify(uv_loop_t* loop) {
    std::uint64_t interval_us = 0;
    if (sd_watchdog_enabled(0, &interval_us) <= 0) return;
    watchdog_.emplace(loop, [] { (void)sd_notify(0, "WATCHDOG=1"); });
    const auto half = std::chrono::milliseconds(interval_us / 2000);
    watchdog_->start(half, half);
}

void Notify::ready(const std::string& status) { (void)sd_notify(0, ("READY=1\nSTATUS=" + status).c_str()); }

void Notify::status(const std::string& text) { (void)sd_notify(0, ("STATUS=" + text).c_str()); }

void Notify::reloading() { (void)sd_notify(0, "RELOADING=1"); }

void Notify::stopping(const std::string& status) { (void)sd_notify(0, ("STOPPING=1\nSTATUS=" + status).c_str()); }

}  // namespace msw
