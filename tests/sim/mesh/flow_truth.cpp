#include "tests/sim/mesh/flow_truth.hpp"

#include "plugins/net/core/flow/pool.hpp"

#include <algorithm>
#include <iterator>
#include <variant>

namespace msw::sim {

void FlowTruth::came(const Datapack& d, Time now) {
    Datapack bare = d;
    const Result<net::Envelope> e = net::take_envelope(bare.head);
    if (!e) return;
    for (const char* name : {"to", "via", "hops"}) bare.head.remove(name);
    const std::string origin(d.get("id"));
    const Name name{origin, {e->flow_class, e->run, d.method == "reply" ? "@" : d.app}};
    Flow& flow = flows_[name];
    if (e->n > flow.checked) flow.came.insert(e->n);
    flow.low = std::max(flow.low, e->low);
    const std::uint64_t end = e->at + net::charge_of(bare);
    const auto [at, fresh] = flow.offsets.try_emplace(e->n, e->at, end);
    // Rows of an earlier start of their origin are placed anew by each start of it.
    const bool durable = e->flow_class == net::FlowClass::durable;
    if (!restored_ && !durable && fresh && at != flow.offsets.begin() && e->at < std::prev(at)->second.second) {
        judge_.broken("offsets-rise",
                      origin + " places " + std::to_string(e->n) + " of " + name.second.app + " at " +
                          std::to_string(e->at) + ", before the end of what came before it",
                      now, Ledger::serial_of(d.body));
    }
    // Answers have a room of their own, and net takes at once what is for itself.
    if ((d.method == "reply" && !durable) || d.app == "net" || (durable && e->n <= flow.checked))
        flow.consumed = std::max(flow.consumed, end);
    places_[{origin, Ledger::serial_of(d.body), d.app}] = {name, end};
}

void FlowTruth::kept(const std::string& origin, const net::FlowName& name, std::uint64_t n) {
    Flow& flow = flows_[{origin, name}];
    if (n > flow.checked) flow.kept.insert(n);
    if (const auto at = flow.offsets.find(n); at != flow.offsets.end()) {
        flow.consumed = std::max(flow.consumed, at->second.second);
    }
}

void FlowTruth::recalled(const std::string& origin, const net::FlowName& name, std::uint64_t mark) {
    Flow& flow = flows_[{origin, name}];
    flow.checked = std::max(flow.checked, mark);
    for (const auto& [n, offsets] : flow.offsets) {
        if (n <= mark) flow.consumed = std::max(flow.consumed, offsets.second);
    }
}

void FlowTruth::taken(const std::string& origin, Serial serial, const std::string& app) {
    const auto at = places_.find({origin, serial, app});
    if (at == places_.end()) return;
    Flow& flow = flows_[at->second.first];
    flow.consumed = std::max(flow.consumed, at->second.second);
}

void FlowTruth::low_heard(const std::string& origin, const net::LowWord& word) {
    Flow& flow = flows_[{origin, word.flow}];
    flow.low = std::max(flow.low, word.low);
    flow.consumed = std::max(flow.consumed, word.at);
}

void FlowTruth::told(const Datapack& frame, Time now) {
    const std::string origin(frame.get("to"));
    if (frame.app == "receipt") {
        const auto words = net::parse_receipts(frame.body);
        if (!words) return;
        for (const net::ReceiptWord& word : *words) judge_receipt({origin, word.flow}, word, now);
    } else if (frame.app == "window") {
        const auto words = net::parse_windows(frame.body);
        if (!words) return;
        for (const net::WindowWord& word : *words) {
            if (const auto* credit = std::get_if<net::CreditWord>(&word)) {
                judge_credit({origin, credit->flow}, *credit, now);
            }
        }
    }
}

void FlowTruth::judge_receipt(const Name& name, const net::ReceiptWord& word, Time now) {
    Flow& flow = flows_[name];
    const bool durable = word.flow.flow_class == net::FlowClass::durable;
    for (std::uint64_t n = flow.checked + 1; n <= word.mark; ++n) {
        const bool came = flow.came.erase(n) > 0;
        const bool well = durable ? flow.kept.erase(n) > 0 : came;
        if (!well && n >= flow.low) {
            judge_.broken(durable ? "receipted-is-on-disk" : "receipts-tell-the-truth",
                          host_ + " has a receipt up to " + std::to_string(word.mark) + " of " + word.flow.app +
                              " from " + name.first + ", and " + std::to_string(n) +
                              (came ? " is not on its disk" : " never came"),
                          now);
            return;
        }
        flow.checked = n;
    }
    for (std::size_t bit = 0; bit < word.beyond.size() * 8; ++bit) {
        const std::uint64_t n = word.mark + 1 + bit;
        const unsigned byte = static_cast<unsigned char>(word.beyond[bit / 8]);
        if ((byte >> (bit % 8) & 1U) == 0 || n <= flow.checked) continue;
        if (!flow.came.contains(n)) {
            judge_.broken("receipts-tell-the-truth",
                          host_ + " says that " + std::to_string(n) + " of " + word.flow.app + " from " + name.first +
                              " is there, and it never came",
                          now);
        }
    }
}

void FlowTruth::judge_credit(const Name& name, const net::CreditWord& word, Time now) {
    const Flow& flow = flows_[name];
    const std::uint64_t most = flow.consumed + net::Pool::kMostWindow;
    if (word.offset <= most) return;
    judge_.broken("credit-is-bounded",
                  host_ + " grants " + name.first + " " + std::to_string(word.offset) + " bytes of " + word.flow.app +
                      ", and only " + std::to_string(flow.consumed) + " were taken",
                  now);
}

}  // namespace msw::sim
