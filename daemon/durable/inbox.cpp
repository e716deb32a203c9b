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

void Inbox::add(Batch& batch, const std::string& app, const DatapackRef& d, std::string bytes, const Flow* flow) {
    const spool::Seconds at = now();
    const Result<spool::Seconds> end = end_of(*d, at);
    spool::AddInbox add;
    add.row.app = app;
    if (flow != nullptr) {
        add.row.origin = flow->origin;
        add.row.run = flow->run;
        add.row.n = flow->n;
    }
    add.row.origin_host = d->get("id");
    add.row.flag = d->get("flag");
    add.row.asker = d->get("from");
    add.row.expires = end ? *end : at + kLifetime;
    add.row.handed = handed_at_once(app);
    add.row.datapack = std::move(bytes);
    add.answer = d->method == "reply";
    batch.places.push_back({app, d, add.row.handed});
    batch.changes.emplace_back(std::move(add));
}

std::uint32_t Inbox::handed_at_once(const std::string& name) {
    if (!listed_ || !services_.forwarder.has(name)) return 0;
    App& app = app_of(name);
    if (!app.waiting.empty() || app.more || app.with_plugin + app.adding >= kMostWithPlugin) return 0;
    ++app.adding;
    return 1;
}

void Inbox::commit(Batch batch, std::function<void(const Result<void>&)> done) {
    spool_.write(std::move(batch.changes),
                 anchor_.guard([this, places = std::move(batch.places),
                                done = std::move(done)](const Result<spool::Written>& result) {
                     for (std::size_t i = 0; i < places.size(); ++i) {
                         if (places[i].handed > 0) --app_of(places[i].app).adding;
                         if (result) place(places[i], result->rows[i]);
                     }
                     for (const Place& p : places) pump(p.app);
                     done(result ? Result<void>() : Result<void>(result.error()));
                     for (const Place& p : places) forget_asker(p.app);
                 }));
}

void Inbox::write_in_the_end(const spool::Changes& changes) {
    spool_.write(changes, anchor_.guard([this, changes](const Result<spool::Written>& written) {
        if (written || written.error().code == Code::closed) return;
        again_later([this, changes] { write_in_the_end(changes); });
    }));
}

// What an asker that has left would have got stays on disk for `mswctl queue show`, even if another has its name by
// now.
bool Inbox::is_for_present(const std::string& asker, const Datapack& answer) const {
    return services_.forwarder.has(asker) && asked_.has(asker, answer.get("flag"));
}

void Inbox::place(const Place& place, spool::RowId row) {
    if (is_asker(place.app) && !is_for_present(place.app, *place.datapack)) return;
    App& app = app_of(place.app);
    if (row <= app.loaded) return;  // a page that was read meanwhile had it
    if ((!listed_ && !is_asker(place.app)) || app.more || app.waiting.size() >= kMostLoaded ||
        app.bytes >= kMostLoadedBytes) {
        app.more = true;
        if (place.handed > 0) app.unread.insert(row);
        return;
    }
    load_row(app, row, place.datapack, place.handed, place.handed > 0);
}

void Inbox::load_row(App& app, spool::RowId id, const DatapackRef& d, std::uint32_t handed, bool marked) {
    Row& row = rows_[id];
    row.app = app.name;
    row.datapack = d;
    row.bytes = d->weight();
    row.handed = handed;
    row.marked = marked;
    app.loaded = id;
    app.bytes += row.bytes;
    app.waiting.push_back(id);
}

// Their names are many, and each is used once.
void Inbox::forget_asker(const std::string& name) {
    const auto at = apps_.find(name);
    if (!is_asker(name) || at == apps_.end()) return;
    const App& app = at->second;
    if (app.waiting.empty() && app.with_plugin + app.adding == 0 && !app.loading && !app.marking) apps_.erase(at);
}

bool Inbox::take_answer(const Datapack& d, const Sender& sender) {
    Datapack answer = d;
    switch (questions_.hold(sender.app, answer)) {
        case OpenQuestions::Held::no: return false;
        case OpenQuestions::Held::yes: return true;
        case OpenQuestions::Held::too_much:
            services_.log.write(Priority::warning, sender.app,
                                "an answer to a durable question was dropped: there are more than it has room for",
                                journal_fields(answer));
            return true;
        case OpenQuestions::Held::late: break;
    }
    services_.post(anchor_.guard([this, answer = std::move(answer)] {
        Batch batch;
        add_answer(batch, answer);
        commit(std::move(batch), [this, answer](const Result<void>& done) {
            if (done) return;
            services_.log.write(Priority::warning, "mswd", "an answer could not be kept: " + done.error().text,
                                journal_fields(answer));
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
        Batch batch;
        for (const std::string& app : apps) add(batch, app, kept, bytes);
        commit(std::move(batch), [this, kept, weight](const Result<void>& done) {
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

void Inbox::add_answer(Batch& batch, Datapack answer) {
    answer.set("durable", "1");
    const std::string app = answer.get("to").empty() ? answer.app : services_.forwarder.transport_app();
    Result<std::string> bytes = to_bytes(answer);
    if (!bytes || app.empty()) {
        services_.log.write(Priority::warning, "mswd",
                            "an answer to a durable question was dropped: " +
                                (bytes ? std::string("this host has no transport") : bytes.error().text),
                            journal_fields(answer));
        return;
    }
    add(batch, app, DatapackRef(std::move(answer)), std::move(bytes).value());
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
    Batch batch;
    add(batch, app, DatapackRef(std::move(d)), std::move(bytes).value());
    batch.changes.emplace_back(spool::DropDead{dead});
    commit(std::move(batch), std::move(written));
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
        load_row(app, row.row, DatapackRef(std::move(d).value()), row.handed, app.unread.erase(row.row) > 0);
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
    forget_asker(name);
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
    Batch batch;
    batch.changes.emplace_back(spool::RemoveInbox{id, !answers.empty()});
    for (const Datapack& answer : answers) add_answer(batch, answer);
    commit(std::move(batch), [this, id, app, answers = std::move(answers)](const Result<void>& done) {
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
                        journal_fields(*row.datapack));
    ++buried_;
    write_in_the_end(
        {spool::Bury{spool::Box::inbox, id,
                     "it was handed on " + std::to_string(row.handed) + " times, and never done with", true, now()}});
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
