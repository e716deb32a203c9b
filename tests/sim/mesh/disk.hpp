// The disk of one host, and the thread that writes to it: lists of changes are gathered into a group, and a group is on
// the disk some time after it was begun, whole. Who asked hears of it only then, on the loop.
//
// It outlives the daemon. What a crash finds under way is there afterwards or is not, whole in either case: nobody was
// told. What waited behind it is gone.
#pragma once

#include "tests/sim/mesh/dice.hpp"
#include "tests/sim/mesh/event.hpp"
#include "tests/sim/mesh/tables.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

namespace msw::sim {

/// Thread: one at a time.
class Disk {
public:
    using Written = Result<std::vector<RowId>>;
    using Watch = std::function<void(const Change&, const Tables&)>;

    /// @param watch  hears of each change when it comes to the disk
    /// @param poke   the loop has something to do: run_posted()
    Disk(std::size_t host, Events& events, std::uint64_t seed, Watch watch, std::function<void()> poke);

    /// @param done  called on the loop, in the order of the calls; may be empty
    void write(Changes changes, std::function<void(const Written&)> done);
    /// @param look  called when what was written before is on the disk, with null if the disk fails; what it returns is
    ///              called on the loop
    void read(std::function<std::function<void()>(const Tables*)> look);
    /// Call back whoever waits. To be called on the loop.
    void run_posted();

    /// The group that is under way is through, if it is that one.
    void synced(std::uint64_t group);
    /// The daemon ends now. @param survives  whether what was under way is on the disk
    void crash(bool survives);
    /// It is another disk from now on. @pre the daemon is not running
    void set_back(Tables tables) { tables_ = std::move(tables); }

    // Once more or once less.
    void fail(int change) noexcept { failing_ += change; }
    /// @param room  for so many rows, and as many as go
    void fill(int change, std::size_t room) noexcept {
        full_ += change;
        room_ = room;
    }
    void slow_down(int change) noexcept { slow_ += change; }

    [[nodiscard]] const Tables& tables() const noexcept { return tables_; }
    /// @return whether nothing is asked of it
    [[nodiscard]] bool idle() const noexcept { return queue_.empty() && group_.empty() && posted_.empty(); }

private:
    struct Request {
        Changes changes;
        std::function<void(const Written&)> done;
        std::function<std::function<void()>(const Tables*)> look;  // of a read
    };
    static constexpr std::size_t kMostInGroup = 64;

    void begin();
    [[nodiscard]] Written carry_out(const Changes& changes);

    std::size_t host_;
    Events& events_;
    Dice dice_;
    Watch watch_;
    std::function<void()> poke_;
    Tables tables_;
    std::vector<Request> queue_;
    std::vector<Request> group_;
    std::vector<std::function<void()>> posted_;
    std::uint64_t group_number_ = 0;
    int failing_ = 0;
    int full_ = 0;
    std::size_t room_ = 0;  // while it is full, in rows
    int slow_ = 0;
};

}  // namespace msw::sim
