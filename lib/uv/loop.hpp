// The loop, its timers, signals, cross-thread wake-ups and the thread pool.
#pragma once

#include "uv/handle.hpp"

#include <uv.h>
#include <chrono>
#include <functional>
#include <mutex>
#include <string>
#include <vector>

namespace msw::uv {

/// Owns a uv_loop_t. The destructor runs it until all close callbacks are through and ends the program, naming what
/// is left, if a handle leaked.
/// Thread: the one that runs it.
class Loop {
public:
    Loop();  ///< @throws std::runtime_error if the system has no room for a loop
    ~Loop();
    Loop(const Loop&) = delete;
    Loop& operator=(const Loop&) = delete;
    Loop(Loop&&) = delete;
    Loop& operator=(Loop&&) = delete;

    [[nodiscard]] uv_loop_t* raw() noexcept { return &loop_; }
    void run() { uv_run(&loop_, UV_RUN_DEFAULT); }  ///< until stop() or nothing is left
    void stop() noexcept { uv_stop(&loop_); }

private:
    uv_loop_t loop_{};
};

/// Calls back after a time, once or again and again. Destroying it cancels; it may be destroyed in its own callback.
/// Thread: the loop's.
class Timer {
public:
    using Duration = std::chrono::milliseconds;
    Timer(uv_loop_t* loop, std::function<void()> callback);
    /// (Re)start. @param repeat  zero: once only
    void start(Duration first, Duration repeat = Duration(0));
    void stop() noexcept;
    [[nodiscard]] bool active() const noexcept;

private:
    NodePtr<uv_timer_t, std::function<void()>> node_;
};

/// Calls back on a signal. Thread: the loop's.
class Signal {
public:
    Signal(uv_loop_t* loop, int number, std::function<void()> callback);

private:
    NodePtr<uv_signal_t, std::function<void()>> node_;
};

/// Wakes the loop: many notify() before it gets there are one callback.
/// Thread: notify() any, all else the loop's. notify() must not run beside the destructor.
class Wake {
public:
    Wake(uv_loop_t* loop, std::function<void()> callback);
    void notify() noexcept;

private:
    NodePtr<uv_async_t, std::function<void()>> node_;
};

/// Runs functions on the loop thread, in the order given.
/// Thread: operator() any, all else the loop's; operator() must not run beside the destructor.
class Post {
public:
    explicit Post(uv_loop_t* loop);
    void operator()(std::function<void()> task);

private:
    void run();
    std::mutex mutex_;
    std::vector<std::function<void()>> tasks_;
    std::vector<std::function<void()>> running_;
    Wake wake_;
};

/// Run `job` on libuv's thread pool and then `after` on the loop thread. Neither may throw. `after` runs even if the
/// one who asked is gone: guard it with an Anchor.
/// Thread: the loop's.
void work(uv_loop_t* loop, std::function<void()> job, std::function<void()> after);

/// @return libuv's words for one of its error numbers.
[[nodiscard]] std::string error_text(int status);

}  // namespace msw::uv
