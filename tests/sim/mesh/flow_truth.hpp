// What receipts and windows may say: nothing that isn't so. One host's, in one run.
#pragma once

#include "plugins/net/core/flow/words.hpp"
#include "tests/sim/mesh/ledger.hpp"

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <utility>

namespace msw::sim {

/// Thread: one at a time.
class FlowTruth {
public:
    /// @param host      whose name verdicts bear
    /// @param restored  others may take it for an older run of itself now and then, and begin anew
    FlowTruth(std::string host, bool restored, Judge& judge)
        : host_(std::move(host)), restored_(restored), judge_(judge) {}

    /// A carried Datapack comes whole, with its envelope.
    void came(const Datapack& datapack, Time now);
    /// A durable one is on disk.
    void kept(const std::string& origin, const net::FlowName& flow, std::uint64_t n);
    /// The disk says how far a durable flow has come.
    void recalled(const std::string& origin, const net::FlowName& flow, std::uint64_t mark);
    /// An app has taken it, or it needs no taking. @param origin  its host id
    void taken(const std::string& origin, Serial serial, const std::string& app);
    /// An origin says what it holds.
    void low_heard(const std::string& origin, const net::LowWord& word);

    /// A frame with receipts or windows is written here. @param frame  with a `to`
    void told(const Datapack& frame, Time now);

private:
    using Name = std::pair<std::string, net::FlowName>;  // origin and flow
    struct Flow {
        std::set<std::uint64_t> came;  // beyond checked
        std::set<std::uint64_t> kept;  // of a durable one: beyond checked, on disk
        std::uint64_t checked = 0;     // all up to it came, or were passed over; of a durable one: are on disk
        std::uint64_t low = 1;
        std::map<std::uint64_t, std::pair<std::uint64_t, std::uint64_t>> offsets;  // of each number: its bytes
        std::uint64_t consumed = 0;  // offset behind the last that was taken
    };
    void judge_receipt(const Name& name, const net::ReceiptWord& word, Time now);
    void judge_credit(const Name& name, const net::CreditWord& word, Time now);

    std::string host_;
    bool restored_;
    Judge& judge_;
    std::map<Name, Flow> flows_;
    std::map<std::tuple<std::string, Serial, std::string>, std::pair<Name, std::uint64_t>> places_;  // end offsets
};

}  // namespace msw::sim
