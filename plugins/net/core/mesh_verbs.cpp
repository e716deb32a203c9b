// The app `net`: what it answers (docs/protocol.md, "The app `net`").
#include "base/hex.hpp"
#include "base/json.hpp"
#include "msw/host_id.hpp"
#include "plugins/net/core/mesh.hpp"
#include "plugins/net/core/roster_words.hpp"

#include <algorithm>
#include <array>

namespace msw::net {
namespace {

std::string_view trimmed(std::string_view text) {
    constexpr std::string_view kBlank = " \t\r\n";
    const std::size_t from = text.find_first_not_of(kBlank);
    if (from == std::string_view::npos) return {};
    return text.substr(from, text.find_last_not_of(kBlank) - from + 1);
}

constexpr std::string_view kVerbs =
    "net knows: amend, found, join, key, leave, mht, new-keys, peers, queue, records, roster, route HOST [APP], "
    "status, targets TARGETS, trace FLAG, unwatch FLAG, watch";

}  // namespace

void Mesh::asked(LinkId link_id, const Datapack& question, Time now) {
    const Link* link = peers_.find(link_id);
    if (question.method == "reply") {
        // The only answers that net asks for are those of its neighbours.
        if (link == nullptr || !same_host_id(question.get("id"), link->peer.id) || !question.get("error").empty())
            return;
        const Result<Gossip> gossip = parse_gossip(question.body);
        if (gossip) {
            merge(*gossip, *link, now);
        } else if (counters_.add_with_line(Count::bad_gossip, now)) {
            edge_.log(MSW_WARNING, link->peer.id + " told its addresses, but " + gossip.error().text, &question);
        }
        return;
    }
    if (question.method == "file") {
        failed(question, Count::bad_request, {Code::bad_request, "net takes no files; " + std::string(kVerbs)}, now);
        return;
    }
    const std::string_view body = trimmed(question.body);
    if (link != nullptr && body == "mht" && same_host_id(question.get("id"), link->peer.id)) {
        answer_gossip(*link, question);
        return;
    }
    constexpr std::string_view kUnwatch = "unwatch ";
    constexpr std::array<std::string_view, 6> kOfRoster{"amend", "found", "join", "leave", "new-keys", "records"};
    if (std::find(kOfRoster.begin(), kOfRoster.end(), body.substr(0, body.find_first_of(" \n"))) != kOfRoster.end()) {
        edge_.change_roster(question);
        return;
    }
    if (body == "watch") {
        watch(link_id, question, now);
        return;
    }
    if (body.substr(0, kUnwatch.size()) == kUnwatch) {
        unwatch(question, trimmed(body.substr(kUnwatch.size())), now);
        return;
    }
    answered(question, verb(question, now), now);
}

void Mesh::answered(const Datapack& question, const Result<std::string>& text, Time now) {
    if (!text) {
        failed(question, Count::bad_request, text.error(), now);
        return;
    }
    if (question.get("from").empty()) return;
    Datapack reply = question.reply();
    reply.body = *text;
    answer(question, std::move(reply), now);
}

Result<std::string> Mesh::verb(const Datapack& question, Time now) const {
    const std::string_view body = trimmed(question.body);
    const std::string_view word = body.substr(0, body.find(' '));
    const std::string_view rest = trimmed(body.substr(word.size()));
    if (word == "targets" && !rest.empty()) {
        const Result<std::vector<Way>> ways = resolve(rest, question);
        if (!ways && ways.error().code == Code::no_such_host) return std::string("[]");
        if (!ways) return ways.error();
        Json list = Json::array();
        for (const Way& way : *ways) list.push(to_text(way));
        return list.dump();
    }
    if (word == "route" && !rest.empty()) return route_json(rest, now);
    if (word == "trace" && !rest.empty()) return trace_json(rest, now);
    if (rest.empty()) {
        if (word == "key") return key_json();
        if (word == "mht") return build_gossip(gossip_for(nullptr), kLongestGossip);
        if (word == "peers") return peers_json(now);
        if (word == "queue") return queue_json();
        if (word == "roster") return roster_json(*members_, settings_.id, settings_.keys.sign, addresses_);
        if (word == "status") return status_text();
    }
    return Error{Code::bad_request, "\"" + std::string(body.substr(0, 80)) + "\" is not known; " + std::string(kVerbs)};
}

std::vector<std::string> Mesh::everybody(bool with_legacy, bool& old_hosts) const {
    std::map<std::string, std::string> hosts;
    for (const Member& member : members_->all()) {
        if (member.name != settings_.member) hosts.emplace(id_key(member.id), member.id);
    }
    for (const Reachable& host : reachable()) {
        if (!host.old) continue;
        old_hosts |= !with_legacy;
        if (with_legacy) hosts.emplace(id_key(host.id), host.id);
    }
    std::vector<std::string> out;
    out.reserve(hosts.size());
    for (auto& [key, host] : hosts) out.push_back(std::move(host));
    return out;
}

std::vector<Mesh::Reachable> Mesh::reachable() const {
    std::map<std::string, Reachable> hosts;
    for (const RouteEntry& entry : routes_.table().entries()) {
        const Announcement& said = entry.what->said;
        const std::string_view hop = routes_.table().next_hop(said.member);
        const Link* link = hop.empty() ? nullptr : link_toward(said.member);
        if (link != nullptr) hosts.emplace(id_key(said.host), Reachable{said.host, link, hop == said.member, false});
    }
    for (const Link* link : peers_.all()) {
        if (!link->modern()) hosts.emplace(id_key(link->peer.id), Reachable{link->peer.id, link, true, true});
    }
    for (const auto& [host, proxy] : proxies_.all()) {
        if (is_self(host) || hosts.contains(id_key(host))) continue;
        const Route route = find_route({host}, around_);
        if (route.kind == Route::Kind::next) {
            hosts.emplace(id_key(host), Reachable{host, peers_.to(route.next), false, true});
        }
    }
    std::vector<Reachable> out;
    out.reserve(hosts.size());
    for (auto& [key, host] : hosts) out.push_back(std::move(host));
    return out;
}

std::string Mesh::peers_json(Time now) const {
    Json rows = Json::array();
    for (const Reachable& host : reachable()) {
        const Link& link = *host.link;
        auto [waiting, bytes] = outbox_.waiting_for(host.id);
        if (!host.old) {
            const auto [held, held_bytes] = custody_.waiting_for(std::string(member_called(host.id)));
            waiting += held;
            bytes += held_bytes;
        } else if (host.direct) {
            const auto [on_link, bytes_on_link] = edge_.waiting(link.id);
            waiting += on_link;
            bytes += bytes_on_link;
        }
        Json row = Json::object({
            {"id", host.id},
            {"address", host.direct ? link.address : std::string()},
            {"direction", host.direct ? (link.we_dialled ? "out" : "in") : ""},
            {"since_s", std::int64_t{(now - link.since).count() / 1000}},
            {"via", host.direct ? std::string() : link.peer.id},
            {"proxy", proxies_.of(host.id)},
            {"waiting", std::uint64_t{waiting}},
            {"waiting_bytes", std::uint64_t{bytes}},
            {"old", host.old},
        });
        const auto session = sessions_.find(link.id);
        if (host.direct && session != sessions_.end()) {
            const LinkWatch& watch = session->second.watch;
            row.set("state", watch.state() == LinkWatch::State::busy ? "busy" : "up");
            if (const auto time = watch.round_trip()) row.set("round_trip_ms", std::int64_t{time->count()});
        }
        rows.push(std::move(row));
    }
    return rows.dump();
}

std::string Mesh::key_json() const {
    return Json::object({{"key", msw::to_text(digest_of(settings_.keys))},
                         {"sign", to_hex(settings_.keys.sign)},
                         {"seal", to_hex(settings_.keys.seal)}})
        .dump();
}

std::string Mesh::queue_json() const {
    Json rows = Json::array();
    for (const Outbox::Row& row : outbox_.rows()) {
        const Datapack& d = row.parcel->datapack;
        rows.push(Json::object({
            {"to", row.to},
            {"app", d.app},
            {"flag", d.get("flag")},
            {"bytes", std::uint64_t{d.file ? d.file->size() : d.body.size()}},
            {"tries", std::uint64_t{row.parcel->tries}},
        }));
    }
    custody_.for_each([&](const std::string& host, const std::string&, const Held& held) {
        if (held.row != 0) return;  // `mswctl queue ls` shows what is on disk
        const Datapack& d = *held.datapack;
        rows.push(Json::object({
            {"to", host},
            {"app", d.app},
            {"flag", d.get("flag")},
            {"bytes", std::uint64_t{d.file ? d.file->size() : d.body.size()}},
            {"tries", std::uint64_t{held.sent}},
        }));
    });
    return rows.dump();
}

std::string Mesh::status_text() const {
    std::string text = "Online:";
    for (const Link* link : peers_.all()) text += ' ' + link->peer.id;
    Json proxies = Json::object();
    for (const auto& [host, proxy] : proxies_.all()) proxies.set(host, proxy);
    text += "\nproxydict: " + proxies.dump() + '\n';
    const auto add = [&](const AddressBook& book, Source source) {
        for (const auto& [address, entry] : book.entries()) {
            if (entry.source != source) continue;
            text += "  " + to_text(address) + (entry.id.empty() ? "" : " " + entry.id);
            if (entry.self) {
                text += " this host";
            } else if (!entry.id.empty() && peers_.connected(entry.id)) {
                text += " connected";
            } else {
                text += " not connected";
                if (!entry.last_error.empty()) {
                    text += ": " + entry.last_error + ", " + std::to_string(entry.failures) + " failures";
                }
            }
            text += '\n';
        }
    };
    for (const Source source : {Source::configured, Source::incoming, Source::exchanged}) {
        text += std::string(name_of(source)) + ":\n";
        add(book_, source);
        add(old_book_, source);
    }
    text += "waiting: " + std::to_string(waiting()) + " Datapacks, " +
            std::to_string(outbox_.bytes() + custody_.bytes()) + " bytes\n";
    if (const std::vector<std::string> held = custody_.held(); !held.empty()) {
        text += "held back, as they send more than is taken:";
        for (const std::string& app : held) text += ' ' + app;
        text += '\n';
    }
    text += "counters:";
    for (std::size_t i = 0; i < kCounts; ++i) {
        const auto count = static_cast<Count>(i);
        text += ' ' + std::string(name_of(count)) + '=' + std::to_string(counters_.of(count));
    }
    return text + '\n';
}

}  // namespace msw::net
