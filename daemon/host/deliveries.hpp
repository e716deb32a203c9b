// What plugins have done with, brought to the transport on the loop thread, many at a time.
#pragma once

#include "base/delivery.hpp"
#include "daemon/wakeups.hpp"

#include <functional>
#include <mutex>
#include <utility>
#include <vector>

namespace msw {

/// Thread: left() any, all else the loop's.
class Deliveries final : public DeliveryListener, private Wakeups::Sleeper {
public:
    using Taken = std::function<void(void* name, std::size_t bytes)>;

    /// @param taken  called on the loop thread, until end()
    Deliveries(Wakeups& wakeups, Taken taken) : wakeups_(wakeups), key_(wakeups.add(*this)), taken_(std::move(taken)) {}
    ~Deliveries() override { end(); }

    /// Nobody wants to hear any more.
    void end() noexcept {
        if (taken_) wakeups_.remove(key_);
        taken_ = nullptr;
    }

    void left(void* name, std::size_t bytes) noexcept override {
        bool first = false;
        {
            const std::lock_guard lock(mutex_);
            first = left_.empty();
            left_.emplace_back(name, bytes);
        }
        if (first) wakeups_.wake(key_);
    }

private:
    void wake() override {
        std::vector<std::pair<void*, std::size_t>> left;
        {
            const std::lock_guard lock(mutex_);
            left.swap(left_);
        }
        for (const auto& [name, bytes] : left) {
            if (taken_) taken_(name, bytes);
        }
    }

    Wakeups& wakeups_;
    Wakeups::Key key_;
    Taken taken_;
    std::mutex mutex_;
    std::vector<std::pair<void*, std::size_t>> left_;
};

}  // namespace msw
