// Brings work to the loop: "your mailbox has something" from any thread, gathered and done once before the loop sleeps.
#pragma once

#include "uv/handle.hpp"
#include "uv/loop.hpp"

#include <cstdint>
#include <mutex>
#include <thread>
#include <unordered_map>
#include <vector>

namespace msw {

/// Wake-ups are by key and not by pointer: one that comes late finds nobody.
/// Thread: wake() any, all else the loop's.
class Wakeups {
public:
    /// Who can be woken.
    class Sleeper {
    public:
        Sleeper() = default;
        Sleeper(const Sleeper&) = delete;
        Sleeper& operator=(const Sleeper&) = delete;
        Sleeper(Sleeper&&) = delete;
        Sleeper& operator=(Sleeper&&) = delete;
        virtual ~Sleeper() = default;
        virtual void wake() = 0;  ///< on the loop thread
    };
    using Key = std::uint64_t;

    explicit Wakeups(uv_loop_t* loop);

    [[nodiscard]] Key add(Sleeper& sleeper);
    void remove(Key key) noexcept;

    /// Have the sleeper of `key` woken before the loop next waits. Costs no system call on the loop thread.
    void wake(Key key);

    /// Wake now who is to be woken: what was just read is passed on while it is still near.
    /// @return whether there was somebody
    bool flush();

private:
    void before_waiting();

    std::thread::id loop_thread_;
    std::unordered_map<Key, Sleeper*> sleepers_;
    Key last_key_ = 0;
    std::vector<Key> dirty_;  // woken from the loop thread
    std::vector<Key> running_;
    std::mutex mutex_;
    std::vector<Key> from_threads_;
    uv::Wake wake_;
    uv::NodePtr<uv_prepare_t, Wakeups*> prepare_;
    uv::NodePtr<uv_idle_t, Wakeups*> idle_;
};

}  // namespace msw
