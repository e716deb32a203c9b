// What a run of the simulator is made of: the hosts, the roads between them, and a list of steps, each a fault or a
// Datapack with its time. All of it is drawn from the seed before anything runs, so that steps can be left out.
#pragma once

#include "plugins/net/core/flow/custody.hpp"
#include "tests/sim/mesh/dice.hpp"
#include "tests/sim/mesh/members.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace msw::sim {

/// How bytes get from one host to another. Thread: like a std::string.
struct Road {
    bool there = false;  ///< else nothing that is sent arrives
    Time latency{1};
    Time jitter{0};
    std::uint64_t rate = 1000;  ///< bytes in a ms
};

/// Thread: like a std::string.
struct HostShape {
    std::string id;
    bool listens = true;
    Time start{0};
    std::int64_t clock_ms = 0;           ///< how far its clock is off
    std::size_t room = 1024 * 1024;      ///< bytes that may wait to be written on a link
    std::size_t receive_buffer = 65536;  ///< of its kernel, for each connection
    Time service{1};                     ///< that a plugin takes over a Datapack
    std::size_t mailbox = 65536;         ///< bytes that wait for one
    std::vector<std::size_t> knows;      ///< whose addresses stand in its address file
};

enum class StepKind : std::uint8_t {
    submit,    ///< an app sends
    stray,     ///< an app answers what nobody asked
    reset,     ///< connections between two hosts are reset, with what is under way on them
    silence,   ///< nothing arrives between two hosts, and nothing says so
    deaf,      ///< the same in one direction
    split,     ///< the same between two groups of hosts
    narrow,    ///< few bytes a second get through between two hosts
    kill,      ///< a daemon dies; its kernel says so
    power,     ///< a machine loses power
    restore,   ///< a daemon dies and starts with its disk as it was some time before
    stick,     ///< a daemon's loop stands still; its kernel goes on
    freeze,    ///< a whole machine stands still
    slow,      ///< a daemon's loop turns a few times a second only
    clock,     ///< a clock on the wall jumps
    hole,      ///< a host passes nothing on
    garbage,   ///< bytes that are no Datapacks come by a connection
    nonsense,  ///< Datapacks that make no sense come by a connection
    stranger,  ///< somebody connects who is no host
    deafen,    ///< an app takes nothing
    hold,      ///< the same, until all else is through
    gone,      ///< a host dies and doesn't come back
    fail,      ///< a disk takes no write and gives no answer
    fill,      ///< a disk is full
    crawl,     ///< a disk is slow
    leave,     ///< an app drops what it has in hand of durable ones, without being done with it
};

[[nodiscard]] std::string_view name_of(StepKind kind) noexcept;

/// What an app sends. Thread: like a std::string.
struct Letter {
    std::string method = "post";
    std::string from;
    std::string app;
    std::string to;
    std::size_t size = 0;
    std::int64_t expires_s = 0;  ///< from then; 0: it says nothing of it
    bool stream = false;
    bool durable = false;
    bool accept = false;  ///< it wants to be told when it is taken
};

/// Thread: like a std::string.
struct Step {
    StepKind kind = StepKind::submit;
    Time at{0};
    Time lasts{0};
    std::size_t host = 0;
    std::size_t other = 0;    ///< the other host; of apps: which
    std::int64_t amount = 0;  ///< of submit: how many; of clock: ms; of split: the hosts on one side, a bit each;
                              ///< of restore: how old the disk is, ms; of fill: for how many rows there is room
    Letter letter{};
};

/// Thread: like a std::string.
struct Plan {
    std::uint64_t seed = 0;
    std::vector<HostShape> hosts;
    std::shared_ptr<const Members> members;
    std::vector<Road> roads;  ///< from * hosts + to
    bool refuses = false;     ///< where there is no road, who dials is told at once
    Time faults_end{0};
    net::Custody::Bounds custody = net::Custody::kOrdinary;  ///< of every host
    std::vector<Step> steps;                                 ///< in the order of their times

    [[nodiscard]] const Road& road(std::size_t from, std::size_t to) const { return roads[from * hosts.size() + to]; }
    [[nodiscard]] Road& road(std::size_t from, std::size_t to) { return roads[from * hosts.size() + to]; }
};

/// Names of the apps that each host has.
inline constexpr std::size_t kApps = 4;
[[nodiscard]] std::string app_name(std::size_t app);

/// @return who a host is, whatever its id
[[nodiscard]] std::string member_of(const Plan& plan, std::size_t host);
/// @return whose member that is; how many there are, if it is nobody's
[[nodiscard]] std::size_t host_of(const Plan& plan, const std::string& member);

/// @param hosts  how many; 0: as the seed says
[[nodiscard]] Plan draw_plan(std::uint64_t seed, std::size_t hosts);

[[nodiscard]] std::string to_text(const Plan& plan, const Step& step);
/// @return the hosts and roads of a plan, a line each
[[nodiscard]] std::string surroundings(const Plan& plan);

/// @return a time as it stands in all that is printed: seconds with three digits
[[nodiscard]] std::string to_text(Time time);

}  // namespace msw::sim
