// The established links, and which of several to the same host is used.
//
// Two hosts that dial each other at once get two connections. Of those that announce `can: msw/1` the one with
// the lower id decides which stays, so that both ends agree: the connection that it made itself, as long as that one
// shows life. A connection from a host that was started again thus replaces the one its dead predecessor left behind.
// The other side only prefers the same connection for writing, and closes the surplus when it is told so by its end.
// Links with old hosts are never closed for being too many: the newest is written to.
//
// Of two living hosts with one id the first stays: the other must not take over what is meant for it.
#pragma once

#include "plugins/net/core/address.hpp"
#include "plugins/net/core/handshake.hpp"
#include "plugins/net/core/time.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace msw::net {

/// Names one connection, for as long as the program runs.
using LinkId = std::uint64_t;

/// What is spoken on a connection.
enum class Speaks : std::uint8_t {
    v1,    ///< msw/1, between members
    v0_1,  ///< with an old host
};

/// One established connection.
struct Link {
    LinkId id = 0;
    bool we_dialled = false;
    bool configured = false;  ///< its address stands in the address file
    std::string address;      ///< of the other end, for people
    PeerInfo peer;
    Time since{0};         ///< when it was established
    Time alive{0};         ///< when bytes last came, or left
    Time heard{0};         ///< when bytes last came
    bool retired = false;  ///< nothing is written to it any more

    /// @return whether the other end is no host of the Python system.
    [[nodiscard]] bool modern() const noexcept { return peer.modern; }
};

/// Thread: one at a time.
class Peers {
public:
    static constexpr Time kSignsOfLife{15'000};  ///< between two rounds of gossip, and a half
    static constexpr Time kSilence{60'000};      ///< after which a link is given up
    static constexpr std::size_t kMostPerPeer = 4;

    explicit Peers(std::string own_id) : own_id_(std::move(own_id)) {}

    /// Take in a new link.
    /// @return links of the same peer that are surplus, marked as retired; the new one may be among them
    [[nodiscard]] std::vector<LinkId> add(Link link, Time now);

    void remove(LinkId id);
    void shows_life(LinkId id, Time now);
    void heard(LinkId id, Time now);
    /// This host stood still: nobody's silence counts until now.
    void forgive(Time now);
    void retire(LinkId id);

    [[nodiscard]] const Link* find(LinkId id) const;
    /// @return the link to write on for that host, whatever the case of its id; null if there is none.
    [[nodiscard]] const Link* to(std::string_view host) const;
    [[nodiscard]] bool connected(std::string_view host) const { return to(host) != nullptr; }
    /// @return for each connected host the link to write on, in the order of their ids.
    [[nodiscard]] std::vector<const Link*> all() const;
    /// @return links that have shown no life for kSilence.
    [[nodiscard]] std::vector<LinkId> silent(Time now) const;
    /// @return a link with another living host that has this one's id: one from another start, whose bytes came within
    /// kSignsOfLife; or null. Old hosts don't say which start they are of.
    [[nodiscard]] const Link* namesake(const PeerInfo& peer, Time now) const;
    [[nodiscard]] std::size_t size() const noexcept { return links_.size(); }
    [[nodiscard]] std::uint64_t version() const noexcept { return version_; }  ///< rises when a link comes or goes

private:
    [[nodiscard]] bool first_is_better(const Link& a, const Link& b) const;

    void choose(const std::string& key);

    std::string own_id_;
    std::map<LinkId, Link> links_;
    std::uint64_t version_ = 0;
    std::map<std::string, LinkId> chosen_;  // the link to write on, by id_key() of the host
};

}  // namespace msw::net
