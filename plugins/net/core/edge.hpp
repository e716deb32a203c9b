// What the mesh needs done: the narrow door between the pure core and the sockets. A test hands it a fake.
#pragma once

#include "msw/plugin.h"
#include "plugins/net/core/address.hpp"
#include "plugins/net/core/flow/arrivals.hpp"
#include "plugins/net/core/link/watch.hpp"
#include "plugins/net/core/parcel.hpp"
#include "plugins/net/core/peers.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace msw::net {

/// None of these calls back into the mesh before it returns, but for deliver() and hand(), which may say
/// undeliverable().
/// Thread: one at a time.
class Edge {
public:
    Edge() = default;
    Edge(const Edge&) = delete;
    Edge& operator=(const Edge&) = delete;
    Edge(Edge&&) = delete;
    Edge& operator=(Edge&&) = delete;
    virtual ~Edge() = default;

    /// Dial; Mesh::dialled() or Mesh::dial_failed() follows.
    virtual void dial(const Address& address, Speaks speaks) = 0;

    /// Write what comes before Datapacks: a hello, a goodbye, an old host's handshake.
    virtual void say(LinkId link, const Datapack& word) = 0;
    /// Each end knows who the other is: from now on write() may come, in the way that peer reads.
    virtual void established(LinkId link, const PeerInfo& peer) = 0;

    /// @return whether write() may follow for what is carried. After a no comes Mesh::has_room_again()
    [[nodiscard]] virtual bool has_room(LinkId link) const = 0;
    /// @return the same for a frame of the session, which goes before what is carried
    [[nodiscard]] virtual bool has_room_for_frame(LinkId link) const = 0;
    virtual void write(LinkId link, Parcel parcel) = 0;
    /// @return a time before which all that was written there has arrived in the peer's system
    [[nodiscard]] virtual Time delivered_until(LinkId link) = 0;
    /// @return how many Datapacks wait to be written there, and their bytes
    [[nodiscard]] virtual std::pair<std::size_t, std::size_t> waiting(LinkId link) const = 0;

    /// Close at once. @return what was not written whole, in order
    virtual std::vector<Parcel> close(LinkId link) = 0;
    /// Finish what has been begun, then say that no more comes, and read on until the peer ends too.
    /// @return what had not been begun, in order
    virtual std::vector<Parcel> retire(LinkId link) = 0;

    /// Hand in a Datapack for this host.
    /// @param from  the link it came by, read no further while there is no room; 0: made here
    virtual void deliver(LinkId from, Datapack datapack) = 0;

    /// Hand in a Datapack of a flow. @param name  for Mesh::taken()
    [[nodiscard]] virtual Arrivals::Handed hand(const Datapack& datapack, std::uint64_t name) = 0;

    /// A program of this host sends more than other hosts take: what it sends there is to be taken no more, answers
    /// and durable ones aside, until it is let go. @param app  that it owns
    virtual void hold(std::string_view app, bool held) = 0;

    /// @return what the system knows of a connection
    [[nodiscard]] virtual Vitals vitals(LinkId link) const = 0;
    /// Merge documents into the roster and write it down; Mesh::set_members() follows if that changes it, and then
    /// Mesh::merged() if `asked`.
    virtual void merge_documents(LinkId link, std::vector<std::string> documents, bool asked) = 0;
    /// A question to net that changes the roster, or who this host is; Mesh::answered() follows.
    virtual void change_roster(const Datapack& question) = 0;
    /// What somebody says who wants to join; its connection is closed by itself, or after Mesh::kJoin.
    virtual void join(LinkId link, const Datapack& question) = 0;
    /// The epoch on disk must be at least that before the next start.
    virtual void raise_epoch(std::uint64_t epoch) = 0;

    /// @param about  a Datapack whose flag, app and origin the line is to show; or null
    virtual void log(msw_priority priority, std::string_view text, const Datapack* about) = 0;
};

}  // namespace msw::net
