// Durable Datapacks that wait for the plugins of a simulated host: daemon/durable/inbox in small, with its order of
// writes. One run of a daemon. All rows are in memory; the real one loads them in pages.
//
//     row ──> marked as handed ──> mailbox ──> plugin ──done──> gone, its answers written
//      ▲                                         │
//      └──────────── left without done ──────────┘   `redelivered`; five times: dead
#pragma once

#include "tests/sim/mesh/disk.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace msw::sim {

/// What the durable parts of a host need done. Thread: one at a time.
class Around {
public:
    Around() = default;
    Around(const Around&) = delete;
    Around& operator=(const Around&) = delete;
    Around(Around&&) = delete;
    Around& operator=(Around&&) = delete;
    virtual ~Around() = default;

    /// Put one into the mailbox of an app. @return false: it has no room
    virtual bool hand_durable(const std::string& app, const SharedDatapack& datapack, RowId row) = 0;
    /// Call it after that time, if the daemon still runs.
    virtual void later(Time delay, std::function<void()> what) = 0;
    /// @return the error that an app gets as an answer that isn't there
    [[nodiscard]] virtual Datapack no_such_app(const Datapack& question) = 0;
    /// @return ms since 1970
    [[nodiscard]] virtual std::int64_t wall_ms() const = 0;
    /// A row was taken out of the outbox without its receipt.
    virtual void removed_from_outbox(RowId row) = 0;
};

/// Thread: one at a time.
class Inbox {
public:
    static constexpr unsigned kMostHanded = 5;  ///< times
    static constexpr std::size_t kMostWithPlugin = 64;
    static constexpr Time kRetry{1'000};

    Inbox(Disk& disk, Around& around) : disk_(disk), around_(around) {}

    /// Hand on what waits from before.
    void start();

    /// Rows on their way to the disk, and whatever is written in one go with them.
    struct Place {
        std::string app;
        SharedDatapack datapack;
        unsigned handed = 0;
    };
    struct Batch {
        Changes changes;
        std::vector<Place> places;  // of each AddIn
    };
    /// @param flow  that it came by; null: it was made here
    void add(Batch& batch, const std::string& app, const SharedDatapack& datapack, const PutMark* flow);
    /// The row of an answer, for net.
    void add_answer(Batch& batch, Datapack answer);
    /// Write it, and hand on what is in it.
    void commit(Batch batch, std::function<void(bool ok)> done);

    /// Write what must be written, however often the disk fails.
    void write_until_done(const Changes& changes);

    /// A plugin answers a question that it has: written down when it is done with it.
    void hold_answer(RowId question, Datapack answer);
    /// A plugin is done with one, or has left without.
    void ended(RowId row, bool done);
    /// net has made a row of the outbox of one: it is off the disk.
    void moved_on(RowId row);
    /// An app has room again.
    void pump(const std::string& app);

    [[nodiscard]] bool is_with_plugin(RowId row) const;
    void forget(RowId row);
    [[nodiscard]] std::size_t most_with_plugin() const noexcept { return most_with_plugin_; }

private:
    struct Kept {
        std::string app;
        SharedDatapack datapack;
        unsigned handed = 0;  // as is on disk
        bool marked = false;  // for the next time
        bool with_plugin = false;
    };
    struct App {
        std::deque<RowId> waiting;
        std::size_t with_plugin = 0;
        std::size_t adding = 0;  // on their way to the disk, marked as handed
        bool marking = false;
    };

    [[nodiscard]] unsigned handed_at_once(const std::string& app);
    void keep(RowId id, const std::string& app, const SharedDatapack& datapack, unsigned handed, bool marked);
    void mark(const std::string& app);
    [[nodiscard]] bool hand(const std::string& app, RowId id);
    void done_with(RowId id, const std::vector<Datapack>& answers);

    Disk& disk_;
    Around& around_;
    std::map<std::string, App> apps_;
    std::map<RowId, Kept> rows_;
    std::map<RowId, std::vector<Datapack>> answers_;  // by question
    bool listed_ = false;                             // what waits from before is known
    std::size_t most_with_plugin_ = 0;
};

}  // namespace msw::sim
