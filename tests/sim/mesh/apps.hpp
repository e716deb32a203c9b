// The plugins of one host: bounded mailboxes, and how fast each is taken from.
#pragma once

#include "msw/datapack.hpp"
#include "plugins/net/core/flow/arrivals.hpp"
#include "tests/sim/mesh/plan.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string_view>

namespace msw::sim {

/// Thread: one at a time.
class Apps {
public:
    explicit Apps(const HostShape& shape) noexcept : shape_(shape) {}

    /// One that waits for an app: its head, and how large it is.
    struct Waiting {
        Datapack head;
        std::uint64_t serial = 0;
        std::uint64_t name = 0;  ///< for Mesh::taken(); 0: nobody waits for that
        std::size_t bytes = 0;
        std::int64_t row = 0;  ///< of a durable one: in the inbox
    };

    /// @return the number of an app; nothing: there is none of that name
    [[nodiscard]] static std::optional<std::size_t> number_of(std::string_view app);
    [[nodiscard]] bool has_room(std::size_t app) const { return boxes_[app].bytes < shape_.mailbox; }
    void put(std::size_t app, Waiting waiting);
    /// @return whether the app takes from it
    [[nodiscard]] bool takes(std::size_t app) const { return boxes_[app].deaf == 0 && !boxes_[app].waiting.empty(); }
    [[nodiscard]] Waiting take(std::size_t app);
    /// It takes nothing, once more or once less.
    void deafen(std::size_t app, int change) { boxes_[app].deaf += change; }
    /// @return whether a taking is under way; the flag is set
    [[nodiscard]] bool begins(std::size_t app) { return std::exchange(boxes_[app].busy, true); }
    void is_through(std::size_t app) { boxes_[app].busy = false; }

    [[nodiscard]] bool empty() const;
    [[nodiscard]] std::size_t bytes(std::size_t app) const { return boxes_[app].bytes; }

private:
    struct Box {
        std::deque<Waiting> waiting;
        std::size_t bytes = 0;
        int deaf = 0;
        bool busy = false;
    };
    const HostShape& shape_;
    std::array<Box, kApps> boxes_;
};

}  // namespace msw::sim
