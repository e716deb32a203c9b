// One connection as two kernels see it: a stream of bytes each way, with what of them was written, sent, acknowledged,
// and read.
#pragma once

#include "msw/datapack.hpp"
#include "plugins/net/core/peers.hpp"
#include "tests/sim/mesh/dice.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <iterator>
#include <optional>
#include <utility>

namespace msw::sim {

/// Bytes on their way in one direction. All numbers are offsets in it.
/// Thread: one at a time.
struct Stream {
    /// A Datapack, or bytes that are none.
    struct Piece {
        Datapack datapack;
        std::uint64_t begin = 0;
        std::uint64_t end = 0;
        bool garbage = false;
        Time at{0};  ///< when it was written, by that daemon's clock

        [[nodiscard]] bool is_frame() const noexcept { return !garbage && datapack.method == "link"; }
    };
    std::deque<Piece> pieces;  ///< written and not read whole

    // Of the sender.
    std::uint64_t written = 0;  ///< by its daemon
    std::uint64_t kernel = 0;   ///< what its kernel has taken
    std::uint64_t next = 0;     ///< to be sent
    std::uint64_t acked = 0;
    std::uint64_t limit = 0;           ///< up to which the receiver has room
    std::optional<std::uint64_t> fin;  ///< its end, once there is one; takes one more number
    unsigned backoff = 0;
    Time timer{0};        ///< of sending again; 0: it doesn't run
    Time timer_event{0};  ///< when that is looked at
    Time free_at{0};      ///< when the road has taken what was sent
    Time last_arrival{0};

    // Of the receiver.
    std::uint64_t arrived = 0;
    std::uint64_t read = 0;

    /// Take one to be sent, a frame before all that is carried and not begun. @param size  bytes
    void add(Piece piece, std::size_t size) {
        auto place = pieces.end();
        if (piece.is_frame()) {
            const auto goes_after = [this](const Piece& other) { return other.begin < kernel || other.is_frame(); };
            while (place != pieces.begin() && !goes_after(*std::prev(place))) --place;
        }
        piece.begin = place == pieces.end() ? written : place->begin;
        piece.end = piece.begin + size;
        for (auto later = place; later != pieces.end(); ++later) {
            later->begin += size;
            later->end += size;
        }
        written += size;
        pieces.insert(place, std::move(piece));
    }

    [[nodiscard]] std::uint64_t end() const noexcept { return fin ? *fin + 1 : kernel; }
    [[nodiscard]] std::uint64_t waiting() const noexcept { return written - kernel; }
    [[nodiscard]] bool unread() const noexcept { return (fin ? std::min(arrived, *fin) : arrived) > read; }
    [[nodiscard]] bool ended() const noexcept { return fin && arrived > *fin; }
};

/// One end of a connection. Thread: one at a time.
struct WireEnd {
    std::size_t host = 0;
    std::uint64_t boot = 0;    ///< of its machine
    net::LinkId link = 0;      ///< what its daemon calls it
    bool open = false;         ///< its daemon has it, or will get it
    bool told = false;         ///< its daemon has it
    bool retired = false;      ///< its daemon writes no more
    bool reset = false;        ///< its kernel knows that it is over
    bool forced = false;       ///< it was given what has a way of its own
    bool poisoned = false;     ///< its daemon was given bytes that make no sense
    bool established = false;  ///< the handshake is through
    bool greeted = false;      ///< so is the hello
    mutable bool was_full = false;
    Time since{0};     ///< when it was made
    Time settled{0};   ///< when it was established
    Time bytes_at{0};  ///< when bytes came last
    Time read_at{0};   ///< when its daemon read some
    Time life_at{0};   ///< when bytes or an acknowledgement did
};

/// Thread: one at a time.
struct Wire {
    std::array<WireEnd, 2> ends;
    std::array<Stream, 2> streams;  ///< by the end that sends
    bool dead = false;              ///< nothing crosses it any more
};

}  // namespace msw::sim
