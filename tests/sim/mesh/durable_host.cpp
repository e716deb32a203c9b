// What a host does with durable ones: it has around it what daemon/durable has, and plugins that answer, are slow,
// late, or never done.
#include "tests/sim/mesh/host.hpp"

#include <algorithm>
#include <utility>

namespace msw::sim {
namespace {

/// @return whether its plugin is never done with it, however often it is handed it
bool is_too_much(Serial serial) { return net::mix(serial) % 40 == 0; }

}  // namespace

bool Host::hand_durable(const std::string& name, const SharedDatapack& d, RowId row) {
    if (name == "net") {
        to_net_.emplace_back(d, row);
        poke();
        return true;
    }
    const std::size_t app = *Apps::number_of(name);
    if (!apps_->has_room(app)) return false;
    const auto at = disk_.tables().inbox.find(row);
    if (at == disk_.tables().inbox.end() || at->second.handed == 0) {
        around_.judge.broken("written-down-before-it-is-handed",
                             shape_.id + " hands on what is not on its disk, or not as handed", now(),
                             Ledger::serial_of(d->body));
        return true;
    }
    around_.durable.handed(number_, *d, at->second, now());
    Apps::Waiting waiting;
    waiting.head.method = d->method;
    waiting.head.app = d->app;
    waiting.head.head = d->head;
    waiting.serial = Ledger::serial_of(d->body);
    waiting.bytes = d->weight();
    waiting.row = row;
    apps_->put(app, std::move(waiting));
    most_in_a_mailbox_ = std::max(most_in_a_mailbox_, apps_->bytes(app));
    wake(app);
    return true;
}

void Host::later(Time delay, std::function<void()> what) {
    later_.emplace(++last_later_, std::move(what));
    around_.events.add(now() + delay, {Event::Kind::later, number_, start_, last_later_, 0});
}

void Host::hand_to_net() {
    while (!to_net_.empty()) {
        const auto [d, row] = to_net_.front();
        to_net_.pop_front();
        edge_->mesh.submit(Datapack(*d), own_time(), static_cast<std::uint64_t>(row));
    }
}

void Host::use(const Apps::Waiting& taken, std::size_t app) {
    const RowId row = taken.row;
    const Serial serial = taken.serial;
    in_hand_[app].emplace(row, serial);
    if (is_too_much(serial)) {
        later(dice_.within(Time(0), Time(300)), [=, this] { leave_one(app, row, serial); });
        return;
    }
    const Time takes = dice_.chance(8) ? dice_.within(Time(500), Time(6'000)) : dice_.within(Time(0), Time(20));
    const std::uint64_t mood = dice_.below(100);
    if (taken.head.method == "get" && mood >= 5) {
        const auto answer = [=, this, reply = taken.head.reply()] {
            const bool early = in_hand_[app].contains(row);
            if (!early && mood >= 12) return;  // it has left
            auto [d, number] = durable_answer(reply, app_name(app), serial);
            if (early) {
                around_.durable.answers(number_, serial, app_name(app), number);
                inbox_->hold_answer(row, std::move(d));
                return;
            }
            Inbox::Batch batch;
            inbox_->add_answer(batch, std::move(d));
            inbox_->commit(std::move(batch), [](bool) {});
        };
        // Some are done with it first.
        later(mood < 12 ? takes + Time(20) : dice_.within(Time(0), takes), answer);
    }
    later(takes, [=, this] { be_done(app, row); });
}

void Host::be_done(std::size_t app, RowId row) {
    if (in_hand_[app].erase(row) > 0) inbox_->ended(row, true);
}

void Host::leave_one(std::size_t app, RowId row, Serial serial) {
    if (in_hand_[app].erase(row) == 0) return;
    around_.durable.left(number_, serial, app_name(app));
    inbox_->ended(row, false);
}

void Host::leave(std::size_t app) {
    if (!is_up()) return;
    const std::map<RowId, Serial> had = in_hand_[app];
    for (const auto& [row, serial] : had) leave_one(app, row, serial);
    poke();
}

Datapack Host::no_such_app(const Datapack& question) {
    Datapack error = question.error_reply(Code::no_such_app, "");
    return durable_answer(std::move(error), "mswd", Ledger::serial_of(question.body)).first;
}

std::pair<Datapack, Serial> Host::durable_answer(Datapack d, const std::string& from, Serial question) {
    const std::size_t size = dice_.chance(85) ? dice_.below(300) : dice_.below(20'000);
    Sent sent;
    sent.origin = number_;
    sent.run = around_.ledger.host(number_).run;
    sent.at = now();
    sent.method = "reply";
    sent.from = from;
    sent.size = Ledger::body_of(0, size).size();
    sent.expires = kBegin + now().count() + told_clock_ms_ + net::Mesh::kDurableLifetime.count();
    sent.question = question;
    sent.durable = true;
    Copy& copy = sent.copies.emplace_back();
    copy.host = around_.ledger.host_called(d.get("to"));
    copy.app = d.app;
    const Serial serial = around_.ledger.enter(std::move(sent)).serial;
    d.set("id", shape_.id);
    d.set("from", from);
    d.set("by", "plugin:" + from);
    d.set("durable", "1");
    d.body = Ledger::body_of(serial, size);
    return {std::move(d), serial};
}

std::string Host::unfinished_on_disk(const std::string& but_for) const {
    std::string text;
    for (const auto& [id, out] : disk_.tables().outbox) {
        if (out.received || out.row.host == but_for || text.size() > 200) continue;
        text += " #" + std::to_string(Ledger::serial_of(out.row.datapack->body)) + " in its outbox";
    }
    for (const auto& [id, in] : disk_.tables().inbox) {
        if ((in.app == "net" && in.datapack->get("to") == but_for) || text.size() > 200) continue;
        text += " #" + std::to_string(Ledger::serial_of(in.datapack->body)) + " in its inbox for " + in.app;
    }
    if (!disk_.idle()) text += " work for its disk";
    return text;
}

}  // namespace msw::sim
