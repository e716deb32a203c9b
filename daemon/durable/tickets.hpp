// What plugins have done with durable Datapacks, brought to the loop thread, many at a time.
#pragma once

#include "base/delivery.hpp"
#include "base/spool/rows.hpp"
#include "daemon/wakeups.hpp"

#include <cstdint>
#include <functional>
#include <mutex>
#include <utility>
#include <vector>

namespace msw::durable {

/// Thread: left() and done() any, all else the loop's.
class Tickets final : public DeliveryListener, private Wakeups::Sleeper {
public:
    /// @param done  whether the plugin is done with the row; if not, it has gone without
    using Ended = std::function<void(spool::RowId row, bool done)>;

    /// @param ended  called on the loop thread, until end()
    Tickets(Wakeups& wakeups, Ended ended) : wakeups_(wakeups), key_(wakeups.add(*this)), ended_(std::move(ended)) {}
    ~Tickets() override { end(); }

    /// Nobody wants to hear any more.
    void end() noexcept {
        if (ended_) wakeups_.remove(key_);
        ended_ = nullptr;
    }

    /// A row as a delivery names it.
    [[nodiscard]] static void* name_of(spool::RowId row) noexcept {
        return reinterpret_cast<void*>(static_cast<std::intptr_t>(row));  // NOLINT(performance-no-int-to-ptr)
    }

    [[nodiscard]] static spool::RowId row_of(void* name) noexcept { return reinterpret_cast<std::intptr_t>(name); }

    void left(void* name, std::size_t) noexcept override { add(name, false); }
    void done(void* name) noexcept override { add(name, true); }

private:
    void add(void* name, bool done) noexcept {
        bool first = false;
        {
            const std::lock_guard lock(mutex_);
            first = all_.empty();
            all_.emplace_back(row_of(name), done);
        }
        if (first) wakeups_.wake(key_);
    }

    void wake() override {
        std::vector<std::pair<spool::RowId, bool>> all;
        {
            const std::lock_guard lock(mutex_);
            all.swap(all_);
        }
        for (const auto& [row, done] : all) {
            if (ended_) ended_(row, done);
        }
    }

    Wakeups& wakeups_;
    Wakeups::Key key_;
    Ended ended_;
    std::mutex mutex_;
    std::vector<std::pair<spool::RowId, bool>> all_;
};

}  // namespace msw::durable
