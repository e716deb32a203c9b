#include "tests/sim/mesh/durable_truth.hpp"

#include "tests/sim/mesh/apps.hpp"
#include "tests/sim/mesh/inbox.hpp"

#include <algorithm>
#include <string_view>
#include <variant>

namespace msw::sim {

DurableTruth::DurableTruth(const Plan& plan, Ledger& ledger, Judge& judge, Trace& trace)
    : plan_(plan), ledger_(ledger), judge_(judge), trace_(trace), memories_(plan.hosts.size()) {}

std::optional<DurableTruth::Name> DurableTruth::name_of(const Datapack& d, std::size_t host) const {
    const Serial serial = Ledger::serial_of(d.body);
    if (serial == 0) return std::nullopt;
    return Name{serial, host, d.app};
}

const DurableTruth::Facts& DurableTruth::known(std::size_t host, const Name& name) const {
    static const Facts kNothing;
    const auto at = memories_[host].find(name);
    return at == memories_[host].end() ? kNothing : at->second;
}

bool DurableTruth::is_question(Serial serial) const {
    const auto at = ledger_.all().find(serial);
    return at != ledger_.all().end() && at->second.method == "get";
}

void DurableTruth::broken(const char* promise, const std::string& text, Time now, const Name& name) {
    const auto& [serial, host, app] = name;
    judge_.broken(promise, "#" + std::to_string(serial) + " for " + plan_.hosts[host].id + ":" + app + " " + text, now,
                  serial);
}

void DurableTruth::note(Time now, std::size_t host, const std::string& what, Serial about) {
    trace_.mark(now, 11, about, host);
    if (!trace_.wanted()) return;
    trace_.line(now, plan_.hosts[host].id + ": #" + std::to_string(about) + " " + what, about);
}

void DurableTruth::set_back(std::size_t host, Memory memory) {
    memories_[host] = std::move(memory);
    // What comes again comes in its order, but behind what its flow has had.
    std::erase_if(last_,
                  [&](const auto& last) { return std::get<0>(last.first) == host || std::get<1>(last.first) == host; });
}

void DurableTruth::changes(std::size_t host, const Change& change, const Tables& tables, Time now) {
    if (const auto* add = std::get_if<AddOut>(&change)) {
        comes_to_outbox(host, add->row, tables.last + 1, now);
    } else if (const auto* in = std::get_if<AddIn>(&change)) {
        comes_to_inbox(host, in->row, now);
    } else if (const auto* mark = std::get_if<PutMark>(&change)) {
        for (const SharedDatapack& d : mark->without_row) came_without_row(host, *d, now);
    } else if (const auto* received = std::get_if<MarkReceived>(&change)) {
        for (const RowId row : received->rows) let_go(host, row, false, tables, now);
    } else if (const auto* removed = std::get_if<RemoveOut>(&change)) {
        for (const RowId row : removed->rows) let_go(host, row, true, tables, now);
    } else if (const auto* remove = std::get_if<RemoveIn>(&change)) {
        if (const auto at = tables.inbox.find(remove->row); at != tables.inbox.end()) done(host, at->second, now);
    } else if (const auto* bury = std::get_if<Bury>(&change)) {
        buried(host, *bury, tables, now);
    }
}

void DurableTruth::comes_to_outbox(std::size_t host, const net::StoredRow& row, RowId id, Time now) {
    const std::optional<Name> name = name_of(*row.datapack, host_of(plan_, row.member));
    if (!name) return;
    Facts& f = facts(host, *name);
    if (f.row != 0) broken("done-once", "comes to the outbox of its origin for the second time", now, *name);
    f.accepted = ever_[*name].accepted = true;
    f.row = id;
    note(now, host, "is on disk, n " + std::to_string(row.n), std::get<0>(*name));
}

void DurableTruth::comes_to_inbox(std::size_t host, const InRow& row, Time now) {
    const Datapack& d = *row.datapack;
    if (row.app == "net") {
        const std::optional<Name> name = name_of(d, ledger_.host_called(d.get("to")));
        if (!name) return;
        facts(host, *name).accepted = ever_[*name].accepted = true;
        note(now, host, "is on disk, an answer", std::get<0>(*name));
        return;
    }
    const std::optional<Name> name = name_of(d, host);
    if (!name) return;
    Facts& f = facts(host, *name);
    if (f.came) broken("done-once", "comes to the inbox for the second time", now, *name);
    f.again = ever_[*name].came;
    f.came = ever_[*name].came = true;
    note(now, host, "has come and is on disk, n " + std::to_string(row.n), std::get<0>(*name));
    if (d.method != "reply") return;
    const Sent& answer = *ledger_.find(std::get<0>(*name));
    const Sent* asked = ledger_.find(answer.question);
    if (asked == nullptr) return;
    for (const Copy& copy : asked->copies) {
        if (copy.host != answer.origin || copy.app != d.get("from")) continue;
        Facts& question = facts(host, {asked->serial, copy.host, copy.app});
        if (question.answer != 0) {
            broken("one-answer",
                   "is answered with #" + std::to_string(answer.serial) + ", and it has the answer #" +
                       std::to_string(question.answer),
                   now, {asked->serial, copy.host, copy.app});
        }
        question.answer = answer.serial;
    }
}

void DurableTruth::came_without_row(std::size_t host, const Datapack& d, Time now) {
    const std::optional<Name> name = name_of(d, host);
    if (!name) return;
    Facts& f = facts(host, *name);
    note(now, host, "has come and is for nobody", std::get<0>(*name));
    const Sent& sent = *ledger_.find(std::get<0>(*name));
    if (f.came) {
        // An answer that its origin's restored disk doesn't know to be numbered gets another number there.
        if (!ledger_.host(sent.origin).restored) {
            broken("done-once", "comes for the second time, and its origin has forgotten nothing", now, *name);
        }
        return;
    }
    f.came = f.done = ever_[*name].came = ever_[*name].done = true;
    if (d.method != "reply") return;
    const Sent* asked = ledger_.find(sent.question);
    if (asked == nullptr || asked->method != "get") return;
    const Name question{asked->serial, sent.origin, std::string(d.get("from"))};
    const Facts& q = known(host, question);
    if (q.accepted && q.answer == 0 && !q.closed && !q.dead) {
        broken("answers-arrive", "is an answer that was dropped, though its question is open", now, *name);
    }
}

void DurableTruth::let_go(std::size_t host, RowId row, bool closed, const Tables& tables, Time now) {
    const auto at = tables.outbox.find(row);
    if (at == tables.outbox.end()) return;
    const std::optional<Name> name = name_of(*at->second.row.datapack, host_of(plan_, at->second.row.member));
    if (!name) return;
    Facts& f = facts(host, *name);
    f.let_go = true;
    f.closed = f.closed || closed;
    note(now, host, closed ? "is off the disk" : "is on disk as an open question", std::get<0>(*name));
    if (ever_[*name].came) return;
    if (ever_[*name].dead && ledger_.host(host).restored)
        return;  // its number was passed over, and its disk forgot that
    broken("kept-until-it-is-there", "is let go by its origin, and was never on the disk of its destination", now,
           *name);
}

void DurableTruth::done(std::size_t host, const InRow& row, Time now) {
    if (row.app == "net") return;  // a row of the outbox comes in its place, or settle() misses it
    const std::optional<Name> name = name_of(*row.datapack, host);
    if (!name) return;
    Facts& f = facts(host, *name);
    note(now, host, "is done", std::get<0>(*name));
    if (f.done) broken("done-once", "is done for the second time", now, *name);
    if (f.handed == 0) broken("done-once", "is done, and its plugin was never handed it", now, *name);
    f.done = ever_[*name].done = true;
}

void DurableTruth::buried(std::size_t host, const Bury& bury, const Tables& tables, Time now) {
    SharedDatapack d;
    std::size_t to = host;
    std::int64_t expires = 0;
    if (bury.of_outbox) {
        const auto at = tables.outbox.find(bury.row);
        if (at == tables.outbox.end()) return;
        d = at->second.row.datapack;
        to = host_of(plan_, at->second.row.member);
        expires = at->second.row.expires;
    } else {
        const auto at = tables.inbox.find(bury.row);
        if (at == tables.inbox.end()) return;
        d = at->second.datapack;
        if (at->second.app == "net") to = ledger_.host_called(d->get("to"));
        expires = at->second.expires;
    }
    const std::optional<Name> name = name_of(*d, to);
    if (!name) return;
    Facts& f = facts(host, *name);
    f.dead = f.closed = ever_[*name].dead = true;
    note(now, host, "is a dead letter", std::get<0>(*name));
    if (bury.too_often) {
        if (f.handed > Inbox::kMostHanded) broken("five-times-at-most", "was handed on more often", now, *name);
    } else if (expires * 1000 > ledger_.host(host).latest) {
        // The latest: its clock may have been set back since it was decided, while the disk was at it.
        broken("no-early-end", "becomes a dead letter before its time is over", now, *name);
    }
    // A disk that was set back doesn't know what it did since.
    if (!bury.maybe_delivered && ever_[*name].handed > 0 && !ledger_.host(host).restored) {
        broken("says-what-it-knows", "is a dead letter that was \"never sent\", and its plugin was handed it", now,
               *name);
    }
}

void DurableTruth::sent(std::size_t host, const Datapack& d, const Tables& tables, Time now) {
    const std::optional<Name> name = name_of(d, ledger_.host_called(d.get("to")));
    if (!name) return;
    const Facts& f = known(host, *name);
    const auto at = tables.outbox.find(f.row);
    if (at == tables.outbox.end()) {
        if (!f.let_go && !f.dead) broken("written-down-before-it-is-sent", "is not on disk", now, *name);
        return;  // the row went between two turns of the loop
    }
    const net::StoredRow& row = at->second.row;
    if (row.sent_for != net::parse_run(d.get("for"))) {
        broken("written-down-before-it-is-sent", "is sent to a run that isn't on disk", now, *name);
    }
}

void DurableTruth::handed(std::size_t host, const Datapack& d, const InRow& row, Time now) {
    const std::optional<Name> name = name_of(d, host);
    if (!name) return;
    const Sent& sent = *ledger_.find(std::get<0>(*name));
    Copy* copy = Ledger::copy_for(*ledger_.find(sent.serial), host, d.app);
    if (copy == nullptr) {
        broken("delivered-to-whom-it-is-for", "is not for it", now, *name);
        return;
    }
    Facts& f = facts(host, *name);
    const bool marked = d.get("redelivered") == "1";
    note(now, host, "handed to " + d.app + (marked ? ", redelivered" : ""), sent.serial);
    if (d.method != sent.method || d.get("id") != plan_.hosts[sent.origin].id || d.get("from") != sent.from ||
        Ledger::body_of(sent.serial, sent.size) != d.body) {
        broken("delivered-as-sent", "was changed on its way", now, *name);
    }
    if (f.done) broken("done-once", "is handed on, and its plugin was done with it", now, *name);
    const bool may_be_new = !f.again || ever_[*name].handed == 0 || ledger_.host(sent.origin).restored;
    if (!marked && (f.handed > 0 || !may_be_new))
        broken("never-twice-unmarked", "is handed on again without a mark", now, *name);
    // An earlier run of its destination may have had it: only if there was one.
    if (marked && f.handed == 0 && f.left == 0 && ledger_.host(host).runs.size() == 1) {
        broken("marked-with-reason", "is marked, and nobody can have had it before", now, *name);
    }
    f.answers = 0;  // what it said before and was not done with is nothing
    if (++f.handed > Inbox::kMostHanded) broken("five-times-at-most", "was handed on more often", now, *name);
    if (f.handed == 1) judge_order(host, *name, row, now);
    ++ever_[*name].handed;
    ++copy->handed;
}

void DurableTruth::judge_order(std::size_t host, const Name& name, const InRow& row, Time now) {
    const Sent& sent = *ledger_.find(std::get<0>(name));
    const std::vector<net::Run>& runs = ledger_.host(sent.origin).runs;
    const Place place{static_cast<std::size_t>(std::find(runs.begin(), runs.end(), row.run) - runs.begin()), row.n};
    const std::string flow = sent.method == "reply" ? "@" : row.app;
    Place& last = last_[{sent.origin, host, flow, row.app}];
    if (place < last) {
        broken("in-order",
               "is number " + std::to_string(place.second) + " of start " + std::to_string(place.first) +
                   " of its origin, and is handed on after number " + std::to_string(last.second) + " of start " +
                   std::to_string(last.first),
               now, name);
    }
    last = std::max(last, place);
}

void DurableTruth::left(std::size_t host, Serial serial, const std::string& app) {
    ++facts(host, {serial, host, app}).left;
}

void DurableTruth::answers(std::size_t host, Serial question, const std::string& app, Serial answer) {
    facts(host, {question, host, app}).answers = answer;
}

void DurableTruth::told_accepted(std::size_t host, const Datapack& word, Time now) {
    const Sent* sent = ledger_.find(net::parse_run(word.get("flag")));
    if (sent == nullptr || sent->origin != host) return;
    std::string_view lines = word.body;
    std::map<std::size_t, std::size_t> spooled;
    while (!lines.empty()) {
        const std::string_view line = lines.substr(0, lines.find('\n'));
        lines.remove_prefix(std::min(line.size() + 1, lines.size()));
        const std::size_t blank = line.find(' ');
        const std::size_t about = ledger_.host_called(line.substr(0, blank));
        if (line.substr(blank + 1) == "spooled") {
            ++spooled[about];
        } else {
            refused_[sent->serial].push_back(about);
        }
    }
    for (const auto& [about, count] : spooled) {
        const auto on_disk = std::count_if(sent->copies.begin(), sent->copies.end(), [&, to = about](const Copy& copy) {
            return copy.host == to && known(host, {sent->serial, copy.host, copy.app}).accepted;
        });
        if (static_cast<std::size_t>(on_disk) >= count) continue;
        judge_.broken("accepted-is-on-disk", "its sender is told that it is spooled, and it is not on disk", now,
                      sent->serial);
    }
}

void DurableTruth::settle(Time now) {
    for (const auto& [serial, sent] : ledger_.all()) {
        if (!sent.durable) continue;
        for (const Copy& copy : sent.copies) {
            judge_end(sent, copy, now);
            if (sent.method == "get") judge_answer(sent, copy, now);
        }
    }
}

void DurableTruth::judge_end(const Sent& sent, const Copy& copy, Time now) {
    if (copy.host >= plan_.hosts.size()) return;
    const Name name{sent.serial, copy.host, copy.app};
    const Facts& ever = ever_[name];
    const Facts& at_origin = known(sent.origin, name);
    const Facts& there = known(copy.host, name);
    const HostFacts& origin = ledger_.host(sent.origin);
    const bool told = std::any_of(sent.failures.begin(), sent.failures.end(), [&](const Failure& f) {
        return f.host >= plan_.hosts.size() || f.host == copy.host;
    });
    const auto refused = refused_.find(sent.serial);
    const bool was_refused =
        told || (refused != refused_.end() &&
                 std::find(refused->second.begin(), refused->second.end(), copy.host) != refused->second.end());
    if (!ever.accepted) {
        // Before it is on disk it ends with its origin's daemon, as its sender was told nothing.
        const bool lives = sent.run == origin.run && ledger_.host(copy.host).expected;
        if (sent.method != "reply" && lives && !was_refused && sent.expires > origin.wall) {
            broken("each-ends", "was neither accepted nor refused", now, name);
        }
        return;
    }
    if (was_refused && sent.copies.size() == 1) broken("one-ending", "was accepted and refused", now, name);
    if (ever.done || ever.dead) return;
    if (!at_origin.accepted) return;                                                    // its origin forgot it
    if (ever.came && !there.came) return;                                               // its destination did
    if (ever.came && !ledger_.host(copy.host).expected) return;                         // it is there, off
    if (!ever.came && (!ledger_.host(copy.host).expected || !origin.expected)) return;  // it waits
    broken("durable-ends",
           ever.came ? "is on the disk of its destination and its plugin was never done with it"
                     : "was accepted, and has not come",
           now, name);
}

void DurableTruth::judge_answer(const Sent& sent, const Copy& copy, Time now) {
    if (copy.host >= plan_.hosts.size() || !ledger_.host(copy.host).expected) return;
    if (!ledger_.host(sent.origin).expected) return;
    const Name name{sent.serial, copy.host, copy.app};
    const Facts& there = known(copy.host, name);
    const Facts& asked = known(sent.origin, name);
    if (!there.done || there.answers == 0) return;
    const Sent* answer = ledger_.find(there.answers);
    const Name of_answer{there.answers, sent.origin, sent.from};
    const Facts& at_asker = known(sent.origin, of_answer);
    if (!known(copy.host, of_answer).accepted) {
        broken("one-answer", "is done, and what its plugin answered is not on disk", now, name);
        return;
    }
    if (asked.answer != 0 || !asked.accepted || asked.dead || asked.closed) return;
    if (ever_[of_answer].dead || (ever_[of_answer].came && !at_asker.came)) return;
    broken("one-answer",
           "is done and not answered; the answer was #" + std::to_string(answer == nullptr ? 0 : answer->serial), now,
           name);
}

}  // namespace msw::sim
