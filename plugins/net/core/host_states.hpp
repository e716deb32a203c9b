// How each host that is known stands, seen from this one, and since when.
//
// Every change gets a serial of its own, and a row keeps that of its last one. So whoever has been told all up to a
// serial is owed the rows behind it, once each however often they changed meanwhile: nothing is kept for a watcher but
// a number.
#pragma once

#include "plugins/net/core/time.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace msw::net {

/// One host.
struct HostState {
    enum class Kind : std::uint8_t {
        up,    ///< there is a way to it
        busy,  ///< there is one, but only its kernel answers
        down,  ///< it is known, and there is none
    };
    std::string host;
    Kind kind = Kind::down;
    std::string via{};  ///< the neighbour that the way leads through; empty: it is one itself, or there is no way
    bool old = false;   ///< of the Python system
    std::optional<Time> round_trip{};  ///< to a neighbour, the last that was measured
    Time since{0};                     ///< when it came into this state
};

[[nodiscard]] std::string_view name_of(HostState::Kind kind) noexcept;

/// Thread: one at a time.
class HostStates {
public:
    static constexpr std::size_t kMost = 16'384;  ///< beyond that who is gone is forgotten at once
    static constexpr Time kForget = std::chrono::hours(24);

    /// Take note of how all hosts stand now.
    /// @param all  those that are known, each id once; `since` counts for nothing. Who isn't there any more is down,
    /// and
    ///             forgotten after kForget
    void update(std::vector<HostState> all, Time now);

    /// @return the serial of the last change; 0: there was none
    [[nodiscard]] std::uint64_t serial() const noexcept { return serial_; }
    /// Call `give` for the rows that changed behind a serial, in the order of their last changes, until it says no.
    void changed_since(std::uint64_t serial,
                       const std::function<bool(std::uint64_t serial, const HostState& row)>& give) const;
    /// @return the row of a host, whatever the case of its id; null: it isn't known
    [[nodiscard]] const HostState* find(std::string_view host) const;
    [[nodiscard]] std::size_t size() const noexcept { return rows_.size(); }

private:
    struct Row {
        HostState state;
        std::uint64_t serial = 0;
        std::uint64_t seen = 0;  // the update that it was in last
    };
    void changed(Row& row);

    std::map<std::string, Row> rows_;              // by id_key()
    std::map<std::uint64_t, const Row*> changes_;  // by serial
    std::uint64_t serial_ = 0;
    std::uint64_t updates_ = 0;
};

}  // namespace msw::net
