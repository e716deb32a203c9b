// What plugins have done with, brought to the transport on the loop thread.
#pragma once

#include "base/delivery.hpp"
#include "daemon/to_loop.hpp"

#include <cstddef>
#include <functional>
#include <utility>

namespace msw {

/// Thread: left() any, all else the loop's.
class Deliveries final : public DeliveryListener {
public:
    using Taken = std::function<void(void* name, std::size_t bytes)>;

    /// @param taken  called on the loop thread, until end()
    Deliveries(Wakeups& wakeups, Taken taken)
        : all_(wakeups, [taken = std::move(taken)](const Left& one) { taken(one.name, one.bytes); }) {}

    /// Nobody wants to hear any more.
    void end() noexcept { all_.end(); }

    void left(void* name, std::size_t bytes) noexcept override { all_.add({name, bytes}); }

private:
    struct Left {
        void* name;
        std::size_t bytes;
    };

    ToLoop<Left> all_;
};

}  // namespace msw
