// The durable Datapacks of this host on their way to others: all of them on disk, of each flow some in the custody.
//
//     accept() ─> on disk ─┬─> custody ──receipt──> off the disk, or kept as an open question
//                          └─> read when there is room again ─┘
//
// A row is sent to a run of its destination only after that is written down: what may have been sent to another one is
// marked `redelivered`. Rows keep the number and the run of the start that took them; those of an earlier start go
// first, and later ones when no earlier one is left. Why that is safe: tests/model/flow.pml.
#pragma once

#include "plugins/net/core/flow/custody.hpp"
#include "plugins/net/core/flow/store.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace msw::net {

/// Thread: one at a time.
class Shelf {
public:
    static constexpr std::size_t kMostLoaded = 1024;  ///< rows of a flow in memory
    static constexpr std::size_t kMostLoadedBytes = std::size_t{512} * 1024;
    static constexpr Time kRetry{1'000};  ///< after the disk failed, or had no room for an answer

    Shelf(Run run, std::uint64_t epoch, Custody& custody) noexcept : run_(run), epoch_(epoch), custody_(custody) {}

    /// @param store  outlives this; null: there is no disk, and nothing is durable
    void start(Store* store);
    [[nodiscard]] bool works() const noexcept { return store_ != nullptr; }

    /// @return Code::too_many_flows and a sentence if it would be for one app too many of its host
    [[nodiscard]] Result<void> room_for(const std::string& member, const std::string& host,
                                        const Datapack& datapack) const;

    using Done = std::function<void(const Result<void>&, Time)>;
    /// Take one. @pre room_for()
    /// @param held      without number
    /// @param answered  as Store::add() takes it; such a one is tried again until there is room, or it is gone from
    /// there
    /// @param done      once: whether it is on disk now
    void accept(const std::string& member, const std::string& host, Held held, std::uint64_t answered, Done done);

    /// They have arrived.
    void received(const std::vector<Held>& all);
    /// A row was taken out of the disk by somebody else.
    void removed(std::int64_t row, Time now);
    /// Write down what is to be sent, read what there is room for. To be called after each batch of events.
    void pump(Time now);

private:
    struct Flow {
        std::string member;
        std::string app;
        std::uint64_t next_n = 1;  // of this run
        std::uint64_t epoch = 0;   // the place of the last row that was in memory
        std::uint64_t n = 0;       //
        bool more = false;         // there are rows on disk behind it
        bool loading = false;
        bool marking = false;
        bool other_start = false;  // what comes next there was numbered by another start than what is in memory
        Time not_before{0};        // after the disk failed
    };
    struct Waiting {
        std::string member;
        std::string host;
        Held held;
        std::uint64_t answered;
        Done done;
        Time at;
    };
    using Key = std::pair<std::string, std::string>;  // member and app

    [[nodiscard]] static std::string flow_name(const Datapack& datapack);
    [[nodiscard]] Flow& flow_of(const std::string& member, const std::string& app);
    void list();
    void added(const StoredRow& row, Held held, Time now);
    void load(Flow& flow);
    void loaded(const Key& key, const Result<Store::Page>& page, Time now);
    void mark(Flow& flow);
    [[nodiscard]] bool is_loading() const;
    [[nodiscard]] bool has_room(const Flow& flow) const;
    [[nodiscard]] bool wants_more(const Flow& flow) const;

    Run run_;
    std::uint64_t epoch_;
    Custody& custody_;
    Store* store_ = nullptr;
    std::map<Key, Flow> flows_;
    std::vector<Waiting> again_;
    std::set<std::int64_t> gone_;  // rows that were taken out while pages were read, which may have them still
    bool listed_ = false;          // which flows there are from before is known
    bool listing_ = false;
    Time list_not_before_{0};
};

}  // namespace msw::net
