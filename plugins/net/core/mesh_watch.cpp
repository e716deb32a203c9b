// How all hosts stand, and who is told of it: the words `watch` and `unwatch` of the app `net`.
#include "msw/host_id.hpp"
#include "plugins/net/core/mesh.hpp"

#include <algorithm>
#include <set>

namespace msw::net {
namespace {

constexpr Time kLook{1'000};                                    // between two looks while nobody watches
constexpr std::size_t kMostUnderWay = std::size_t{256} * 1024;  // bytes that wait for another host when a part is added

// A host is heard of before its neighbours have announced their links with it: for so long it isn't called down.
constexpr Time kArriving{3'000};

/// @return whether one end's announcement calls its link to the other busy
bool says_busy(const Announcement* said, std::string_view of) {
    if (said == nullptr) return false;
    return std::any_of(said->links.begin(), said->links.end(),
                       [&](const AnnouncedLink& link) { return link.busy && link.member == of; });
}

}  // namespace

bool Mesh::is_busy(const Reachable& host) const {
    if (host.direct) {
        const auto session = sessions_.find(host.link->id);
        return session != sessions_.end() && session->second.watch.state() == LinkWatch::State::busy;
    }
    const RouteTable& table = routes_.table();
    const std::vector<std::string_view> path = table.path(member_called(host.id));
    if (path.size() < 2) return false;
    const std::string_view last = path.back();
    const std::string_view before = path[path.size() - 2];
    return says_busy(table.said(before), last) || says_busy(table.said(last), before);
}

std::vector<HostState> Mesh::host_states(Time now, bool& look_again) const {
    std::vector<HostState> all;
    std::set<std::string> there;
    for (const Reachable& host : reachable()) {
        HostState row;
        row.host = host.id;
        row.kind = is_busy(host) ? HostState::Kind::busy : HostState::Kind::up;
        row.via = host.direct ? std::string() : host.link->peer.id;
        row.old = host.old;
        if (const auto session = sessions_.find(host.link->id); host.direct && session != sessions_.end()) {
            row.round_trip = session->second.watch.round_trip();
        }
        there.insert(id_key(host.id));
        all.push_back(std::move(row));
    }
    for (const RouteEntry& entry : routes_.table().entries()) {
        const Announcement& said = entry.what->said;
        if (said.member == settings_.member || there.contains(id_key(said.host))) continue;
        if (now - entry.taken < kArriving && states_.find(said.host) == nullptr) {
            look_again = true;
            continue;
        }
        there.insert(id_key(said.host));
        HostState row;
        row.host = said.host;
        all.push_back(std::move(row));
    }
    return all;
}

void Mesh::look_at_hosts(Time now) {
    const Seen seen(routes_.table().version(), peers_.version());
    if (seen != states_of_ && (watchers_.size() > 0 || now >= next_look_)) {
        bool look_again = false;
        states_.update(host_states(now, look_again), now);
        states_of_ = look_again ? Seen() : seen;
        next_look_ = now + kLook;
    }
    watchers_.tick(states_, now, wall(now));
}

void Mesh::watch(LinkId link, const Datapack& question, Time now) {
    const auto refuse = [&](Code code, std::string why) {
        failed(question, Count::bad_request, {code, std::move(why)}, now);
    };
    if (question.method != "get" || question.get("stream") != "1") {
        refuse(Code::bad_request, "`watch` is a `get` with `stream: 1`");
        return;
    }
    if (question.get("durable") == "1") {
        refuse(Code::unsupported, "`watch` can't be durable: it tells what is so now; ask without `durable`");
        return;
    }
    if (link != 0 || question.head.has("legacy")) {
        refuse(Code::unsupported, "`watch` is not for hosts of the Python system; `peers` is");
        return;
    }
    if (question.get("from").empty()) return;
    const bool local = question.get("id").empty() || is_self(question.get("id"));
    std::optional<std::int64_t> expires;
    if (!local || question.head.has("expires")) {
        const Result<std::int64_t> until = lifetime_of(question, now);
        if (!until) {
            refuse(until.error().code, until.error().text);
            return;
        }
        expires = *until;
    }
    bool look_again = false;  // tick() sees to that
    states_.update(host_states(now, look_again), now);
    if (const Result<void> added = watchers_.add(question, expires, states_, now); !added) {
        failed(question, Count::queue_full, added.error(), now);
    }
}

void Mesh::unwatch(const Datapack& word, std::string_view flag, Time now) {
    const std::string_view asker = word.get("from");
    const bool ended = watchers_.end(flag, word.get("id").empty() ? settings_.id : word.get("id"),
                                     asker == "net" ? std::string_view() : asker, now);
    if (word.method != "get") return;
    Datapack reply = word.reply();
    reply.body = ended ? R"({"ended":true})" : R"({"ended":false})";
    answer(word, std::move(reply), now);
}

bool Mesh::may_give(const Datapack& question) const {
    const std::string_view origin = question.get("id");
    if (origin.empty() || is_self(origin)) return true;
    const std::string member(member_called(origin));
    return way_to(member) != Custody::Way::none && custody_.waiting_for(member).second < kMostUnderWay;
}

Watchers::Given Mesh::give(const Datapack& question, Datapack part, std::uint64_t token) {
    part.set("id", settings_.id);
    part.set("from", "net");
    part.set("by", "plugin:net");
    const std::string origin(question.get("id"));
    if (!origin.empty() && !is_self(origin)) {
        Parcel parcel;
        parcel.datapack = std::move(part);
        parcel.way = {origin};
        dispatch(std::move(parcel), now_);
        return Watchers::Given::on_its_way;
    }
    part.head.remove("to");
    return edge_.hand(part, token) == Arrivals::Handed::waits ? Watchers::Given::waits : Watchers::Given::gone;
}

void Mesh::asker_left(const Datapack& part) {
    const std::string host(part.get("id"));
    if (part.get("from") != "net" || !part.head.has("part") || part.get("end") == "1") return;
    questions_.close(part.get("flag"), host);
    Parcel parcel;
    parcel.datapack = Datapack("post", "net", "unwatch " + std::string(part.get("flag")));
    parcel.datapack.set("id", settings_.id);
    parcel.datapack.set("from", "net");
    parcel.datapack.set("by", "plugin:net");
    parcel.datapack.give_flag();
    parcel.way = {host};
    dispatch(std::move(parcel), now_);
}

}  // namespace msw::net
