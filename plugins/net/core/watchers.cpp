#include "plugins/net/core/watchers.hpp"

#include "base/json.hpp"
#include "msw/host_id.hpp"

#include <algorithm>
#include <utility>

namespace msw::net {
namespace {

Json json_of(const HostState& row, Time now) {
    Json out = Json::object({{"id", row.host},
                             {"state", name_of(row.kind)},
                             {"since_s", std::int64_t{(now - row.since).count() / 1000}},
                             {"via", row.via},
                             {"old", row.old}});
    if (row.round_trip) out.set("round_trip_ms", std::int64_t{row.round_trip->count()});
    return out;
}

Datapack part_of(const Datapack& question, std::uint64_t number) {
    Datapack part = question.reply();
    part.set("stream", "1");
    part.set("part", std::to_string(number));
    return part;
}

}  // namespace

template <class Stays>
void Watchers::keep(Stays stays) {
    for (auto at = all_.begin(); at != all_.end();) at = stays(*at) ? std::next(at) : all_.erase(at);
}

Result<void> Watchers::add(Datapack question, std::optional<std::int64_t> expires_ms, const HostStates& states,
                           Time now) {
    (void)std::erase_if(all_, [&](const All::value_type& w) {
        const Datapack& q = w.second.question;
        return q.get("flag") == question.get("flag") && q.get("from") == question.get("from") &&
               same_host_id(q.get("id"), question.get("id"));
    });
    if (all_.size() >= kMost) {
        // Some may have left since they were given something last.
        keep([&](All::value_type& w) { return w.second.untaken || give(w, states, now); });
    }
    if (all_.size() >= kMost) {
        return Error{Code::queue_full,
                     "the hosts are watched by " + std::to_string(kMost) + " already, and there is no room for more"};
    }
    Watcher watcher;
    watcher.question = std::move(question);
    watcher.question.body.clear();
    watcher.expires = expires_ms;
    const auto at = all_.emplace(++last_token_, std::move(watcher)).first;
    if (output_.may_give(at->second.question) && !give(*at, states, now)) all_.erase(at);
    return {};
}

bool Watchers::end(std::string_view flag, std::string_view host, std::string_view asker, Time) {
    const auto at = std::find_if(all_.begin(), all_.end(), [&](const All::value_type& w) {
        const Datapack& q = w.second.question;
        return q.get("flag") == flag && same_host_id(q.get("id"), host) && (asker.empty() || q.get("from") == asker);
    });
    if (at == all_.end()) return false;
    if (!asker.empty()) last_word(*at, nullptr);
    all_.erase(at);
    return true;
}

void Watchers::taken(std::uint64_t token) {
    const auto at = all_.find(token);
    if (at == all_.end()) return;
    at->second.untaken = false;
    at->second.waits_since.reset();
}

void Watchers::tick(const HostStates& states, Time now, std::int64_t wall_ms) {
    keep([&](All::value_type& w) { return step(w, states, now, wall_ms); });
}

/// @return whether it goes on
bool Watchers::step(All::value_type& w, const HostStates& states, Time now, std::int64_t wall_ms) {
    Watcher& watcher = w.second;
    if (watcher.expires && *watcher.expires <= wall_ms) {
        last_word(w, nullptr);
        return false;
    }
    const bool owed = !watcher.begun || watcher.told < states.serial() || now - watcher.given >= kHeartbeat;
    if (watcher.untaken || (owed && !output_.may_give(watcher.question))) {
        if (!watcher.waits_since) watcher.waits_since = now;
        if (now - *watcher.waits_since < kPatience) return true;
        const Error why{Code::too_slow, "what changed was not taken for " + std::to_string(kPatience.count() / 1000) +
                                            " s; ask again to see how the hosts are now"};
        last_word(w, &why);
        return false;
    }
    watcher.waits_since.reset();
    return !owed || now < watcher.not_before || give(w, states, now);
}

/// @return whether its asker is still there
bool Watchers::give(All::value_type& w, const HostStates& states, Time now) {
    Watcher& watcher = w.second;
    Json rows = Json::array();
    states.changed_since(watcher.told, [&](std::uint64_t serial, const HostState& row) {
        rows.push(json_of(row, now));
        watcher.told = serial;
        return rows.items().size() < kMostRows;
    });
    Datapack part = part_of(watcher.question, watcher.parts++);
    part.body = rows.dump();
    watcher.begun = true;
    watcher.given = now;
    switch (output_.give(watcher.question, std::move(part), w.first)) {
        case Given::gone: return false;
        case Given::waits:
            watcher.untaken = true;
            watcher.waits_since = now;
            break;
        case Given::on_its_way: watcher.not_before = now + kFarPace; break;
    }
    return true;
}

void Watchers::last_word(All::value_type& w, const Error* why) {
    Datapack part = part_of(w.second.question, w.second.parts++);
    part.set("end", "1");
    part.body = "[]";
    if (why != nullptr) {
        part.set("error", wire_name(why->code));
        part.body = why->text;
    }
    (void)output_.give(w.second.question, std::move(part), w.first);
}

}  // namespace msw::net
