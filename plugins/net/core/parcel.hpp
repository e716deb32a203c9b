// A Datapack on its way to one host.
#pragma once

#include "msw/datapack.hpp"
#include "plugins/net/core/route.hpp"
#include "plugins/net/core/time.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace msw::net {

/// @return bytes that a Datapack counts for in a bounded queue. An open descriptor counts for some too.
[[nodiscard]] inline std::size_t weight_of(const Datapack& d) noexcept {
    constexpr std::size_t kDescriptor = 16 * 1024;
    return d.weight() + (d.file ? kDescriptor : 0);
}

/// Thread: like a std::string.
struct Parcel {
    Datapack datapack;  ///< `to` is set when it leaves
    /// In place of `datapack` one that is in custody here, and what is written on it besides.
    std::shared_ptr<const Datapack> held;
    std::string lines;
    Way way;                      ///< hosts it is still to pass; empty: for the neighbour itself
    std::string came_from;        ///< the neighbour that gave it to us; empty: made on this host
    Time next_try{0};             ///< when it has failed once more
    unsigned tries = 0;           ///< failures so far
    std::optional<Time> ends;     ///< when its time is over, if its sender said so: tries don't count then
    std::uint64_t answered = 0;   ///< for Store::add()
    std::uint64_t accepting = 0;  ///< whose `want: accept` waits for what becomes of it; 0: nobody's
    bool for_link = false;        ///< of this link only, or in custody here: not kept when the link goes
    std::string written_for;      ///< while it is on a link: the host it goes to next

    /// @return what is written
    [[nodiscard]] const Datapack& content() const noexcept { return held ? *held : datapack; }
    [[nodiscard]] std::size_t weight() const noexcept { return weight_of(content()) + lines.size(); }

    /// @return the host it is for; empty for one that is the neighbour's own
    [[nodiscard]] std::string destination() const { return way.empty() ? written_for : way.back(); }
};

}  // namespace msw::net
