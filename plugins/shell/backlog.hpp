// Questions between the thread that receives them and those that run their commands.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>
#include <optional>
#include <utility>

namespace msw::shell {

/// The module's receiving thread must be in get() to hear that mswd stops, even while all workers are busy. So it takes
/// what comes and keeps it here, and beyond the bound says no.
/// Thread: any.
template <class Item>
class Backlog {
public:
    /// @param limit  how many may wait
    explicit Backlog(std::size_t limit) noexcept : limit_(limit) {}

    /// @return false, with `item` as it was, if there is no room
    [[nodiscard]] bool push(Item& item) {
        const std::lock_guard lock(mutex_);
        if (items_.size() >= limit_) return false;
        items_.push_back(std::move(item));
        arrived_.notify_one();
        return true;
    }

    /// Wait for the next one. @return nothing once it is closed and empty
    [[nodiscard]] std::optional<Item> pop() {
        std::unique_lock lock(mutex_);
        arrived_.wait(lock, [this] { return closed_ || !items_.empty(); });
        if (items_.empty()) return std::nullopt;
        std::optional<Item> item(std::move(items_.front()));
        items_.pop_front();
        return item;
    }

    /// What waits can still be taken, then pop() gives nothing.
    void close() {
        const std::lock_guard lock(mutex_);
        closed_ = true;
        arrived_.notify_all();
    }

private:
    const std::size_t limit_;
    std::mutex mutex_;
    std::condition_variable arrived_;
    std::deque<Item> items_;
    bool closed_ = false;
};

}  // namespace msw::shell
