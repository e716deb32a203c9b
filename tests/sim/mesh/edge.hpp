// What a simulated host does for its mesh, in place of sockets and mailboxes.
#pragma once

#include "plugins/net/core/mesh.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace msw::sim {

class Host;

/// One run of a daemon: its mesh, and where that leads.
/// Thread: one at a time.
class SimEdge final : public net::Edge {
public:
    SimEdge(Host& host, net::MeshSettings settings, std::uint32_t seed)
        : mesh(std::move(settings), *this, seed), host_(host) {}

    void dial(const net::Address& address, net::Speaks speaks) override;
    void say(net::LinkId link, const Datapack& word) override;
    void established(net::LinkId link, const net::PeerInfo& peer) override;
    [[nodiscard]] bool has_room(net::LinkId link) const override;
    [[nodiscard]] bool has_room_for_frame(net::LinkId link) const override;
    [[nodiscard]] net::Time delivered_until(net::LinkId link) override;
    void write(net::LinkId link, net::Parcel parcel) override;
    [[nodiscard]] std::pair<std::size_t, std::size_t> waiting(net::LinkId link) const override;
    std::vector<net::Parcel> close(net::LinkId link) override;
    std::vector<net::Parcel> retire(net::LinkId link) override;
    void deliver(net::LinkId from, Datapack datapack) override;
    [[nodiscard]] net::Arrivals::Handed hand(const Datapack& datapack, std::uint64_t name) override;
    void hold(std::string_view app, bool on) override;
    [[nodiscard]] net::Vitals vitals(net::LinkId link) const override;
    void merge_documents(net::LinkId link, std::vector<std::string> documents, bool asked) override;
    void change_roster(const Datapack& /*question*/) override {}
    void join(net::LinkId /*link*/, const Datapack& /*question*/) override {}
    void raise_epoch(std::uint64_t epoch) override;
    void log(msw_priority priority, std::string_view text, const Datapack* about) override;

    net::Mesh mesh;
    net::LinkId last_link = 0;
    std::map<net::LinkId, std::pair<std::size_t, std::size_t>> links;  ///< wire and side
    std::optional<net::LinkId> hearing;                                ///< the link whose Datapack is being heard
    std::vector<net::Address> dialling;
    std::set<std::string, std::less<>> held;  ///< apps

private:
    void judge_close(std::size_t n, std::size_t side) const;
    void judge_busy(std::string_view line) const;

    Host& host_;
};

/// @return where the host of that number listens, and whose address that is
[[nodiscard]] net::Address address_of(std::size_t host);
[[nodiscard]] std::size_t host_at(const net::Address& address);

}  // namespace msw::sim
