// What net counts, and how often a line about it goes to the journal.
#pragma once

#include "plugins/net/core/time.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace msw::net {

/// What is counted. The names are those of `get net status`.
enum class Count : std::uint8_t {
    sent,              ///< Datapacks written to links
    resent,            ///< of those, written once more: a link broke, another way was taken, or no receipt came
    received,          ///< Datapacks read from links
    relayed,           ///< of those, passed on to other hosts
    delivered,         ///< of those, handed in here
    unreachable,       ///< given up after the last try
    queue_full,        ///< no room to wait
    held_back,         ///< times that a program was read no more for a while, as it sent more than was taken
    unfit,             ///< not to be written as the receiver reads
    bad_target,        ///< `to` that means no host
    no_hops,           ///< passed on too often
    bad_file,          ///< files not taken: their names, or no room
    bad_request,       ///< questions to net that it doesn't know
    undeliverable,     ///< mswd did not take it
    unanswerable,      ///< an error nobody can be told
    strangers,         ///< connections closed because their key is none of a member
    bad_handshake,     ///< connections closed for what they said first, or said nothing
    namesakes,         ///< connections closed because another living host has their id
    bad_stream,        ///< links closed for bytes that make no sense
    connections_over,  ///< connections closed for being too many
    bad_gossip,        ///< addresses told that make no sense or have no room
    unsent_at_stop,    ///< waiting when mswd stopped
    unconfirmed,       ///< sent, and no receipt came
    expired,           ///< their time ran out before they were sent
    relay_dropped,     ///< not passed on: no way, no room, or too many hops; their origin sends them again
    detours,           ///< times that what goes to a host took another way, as no receipt came from there
    no_room,           ///< not taken for want of room or credit; their origin sends them again
    other_run,         ///< sent to an earlier start of this host
    unasked,           ///< answers to no open question
    unknown_origin,    ///< from a host that isn't known
    bad_envelope,      ///< flow fields that make no sense
    bad_frame,         ///< session frames that make no sense
    count_             // how many there are
};

inline constexpr std::size_t kCounts = static_cast<std::size_t>(Count::count_);

[[nodiscard]] constexpr std::string_view name_of(Count count) noexcept {
    constexpr std::array<std::string_view, kCounts> kNames = {
        "sent",          "resent",           "received",     "relayed",        "delivered",     "unreachable",
        "queue-full",    "held-back",        "unfit",        "bad-target",     "no-hops",       "bad-file",
        "bad-request",   "undeliverable",    "unanswerable", "strangers",      "bad-handshake", "namesakes",
        "bad-stream",    "connections-over", "bad-gossip",   "unsent-at-stop", "unconfirmed",   "expired",
        "relay-dropped", "detours",          "no-room",      "other-run",      "unasked",       "unknown-origin",
        "bad-envelope",  "bad-frame"};
    return kNames[static_cast<std::size_t>(count)];
}

/// Counts all, and says which of many like lines are worth a place in the journal: kLines in kWindow, and after that
/// how many were left out.
/// Thread: one at a time.
class Counters {
public:
    static constexpr unsigned kLines = 20;
    static constexpr Time kWindow{10'000};

    void add(Count count, std::uint64_t n = 1) noexcept { row(count).total += n; }
    [[nodiscard]] std::uint64_t of(Count count) const noexcept { return rows_[static_cast<std::size_t>(count)].total; }

    /// Count one. @return whether it deserves a line
    [[nodiscard]] bool add_with_line(Count count, Time now) noexcept {
        Row& r = row(count);
        ++r.total;
        if (r.lines == 0) r.window_ends = now + kWindow;
        if (r.lines < kLines) {
            ++r.lines;
            return true;
        }
        ++r.left_out;
        return false;
    }

    /// @return for a count whose window has ended, how many lines were left out, if any were. A new window begins.
    [[nodiscard]] std::optional<std::uint64_t> left_out(Count count, Time now) noexcept {
        Row& r = row(count);
        if (r.lines == 0 || now < r.window_ends) return std::nullopt;
        r.lines = 0;
        if (r.left_out == 0) return std::nullopt;
        const std::uint64_t n = r.left_out;
        r.left_out = 0;
        return n;
    }

private:
    struct Row {
        std::uint64_t total = 0;
        std::uint64_t left_out = 0;
        unsigned lines = 0;
        Time window_ends{0};
    };
    [[nodiscard]] Row& row(Count count) noexcept { return rows_[static_cast<std::size_t>(count)]; }
    std::array<Row, kCounts> rows_{};
};

}  // namespace msw::net
