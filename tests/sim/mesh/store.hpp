// The disk as the flows of a simulated host see it: net::Store, carried out by its Disk and its Inbox. One run of a
// daemon.
#pragma once

#include "plugins/net/core/flow/store.hpp"
#include "tests/sim/mesh/arriving.hpp"
#include "tests/sim/mesh/flow_truth.hpp"
#include "tests/sim/mesh/inbox.hpp"

#include <functional>
#include <utility>

namespace msw::sim {

/// Thread: one at a time.
class Store final : public net::Store {
public:
    /// @param truth     hears of what of its flows is on disk
    /// @param own_time  of the mesh
    Store(const Plan& plan, Disk& disk, Inbox& inbox, Arriving& arriving, FlowTruth& truth,
          std::function<Time()> own_time)
        : plan_(plan), disk_(disk), inbox_(inbox), arriving_(arriving), truth_(truth), own_time_(std::move(own_time)) {}

    /// @param answered  a row of the inbox
    void add(const net::StoredRow& row, std::uint64_t answered,
             std::function<void(const Result<std::int64_t>&, Time)> done) override;
    void sent(const std::vector<std::int64_t>& rows, net::Run run, bool redelivered,
              std::function<void(bool ok, Time)> done) override;
    void received(const std::vector<std::int64_t>& rows, bool open) override;
    void load(const std::string& member, const std::string& app, std::uint64_t epoch, std::uint64_t n,
              std::function<void(const Result<Page>&, Time)> done) override;
    void flows(std::function<void(const Result<std::vector<net::StoredRow>>&, Time)> done) override;
    void arrive(const Datapack& datapack, const std::string& member, net::Run run, const std::string& app,
                std::uint64_t n, std::function<void(bool ok, Time)> done) override;
    void mark_of(const std::string& member, net::Run run, const std::string& app,
                 std::function<void(std::optional<std::uint64_t> mark, Time)> done) override;
    void done_with(std::uint64_t answered) override;

private:
    const Plan& plan_;
    Disk& disk_;
    Inbox& inbox_;
    Arriving& arriving_;
    FlowTruth& truth_;
    std::function<Time()> own_time_;
};

}  // namespace msw::sim
