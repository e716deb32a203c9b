#include "plugins/net/core/flow/custody.hpp"

#include <algorithm>
#include <set>
#include <tuple>
#include <utility>

namespace msw::net {
namespace {

std::string mebibytes(std::size_t bytes) { return std::to_string(bytes / (std::size_t{1024} * 1024)) + " MiB"; }

}  // namespace

std::string Custody::flow_of(const Datapack& d) { return d.method == "reply" ? "@" : d.app; }

Result<void> Custody::room_for(const Destination* to, const std::string& host, const Held& held) const {
    const std::size_t quota = quota_of(held);
    const Bounds& most = bounds_.at(quota);
    const std::size_t there = to == nullptr ? 0 : to->bytes.at(quota);
    // One larger than the bound still goes when nothing else waits.
    if (there > 0 && there + held.charge > most.per_host) {
        return Error{Code::queue_full, "there is no room for more that waits for " + host + ": " +
                                           mebibytes(most.per_host) + " at most wait for one host"};
    }
    if (bytes_.at(quota) > 0 && bytes_.at(quota) + held.charge > most.in_all) {
        return Error{Code::queue_full, "there is no room for more that waits for " + host + ": " +
                                           mebibytes(most.in_all) + " at most wait for all other hosts together"};
    }
    return {};
}

Result<void> Custody::take(const std::string& member, const std::string& host, Held& held, Time now) {
    held.charge = charge_of(*held.datapack);
    const auto known = destinations_.find(member);
    if (Result<void> room = room_for(known == destinations_.end() ? nullptr : &known->second, host, held); !room) {
        return room;
    }
    Destination& to = destination(member, host);
    const std::pair key(FlowClass::ordinary, flow_of(*held.datapack));
    auto at = to.flows.find(key);
    if (at == to.flows.end()) {
        if (to.flows.size() >= kMostFlows) {
            return Error{Code::too_many_flows, "this host sends to " + std::to_string(kMostFlows) + " apps on " + host +
                                                   " already, and " + key.second + " would be one more"};
        }
        at = to.flows.emplace(key, OutFlow(key.first, run_)).first;
        to.turns.add(at->second);
        (void)at->second.meet(to.run);
    }
    to.bytes.at(quota_of(held)) += held.charge;
    bytes_.at(quota_of(held)) += held.charge;
    ++count_;
    const std::string_view program = program_of(*held.datapack);
    if (!program.empty() && pressure_.took(program, member, held.charge, room_left(to))) {
        output_.hold(std::string(program), true);
    }
    (void)at->second.add(std::move(held));
    const Way way = output_.way_to(member);
    if (way != Way::none) (void)turn(to, at->second, way == Way::relayed || to.silent, now);
    return {};
}

Custody::Destination& Custody::destination(const std::string& member, const std::string& host) {
    const auto [at, made] = destinations_.try_emplace(member);
    Destination& to = at->second;
    if (made) {
        to.member = member;
        turns_.add(to);
    }
    if (!host.empty()) to.host = host;
    return to;
}

const OutFlow* Custody::durable_flow(const std::string& member, const std::string& app) const {
    const auto to = destinations_.find(member);
    if (to == destinations_.end()) return nullptr;
    const auto at = to->second.flows.find({FlowClass::durable, app});
    return at == to->second.flows.end() ? nullptr : &at->second;
}

bool Custody::can_load(const std::string& member, const std::string& app, Run run) const {
    const OutFlow* flow = durable_flow(member, app);
    return flow == nullptr || flow->empty() || flow->run() == run;
}

void Custody::load(const std::string& member, const std::string& host, const std::string& app, Held held, Time now) {
    Destination& to = destination(member, host);
    const std::pair key(FlowClass::durable, app);
    auto at = to.flows.find(key);
    if (at == to.flows.end() || at->second.run() != held.run) {
        bool made = false;
        std::tie(at, made) = to.flows.insert_or_assign(key, OutFlow(FlowClass::durable, held.run));
        if (made) to.turns.add(at->second);
        (void)at->second.meet(to.run);
    }
    ++count_;
    ++durable_;
    at->second.load(std::move(held));
    const Way way = output_.way_to(member);
    if (way != Way::none) (void)turn(to, at->second, way == Way::relayed || to.silent, now);
}

void Custody::marked(const std::string& member, const std::string& app, const std::vector<std::int64_t>& rows, Run run,
                     bool redelivered, Time now) {
    const auto to = destinations_.find(member);
    if (to == destinations_.end()) return;
    const auto at = to->second.flows.find({FlowClass::durable, app});
    if (at == to->second.flows.end()) return;
    const std::set<std::int64_t> these(rows.begin(), rows.end());
    for (Held& held : at->second.held()) {
        if (!these.contains(held.row)) continue;
        held.sent_for = run;
        held.redelivered |= redelivered;
    }
    pump(to->second, now);
}

void Custody::drop_row(std::int64_t row) {
    for (auto& [member, to] : destinations_) {
        for (auto& [name, flow] : to.flows) {
            if (name.first != FlowClass::durable) continue;
            const auto at = std::find_if(flow.held().begin(), flow.held().end(),
                                         [row](const Held& held) { return held.row == row; });
            if (at == flow.held().end()) continue;
            if (flow.remove(at->n)) {
                --count_;
                --durable_;
            }
            has_to_tell_ = true;
            return;
        }
    }
}

std::pair<std::size_t, std::size_t> Custody::durable_in(const std::string& member, const std::string& app) const {
    const OutFlow* flow = durable_flow(member, app);
    return flow == nullptr ? std::pair<std::size_t, std::size_t>{0, 0} : std::pair{flow->held().size(), flow->bytes()};
}

void Custody::for_each_durable(const std::string& member, const std::string& app,
                               const std::function<void(const Held&)>& give) const {
    const OutFlow* flow = durable_flow(member, app);
    if (flow == nullptr) return;
    for (const Held& held : flow->held()) give(held);
}

void Custody::meet(const std::string& member, Run run, std::uint64_t epoch, Time now) {
    Destination& to = destination(member, {});
    if (run == to.run || epoch < to.epoch) return;
    to.run = run;
    to.epoch = epoch;
    to.silent = false;
    std::vector<Held> unconfirmed;
    for (auto& [name, flow] : to.flows) {
        std::vector<Held> of_flow = flow.meet(run);
        std::move(of_flow.begin(), of_flow.end(), std::back_inserter(unconfirmed));
    }
    end(to, std::move(unconfirmed), Ending::unconfirmed);
    pump(to, now);
}

void Custody::replaced(const std::string& member, Run over, Run run, std::uint64_t epoch, Time now) {
    const auto at = destinations_.find(member);
    if (at == destinations_.end() || at->second.run != over || run == over) return;
    at->second.epoch = 0;
    meet(member, run, epoch, now);
}

void Custody::rerouted(const std::string& member, Time now) {
    const auto at = destinations_.find(member);
    if (at == destinations_.end()) return;
    Destination& to = at->second;
    to.window = {};
    to.silent = false;
    for (auto& [name, flow] : to.flows) {
        flow.forget_seen();
        flow.rewind();
    }
    pump(to, now);
}

void Custody::pump(Time now) {
    if (count_ == 0) return;
    while (turns_.round([&](Destination& to) { return round(to, now); })) {
    }
}

void Custody::pump(Destination& to, Time now) {
    while (round(to, now)) {
    }
}

bool Custody::round(Destination& to, Time now) {
    const Way way = output_.way_to(to.member);
    if (way == Way::none) return false;
    const bool windowed = way == Way::relayed || to.silent;
    return to.turns.round([&](OutFlow& flow) { return turn(to, flow, windowed, now); });
}

bool Custody::turn(Destination& to, OutFlow& flow, bool windowed, Time now) {
    std::size_t sent = 0;
    while (const Held* next = flow.next()) {
        if (sent >= kQuantum || (windowed && !to.window.has_room(under_way(to)))) break;
        if (!output_.has_room(to.member, *next)) break;
        sent += next->charge;
        const Envelope envelope = flow.send(now);
        output_.send(to.member, *next, envelope);
    }
    return sent > 0;
}

std::size_t Custody::under_way(const Destination& to) {
    std::size_t bytes = 0;
    for (const auto& [name, flow] : to.flows) bytes += flow.under_way();
    return bytes;
}

void Custody::receipts(const std::string& member, Run run, const std::vector<ReceiptWord>& words, Time now) {
    const auto known = destinations_.find(member);
    if (known == destinations_.end() || known->second.run != run) return;
    Destination& to = known->second;
    const std::size_t before = under_way(to);
    const bool limited = before + CongestionWindow::kStep >= to.window.bytes();
    std::vector<Held> received;
    for (const ReceiptWord& word : words) {
        const auto at = to.flows.find({word.flow.flow_class, word.flow.app});
        if (at == to.flows.end() || at->second.run() != word.flow.run) continue;
        OutFlow::Receipt receipt = at->second.receipt(word.mark, word.beyond, now);
        if (receipt.acked > 0) {
            if (std::exchange(to.silent, false)) output_.heard_again(member);
            to.window.received(receipt.acked, limited);
        }
        if (receipt.gap) to.window.lost(before);
        if (!receipt.received.empty() && receipt.received.back().sent == 1) {
            to.rto[static_cast<std::size_t>(word.flow.flow_class)].sample(now - receipt.received.back().sent_at);
        }
        std::move(receipt.received.begin(), receipt.received.end(), std::back_inserter(received));
    }
    end(to, std::move(received), Ending::received);
    pump(to, now);
}

void Custody::credit(const std::string& member, Run run, const CreditWord& word, Time now) {
    const auto known = destinations_.find(member);
    if (known == destinations_.end() || known->second.run != run) return;
    Destination& to = known->second;
    const auto at = to.flows.find({word.flow.flow_class, word.flow.app});
    if (at == to.flows.end() || at->second.run() != word.flow.run) return;
    if (at->second.credit(word.offset)) pump(to, now);
}

void Custody::tick(Time now, std::int64_t wall_ms) {
    if (count_ == 0 && !has_to_tell_) return;
    has_to_tell_ = false;
    for (auto& [member, to] : destinations_) {
        std::vector<Held> expired;
        std::vector<Held> unconfirmed;
        for (auto& [name, flow] : to.flows) {
            if (name.first == FlowClass::durable) continue;  // those end on disk first, and then by drop_row()
            for (Held& h : flow.expire(wall_ms)) (h.sent_for == kNoRun ? expired : unconfirmed).push_back(std::move(h));
        }
        end(to, std::move(expired), Ending::expired);
        end(to, std::move(unconfirmed), Ending::unconfirmed);
        if (output_.way_to(member) == Way::none) continue;
        timers(to, now);
        ask(to, now);
        pump(to, now);
    }
}

bool Custody::ran_out(Destination& to, FlowClass of, Time now) {
    const Time limit = to.rto[static_cast<std::size_t>(of)].value();
    for (const auto& [name, flow] : to.flows) {
        const Held* first = name.first == of ? flow.unheard() : nullptr;
        if (first == nullptr || now - std::max(flow.unheard_since(*first), to.leaving) < limit) continue;
        if (output_.delivered_until(to.member, *first) > first->sent_at) return true;
        to.leaving = now;  // a slow link isn't silence
    }
    return false;
}

void Custody::timers(Destination& to, Time now) {
    const bool behind_a_file =
        std::any_of(to.flows.begin(), to.flows.end(), [now](const auto& f) { return f.second.file_until() > now; });
    if (behind_a_file) return;
    for (const FlowClass of : {FlowClass::ordinary, FlowClass::durable}) {
        if (!ran_out(to, of, now)) continue;
        Rto& rto = to.rto[static_cast<std::size_t>(of)];
        output_.unheard(to.member, rto.value(), now);
        (void)rto.timed_out();
        to.window.timed_out(under_way(to));
        to.silent = true;
        for (auto& [name, flow] : to.flows) {
            if (name.first != of) continue;
            flow.forget_seen();
            flow.rewind();
        }
    }
}

void Custody::ask(Destination& to, Time now) {
    std::string body;
    std::size_t words = 0;
    for (const auto& [name, flow] : to.flows) {
        const bool tells = flow.must_tell_low();
        has_to_tell_ |= tells;
        if (words == kMostWords || !(tells || flow.starved())) continue;
        write_word(WindowWord(LowWord{{name.first, flow.run(), name.second}, flow.low(), flow.low_at()}), body);
        ++words;
    }
    if (words == 0 || now - to.asked < kAsk) return;
    if (output_.send_words(to.member, body)) to.asked = now;
}

void Custody::end(Destination& to, std::vector<Held> all, Ending ending) {
    for (const Held& h : all) {
        --count_;
        if (h.row != 0) {
            --durable_;
            continue;
        }
        to.bytes.at(quota_of(h)) -= h.charge;
        bytes_.at(quota_of(h)) -= h.charge;
        if (const std::string_view program = program_of(*h.datapack); !program.empty()) {
            pressure_.ended(program, to.member, h.charge);
        }
    }
    has_to_tell_ |= !all.empty() && ending != Ending::received;
    for (Held& h : all) output_.ended(to.host, std::move(h), ending);
}

Pressure::Room Custody::room_left(const Destination& to) const {
    const auto left = [](std::size_t most, std::size_t taken) { return most - std::min(most, taken); };
    const bool way = output_.way_to(to.member) != Way::none;
    return {way ? std::optional(left(bounds_[0].per_host, to.bytes[0])) : std::nullopt,
            left(bounds_[0].in_all, bytes_[0])};
}

std::string_view Custody::program_of(const Datapack& d) {
    // An answer stops nobody, and who sent what came from an old host isn't here.
    return d.method == "reply" || d.head.has("legacy") ? std::string_view() : d.get("from");
}

void Custody::let_go() {
    if (!pressure_.holds_any()) return;
    const auto room_for = [this](const std::string& member) { return room_left(destinations_.at(member)); };
    for (const std::string& app : pressure_.let_go(room_for)) output_.hold(app, false);
}

std::uint64_t Custody::epoch_of(const std::string& member) const {
    const auto at = destinations_.find(member);
    return at == destinations_.end() ? 0 : at->second.epoch;
}

Run Custody::run_of(const std::string& member) const {
    const auto at = destinations_.find(member);
    return at == destinations_.end() ? kNoRun : at->second.run;
}

std::pair<std::size_t, std::size_t> Custody::waiting_for(const std::string& member) const {
    const auto at = destinations_.find(member);
    if (at == destinations_.end()) return {0, 0};
    std::size_t count = 0;
    for (const auto& [name, flow] : at->second.flows) count += flow.held().size();
    return {count, at->second.bytes[0] + at->second.bytes[1]};
}

std::vector<std::string> Custody::members() const {
    std::vector<std::string> all;
    all.reserve(destinations_.size());
    for (const auto& [member, to] : destinations_) all.push_back(member);
    return all;
}

void Custody::for_each(const std::function<void(const std::string&, const std::string&, const Held&)>& give) const {
    for (const auto& [member, to] : destinations_) {
        for (const auto& [name, flow] : to.flows) {
            for (const Held& h : flow.held()) give(to.host, name.second, h);
        }
    }
}

}  // namespace msw::net
