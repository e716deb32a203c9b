#include "daemon/durable/inbox.hpp"

#include "daemon/durable/stored.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace msw::durable {
namespace {

constexpr std::chrono::milliseconds kRetry{1000};

/// Programs that attach without a name: what is for them is handed to nobody else.
bool is_asker(std::string_view app) noexcept { return !app.empty() && app.front() == '@'; }

std::vector<LogField> about(const Datapack& d) {
    return {{"MSW_FLAG", d.get("flag")}, {"MSW_FROM", d.get("from")}, {"MSW_ID", d.get("id")}};
}

}  // namespace

Inbox::Inbox(Services& services, spool::Spool& spool)
    : services_(services),
      spool_(spool),
      questions_(services.forwarder.host_id()),
      taking_(std::make_shared<Mailbox>(kMostTaking, 0)),
      tickets_(std::make_shared<Tickets>(services.wakeups, [this](spool::RowId row, bool done) { ended(row, done); })),
      retry_(services.loop, [this] {
          for (const std::function<void()>& what : std::exchange(later_, {})) what();
      }) {}

Inbox::~Inbox() { tickets_->end(); }

void Inbox::again_later(std::function<void()> what) {
    later_.push_back(std::move(what));
    if (!retry_.active()) retry_.start(kRetry);
}

// What comes in.

spool::AddInbox Inbox::row_of(const Datapack& d, const std::string& app, const Flow* flow, std::string bytes) const {
    spool::AddInbox add;
    add.row.app = app;
    if (flow != nullptr) {
        add.row.origin = flow->origin;
        add.row.run = flow->run;
        add.row.n = flow->n;
    }
    add.row.origin_host = d.get("id");
    add.row.flag = d.get("flag");
    add.row.asker = d.get("from");
    add.row.expires = end_of(d, now()).ok() ? end_of(d, now()).value() : now() + kLifetime;
    add.row.datapack = std::move(bytes);
    add.answer = d.method == "reply";
    return add;
}

std::uint32_t Inbox::handed_at_once(const std::string& name) {
    if (!listed_ || !services_.forwarder.has(name)) return 0;
    App& app = app_of(name);
    if (!app.waiting.empty() || app.more || app.with_plugin + app.adding >= kMostWithPlugin) return 0;
    ++app.adding;
    return 1;
}

void Inbox::commit(spool::Changes changes, Places places, std::function<void(const Result<void>&)> done) {
    std::vector<std::uint32_t> handed;
    for (const spool::Change& change : changes) {
        if (const auto* add = std::get_if<spool::AddInbox>(&change)) handed.push_back(add->row.handed);
    }
    spool_.write(std::move(changes), anchor_.guard([this, places = std::move(places), handed = std::move(handed),
                                                    done = std::move(done)](const Result<spool::Written>& result) {
        for (std::size_t i = 0; i < places.size(); ++i) {
            if (handed[i] > 0) --app_of(places[i].first).adding;
        }
        if (result) written(places, result->rows, handed);
        done(result ? Result<void>() : Result<void>(result.error()));
    }));
}

void Inbox::written(const Places& places, const std::vector<spool::RowId>& rows,
                    const std::vector<std::uint32_t>& handed) {
    for (std::size_t i = 0; i < places.size(); ++i) place(places[i].first, places[i].second, rows[i], handed[i]);
    for (const auto& [app, d] : places) pump(app);
}

// What an asker that has left would have got stays on disk for `mswctl queue show`, even if another has its name by
// now.
bool Inbox::is_for_present(const std::string& asker, const Datapack& answer) const {
    return services_.forwarder.has(asker) && asked_.has(asker, answer.get("flag"));
}

void Inbox::place(const std::string& name, const DatapackRef& d, spool::RowId row, std::uint32_t handed) {
    App& app = app_of(name);
    if (row <= app.loaded) return;  // a page that was read meanwhile had it
    if ((!listed_ && !is_asker(name)) || app.more || app.waiting.size() >= kMostLoaded ||
        app.bytes >= kMostLoadedBytes) {
        app.more = true;
        return;
    }
    if (is_asker(name) && !is_for_present(name, *d)) return;
    Row& r = rows_[row];
    r.app = name;
    r.datapack = d;
    r.bytes = d->weight();
    r.handed = handed;
    r.marked = handed > 0;
    app.loaded = row;
    app.bytes += r.bytes;
    app.waiting.push_back(row);
}

bool Inbox::take_answer(const Datapack& d, const Sender& sender) {
    Datapack answer = d;
    switch (questions_.hold(sender.app, answer)) {
        case OpenQuestions::Held::no: return false;
        case OpenQuestions::Held::yes: return true;
        case OpenQuestions::Held::too_much:
            services_.log.write(Priority::warning, sender.app,
                                "an answer to a durable question was dropped: there are more than it has room for",
                                about(answer));
            return true;
        case OpenQuestions::Held::late: break;
    }
    services_.post(anchor_.guard([this, answer = std::move(answer)] {
        spool::Changes changes;
        Places places;
        add_answer(answer, changes, places);
        commit(std::move(changes), std::move(places), [this, answer](const Result<void>& done) {
            if (done) return;
            services_.log.write(Priority::warning, "mswd", "an answer could not be kept: " + done.error().text,
                                about(answer));
        });
    }));
    return true;
}

std::optional<Forwarded> Inbox::take(DatapackRef& d, const Sender& sender) {
    if (d->method == "reply") return take_answer(*d, sender) ? std::optional<Forwarded>(Forwarded{}) : std::nullopt;
    const Result<spool::Seconds> end = end_of(*d, now());
    Result<std::string> bytes = end ? to_bytes(*d) : Result<std::string>(end.error());
    if (!bytes) {
        services_.forwarder.refuse(*d, bytes.error().code, bytes.error().text);
        return Forwarded{};
    }
    const Forwarder::Apps apps = services_.forwarder.apps_for(*d, sender.app);
    const std::size_t weight = d->weight() * std::max<std::size_t>(1, apps.known.size());
    if (!apps.known.empty()) {
        const Mailbox::Put room = taking_->reserve(weight);
        if (room == Mailbox::Put::closed) return Forwarded{Forwarded::Verdict::closed, nullptr, false};
        if (room == Mailbox::Put::full) return Forwarded{Forwarded::Verdict::full, taking_, false};
    }
    if (!apps.missing.empty()) services_.forwarder.no_such_app(*d, apps.missing);
    if (apps.known.empty()) return Forwarded{};
    services_.post(anchor_.guard([this, kept = d, weight, apps = apps.known, bytes = std::move(bytes).value()] {
        spool::Changes changes;
        Places places;
        for (const std::string& app : apps) {
            spool::AddInbox add = row_of(*kept, app, nullptr, bytes);
            add.row.handed = handed_at_once(app);
            changes.emplace_back(std::move(add));
            places.emplace_back(app, kept);
        }
        commit(std::move(changes), std::move(places), [this, kept, weight](const Result<void>& done) {
            taking_->release(weight);
            if (!done) {
                services_.forwarder.refuse(*kept, done.error().code, done.error().text);
            } else if (kept->get("want") == "accept") {
                services_.forwarder.tell_accepted(*kept);
            }
        });
    }));
    return Forwarded{};
}

void Inbox::arrive(const Datapack& d, const Flow& flow, std::function<void(bool)> written) {
    const std::string key = flow.origin + ' ' + std::to_string(flow.run) + ' ' + flow.name;
    Arriving& arriving = arriving_[key];
    arriving.waiting.push_back({d, flow, std::move(written), 0});
    if (arriving.writing.empty()) begin_arrivals(key);
}

void Inbox::begin_arrivals(const std::string& key) {
    Arriving& arriving = arriving_[key];
    const std::size_t count = std::min(arriving.waiting.size(), kMostWithPlugin);
    const auto end = arriving.waiting.begin() + static_cast<std::ptrdiff_t>(count);
    std::move(arriving.waiting.begin(), end, std::back_inserter(arriving.writing));
    arriving.waiting.erase(arriving.waiting.begin(), end);
    look_up(key, 0);
}

void Inbox::look_up(const std::string& key, std::size_t i) {
    std::vector<Arrival>& all = arriving_[key].writing;
    while (i < all.size() && all[i].datapack.method != "reply") ++i;
    if (i == all.size()) {
        write_arrivals(key);
        return;
    }
    spool_.read(spool::FindFlag{std::string(all[i].datapack.get("flag"))},
                anchor_.guard([this, key, i](const Result<spool::FindFlag::Answer>& found) {
                    if (!found) {
                        end_arrivals(key, false);
                        return;
                    }
                    Arrival& answer = arriving_[key].writing[i];
                    for (const spool::Listed& row : found->rows) {
                        if (row.box == spool::Box::outbox && row.member == answer.flow.origin &&
                            row.asker == answer.datapack.app) {
                            answer.question = row.row;
                        }
                    }
                    look_up(key, i + 1);
                }));
}

void Inbox::write_arrivals(const std::string& key) {
    const std::vector<Arrival>& all = arriving_[key].writing;
    spool::Changes changes;
    Places places;
    std::set<spool::RowId> answered;
    for (const Arrival& arrival : all) {
        const Datapack& d = arrival.datapack;
        if (d.method == "reply") {
            add_arrived_answer(arrival, answered, changes, places);
        } else {
            add_arrived(arrival, changes, places);
        }
    }
    const Flow& last = all.back().flow;
    changes.emplace_back(spool::PutMarks{last.origin, last.run, last.name, std::to_string(last.n), now()});
    commit(std::move(changes), std::move(places),
           [this, key](const Result<void>& done) { end_arrivals(key, done.ok()); });
}

void Inbox::add_arrived(const Arrival& arrival, spool::Changes& changes, Places& places) {
    const Datapack& d = arrival.datapack;
    const Result<std::string> bytes = to_bytes(d);
    const Forwarder::Apps apps = services_.forwarder.apps_for(d, {});
    if (bytes) {
        const DatapackRef shared{Datapack(d)};
        for (const std::string& app : apps.known) {
            spool::AddInbox add = row_of(d, app, &arrival.flow, *bytes);
            add.row.handed = handed_at_once(app);
            changes.emplace_back(std::move(add));
            places.emplace_back(app, shared);
        }
        if (apps.missing.empty()) return;
    }
    const Error why = bytes ? services_.forwarder.why_missing(apps.missing) : bytes.error();
    services_.log.write(Priority::warning, "mswd", d.method + " to " + d.app + ": " + why.text, about(d));
    if (d.get("from").empty()) return;
    Datapack answer = d.error_reply(why.code, why.text);
    services_.forwarder.stamp(answer, Sender{"mswd", "plugin:mswd"});
    add_answer(std::move(answer), changes, places);
}

void Inbox::add_arrived_answer(const Arrival& arrival, std::set<spool::RowId>& answered, spool::Changes& changes,
                               Places& places) {
    const Datapack& d = arrival.datapack;
    Result<std::string> bytes = to_bytes(d);
    if (arrival.question == 0 || answered.contains(arrival.question) || !bytes) {
        const bool is_error = !d.get("error").empty();
        ++numbers_.unasked;
        services_.log.write(
            is_error ? Priority::warning : Priority::info, "mswd",
            "an answer was dropped: no question is open that it answers" + (is_error ? ": " + d.body : std::string()),
            about(d));
        return;
    }
    spool::AddInbox add = row_of(d, d.app, &arrival.flow, std::move(bytes).value());
    add.row.handed = handed_at_once(d.app);
    changes.emplace_back(std::move(add));
    places.emplace_back(d.app, DatapackRef{Datapack(d)});
    const bool more = d.head.has("part") && d.get("end") != "1" && d.get("error").empty();
    if (more) return;
    answered.insert(arrival.question);
    changes.emplace_back(spool::RemoveOutbox{spool::ByRow{{arrival.question}}});
}

void Inbox::end_arrivals(const std::string& key, bool ok) {
    Arriving& arriving = arriving_[key];
    std::vector<Arrival> all = std::exchange(arriving.writing, {});
    if (!ok) {
        // What came behind one that is not on disk must not be there either: the mark would pass that over.
        std::move(arriving.waiting.begin(), arriving.waiting.end(), std::back_inserter(all));
        arriving.waiting.clear();
    }
    if (arriving.waiting.empty()) {
        arriving_.erase(key);
    } else {
        begin_arrivals(key);
    }
    for (const Arrival& arrival : all) arrival.written(ok);
}

void Inbox::add_answer(Datapack answer, spool::Changes& changes, Places& places) {
    answer.set("durable", "1");
    const std::string app = answer.get("to").empty() ? answer.app : services_.forwarder.transport_app();
    const Result<std::string> bytes = to_bytes(answer);
    if (!bytes || app.empty()) {
        services_.log.write(Priority::warning, "mswd",
                            "an answer to a durable question was dropped: " +
                                (bytes ? std::string("this host has no transport") : bytes.error().text),
                            about(answer));
        return;
    }
    changes.emplace_back(row_of(answer, app, nullptr, *bytes));
    places.emplace_back(app, DatapackRef(std::move(answer)));
}

// What goes out.

Inbox::App& Inbox::app_of(const std::string& name) {
    App& app = apps_[name];
    app.name = name;
    return app;
}

void Inbox::start() { list_apps({}); }

void Inbox::list_apps(const std::string& after) {
    spool_.read(spool::InboxApps{after}, anchor_.guard([this, after](const Result<spool::InboxApps::Answer>& found) {
        if (!found) {
            again_later([this, after] { list_apps(after); });
            return;
        }
        for (const spool::InboxHead& head : found->rows) {
            if (is_asker(head.app)) continue;  // it left with the mswd before this one
            app_of(head.app).more = true;
        }
        if (found->more) {
            list_apps(found->rows.back().app);
            return;
        }
        listed_ = true;
        for (const auto& [name, app] : apps_) pump(name);
    }));
}

void Inbox::asked(const Datapack& question) {
    if (question.method == "get") asked_.add(question.get("from"), question.get("flag"));
}

void Inbox::app_came(std::string_view app) {
    services_.post(anchor_.guard([this, name = std::string(app)] { pump(name); }));
}

void Inbox::revived(const std::string& name) {
    app_of(name).more = true;
    pump(name);
}

void Inbox::send_again(Datapack d, spool::RowId dead, std::function<void(const Result<void>&)> written) {
    const std::string app = services_.forwarder.transport_app();
    Result<std::string> bytes = to_bytes(d);
    if (app.empty() || !bytes) {
        written(bytes ? Error{Code::unreachable, "this host has no transport"} : bytes.error());
        return;
    }
    spool::Changes changes;
    changes.emplace_back(row_of(d, app, nullptr, std::move(bytes).value()));
    changes.emplace_back(spool::DropDead{dead});
    commit(std::move(changes), {{app, DatapackRef(std::move(d))}}, std::move(written));
}

void Inbox::load(App& app) {
    app.loading = true;
    spool_.read(spool::InboxAfter{app.name, app.loaded, {kMostLoaded / 2, kMostLoadedBytes / 2}},
                anchor_.guard([this, name = app.name](Result<spool::InboxAfter::Answer> page) {
                    loaded(app_of(name), std::move(page));
                }));
}

void Inbox::loaded(App& app, Result<spool::InboxAfter::Answer> page) {
    app.loading = false;
    if (!page) {
        again_later([this, name = app.name] { pump(name); });
        return;
    }
    app.more = page->more;
    for (const spool::InboxRow& row : page->rows) {
        if (row.row <= app.loaded) continue;
        app.loaded = row.row;
        Result<Datapack> d = from_bytes(row.datapack);
        if (!d) {
            services_.log.write(Priority::error, "mswd",
                                "row " + std::to_string(row.row) + " of the inbox can't be read: " + d.error().text);
            spool_.write({spool::Bury{spool::Box::inbox, row.row, "it can't be read", row.handed > 0, now()}}, {});
            continue;
        }
        if (is_asker(app.name) && !is_for_present(app.name, *d)) continue;
        Row& r = rows_[row.row];
        r.app = app.name;
        r.datapack = DatapackRef(std::move(d).value());
        r.bytes = r.datapack->weight();
        r.handed = row.handed;
        r.marked = false;
        app.bytes += r.bytes;
        app.waiting.push_back(row.row);
    }
    pump(app.name);
}

void Inbox::pump(const std::string& name) {
    const auto at = apps_.find(name);
    if (at == apps_.end() || stopping_) return;
    App& app = at->second;
    while (!app.waiting.empty() && app.with_plugin < kMostWithPlugin) {
        const spool::RowId id = app.waiting.front();
        if (!rows_.at(id).marked || !hand(app, id)) break;
    }
    if (!app.marking && services_.forwarder.has(name)) mark(app);
    if (listed_ && app.more && !app.loading && app.waiting.size() < kMostLoaded / 2 && app.bytes < kMostLoadedBytes)
        load(app);
}

void Inbox::mark(App& app) {
    spool::Changes changes;
    std::vector<spool::RowId> marked;
    std::vector<spool::RowId> too_often;
    // As many as the next ones that its plugin gets, so that it doesn't wait for the disk meanwhile.
    const std::size_t next = std::min(app.waiting.size(), kMostWithPlugin);
    for (std::size_t i = 0; i < next; ++i) {
        const spool::RowId id = app.waiting[i];
        const Row& row = rows_.at(id);
        if (row.marked) continue;
        if (row.handed >= kMostHanded) {
            too_often.push_back(id);
            continue;
        }
        marked.push_back(id);
        changes.emplace_back(spool::MarkHanded{id});
    }
    for (const spool::RowId id : too_often) bury(app, id);
    if (marked.empty()) {
        if (!too_often.empty()) services_.post(anchor_.guard([this, name = app.name] { pump(name); }));
        return;
    }
    app.marking = true;
    spool_.write(std::move(changes),
                 anchor_.guard([this, name = app.name, marked = std::move(marked)](const Result<spool::Written>& done) {
                     app_of(name).marking = false;
                     if (!done) {
                         again_later([this, name] { pump(name); });
                         return;
                     }
                     for (const spool::RowId id : marked) {
                         const auto row = rows_.find(id);
                         if (row == rows_.end()) continue;
                         row->second.marked = true;
                         ++row->second.handed;
                     }
                     pump(name);
                 }));
}

bool Inbox::hand(App& app, spool::RowId id) {
    Row& row = rows_.at(id);
    DatapackRef d = row.datapack;
    if (row.handed > 1 && d->get("redelivered").empty()) {
        Datapack again = *d;
        again.set("redelivered", "1");
        d = DatapackRef(std::move(again));
    }
    const Datapack& shown = *d;
    questions_.open(app.name, shown, id);
    const Forwarded handed = services_.forwarder.hand(
        d, app.name, Delivery(tickets_, Tickets::name_of(id), row.bytes, Delivery::Kind::kept));
    if (handed.verdict == Forwarded::Verdict::done) {
        row.with_plugin = true;
        row.marked = false;
        app.waiting.pop_front();
        app.bytes -= row.bytes;
        ++app.with_plugin;
        return true;
    }
    questions_.forget(id);
    if (handed.verdict == Forwarded::Verdict::full) {
        handed.mailbox->when_room(
            this, row.bytes,
            [&post = services_.post, again = anchor_.guard([this, name = app.name] { pump(name); })] { post(again); });
    }
    return false;
}

void Inbox::ended(spool::RowId id, bool done) {
    const auto at = rows_.find(id);
    if (at == rows_.end() || !at->second.with_plugin) return;
    const std::string name = at->second.app;
    --app_of(name).with_plugin;
    if (done) {
        rows_.erase(at);
        done_with(id, name, questions_.close(id));
    } else {
        questions_.forget(id);
        if (!stopping_) put_back(id);
    }
    pump(name);
    const App& app = app_of(name);
    if (is_asker(name) && app.waiting.empty() && app.with_plugin + app.adding == 0 && !app.more) apps_.erase(name);
}

void Inbox::put_back(spool::RowId id) {
    Row& row = rows_.at(id);
    App& app = app_of(row.app);
    row.with_plugin = row.marked = false;
    if (is_asker(row.app)) {
        rows_.erase(id);  // it stays on disk, for `mswctl queue show`
        return;
    }
    app.waiting.insert(std::lower_bound(app.waiting.begin(), app.waiting.end(), id), id);
    app.bytes += row.bytes;
}

void Inbox::done_with(spool::RowId id, const std::string& app, std::vector<Datapack> answers) {
    spool::Changes changes;
    Places places;
    changes.emplace_back(spool::RemoveInbox{id, !answers.empty()});
    for (const Datapack& answer : answers) add_answer(answer, changes, places);
    commit(std::move(changes), std::move(places),
           [this, id, app, answers = std::move(answers)](const Result<void>& done) {
               if (done || done.error().code == Code::expired || done.error().code == Code::closed) return;
               services_.log.write(Priority::warning, app,
                                   "what it is done with could not be taken off the disk yet: " + done.error().text);
               again_later([this, id, app, answers] { done_with(id, app, answers); });
           });
}

void Inbox::bury(App& app, spool::RowId id) {
    const Row& row = rows_.at(id);
    services_.log.write(Priority::warning, app.name,
                        row.datapack->method + " was handed to it " + std::to_string(row.handed) +
                            " times and it was never done with it: now a dead letter, `mswctl queue show " +
                            std::string(row.datapack->get("flag")) + "`",
                        about(*row.datapack));
    ++numbers_.buried;
    spool_.write(
        {spool::Bury{spool::Box::inbox, id,
                     "it was handed on " + std::to_string(row.handed) + " times, and never done with", true, now()}},
        {});
    forget(id);
}

bool Inbox::is_with_plugin(spool::RowId id) const {
    const auto at = rows_.find(id);
    return at != rows_.end() && at->second.with_plugin;
}

void Inbox::forget(spool::RowId id) {
    const auto at = rows_.find(id);
    if (at == rows_.end() || at->second.with_plugin) return;
    App& app = app_of(at->second.app);
    std::erase(app.waiting, id);
    app.bytes -= at->second.bytes;
    rows_.erase(at);
}

}  // namespace msw::durable
