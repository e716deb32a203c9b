// What is to happen at a time. Small, as there are hundreds of thousands of them in a run.
#pragma once

#include "tests/sim/gossip/event_queue.hpp"

#include <cstddef>
#include <cstdint>

namespace msw::sim {

struct Event {
    enum class Kind : std::uint8_t {
        synced,   ///< a disk has written what it was asked to; a: host, b: which
        segment,  ///< bytes [c, d) of a stream come to the other kernel; a: wire, b: side that sent
        ack,      ///< a kernel hears that bytes up to c came, and that up to d may follow; a, b: the same
        timer,    ///< a kernel's retransmission timer; a, b: the same
        reset,    ///< a kernel hears that a connection is reset; a: wire, b: side that hears it
        knock,    ///< a connection request comes, for the b-th time; a: its dial
        answer,   ///< a dial is answered; a: the dial, b: what came of it
        tick,     ///< a daemon's timer; a: host, b: its start, c: of the timer
        turn,     ///< a daemon's loop has something to do; a, b: the same
        take,     ///< a plugin takes from its mailbox; a, b: the same, c: app
        reply,    ///< a plugin has an answer ready; a, b: the same, c: which
        later,    ///< a daemon or a plugin goes on with something; a, b: the same, c: which
        start,    ///< a daemon starts; a: host
        step,     ///< a step of the plan begins; a: which
        over,     ///< a step of the plan ends; a: which
        copy,     ///< a copy of a disk is made for a step of the plan; a: which
    };
    Kind kind = Kind::turn;
    std::uint64_t a = 0;
    std::uint64_t b = 0;
    std::uint64_t c = 0;
    std::uint64_t d = 0;
};

using Events = EventQueue<Event>;

}  // namespace msw::sim
