// One host: its daemon's loop, which runs a real Mesh, and its plugins. It can be killed, started again, stand still or
// be slow.
//
// A turn of the loop is as in io/transport: what came by each connection is read, the mesh is told that the turn is
// over, and what it has written goes to the kernel.
#pragma once

#include "tests/sim/mesh/apps.hpp"
#include "tests/sim/mesh/arriving.hpp"
#include "tests/sim/mesh/disk.hpp"
#include "tests/sim/mesh/durable_truth.hpp"
#include "tests/sim/mesh/edge.hpp"
#include "tests/sim/mesh/flow_truth.hpp"
#include "tests/sim/mesh/inbox.hpp"
#include "tests/sim/mesh/inside.hpp"
#include "tests/sim/mesh/keeper.hpp"
#include "tests/sim/mesh/ledger.hpp"
#include "tests/sim/mesh/network.hpp"
#include "tests/sim/mesh/store.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace msw::sim {

/// The app whose questions are always answered.
inline constexpr const char* kProbe = "probe";

/// What all hosts share. Thread: one at a time.
struct Surroundings {
    const Plan& plan;
    Events& events;
    Network& network;
    Ledger& ledger;
    DurableTruth& durable;
    Judge& judge;
    Trace& trace;
};

/// Thread: one at a time.
class Host final : private Around {
public:
    Host(const Surroundings& around, std::size_t number);

    // Its life.
    void start();
    /// @param power  the machine loses power; else only the daemon ends, and the kernel goes on
    void die(bool power);
    /// Its disk is copied, for set_back(), which takes the name.
    void copy_disk(std::uint64_t name);
    /// Its next start finds the disk as it was then; a new one, if it wasn't copied. @pre it is dead
    void set_back(std::uint64_t name);
    [[nodiscard]] Disk& disk() noexcept { return disk_; }
    /// An app drops what it has in hand of durable ones.
    void leave(std::size_t app);
    void stand_still(Time until);
    void set_slow(bool slow) noexcept { slow_ = slow; }
    void jump_clock(std::int64_t ms) noexcept { clock_ms_ += ms; }
    void set_hole(bool hole) noexcept { hole_ = hole; }
    void deafen(std::size_t app, int change);
    void stranger_comes(std::uint64_t what);

    /// @return whether it was one of this host's own
    bool happen(const Event& event);
    /// Its loop has something to do.
    void poke();

    /// An app sends. @return the serials
    std::vector<Serial> submit(const Letter& letter, std::int64_t times);
    /// An app answers what nobody asked it.
    void submit_stray(std::size_t to, std::uint64_t flag);

    [[nodiscard]] bool is_up() const noexcept { return edge_ != nullptr; }
    [[nodiscard]] const net::Mesh& mesh() const { return edge_->mesh; }
    [[nodiscard]] const std::string& member() const noexcept { return member_; }
    [[nodiscard]] const HostShape& shape() const noexcept { return shape_; }
    /// @param but_for    a host that something may wait for
    /// @param all_lived  no host was started again or is gone: what came of it can't wait for what is lost with it
    /// @return what it has to do still; empty: nothing
    [[nodiscard]] std::string unfinished(const std::string& but_for, bool all_lived) const;
    [[nodiscard]] std::size_t number() const noexcept { return number_; }
    /// Its state is within bounds, or the judge hears of it.
    void judge_bounds() const;

private:
    friend class SimEdge;

    struct Reply {
        Datapack datapack;
        Serial question = 0;
        bool last = true;
        bool sent = false;
    };

    [[nodiscard]] Time now() const noexcept { return around_.events.now(); }
    [[nodiscard]] Time own_time() const noexcept { return now() + shift_; }
    [[nodiscard]] std::int64_t wall() const noexcept { return kBegin + now().count() + clock_ms_; }
    void say(const std::string& what) const;

    // The loop.
    void tick();
    void turn();
    void read_all();
    void read_one(std::size_t wire, std::size_t side);
    void end_of_turn();
    void flush_all();
    void set_tick(Time at);
    [[nodiscard]] bool is_still() const { return still_until_ > now() || around_.network.is_frozen(number_); }

    // Durable ones: what daemon/durable has to have around it, and plugins that are done with them.
    bool hand_durable(const std::string& app, const SharedDatapack& datapack, RowId row) override;
    void later(Time delay, std::function<void()> what) override;
    [[nodiscard]] Datapack no_such_app(const Datapack& question) override;
    [[nodiscard]] std::int64_t wall_ms() const override { return wall(); }
    void removed_from_outbox(RowId row) override { edge_->mesh.removed(row, own_time()); }
    void hand_to_net();
    void use(const Apps::Waiting& taken, std::size_t app);
    void leave_one(std::size_t app, RowId row, Serial serial);
    void be_done(std::size_t app, RowId row);
    [[nodiscard]] std::pair<Datapack, Serial> durable_answer(Datapack reply, const std::string& from, Serial question);
    [[nodiscard]] std::string unfinished_on_disk(const std::string& but_for) const;

    // What a Datapack that comes means for those who judge.
    void look_at(const Datapack& datapack);
    void judge_links();

    // Plugins.
    [[nodiscard]] net::Arrivals::Handed hand(const Datapack& datapack, std::uint64_t name);
    void wake(std::size_t app);
    void take(std::size_t app);
    void think_about(const Apps::Waiting& asked, std::size_t app);
    void reply_later(Datapack reply, Serial question, bool last, Time delay);
    void send_reply(std::size_t which);
    void reply_now(Datapack d, std::size_t to, Serial question, bool last);
    void put_copy(std::size_t app, const Datapack& datapack, std::uint64_t name);
    [[nodiscard]] std::vector<Copy> copies_of(const Letter& letter) const;

    static constexpr std::int64_t kBegin = 1'700'000'000'000;  // of the clocks on the wall

    Surroundings around_;
    std::size_t number_;
    const HostShape& shape_;
    std::string member_;
    Dice dice_;
    Time shift_;  // its own clock began then
    Disk disk_;
    std::unique_ptr<Apps> apps_;
    std::unique_ptr<FlowTruth> truth_;
    std::unique_ptr<Inbox> inbox_;
    std::unique_ptr<Arriving> arriving_;
    std::unique_ptr<Keeper> keeper_;
    std::unique_ptr<Store> store_;
    std::unique_ptr<SimEdge> edge_;
    struct Copied {
        Tables tables;
        DurableTruth::Memory memory;
        std::uint64_t epoch = 0;
    };
    std::map<std::uint64_t, Copied> copies_;
    std::deque<std::pair<SharedDatapack, RowId>> to_net_;
    std::map<std::uint64_t, std::function<void()>> later_;
    std::uint64_t last_later_ = 0;
    std::array<std::map<RowId, Serial>, kApps> in_hand_;  // durable ones that a plugin has taken
    std::uint64_t start_ = 0;                             // how many there were
    std::uint64_t epoch_file_ = 0;
    std::int64_t clock_ms_;
    std::int64_t told_clock_ms_ = 0;  // what of it the mesh knows
    std::optional<Time> last_tick_;
    std::array<int, kApps> deaf_{};
    std::size_t most_in_a_mailbox_ = 0;
    Time still_until_{0};
    Time awake_since_{0};
    bool slow_ = false;
    bool hole_ = false;
    bool turn_due_ = false;
    Time next_tick_{0};
    std::uint64_t tick_serial_ = 0;
    std::vector<Reply> replies_;
};

}  // namespace msw::sim
