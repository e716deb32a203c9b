#include "plugins/update/launcher/crash_note.hpp"

#include <unistd.h>
#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <fstream>

namespace msw::launcher {
namespace {

constexpr std::int64_t kMostDoubled = 120;
constexpr std::int64_t kGoodRunMs = 10000;

std::int64_t now_ms() noexcept {
    timespec now{};
    (void)::clock_gettime(CLOCK_BOOTTIME, &now);
    return static_cast<std::int64_t>(now.tv_sec) * 1000 + now.tv_nsec / 1000000;
}

std::string this_boot() {
    std::string id;
    std::ifstream("/proc/sys/kernel/random/boot_id") >> id;
    return id;
}

/// @return false if SIGTERM or SIGINT came first
bool wait_for(std::int64_t ms) noexcept {
    sigset_t stop;
    sigset_t before;
    (void)::sigemptyset(&stop);
    (void)::sigaddset(&stop, SIGTERM);
    (void)::sigaddset(&stop, SIGINT);
    (void)::sigprocmask(SIG_BLOCK, &stop, &before);
    const timespec time{ms / 1000, ms % 1000 * 1000000};
    const bool stopped = ::sigtimedwait(&stop, nullptr, &time) > 0;
    (void)::sigprocmask(SIG_SETMASK, &before, nullptr);
    return !stopped;
}

}  // namespace

std::int64_t wait_after(const std::optional<CrashNote>& before, const std::string& boot_id, std::int64_t now_ms,
                        std::int64_t first_ms) noexcept {
    if (!before || before->boot_id != boot_id) return 0;
    if (now_ms - before->started_ms >= kGoodRunMs) return first_ms;
    return std::clamp(before->wait_ms * 2, first_ms, first_ms * kMostDoubled);
}

std::optional<CrashNote> read_note(const std::string& path) {
    CrashNote note;
    std::ifstream in(path);
    if (!(in >> note.boot_id >> note.started_ms >> note.wait_ms) || note.wait_ms < 0) return std::nullopt;
    return note;
}

int write_note(const std::string& path, const CrashNote& note) {
    // Not synced: a note that a power cut takes away was of another boot anyway.
    const std::string temporary = path + ".new";
    {
        std::ofstream out(temporary);
        out << note.boot_id << ' ' << note.started_ms << ' ' << note.wait_ms << '\n';
        if (!out.flush()) return EIO;
    }
    return std::rename(temporary.c_str(), path.c_str()) == 0 ? 0 : errno;
}

bool hold_back(const std::string& path, std::int64_t first_ms, void (*say)(const std::string&)) {
    const std::string boot = this_boot();
    const std::int64_t wait = wait_after(read_note(path), boot, now_ms(), first_ms);
    if (wait > 0) {
        say("the last run of mswd crashed; it is started again in " + std::to_string(wait / 1000) + "." +
            std::to_string(wait % 1000 / 100) + " s");
        if (!wait_for(wait)) {
            (void)::unlink(path.c_str());
            return false;
        }
    }
    if (const int error = write_note(path, {boot, now_ms(), wait}); error != 0) {
        say("can't write " + path + ": " + std::strerror(error) + "; crashes are not slowed down");
    }
    return true;
}

}  // namespace msw::launcher
