// Where a Datapack would go, and where one is and why it waits: the words `route` and `trace` of the app `net`.
#include "base/json.hpp"
#include "msw/host_id.hpp"
#include "plugins/net/core/mesh.hpp"

#include <algorithm>
#include <array>

namespace msw::net {
namespace {

using Waits = CustodyPlace::Waits;

std::string_view name_of(Waits waits) noexcept {
    constexpr std::array<std::string_view, 9> kNames{"no-way", "run",  "disk",    "others", "credit",
                                                     "window", "room", "receipt", "gap"};
    return kNames[static_cast<std::size_t>(waits)];
}

std::string seconds(Time time) {
    const std::int64_t tenths = std::max<std::int64_t>(0, time.count() / 100);
    if (tenths >= 100) return std::to_string(tenths / 10) + " s";
    return std::to_string(tenths / 10) + '.' + std::to_string(tenths % 10) + " s";
}

std::string sent_words(const CustodyPlace& place, Time now) {
    const std::string ago = seconds(now - place.sent_at) + " ago";
    if (place.sent == 1) return "it was sent " + ago;
    return "it was sent " + std::to_string(place.sent) + " times, the last time " + ago;
}

std::string in_order(std::size_t ahead) {
    return ahead == 0 ? std::string() : "; " + std::to_string(ahead) + " of its flow stand before it";
}

}  // namespace

std::string Mesh::no_way_words(const std::string& host, Time now) const {
    const HostState* state = states_.find(host);
    if (state == nullptr && member_called(host).empty() && !is_old_host(host)) return no_such_host(host).text;
    if (state == nullptr) return host + " was not seen since this mswd was started";
    if (state->kind != HostState::Kind::down) return "there is no way to " + host + " now";
    return "there is no way to " + host + ", and was none for " + seconds(now - state->since);
}

std::string Mesh::why(const CustodyPlace& place, Time now) const {
    const std::string& host = place.host;
    switch (place.waits) {
        case Waits::no_way: return no_way_words(host, now);
        case Waits::run: return host + " has yet to say which start of it runs";
        case Waits::disk: return "it is being written down before it is sent";
        case Waits::others: return std::to_string(place.ahead) + " of its flow are before it";
        case Waits::credit: return place.app + " on " + host + " has yet to take what it was sent";
        case Waits::window: return "the way to " + host + " leads through others, and what is under way must arrive";
        case Waits::room: return "the link to the next host has no room";
        case Waits::receipt:
            return sent_words(place, now) + ", and " + host + " has yet to say that it came" +
                   (place.way ? "" : "; " + no_way_words(host, now));
        case Waits::gap: return host + " has it, and waits for an earlier one of its flow";
    }
    return {};
}

Result<std::string> Mesh::route_json(std::string_view words, Time now) const {
    const std::string_view host = words.substr(0, words.find(' '));
    const std::string_view app = host.size() == words.size() ? std::string_view() : words.substr(host.size() + 1);
    if (!valid_host_id(host) || app.find(' ') != std::string_view::npos) {
        return Error{Code::bad_request,
                     "`route` takes a host id, and an app if its flow is wanted, too: route HOST [APP]"};
    }
    const auto told = [&](std::string_view to, std::string_view way) {
        return Json::object({{"host", settings_.id}, {"to", to}, {"way", way}});
    };
    if (is_self(host)) return told(settings_.id, "here").dump();
    const std::vector<Reachable> all = reachable();
    const auto at = std::find_if(all.begin(), all.end(), [&](const Reachable& r) { return same_host_id(r.id, host); });
    if (at == all.end()) {
        const HostState* state = states_.find(host);
        return told(state == nullptr ? host : state->host, "none")
            .set("why", no_way_words(std::string(state == nullptr ? host : state->host), now))
            .dump();
    }
    Json out = told(at->id, at->old && at->direct ? "old" : at->direct ? "direct" : "relayed");
    out.set("next", at->link->peer.id);
    out.set("since_s", std::int64_t{(now - at->link->since).count() / 1000});
    out.set("room", edge_.has_room(at->link->id));
    if (const auto session = sessions_.find(at->link->id); session != sessions_.end()) {
        const LinkWatch& watch = session->second.watch;
        out.set("state", watch.state() == LinkWatch::State::busy ? "busy" : "up");
        if (const auto time = watch.round_trip()) out.set("round_trip_ms", std::int64_t{time->count()});
    }
    if (!app.empty() && !at->old) {
        const std::string member(member_called(at->id));
        const Custody::FlowNumbers flow = custody_.flow_numbers(member, std::string(app));
        out.set("flow", Json::object({{"app", app},
                                      {"waiting", std::uint64_t{flow.waiting}},
                                      {"bytes", std::uint64_t{flow.bytes}},
                                      {"starved", flow.starved}}));
    }
    return out.dump();
}

std::string Mesh::trace_json(std::string_view flag, Time now) const {
    Json rows = Json::array();
    const auto left_s = [&](std::int64_t expires) { return std::max<std::int64_t>(0, (expires - wall(now)) / 1000); };
    const auto parcel = [&](const Parcel& p, const std::string& to, std::string why) {
        rows.push(Json::object({{"where", "outbox"},
                                {"host", to},
                                {"app", p.datapack.app},
                                {"waits", "no-way"},
                                {"why", std::move(why)},
                                {"tries", std::uint64_t{p.tries}}}));
    };
    for (const Outbox::Row& row : outbox_.rows()) {
        if (row.parcel->datapack.get("flag") != flag) continue;
        const bool has_way = find_route(row.parcel->way, around_, row.parcel->came_from).kind != Route::Kind::wait;
        parcel(*row.parcel, row.to, has_way ? "the link to the next host has no room" : no_way_words(row.to, now));
    }
    std::vector<std::string> held_for;
    for (const CustodyPlace& place : custody_.find(flag)) {
        held_for.push_back(place.host);
        Json row = Json::object({{"where", "custody"},
                                 {"host", place.host},
                                 {"app", place.app},
                                 {"durable", place.durable},
                                 {"bytes", std::uint64_t{place.bytes}},
                                 {"sent", std::uint64_t{place.sent}},
                                 {"waits", name_of(place.waits)},
                                 {"why", why(place, now)},
                                 {"left_s", left_s(place.expires)}});
        if (place.row != 0) row.set("row", place.row);
        rows.push(std::move(row));
    }
    for (const Questions::Waiting& open : questions_.find(flag)) {
        const bool held = std::any_of(held_for.begin(), held_for.end(),
                                      [&](const std::string& host) { return same_host_id(host, open.host); });
        if (held) continue;
        const Member* member = members_->called(open.host);
        const std::string host = member == nullptr ? open.host : member->id;
        rows.push(Json::object({{"where", "question"},
                                {"host", host},
                                {"app", open.app},
                                {"waits", open.post ? "nothing" : "answer"},
                                {"why", host + (open.post ? " has it, and nobody needs to answer it"
                                                          : " has it, and no answer has come yet")},
                                {"left_s", left_s(open.expires)}}));
    }
    for (const Arrivals::Place& place : arrivals_.find(flag)) {
        const char* waits = place.in.behind_gap ? "gap" : place.full ? "room" : "others";
        const std::string text = place.in.behind_gap ? "an earlier one of its flow has yet to come"
                                 : place.full        ? place.app + " has no room for more"
                                                     : "it is about to be handed to " + place.app;
        rows.push(Json::object({{"where", "arrived"},
                                {"host", settings_.id},
                                {"app", place.app},
                                {"origin", place.origin},
                                {"ahead", std::uint64_t{place.in.ahead}},
                                {"waits", waits},
                                {"why", text + in_order(place.in.ahead)}}));
    }
    return rows.dump();
}

}  // namespace msw::net
