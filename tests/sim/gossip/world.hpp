// Hosts of the real route core on a network that delays and loses, in virtual time, from a seed.
#pragma once

#include "plugins/net/core/book.hpp"
#include "plugins/net/core/routes/routes.hpp"
#include "tests/sim/gossip/event_queue.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace msw::sim {

using net::LinkId;
using net::Time;

struct WorldOptions {
    std::size_t hosts = 100;
    std::uint32_t seed = 1;
    double loss = 0.05;                    ///< of frames, pings included
    bool star = false;                     ///< all know the first host to begin with, else a random earlier one
    double dial_only = 0;                  ///< the share of hosts that nobody can dial
    Time joins = std::chrono::seconds(5);  ///< the time over which hosts are started
    std::size_t digits = 64;               ///< of a member
};

/// Announcements of all hosts, each once: ten thousand hosts know the same ones.
/// Thread: one at a time.
class SharedAnnouncements {
public:
    [[nodiscard]] Result<net::AnnouncedPtr> read(std::string_view text);

private:
    std::unordered_map<std::uint64_t, net::AnnouncedPtr> known_;
    std::size_t purge_at_ = 1024;
};

/// Thread: one at a time.
class World {
public:
    explicit World(const WorldOptions& options);
    ~World();
    World(const World&) = delete;
    World& operator=(const World&) = delete;
    World(World&&) = delete;
    World& operator=(World&&) = delete;

    /// Let a millisecond pass.
    void step();
    [[nodiscard]] Time now() const noexcept { return events_.now(); }

    /// Let a share of the hosts be killed and started again in each hour from now on; 0: none.
    void set_restarts(double share_an_hour) noexcept { restarts_a_ms_ = share_an_hour / 3'600'000; }

    [[nodiscard]] bool all_know_all() const;
    [[nodiscard]] bool all_reach_all() const;
    [[nodiscard]] bool all_agree() const;  ///< all know all, and the same of each

    /// What one host has sent of gossip since forget_traffic(), in bytes.
    struct Traffic {
        std::uint64_t routes = 0;  ///< `link routes` frames
        std::uint64_t roots = 0;   ///< digests in pings
    };
    [[nodiscard]] Traffic traffic(std::size_t host) const;
    void forget_traffic();
    [[nodiscard]] std::size_t links(std::size_t host) const;  ///< that are up
    [[nodiscard]] std::size_t size() const noexcept { return hosts_.size(); }
    [[nodiscard]] std::uint64_t restarts() const noexcept { return restarts_; }
    [[nodiscard]] const net::Routes* routes(std::size_t host) const;  ///< null: it is down
    [[nodiscard]] const std::string& member(std::size_t host) const;
    [[nodiscard]] std::uint64_t offences() const noexcept { return offences_; }

    /// Hand something on from host to host, each by its own table. @return the hops; 0: it did not arrive
    [[nodiscard]] std::size_t walk(std::size_t from, std::size_t to) const;

private:
    struct Host;
    struct Wire;
    struct Event;

    void happen(const Event& event);
    void start(std::uint32_t number);
    void kill(std::uint32_t number);
    void dial(std::uint32_t number, std::uint32_t to);
    void connect(const Event& event);
    void tick(std::uint32_t number);
    void ping(std::uint32_t number);
    void send(std::uint32_t number, LinkId link, Event event);
    void lose(std::uint32_t number, LinkId link);
    [[nodiscard]] bool is_alive(const Wire& wire) const;
    [[nodiscard]] Time within(Time least, Time most);
    [[nodiscard]] bool chance(double share);
    [[nodiscard]] std::uint32_t number_of(const std::string& host_name) const;

    WorldOptions options_;
    std::mt19937_64 random_;
    SharedAnnouncements announcements_;
    EventQueue<Event> events_;
    std::vector<std::unique_ptr<Host>> hosts_;
    std::vector<Wire> wires_;  // by LinkId
    std::unordered_map<std::string, std::uint32_t> by_member_;
    double restarts_a_ms_ = 0;
    std::uint64_t restarts_ = 0;
    std::uint64_t offences_ = 0;
};

}  // namespace msw::sim
