#include "plugins/net/core/flow/arrivals.hpp"

#include <algorithm>
#include <utility>

namespace msw::net {

FlowName Arrivals::name_of(const Envelope& e, const Datapack& d) {
    return {e.flow_class, e.run, d.method == "reply" ? "@" : d.app};
}

Arrivals::Flow* Arrivals::flow_of(const std::string& member, const FlowName& name) {
    const auto origin = origins_.find(member);
    if (origin == origins_.end()) return nullptr;
    const auto at = origin->second.flows.find(name);
    return at == origin->second.flows.end() ? nullptr : at->second.get();
}

Arrivals::Flow* Arrivals::flow_for(const std::string& member, const FlowName& name, Verdict& why_not) {
    if (Flow* known = flow_of(member, name)) return known;
    Origin& origin = origins_[member];
    // The run that it belongs to is over, and its flows may have been forgotten: it could come for the second time.
    why_not = Verdict::no_room;
    if (origin.run != kNoRun && origin.run != name.run && name.flow_class == FlowClass::ordinary) return nullptr;
    const auto of_run =
        std::count_if(origin.flows.begin(), origin.flows.end(), [&](const auto& f) { return f.first.run == name.run; });
    why_not = Verdict::too_many_flows;
    if (static_cast<std::size_t>(of_run) >= kMostFlows || origin.flows.size() >= 4 * kMostFlows) return nullptr;
    auto made = std::make_unique<Flow>(member, name, ++last_token_, pool_);
    Flow* flow = made.get();
    by_token_.emplace(flow->token, flow);
    origin.flows.emplace(name, std::move(made));
    if (name.flow_class == FlowClass::durable) output_.recall(member, name, flow->token);
    return flow;
}

Arrivals::Verdict Arrivals::arrive(const std::string& member, const Envelope& e, Datapack& d, Time now) {
    Verdict why_not = Verdict::no_room;
    Flow* flow = flow_for(member, name_of(e, d), why_not);
    if (flow == nullptr) return why_not;
    const InFlow::Arrival arrival = flow->in.arrive(e, d, now);
    hand_on(*flow, now);  // its `low` may have let go what waited behind a gap, even if it came for the second time
    note(*flow);
    if (arrival == InFlow::Arrival::no_room) return Verdict::no_room;
    return arrival == InFlow::Arrival::taken ? Verdict::taken : Verdict::duplicate;
}

void Arrivals::too_late(const std::string& member, const Envelope& e, const Datapack& d) {
    Flow* flow = flow_of(member, name_of(e, d));
    if (flow == nullptr) return;
    flow->in.repeat(e.n);
    note(*flow);
}

void Arrivals::low(const std::string& member, const LowWord& word, Time now) {
    // A flow of which nothing has arrived is known from here on: its origin needs credit behind what it gave up.
    Verdict why_not = Verdict::no_room;
    Flow* flow = flow_for(member, word.flow, why_not);
    if (flow == nullptr) return;
    flow->in.pass(word.low, word.at, now);
    hand_on(*flow, now);
    note(*flow);
}

void Arrivals::committed(std::uint64_t token, std::uint64_t generation, bool ok, Time now) {
    const auto at = by_token_.find(token);
    if (at == by_token_.end()) return;
    Flow& flow = *at->second;
    const bool counts = generation == flow.in.generation();
    flow.in.committed(generation, ok, now);
    // On disk its bytes count for the quotas there, and not for the window.
    if (ok && counts) flow.in.taken(now);
    hand_on(flow, now);
    note(flow);
}

void Arrivals::recalled(std::uint64_t token, std::optional<std::uint64_t> mark, Time now) {
    const auto at = by_token_.find(token);
    if (at == by_token_.end()) return;
    Flow& flow = *at->second;
    if (mark) {
        flow.in.recall(*mark, now);
        hand_on(flow, now);
        note(flow);
        return;
    }
    // What came meanwhile is sent again, and asks again.
    by_token_.erase(at);
    Origin& origin = origins_[flow.member];
    origin.flows.erase(FlowName(flow.name));
}

void Arrivals::taken(std::uint64_t token, Time now) {
    const auto at = by_token_.find(token);
    if (at != by_token_.end()) {
        at->second->in.taken(now);
        note(*at->second);
    }
    try_again(now);
}

void Arrivals::try_again(Time now) {
    const std::set<std::uint64_t> blocked = std::exchange(blocked_, {});
    for (const std::uint64_t token : blocked) {
        const auto at = by_token_.find(token);
        if (at == by_token_.end()) continue;
        hand_on(*at->second, now);
        note(*at->second);
    }
}

void Arrivals::hand_on(Flow& flow, Time now) {
    while (const Datapack* next = flow.in.front()) {
        if (flow.name.flow_class == FlowClass::durable) {
            output_.commit(*next, flow.member, flow.name, flow.in.front_number(), flow.token, flow.in.generation());
            (void)flow.in.committing();
            continue;
        }
        const Handed handed = output_.hand(*next, flow.token);
        if (handed == Handed::full) {
            blocked_.insert(flow.token);
            return;
        }
        flow.in.handed(handed == Handed::waits, now);
    }
    blocked_.erase(flow.token);
}

void Arrivals::meet(const std::string& member, Run run) { origins_[member].run = run; }

void Arrivals::note(Flow& flow) {
    if (flow.in.must_tell(Time::max()) || flow.in.tell_at()) to_tell_[flow.member].insert(flow.token);
}

std::vector<Arrivals::Place> Arrivals::find(std::string_view flag) const {
    std::vector<Place> places;
    for (const auto& [token, flow] : by_token_) {
        for (const InFlow::Found& found : flow->in.find(flag)) {
            places.push_back(
                {found.datapack->app, std::string(found.datapack->get("id")), found, blocked_.contains(token)});
        }
    }
    return places;
}

void Arrivals::tick(Time now) {
    for (auto at = to_tell_.begin(); at != to_tell_.end();) {
        std::vector<Flow*> flows;
        bool due = false;
        for (const std::uint64_t token : at->second) {
            const auto flow = by_token_.find(token);
            if (flow == by_token_.end()) continue;
            due |= flow->second->in.must_tell(now);
            if (flows.size() < kMostWords) flows.push_back(flow->second);
        }
        // What is not due yet rides along.
        if (due) tell(at->first, flows);
        std::erase_if(at->second, [&](std::uint64_t token) {
            const auto flow = by_token_.find(token);
            return flow == by_token_.end() || !flow->second->in.must_tell(Time::max());
        });
        at = at->second.empty() ? to_tell_.erase(at) : std::next(at);
    }
    forget(now);
}

void Arrivals::tell_all() {
    for (const auto& [member, tokens] : std::exchange(to_tell_, {})) {
        std::vector<Flow*> flows;
        for (const std::uint64_t token : tokens) {
            const auto flow = by_token_.find(token);
            if (flow != by_token_.end() && flows.size() < kMostWords) flows.push_back(flow->second);
        }
        tell(member, flows);
    }
}

void Arrivals::tell(const std::string& member, const std::vector<Flow*>& flows) {
    std::string receipts;
    std::string windows;
    for (Flow* flow : flows) {
        write_word(ReceiptWord{flow->name, flow->in.mark(), flow->in.beyond()}, receipts);
        write_word(WindowWord(CreditWord{flow->name, flow->in.credit()}), windows);
    }
    if (!output_.tell(member, receipts, windows)) return;
    for (Flow* flow : flows) flow->in.told();
}

void Arrivals::forget(Time now) {
    constexpr Time kLook{60'000};
    if (now - forgotten_ < kLook) return;
    forgotten_ = now;
    for (auto& known : origins_) {
        Origin& origin = known.second;
        std::erase_if(origin.flows, [&](const auto& f) {
            const Flow& flow = *f.second;
            // What is missing of a run that is over never comes, so nobody waits behind a gap of it either.
            const bool over =
                flow.name.run != origin.run && !flow.in.has_work() && now - flow.in.last_arrival() >= kForget;
            if (over) by_token_.erase(flow.token);
            return over;
        });
    }
}

}  // namespace msw::net
