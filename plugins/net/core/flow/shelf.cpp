#include "plugins/net/core/flow/shelf.hpp"

#include "plugins/net/core/flow/via.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace msw::net {
namespace {

/// Take the forced way out of a Datapack that was on disk.
void set_way(Held& held, const std::string& host) {
    const std::string_view via = held.datapack->get("via");
    held.lines = lines_for(host, via);
    if (via.empty()) return;
    held.via = split_via(via);
    Datapack without = *held.datapack;
    without.head.remove("via");
    held.datapack = std::make_shared<const Datapack>(std::move(without));
}

}  // namespace

std::string Shelf::flow_name(const Datapack& d) { return d.method == "reply" ? "@" : d.app; }

Shelf::Flow& Shelf::flow_of(const std::string& member, const std::string& app) {
    Flow& flow = flows_[{member, app}];
    if (flow.member.empty()) {
        flow.member = member;
        flow.app = app;
        flow.more = !listed_;  // until it is known what there is from before, all goes by way of the disk
    }
    return flow;
}

void Shelf::start(Store* store) {
    store_ = store;
    if (store_ != nullptr) list();
}

void Shelf::list() {
    listing_ = true;
    store_->flows([this](const Result<std::vector<StoredRow>>& flows, Time now) {
        listing_ = false;
        if (!flows) {
            list_not_before_ = now + kRetry;
            return;
        }
        for (const StoredRow& row : *flows) flow_of(row.member, row.app).more = true;
        listed_ = true;
        pump(now);
    });
}

bool Shelf::has_room(const Flow& flow) const {
    const std::pair<std::size_t, std::size_t> loaded = custody_.durable_in(flow.member, flow.app);
    return loaded.first < kMostLoaded && loaded.second < kMostLoadedBytes;
}

bool Shelf::wants_more(const Flow& flow) const {
    const std::pair<std::size_t, std::size_t> loaded = custody_.durable_in(flow.member, flow.app);
    return flow.more && !flow.loading && loaded.first < kMostLoaded / 2 && loaded.second < kMostLoadedBytes / 2 &&
           (!flow.other_start || loaded.first == 0);
}

Result<void> Shelf::room_for(const std::string& member, const std::string& host, const Datapack& datapack) const {
    const std::string app = flow_name(datapack);
    if (flows_.contains({member, app})) return {};
    const auto of_host =
        std::count_if(flows_.begin(), flows_.end(), [&](const auto& flow) { return flow.first.first == member; });
    if (static_cast<std::size_t>(of_host) < Custody::kMostFlows) return {};
    return Error{Code::too_many_flows, "this host sends durable ones to " + std::to_string(Custody::kMostFlows) +
                                           " apps on " + host + " already, and " + app + " would be one more"};
}

void Shelf::accept(const std::string& member, const std::string& host, Held held, std::uint64_t answered, Done done) {
    const std::string app = flow_name(*held.datapack);
    Flow& flow = flow_of(member, app);
    held.charge = charge_of(*held.datapack);
    held.n = flow.next_n++;
    held.epoch = epoch_;
    held.run = run_;
    // What will go out at once is marked as sent by the same write.
    held.sent_for = !flow.more && has_room(flow) && custody_.can_send(member) ? custody_.run_of(member) : kNoRun;
    std::shared_ptr<const Datapack> stored = held.datapack;
    if (!held.via.empty()) {
        auto with_way = std::make_shared<Datapack>(*held.datapack);
        with_way->set("via", joined_via(held.via));
        stored = std::move(with_way);
    }
    StoredRow row{0,     member,           host, app, held.epoch, held.n, held.run, held.sent_for, held.expires / 1000,
                  false, std::move(stored)};
    store_->add(
        row, answered,
        [this, row, held = std::move(held), answered, done = std::move(done)](const Result<std::int64_t>& number,
                                                                              Time at) mutable {
            if (number) {
                row.row = held.row = *number;
                added(row, std::move(held), at);
                done({}, at);
            } else if (answered != 0 && number.error().code != Code::closed && number.error().code != Code::expired) {
                again_.push_back({row.member, row.host, std::move(held), answered, std::move(done), at + kRetry});
            } else {
                done(number.error(), at);
            }
        });
}

void Shelf::added(const StoredRow& row, Held held, Time now) {
    Flow& flow = flow_of(row.member, row.app);
    if (std::pair(row.epoch, row.n) <= std::pair(flow.epoch, flow.n)) return;  // a page that was read meanwhile had it
    if (flow.more || !has_room(flow) || !custody_.can_load(row.member, row.app, row.run)) {
        flow.more = true;
    } else {
        flow.epoch = row.epoch;
        flow.n = row.n;
        custody_.load(row.member, row.host, row.app, std::move(held), now);
    }
    pump(now);
}

void Shelf::received(const std::vector<Held>& all) {
    std::vector<std::int64_t> rows;
    std::vector<std::int64_t> questions;
    for (const Held& held : all) (held.datapack->method == "get" ? questions : rows).push_back(held.row);
    if (!rows.empty()) store_->received(rows, false);
    if (!questions.empty()) store_->received(questions, true);
}

void Shelf::removed(std::int64_t row, Time now) {
    custody_.drop_row(row);
    if (is_loading()) gone_.insert(row);
    pump(now);
}

void Shelf::pump(Time now) {
    if (store_ == nullptr) return;
    if (!listed_) {
        if (!listing_ && list_not_before_ <= now) list();
        return;
    }
    for (auto& [key, flow] : flows_) {
        if (flow.not_before > now) continue;
        if (!flow.marking) mark(flow);
        if (wants_more(flow)) load(flow);
    }
    if (again_.empty()) return;
    std::vector<Waiting> due;
    const auto late = std::partition(again_.begin(), again_.end(), [now](const Waiting& w) { return w.at > now; });
    std::move(late, again_.end(), std::back_inserter(due));
    again_.erase(late, again_.end());
    for (Waiting& w : due) accept(w.member, w.host, std::move(w.held), w.answered, std::move(w.done));
}

void Shelf::load(Flow& flow) {
    flow.loading = true;
    store_->load(flow.member, flow.app, flow.epoch, flow.n,
                 [this, key = Key(flow.member, flow.app)](const Result<Store::Page>& page, Time now) {
                     loaded(key, page, now);
                 });
}

void Shelf::loaded(const Key& key, const Result<Store::Page>& page, Time now) {
    Flow& flow = flows_.at(key);
    flow.loading = false;
    const std::set<std::int64_t> gone = is_loading() ? gone_ : std::exchange(gone_, {});
    if (!page) {
        flow.not_before = now + kRetry;
        return;
    }
    flow.more = page->more;
    for (const StoredRow& row : page->rows) {
        if (std::pair(row.epoch, row.n) <= std::pair(flow.epoch, flow.n)) continue;
        // Those of a later start go when none of an earlier one is left.
        const bool can = custody_.can_load(row.member, row.app, row.run);
        if (!can || !has_room(flow)) {
            flow.other_start = !can;
            flow.more = true;
            break;
        }
        flow.other_start = false;
        flow.epoch = row.epoch;
        flow.n = row.n;
        if (gone.contains(row.row)) continue;
        Held held;
        held.datapack = row.datapack;
        set_way(held, row.host);
        held.n = row.n;
        held.epoch = row.epoch;
        held.run = row.run;
        held.row = row.row;
        held.charge = charge_of(*held.datapack);
        held.expires = row.expires * 1000;
        held.sent_for = row.sent_for;
        held.redelivered = row.redelivered;
        custody_.load(row.member, row.host, row.app, std::move(held), now);
    }
    mark(flow);
}

bool Shelf::is_loading() const {
    return std::any_of(flows_.begin(), flows_.end(), [](const auto& flow) { return flow.second.loading; });
}

void Shelf::mark(Flow& flow) {
    const Run run = custody_.run_of(flow.member);
    if (run == kNoRun || !custody_.can_send(flow.member)) return;
    std::vector<std::int64_t> fresh;
    std::vector<std::int64_t> again;
    custody_.for_each_durable(flow.member, flow.app, [&](const Held& held) {
        if (held.sent_for != run) (held.sent_for == kNoRun ? fresh : again).push_back(held.row);
    });
    for (const bool redelivered : {false, true}) {
        std::vector<std::int64_t>& rows = redelivered ? again : fresh;
        if (rows.empty()) continue;
        flow.marking = true;
        const std::vector<std::int64_t> named = rows;
        store_->sent(named, run, redelivered,
                     [this, key = Key(flow.member, flow.app), named, run, redelivered,
                      last = redelivered || again.empty()](bool ok, Time now) {
                         Flow& of = flows_.at(key);
                         if (last) of.marking = false;
                         if (ok) {
                             custody_.marked(of.member, of.app, named, run, redelivered, now);
                         } else {
                             of.not_before = now + kRetry;
                         }
                     });
    }
}

}  // namespace msw::net
