// Durable Datapacks that wait for plugins of this host: each is a row on disk until its plugin is done with it.
//
//     take()    from here ──────┐
//     arrive()  from elsewhere ─┴─> row ──> marked as handed ──> mailbox ──> plugin ──done──> gone, its answers written
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
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace msw::durable {

/// Thread: the loop's, but for take() and app_came().
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

    /// The flow that a Datapack from another host came by.
    struct Flow {
        std::string origin;  ///< member
        std::uint64_t run = 0;
        std::string name;
        std::uint64_t n = 0;  ///< the number of the Datapack in it
    };
    /// Write down one that came, together with how far its flow has come.
    /// @param written  called later: whether it is on disk
    void arrive(const Datapack& d, const Flow& flow, std::function<void(bool written)> written);

    /// Rows that were removed or buried on disk, by whomever: forget them.
    /// @return whether one is with its plugin, and stays
    [[nodiscard]] bool is_with_plugin(spool::RowId id) const;
    void forget(spool::RowId id);
    /// One was put back on disk.
    void revived(const std::string& name);
    /// A dead letter for another host: give it to the transport once more.
    void send_again(Datapack d, spool::RowId dead, std::function<void(const Result<void>&)> written);

    struct Numbers {
        std::uint64_t buried = 0;
        std::uint64_t unasked = 0;  ///< answers to no open question
    };
    [[nodiscard]] const Numbers& numbers() const noexcept { return numbers_; }

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
        std::size_t adding = 0;   // on their way to the disk, marked as handed
        spool::RowId loaded = 0;  // the last row that was in memory
        bool more = false;        // there are rows on disk behind it
        bool loading = false;
        bool marking = false;
    };
    using Places = std::vector<std::pair<std::string, DatapackRef>>;  // app and Datapack of each new row
    struct Arrival {
        Datapack datapack;
        Flow flow;
        std::function<void(bool)> written;
        spool::RowId question = 0;  // that it answers
    };
    /// Of one flow, one list of changes is under way at a time, and what comes meanwhile makes the next.
    struct Arriving {
        std::vector<Arrival> writing;
        std::vector<Arrival> waiting;
    };
    static constexpr std::size_t kMostTaking = std::size_t{8} * 1024 * 1024;  // bytes on their way to the disk

    [[nodiscard]] bool take_answer(const Datapack& d, const Sender& sender);
    [[nodiscard]] App& app_of(const std::string& name);
    [[nodiscard]] std::uint32_t handed_at_once(const std::string& name);
    [[nodiscard]] spool::AddInbox row_of(const Datapack& d, const std::string& app, const Flow* flow,
                                         std::string bytes) const;
    /// Add the rows of an answer to a list of changes.
    void add_answer(Datapack answer, spool::Changes& changes, Places& places);
    void written(const Places& places, const std::vector<spool::RowId>& rows, const std::vector<std::uint32_t>& handed);
    [[nodiscard]] bool is_for_present(const std::string& asker, const Datapack& answer) const;
    void place(const std::string& name, const DatapackRef& d, spool::RowId row, std::uint32_t handed);
    void begin_arrivals(const std::string& key);
    void look_up(const std::string& key, std::size_t i);
    void write_arrivals(const std::string& key);
    void add_arrived(const Arrival& arrival, spool::Changes& changes, Places& places);
    void add_arrived_answer(const Arrival& arrival, std::set<spool::RowId>& answered, spool::Changes& changes,
                            Places& places);
    void end_arrivals(const std::string& key, bool ok);
    void commit(spool::Changes changes, Places places, std::function<void(const Result<void>&)> done);

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
    std::map<std::string, Arriving> arriving_;  // by flow
    std::vector<std::function<void()>> later_;
    uv::Timer retry_;
    Numbers numbers_;
    bool listed_ = false;  // what waits from before is known
    bool stopping_ = false;
    uv::Anchor anchor_;
};

}  // namespace msw::durable
