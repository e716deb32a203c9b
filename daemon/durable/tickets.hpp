// What plugins have done with durable Datapacks, brought to the loop thread.
#pragma once

#include "base/delivery.hpp"
#include "base/spool/rows.hpp"
#include "daemon/to_loop.hpp"

#include <cstdint>
#include <functional>
#include <utility>

namespace msw::durable {

/// Thread: left() and done() any, all else the loop's.
class Tickets final : public DeliveryListener {
public:
    /// @param done  whether the plugin is done with the row; if not, it has gone without
    using Ended = std::function<void(spool::RowId row, bool done)>;

    /// @param ended  called on the loop thread, until end()
    Tickets(Wakeups& wakeups, Ended ended)
        : all_(wakeups, [ended = std::move(ended)](const Ticket& t) { ended(t.row, t.done); }) {}

    /// Nobody wants to hear any more.
    void end() noexcept { all_.end(); }

    /// A row as a delivery names it.
    [[nodiscard]] static void* name_of(spool::RowId row) noexcept {
        return reinterpret_cast<void*>(static_cast<std::intptr_t>(row));  // NOLINT(performance-no-int-to-ptr)
    }

    [[nodiscard]] static spool::RowId row_of(void* name) noexcept { return reinterpret_cast<std::intptr_t>(name); }

    void left(void* name, std::size_t) noexcept override { all_.add({row_of(name), false}); }
    void done(void* name) noexcept override { all_.add({row_of(name), true}); }

private:
    struct Ticket {
        spool::RowId row;
        bool done;
    };

    ToLoop<Ticket> all_;
};

}  // namespace msw::durable
