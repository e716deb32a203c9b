// The handshake with an old host: who is at the other end of a new connection.
//
// Whoever dialled speaks first; the other answers with its own. Each side sends `post handshake` with its id, the port
// it listens on, and `onlyuseproxy` if it may be reached through one proxy only. A connection is closed on anything
// else: another app, no valid id, our own id, or a proxy rule that says no. Deadlines are kept by who drives it.
// Source: docs/protocol.md, "Old hosts".
#pragma once

#include "msw/datapack.hpp"
#include "plugins/net/core/run.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace msw::net {

/// What this host says of itself.
struct Identity {
    std::string id;
    std::uint16_t listen_port = 0;
    std::string only_proxy;  ///< host id of the only one that may connect to us; empty: anybody may
};

/// What the other side said of itself.
struct PeerInfo {
    std::string id;
    std::uint16_t listen_port = 0;  ///< 0: it doesn't listen, or didn't say
    std::string only_proxy;
    bool modern = false;  ///< speaks msw/1: links, flows and routes
    Run run = kNoRun;     ///< of a host that speaks msw/1
};

/// Thread: one at a time.
class Handshake {
public:
    enum class Side : std::uint8_t { dialled, accepted };

    enum class State : std::uint8_t {
        waiting,  ///< for the other side's word
        ready,    ///< peer() is there
        refused,  ///< close; why() says it
    };

    /// Why it was refused, where the caller does something about it.
    enum class Refusal : std::uint8_t {
        malformed,  ///< no handshake, or one that can't be read
        own_id,     ///< it says it is us
        proxy,      ///< one of the two may be reached through another proxy only
    };

    Handshake(Identity own, Side side) noexcept : own_(std::move(own)), side_(side) {}

    /// @return what is to be sent at once: our word if we dialled, nothing if we wait to be told.
    /// @param flag  names our attempt
    [[nodiscard]] std::optional<Datapack> begin(const std::string& flag) const;

    /// The first Datapack from the other side. @return our answer, if one is due
    [[nodiscard]] std::optional<Datapack> hear(const Datapack& said);

    [[nodiscard]] State state() const noexcept { return state_; }
    [[nodiscard]] Side side() const noexcept { return side_; }
    [[nodiscard]] const PeerInfo& peer() const noexcept { return peer_; }
    [[nodiscard]] Refusal refusal() const noexcept { return refusal_; }
    [[nodiscard]] const std::string& why() const noexcept { return why_; }

private:
    [[nodiscard]] Datapack word(const std::string& flag) const;
    void refuse(Refusal refusal, std::string why);

    Identity own_;
    Side side_;
    State state_ = State::waiting;
    Refusal refusal_ = Refusal::malformed;
    PeerInfo peer_;
    std::string why_;
};

}  // namespace msw::net
