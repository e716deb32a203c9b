// Durable Datapacks that wait for plugins of this host: each is a row on disk until its plugin is done with it.
//
//     take()    from here ──────┐
//     Arrivals  from elsewhere ─┴─> row ──> marked as handed ──> mailbox ──> plugin ──done──> gone, its answers written
//                                    ▲                                          │
//                                    └──────────── left without done ───────────┘   `redelivered`; five times: dead
//
// What is handed on is on disk, and so is that it was handed on. Of each app some rows are in memory; the rest is read
// as those go.
#pragma once

#include "base/spool/spool.hpp"
#include "daemon/durable/asked.hpp"
#include "daemon/durable/open_questions.hpp"
#include "daemon/durable/tickets.hpp"
#include "daemon/services.hpp"
#include "uv/handle.hpp"
#include "uv/loop.hpp"

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace msw::durable {

/// The flow that a Datapack from another host came by.
struct Flow {
    std::string origin;  ///< member
    std::uint64_t run = 0;
    std::string name;
    std::uint64_t n = 0;  ///< the number of the Datapack in it
};

/// Thread: the loop's, but for take(), asked() and app_came().
class Inbox final : public DurableIntake {
public:
    static constexpr std::uint32_t kMostHanded = 5;  ///< times
    static constexpr std::size_t kMostWithPlugin = 64;
    static constexpr std::size_t kMostLoaded = 256;  ///< of an app, in memory
    static constexpr std::size_t kMostLoadedBytes = std::size_t{1024} * 1024;

    Inbox(Services& services, spool::Spool& spool);
    ~Inbox() override;
    Inbox(const Inbox&) = delete;
    Inbox& operator=(const Inbox&) = delete;
    Inbox(Inbox&&) = delete;
    Inbox& operator=(Inbox&&) = delete;

    /// Hand on what waits from before, as far as its plugins are there.
    void start();
    /// Take nothing more from here, hand nothing more on: this host stops.
    void stop() {
        stopping_ = true;
        taking_->close();
    }

    // DurableIntake
    std::optional<Forwarded> take(DatapackRef& d, const Sender& sender) override;
    [[nodiscard]] bool has_questions() const noexcept override { return !questions_.none(); }
    void asked(const Datapack& question) override;
    void app_came(std::string_view app) override;

    /// Rows on their way to the disk, and whatever is to be written in one go with them.
    struct Place {
        std::string app;
        DatapackRef datapack;
        std::uint32_t handed = 0;
    };
    struct Batch {
        spool::Changes changes;
        std::vector<Place> places;  // of each AddInbox in it, which add() and add_answer() alone put there
    };
    /// Add a row for an app. @param flow  that it came by; null: it was made here
    void add(Batch& batch, const std::string& app, const DatapackRef& d, std::string bytes, const Flow* flow = nullptr);
    /// Add the row of an answer: for an app here, or for the transport.
    void add_answer(Batch& batch, Datapack answer);
    /// Write it, and hand on what is in it. @param done  called later
    void commit(Batch batch, std::function<void(const Result<void>&)> done);

    /// Write what nobody waits for, and what must not be left out for a disk that fails now.
    void write_in_the_end(const spool::Changes& changes);

    /// Rows that were removed or buried on disk, by whomever: forget them.
    /// @return whether one is with its plugin, and stays
    [[nodiscard]] bool is_with_plugin(spool::RowId id) const;
    void forget(spool::RowId id);
    /// One was put back on disk.
    void revived(const std::string& name);
    /// A dead letter for another host: give it to the transport once more.
    void send_again(Datapack d, spool::RowId dead, std::function<void(const Result<void>&)> written);

    /// @return how many became dead letters for having been handed on too often
    [[nodiscard]] std::uint64_t buried() const noexcept { return buried_; }

private:
    struct Row {
        std::string app;
        DatapackRef datapack;
        std::size_t bytes = 0;
        std::uint32_t handed = 0;  // times, as is on disk
        bool marked = false;       // for the next time it is handed on
        bool with_plugin = false;
    };
    struct App {
        std::string name;
        std::deque<spool::RowId> waiting;  // in memory, in order
        std::size_t bytes = 0;             // of them
        std::size_t with_plugin = 0;
        std::size_t adding = 0;         // on their way to the disk, marked as handed
        spool::RowId loaded = 0;        // the last row that was in memory
        bool more = false;              // there are rows on disk behind it
        std::set<spool::RowId> unread;  // of those, written as handed already, and handed to nobody yet
        bool loading = false;
        bool marking = false;
    };
    static constexpr std::size_t kMostTaking = std::size_t{8} * 1024 * 1024;  // bytes on their way to the disk

    [[nodiscard]] bool take_answer(const Datapack& d, const Sender& sender);
    [[nodiscard]] App& app_of(const std::string& name);
    [[nodiscard]] std::uint32_t handed_at_once(const std::string& name);
    [[nodiscard]] bool is_for_present(const std::string& asker, const Datapack& answer) const;
    void place(const Place& place, spool::RowId row);
    void load_row(App& app, spool::RowId id, const DatapackRef& d, std::uint32_t handed, bool marked);
    void forget_asker(const std::string& name);

    void load(App& app);
    void loaded(App& app, Result<spool::InboxAfter::Answer> page);
    void pump(const std::string& name);
    void mark(App& app);
    [[nodiscard]] bool hand(App& app, spool::RowId id);
    void ended(spool::RowId id, bool done);
    void done_with(spool::RowId id, const std::string& app, std::vector<Datapack> answers);
    void put_back(spool::RowId id);
    void bury(App& app, spool::RowId id);
    void list_apps(const std::string& after);
    void again_later(std::function<void()> what);

    Services& services_;
    spool::Spool& spool_;
    OpenQuestions questions_;
    Asked asked_;
    std::shared_ptr<Mailbox> taking_;  // nothing is in it: its room is that of what is on its way to the disk
    std::shared_ptr<Tickets> tickets_;
    std::map<std::string, App, std::less<>> apps_;
    std::unordered_map<spool::RowId, Row> rows_;
    std::vector<std::function<void()>> later_;
    uv::Timer retry_;
    std::uint64_t buried_ = 0;
    bool listed_ = false;  // what waits from before is known
    bool stopping_ = false;
    uv::Anchor anchor_;
};

}  // namespace msw::durable
