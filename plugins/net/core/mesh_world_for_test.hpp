// Several hosts in one process: real Mesh objects, links that are queues, and a clock that is moved by hand.
#pragma once

#include "plugins/net/core/membership_for_test.hpp"
#include "plugins/net/core/mesh.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace msw::net {

constexpr Time kRound{15'000};  // dialling, and a round of gossip

class World;

/// One host: its Mesh, and an Edge that leads to the World.
class HostForTest final : public Edge {
public:
    struct Line {
        msw_priority priority;
        std::string text;
        std::string flag;
    };

    HostForTest(World& world, const MeshSettings& settings);

    void dial(const Address& to, Speaks speaks) override;
    void say(LinkId link, const Datapack& word) override;
    void established(LinkId link, const PeerInfo& peer) override { known[link] = peer; }
    [[nodiscard]] bool has_room(LinkId) const override { return room; }
    [[nodiscard]] bool has_room_for_frame(LinkId) const override { return room_for_frames; }
    [[nodiscard]] Time delivered_until(LinkId) override;
    void write(LinkId link, Parcel parcel) override;
    [[nodiscard]] std::pair<std::size_t, std::size_t> waiting(LinkId) const override { return {0, 0}; }
    std::vector<Parcel> close(LinkId link) override;
    std::vector<Parcel> retire(LinkId link) override;
    void deliver(LinkId, Datapack datapack) override { delivered.push_back(std::move(datapack)); }
    [[nodiscard]] Arrivals::Handed hand(const Datapack& datapack, std::uint64_t name) override {
        delivered.push_back(datapack);
        if (handed == Arrivals::Handed::waits && name != 0) untaken.push_back(name);
        return handed;
    }
    void hold(std::string_view app, bool on) override {
        if (on) {
            EXPECT_TRUE(held.emplace(app).second) << app;
        } else {
            EXPECT_EQ(held.erase(std::string(app)), 1U) << app;
        }
    }
    [[nodiscard]] Vitals vitals(LinkId) const override { return {}; }
    void merge_documents(LinkId link, std::vector<std::string> documents, bool asked) override;
    void change_roster(const Datapack& question) override { roster_questions.push_back(question); }
    void join(LinkId, const Datapack& question) override { joining.push_back(question); }
    void raise_epoch(std::uint64_t epoch) override { epoch_on_disk = epoch; }
    void log(msw_priority priority, std::string_view text, const Datapack* about) override {
        lines.push_back({priority, std::string(text), std::string(about == nullptr ? "" : about->get("flag"))});
    }

    /// Send as a plugin of this host would.
    void send(const char* method, const char* app, const char* to, std::string body = {});
    /// Ask net itself. @return its answer
    [[nodiscard]] Datapack ask(const char* body);
    [[nodiscard]] std::vector<std::string> bodies() const;
    /// What waits is taken.
    void take_all();
    [[nodiscard]] bool said(std::string_view part) const;

    World& world;
    Mesh mesh;
    std::string id;
    PublicKey key;
    Address address;
    std::map<LinkId, PeerInfo> known;
    std::vector<Datapack> delivered;
    std::vector<Datapack> written_to_old;  ///< on links that lead nowhere
    std::vector<Datapack> roster_questions;
    std::vector<Datapack> joining;
    std::vector<Line> lines;
    bool room = true;
    bool room_for_frames = true;
    Arrivals::Handed handed = Arrivals::Handed::ended;  ///< what becomes of what it hands in,
    std::vector<std::uint64_t> untaken;                 ///< and the names of those that wait
    bool stands_still = false;                          ///< only its kernel answers
    bool swallows = false;                              ///< what it should pass on
    std::uint64_t epoch_on_disk = 0;
    std::set<std::string, std::less<>> held;  ///< programs that it holds back
};

/// Time, the wires, and who is up.
class World {
public:
    /// Start a host that listens on a port of its own. @param knows  ports in its address file
    HostForTest& add(const char* id, const std::vector<std::uint16_t>& knows = {}, const char* only_proxy = "",
                     const char* proxy = "");
    /// A member that doesn't run.
    void enrol(const char* id, const std::vector<std::string>& roles = {}) {
        (void)founded.add(id, roles);
        tell_all();
    }
    /// What is known of the mesh is known to all at once.
    void tell_all();
    /// It is gone, without a word.
    void kill(HostForTest& host);
    /// Two hosts never reach each other but through others.
    void keep_apart(const HostForTest& a, const HostForTest& b) {
        apart_.insert(std::minmax(a.address.port, b.address.port));
    }
    void allow(const HostForTest& a, const HostForTest& b) {
        apart_.erase(std::minmax(a.address.port, b.address.port));
    }
    /// Its disk is what it was before its first start: the next run of a host begins with the first epoch.
    void set_back(const char* id) { epochs_.erase(id); }
    /// Let `time` pass, in steps of 50 ms.
    void pass(Time time);
    /// Until nothing is under way.
    void settle();

    // For HostForTest.
    void dial(HostForTest& from, const Address& address);
    void carry(HostForTest& from, LinkId link, Datapack datapack);
    void later(std::function<void()> what) { under_way_.push_back(std::move(what)); }
    void cut(HostForTest& from, LinkId link);

    Time now{0};
    std::vector<std::unique_ptr<HostForTest>> hosts;
    MeshForTest founded;
    OldHosts old_hosts{{{"snake", {{"127.0.0.1", 0}}}}};  ///< that all let in

private:
    struct End {
        HostForTest* host;
        LinkId link;
    };
    [[nodiscard]] HostForTest* at(const Address& address);

    std::map<std::pair<HostForTest*, LinkId>, End> wires_;
    std::map<std::string, std::uint64_t> epochs_;              // by host id
    std::set<std::pair<std::uint16_t, std::uint16_t>> apart_;  // ports
    std::deque<std::function<void()>> under_way_;
    LinkId last_link_ = 0;
    std::uint16_t last_port_ = 0;
};

}  // namespace msw::net
