#include "tests/sim/mesh/inbox.hpp"

#include "plugins/net/core/mesh.hpp"

#include <algorithm>
#include <charconv>
#include <string_view>

namespace msw::sim {
namespace {

/// @return s since 1970
std::int64_t end_of(const Datapack& d, std::int64_t wall_ms) {
    const std::string_view text = d.get("expires");
    std::int64_t end = (wall_ms + net::Mesh::kDurableLifetime.count()) / 1000;
    (void)std::from_chars(text.data(), text.data() + text.size(), end);
    return end;
}

}  // namespace

void Inbox::start() {
    disk_.read([this](const Tables* tables) -> std::function<void()> {
        if (tables == nullptr) {
            return [this] { around_.later(kRetry, [this] { start(); }); };
        }
        return [this, rows = tables->inbox] {
            listed_ = true;
            for (const auto& [id, row] : rows) keep(id, row.app, row.datapack, row.handed, false);
            std::vector<std::string> names;
            for (const auto& [name, app] : apps_) names.push_back(name);
            for (const std::string& name : names) pump(name);
        };
    });
}

void Inbox::add(Batch& batch, const std::string& app, const SharedDatapack& datapack, const PutMark* flow) {
    InRow row;
    row.app = app;
    row.datapack = datapack;
    if (flow != nullptr) {
        row.run = std::get<net::Run>(flow->flow);
        row.n = flow->n;
    }
    row.expires = end_of(*datapack, around_.wall_ms());
    row.handed = handed_at_once(app);
    batch.places.push_back({app, datapack, row.handed});
    batch.changes.emplace_back(AddIn{std::move(row)});
}

unsigned Inbox::handed_at_once(const std::string& name) {
    if (!listed_) return 0;
    App& app = apps_[name];
    if (!app.waiting.empty() || app.with_plugin + app.adding >= kMostWithPlugin) return 0;
    ++app.adding;
    return 1;
}

void Inbox::add_answer(Batch& batch, Datapack answer) {
    answer.set("durable", "1");
    add(batch, "net", std::make_shared<const Datapack>(std::move(answer)), nullptr);
}

void Inbox::commit(Batch batch, std::function<void(bool)> done) {
    disk_.write(std::move(batch.changes),
                [this, places = std::move(batch.places), done = std::move(done)](const Disk::Written& written) {
                    for (std::size_t i = 0; i < places.size(); ++i) {
                        const Place& p = places[i];
                        if (p.handed > 0) --apps_[p.app].adding;
                        // Before what waits is known, that will have it.
                        if (written && listed_) keep((*written)[i], p.app, p.datapack, p.handed, p.handed > 0);
                    }
                    for (const Place& p : places) pump(p.app);
                    done(written.ok());
                });
}

void Inbox::write_until_done(const Changes& changes) {
    disk_.write(changes, [this, changes](const Disk::Written& written) {
        if (!written) around_.later(kRetry, [this, changes] { write_until_done(changes); });
    });
}

void Inbox::keep(RowId id, const std::string& app, const SharedDatapack& datapack, unsigned handed, bool marked) {
    rows_[id] = {app, datapack, handed, marked, false};
    apps_[app].waiting.push_back(id);
}

void Inbox::pump(const std::string& name) {
    App& app = apps_[name];
    while (!app.waiting.empty() && app.with_plugin < kMostWithPlugin) {
        const RowId id = app.waiting.front();
        if (!rows_.at(id).marked || !hand(name, id)) break;
    }
    if (!app.marking) mark(name);
}

void Inbox::mark(const std::string& name) {
    App& app = apps_[name];
    Changes changes;
    std::vector<RowId> marked;
    std::vector<RowId> too_often;
    const std::size_t next = std::min(app.waiting.size(), kMostWithPlugin);
    for (std::size_t i = 0; i < next; ++i) {
        const RowId id = app.waiting[i];
        const Kept& row = rows_.at(id);
        if (row.marked) continue;
        if (row.handed >= kMostHanded) {
            too_often.push_back(id);
            continue;
        }
        marked.push_back(id);
        changes.emplace_back(MarkHanded{id});
    }
    for (const RowId id : too_often) {
        write_until_done({Bury{false, id, true, true}});
        forget(id);
    }
    if (marked.empty()) {
        if (!too_often.empty()) around_.later(Time(0), [this, name] { pump(name); });
        return;
    }
    app.marking = true;
    disk_.write(std::move(changes), [this, name, marked](const Disk::Written& written) {
        apps_[name].marking = false;
        if (!written) {
            around_.later(kRetry, [this, name] { pump(name); });
            return;
        }
        for (const RowId id : marked) {
            const auto row = rows_.find(id);
            if (row == rows_.end()) continue;
            row->second.marked = true;
            ++row->second.handed;
        }
        pump(name);
    });
}

bool Inbox::hand(const std::string& name, RowId id) {
    Kept& row = rows_.at(id);
    SharedDatapack d = row.datapack;
    if (row.handed > 1 && d->get("redelivered").empty()) {
        auto again = std::make_shared<Datapack>(*d);
        again->set("redelivered", "1");
        d = std::move(again);
    }
    if (!around_.hand_durable(name, d, id)) return false;
    row.with_plugin = true;
    row.marked = false;
    App& app = apps_[name];
    app.waiting.pop_front();
    most_with_plugin_ = std::max(most_with_plugin_, ++app.with_plugin);
    return true;
}

void Inbox::hold_answer(RowId question, Datapack answer) { answers_[question].push_back(std::move(answer)); }

void Inbox::ended(RowId id, bool done) {
    const auto at = rows_.find(id);
    if (at == rows_.end() || !at->second.with_plugin) return;
    const std::string name = at->second.app;
    App& app = apps_[name];
    --app.with_plugin;
    std::vector<Datapack> answers;
    if (const auto held = answers_.extract(id); !held.empty()) answers = held.mapped();
    if (done) {
        rows_.erase(at);
        done_with(id, answers);
    } else {
        at->second.with_plugin = at->second.marked = false;
        app.waiting.insert(std::lower_bound(app.waiting.begin(), app.waiting.end(), id), id);
    }
    pump(name);
}

void Inbox::done_with(RowId id, const std::vector<Datapack>& answers) {
    Batch batch;
    batch.changes.emplace_back(RemoveIn{id, !answers.empty()});
    for (const Datapack& answer : answers) add_answer(batch, answer);
    commit(std::move(batch), [this, id, answers](bool ok) {
        if (!ok) around_.later(kRetry, [this, id, answers] { done_with(id, answers); });
    });
}

void Inbox::moved_on(RowId id) {
    const auto at = rows_.find(id);
    if (at == rows_.end()) return;
    const std::string name = at->second.app;
    --apps_[name].with_plugin;
    rows_.erase(at);
    pump(name);
}

bool Inbox::is_with_plugin(RowId row) const {
    const auto at = rows_.find(row);
    return at != rows_.end() && at->second.with_plugin;
}

void Inbox::forget(RowId id) {
    const auto at = rows_.find(id);
    if (at == rows_.end() || at->second.with_plugin) return;
    std::erase(apps_[at->second.app].waiting, id);
    rows_.erase(at);
}

}  // namespace msw::sim
