// The machines' kernels and the roads between them: connections that are made, carry bytes in order, are slow, break,
// or fall silent, as TCP does.
//
// A stream is sent in segments, and again from the last acknowledged byte when its timer runs out, twice as late each
// time. A receiver without room closes the window and is probed. What is blocked is lost without a word. So what
// Edge::vitals() says follows from what really came.
#pragma once

#include "plugins/net/core/link/watch.hpp"
#include "tests/sim/mesh/event.hpp"
#include "tests/sim/mesh/plan.hpp"
#include "tests/sim/mesh/wire.hpp"

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace msw::sim {

/// Thread: one at a time.
class Network {
public:
    static constexpr std::size_t kSendBuffer = 64 * 1024;  ///< of a kernel, for each connection
    static constexpr std::size_t kSegment = 16 * 1024;
    static constexpr Time kDialTimeout{10'000};

    /// What came of a dial. Thread: like a std::string.
    struct Dialled {
        std::size_t to = 0;
        std::size_t wire = 0;
        bool good = false;
        std::string why;
    };

    /// @param poke  a host's daemon has something to look at
    Network(const Plan& plan, Events& events, std::function<void(std::size_t host)> poke);

    /// @return whether it was one of this class's own
    bool happen(const Event& event);

    // Machines and roads.
    void boot(std::size_t host) { nodes_[host].up = true; }
    void listen(std::size_t host, bool does) { nodes_[host].listening = does; }
    /// The daemon's process ended: its kernel ends all its connections.
    void process_ended(std::size_t host);
    /// It has no power from now on.
    void power_off(std::size_t host);
    void freeze(std::size_t host, Time until) { nodes_[host].frozen_until = until; }
    [[nodiscard]] bool is_frozen(std::size_t host) const { return nodes_[host].frozen_until > events_.now(); }
    [[nodiscard]] Time frozen_until(std::size_t host) const { return nodes_[host].frozen_until; }
    /// Nothing from one host comes to the other, once more or once less.
    void block(std::size_t from, std::size_t to, int change) { block_at(from, to) += change; }
    /// @param rate  bytes a ms between two hosts; 0: as the plan says
    void narrow(std::size_t a, std::size_t b, std::uint64_t rate);
    /// Connections between two hosts are over, with what is under way on them.
    void reset_between(std::size_t a, std::size_t b);
    /// Bytes that are no Datapacks, or a Datapack, as if one host had sent them to the other.
    void forge(std::size_t from, std::size_t to, const Datapack* datapack);

    // What a daemon does, at its side of the n-th connection.
    void dial(std::size_t from, std::size_t to);
    /// @param at  by that daemon's clock
    void write(std::size_t n, std::size_t side, Datapack datapack, std::size_t size, Time at);
    /// Let the kernel take what it has room for. @return whether it took something
    bool flush(std::size_t n, std::size_t side);
    /// @param whole  called for each that has come whole; false: it was garbage, or the connection is closed: stop
    void read(std::size_t n, std::size_t side, const std::function<bool(Stream::Piece&)>& whole);
    void close(std::size_t n, std::size_t side);
    void retire(std::size_t n, std::size_t side);
    [[nodiscard]] net::Vitals vitals(std::size_t n, std::size_t side) const;

    // What a daemon looks at.
    [[nodiscard]] std::vector<std::pair<std::size_t, std::size_t>>& wires_of(std::size_t host) {
        return nodes_[host].wires;
    }
    [[nodiscard]] std::vector<std::pair<std::size_t, std::size_t>> take_accepts(std::size_t host) {
        return std::exchange(nodes_[host].accepts, {});
    }
    [[nodiscard]] std::vector<Dialled> take_dialled(std::size_t host) {
        return std::exchange(nodes_[host].dialled, {});
    }
    [[nodiscard]] Wire& wire(std::size_t n) { return *wires_[n]; }
    [[nodiscard]] const Wire& wire(std::size_t n) const { return *wires_[n]; }
    [[nodiscard]] bool is_blocked(std::size_t from, std::size_t to) const;

private:
    struct Node {
        bool up = false;
        bool listening = false;
        std::uint64_t boot = 1;
        Time frozen_until{0};
        std::vector<std::pair<std::size_t, std::size_t>> wires;    // that its daemon has: wire and side
        std::vector<std::pair<std::size_t, std::size_t>> accepts;  // that it has yet to accept
        std::vector<Dialled> dialled;
    };
    struct Dial {
        std::size_t from;
        std::size_t to;
        std::uint64_t boot;
        std::size_t wire;
    };
    enum : std::uint64_t { kMade, kRefused, kTimedOut };

    [[nodiscard]] int& block_at(std::size_t from, std::size_t to) { return blocks_[from * nodes_.size() + to]; }
    [[nodiscard]] Time way(std::size_t from, std::size_t to);
    [[nodiscard]] std::uint64_t rate(std::size_t from, std::size_t to) const {
        return rates_[from * nodes_.size() + to];
    }
    [[nodiscard]] Time rto(const Wire& wire, std::size_t side) const;
    [[nodiscard]] std::uint64_t under_way_limit(const Wire& wire, std::size_t side) const;
    void send(std::size_t n, std::size_t side);
    void arm(std::size_t n, std::size_t side);
    void acknowledge(std::size_t n, std::size_t side);
    void send_reset(std::size_t n, std::size_t to_side);
    void segment(std::size_t n, std::size_t side, std::uint64_t from, std::uint64_t to);
    void ack(std::size_t n, std::size_t side, std::uint64_t upto, std::uint64_t limit);
    void timer(std::size_t n, std::size_t side);
    void reset_heard(std::size_t n, std::size_t side);
    void knock(std::size_t n, std::uint64_t times);
    void answer(std::size_t n, std::uint64_t what);
    [[nodiscard]] bool kernel_alive(const WireEnd& end) const;

    const Plan& plan_;
    Events& events_;
    std::function<void(std::size_t)> poke_;
    Dice dice_;
    std::vector<Node> nodes_;
    std::vector<int> blocks_;
    std::vector<std::uint64_t> rates_;
    std::vector<std::unique_ptr<Wire>> wires_;
    std::vector<Dial> dials_;
};

}  // namespace msw::sim
