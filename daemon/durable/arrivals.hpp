// Durable Datapacks that come from other hosts: into the inbox, together with how far their flow has come.
//
// Of one flow one list of changes is under way at a time, and what comes meanwhile makes the next: where one is not on
// disk, nothing behind it is either.
#pragma once

#include "base/spool/spool.hpp"
#include "daemon/durable/inbox.hpp"
#include "daemon/services.hpp"
#include "uv/handle.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace msw::durable {

/// Thread: the loop's.
class Arrivals {
public:
    static constexpr std::size_t kMostAtOnce = 64;  ///< Datapacks of a flow that are written in one go

    /// @param removed  called for each row that was taken out of the outbox: a question that is answered
    Arrivals(Services& services, spool::Spool& spool, Inbox& inbox, std::function<void(spool::RowId)> removed)
        : services_(services), spool_(spool), inbox_(inbox), removed_(std::move(removed)) {}

    /// Write one down.
    /// @param written  called later: whether it is on disk
    void arrive(const Datapack& d, const Flow& flow, std::function<void(bool written)> written);

    /// @return how many answers came to no open question
    [[nodiscard]] std::uint64_t unasked() const noexcept { return unasked_; }

private:
    struct Arrival {
        Datapack datapack;
        Flow flow;
        std::function<void(bool)> written;
        spool::RowId question = 0;  // that it answers
    };
    struct Arriving {
        std::vector<Arrival> writing;
        std::vector<Arrival> waiting;
        std::vector<Arrival> refused;  // they were behind those that are being written, and found no room
        bool refusing = false;         // and are about to be told so, with all that comes until then
        std::size_t looking = 0;       // questions that are looked up
        bool failed = false;           // one could not be
    };

    void begin(const std::string& key);
    void look_up(const std::string& key, std::size_t i);
    void write(const std::string& key);
    void write_fewer(const std::string& key);
    void add(const Arrival& arrival, Inbox::Batch& batch);
    void add_answer(const Arrival& arrival, std::set<spool::RowId>& answered, Inbox::Batch& batch);
    void end(const std::string& key, bool ok);

    Services& services_;
    spool::Spool& spool_;
    Inbox& inbox_;
    std::function<void(spool::RowId)> removed_;
    std::map<std::string, Arriving> arriving_;  // by flow
    std::uint64_t unasked_ = 0;
    uv::Anchor anchor_;
};

}  // namespace msw::durable
