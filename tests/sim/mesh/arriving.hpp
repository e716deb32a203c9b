// Durable Datapacks that come to a simulated host: into its inbox, together with how far their flow has come.
// daemon/durable/arrivals in small. One run of a daemon.
//
// Of one flow one list is under way at a time: where one is not on disk, nothing behind it is either.
#pragma once

#include "tests/sim/mesh/inbox.hpp"

#include <cstddef>
#include <functional>
#include <map>
#include <vector>

namespace msw::sim {

/// Thread: one at a time.
class Arriving {
public:
    static constexpr std::size_t kMostAtOnce = 64;

    Arriving(Disk& disk, Inbox& inbox, Around& around) : disk_(disk), inbox_(inbox), around_(around) {}

    /// @param written  called later: whether it is on disk
    void arrive(const Datapack& datapack, const FlowKey& flow, std::uint64_t n, std::function<void(bool)> written);

private:
    struct Arrival {
        SharedDatapack datapack;
        std::uint64_t n = 0;
        std::function<void(bool)> written;
        RowId question = 0;  // that it answers
    };
    struct Of {
        std::vector<Arrival> writing;
        std::vector<Arrival> waiting;
        std::vector<Arrival> refused;  // they were behind those that are being written, and found no room
        bool refusing = false;         // and are about to be told so, with all that comes until then
    };

    void begin(const FlowKey& flow);
    void look_up(const FlowKey& flow);
    void write(const FlowKey& flow);
    void write_fewer(const FlowKey& flow);
    void end(const FlowKey& flow, bool ok);

    Disk& disk_;
    Inbox& inbox_;
    Around& around_;
    std::map<FlowKey, Of> flows_;
};

}  // namespace msw::sim
