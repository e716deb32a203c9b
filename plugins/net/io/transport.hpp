// The transport: the mesh's decisions carried out on the loop.
#pragma once

#include "base/file_root.hpp"
#include "msw/plugin.hpp"
#include "plugins/net/core/mesh.hpp"
#include "plugins/net/core/patience.hpp"
#include "plugins/net/io/connection.hpp"
#include "plugins/net/io/dialer.hpp"
#include "plugins/net/io/disk.hpp"
#include "plugins/net/io/roster_desk.hpp"
#include "plugins/net/io/settings.hpp"
#include "plugins/net/io/turn_hook.hpp"
#include "uv/loop.hpp"

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <vector>

namespace msw::net {

/// Thread: the loop's.
class Transport final : public Edge, public Connection::Owner {
public:
    /// @return what keeps it from starting, and how to mend it
    [[nodiscard]] static Result<std::unique_ptr<Transport>> start(const msw_host_v1* host);
    ~Transport() override;
    Transport(const Transport&) = delete;
    Transport& operator=(const Transport&) = delete;
    Transport(Transport&&) = delete;
    Transport& operator=(Transport&&) = delete;

    /// A Datapack from this host.
    void take(const plugin::Handle& datapack) { mesh_.submit(datapack.copy(), now(), disk_.keep(datapack)); }
    /// A row was taken out of the outbox by somebody else.
    void removed(std::int64_t row) { mesh_.removed(row, now()); }
    /// What was delivered under that name has left its mailbox.
    void taken(void* name) {
        const auto number = reinterpret_cast<std::uintptr_t>(name);
        if ((number & Patience::kBit) == 0) {
            mesh_.taken(number, now());
            return;
        }
        patience_.begin_anew(number);
        offer_held();
    }
    void reloaded();

private:
    /// @param settings  live on at their place
    Transport(const msw_host_v1* host, std::unique_ptr<Settings> settings, Standing standing,
              std::shared_ptr<const FileRoot> files);
    [[nodiscard]] Result<void> listen();
    [[nodiscard]] Result<void> listen_for_old_hosts();
    [[nodiscard]] Result<uv::Listener> listener_at(const sockaddr_storage& address, Speaks speaks, const char* keys);
    [[nodiscard]] Time now() const noexcept { return Time(uv_now(loop_)); }

    // Edge
    void dial(const Address& address, Speaks speaks) override;
    void say(LinkId link, const Datapack& word) override;
    void established(LinkId link, const PeerInfo& peer) override;
    [[nodiscard]] bool has_room(LinkId link) const override;
    [[nodiscard]] bool has_room_for_frame(LinkId link) const override;
    [[nodiscard]] Time delivered_until(LinkId link) override;
    void write(LinkId link, Parcel parcel) override;
    [[nodiscard]] std::pair<std::size_t, std::size_t> waiting(LinkId link) const override;
    std::vector<Parcel> close(LinkId link) override;
    std::vector<Parcel> retire(LinkId link) override;
    void deliver(LinkId from, Datapack datapack) override;
    [[nodiscard]] Arrivals::Handed hand(const Datapack& datapack, std::uint64_t name) override;
    void hold(std::string_view app, bool held) override;
    [[nodiscard]] Vitals vitals(LinkId link) const override;
    void merge_documents(LinkId link, std::vector<std::string> documents, bool asked) override;
    void change_roster(const Datapack& question) override { desk_.ask(question); }
    void join(LinkId link, const Datapack& question) override;
    void raise_epoch(std::uint64_t epoch) override;
    void log(msw_priority priority, std::string_view text, const Datapack* about) override;

    // Connection::Owner
    void proved(Connection& c) override;
    void heard(Connection& c, Datapack datapack) override { mesh_.heard(c.id(), std::move(datapack), now()); }
    FileIn::Use use_of(const Connection& c, const Datapack& head) override;
    void file_refused(Connection& c, const Datapack& head, const Error& why) override;
    void bytes_came(const Connection& c) override { mesh_.bytes_came(c.id(), now()); }
    void bytes_left(const Connection& c) override { mesh_.shows_life(c.id(), now()); }
    void has_room_again(const Connection&) override { mesh_.has_room_again(now()); }
    void unfit(const Parcel& parcel, const Error& why) override { mesh_.unfit(parcel, why, now()); }
    void broken(const Connection& c, const std::string& why) override { mesh_.broken(c.id(), why, now()); }
    void ended(const Connection& c, const std::string& why) override;

    void accepted(uv::Stream stream, Speaks speaks);
    void dial_ended(const Address& address, Speaks speaks, Dialer::Outcome outcome);
    Connection& add(uv::Stream stream, Speaks speaks, TlsRole role);
    [[nodiscard]] const Connection* find(LinkId link) const;
    [[nodiscard]] Connection* find(LinkId link);
    std::vector<Parcel> take_away(LinkId link);
    /// @return whether it is off our hands; if not, it waits for room
    [[nodiscard]] bool hand_in(const plugin::Handle& datapack);
    void offer_held();
    /// @return whether it is off our hands: handed in, or answered with an error because its app takes nothing
    [[nodiscard]] bool settle(const plugin::Handle& datapack);
    void end_of_turn();
    void tick();
    void announce_addresses();
    void note_addresses();

    static constexpr Time kLookAtAddresses{5'000};
    static constexpr Time kNote{10'000};
    static constexpr std::size_t kMostNoted = 16;

    plugin::Host host_;
    uv_loop_t* loop_;
    std::unique_ptr<Settings> settings_;
    std::shared_ptr<const FileRoot> files_;
    Mesh mesh_;
    RosterDesk desk_;
    Disk disk_;
    std::vector<char> wire_;  // where connections read to
    LinkId last_link_ = 0;
    std::map<LinkId, std::unique_ptr<Connection>> connections_;
    std::set<LinkId> dirty_;                           // have something to write
    std::vector<std::unique_ptr<Connection>> closed_;  // to be destroyed outside their own callbacks
    std::map<std::pair<Address, Speaks>, std::unique_ptr<Dialer>> dialers_;
    std::vector<std::unique_ptr<Dialer>> ended_dialers_;  // likewise
    std::deque<plugin::Handle> held_here_;                // made on this host, waiting for room in a mailbox
    std::size_t held_here_bytes_ = 0;
    Patience patience_;
    std::optional<uv::Listener> listener_;
    std::optional<uv::Listener> old_listener_;
    uv::Timer tick_;
    Time next_tick_{0};
    Time next_look_{0};  // at this machine's addresses
    Time next_note_{0};  // of others' addresses
    std::vector<Address> noted_;
    TurnHook turn_;
};

}  // namespace msw::net
