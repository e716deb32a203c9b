// What neighbours that speak msw/1 say to each other: ping, pong, roster, routes, receipt, window, bye.
#include "plugins/net/core/mesh.hpp"

#include "msw/host_id.hpp"
#include "plugins/net/core/flow/via.hpp"
#include "plugins/net/core/link/clocks.hpp"
#include "plugins/net/core/printable.hpp"

#include <algorithm>
#include <charconv>
#include <cstdlib>

namespace msw::net {
namespace {

std::optional<std::uint64_t> number(std::string_view text, int base = 10) {
    std::uint64_t n = 0;
    const auto [rest, status] = std::from_chars(text.data(), text.data() + text.size(), n, base);
    if (status != std::errc{} || rest != text.data() + text.size()) return std::nullopt;
    return n;
}

}  // namespace

void Mesh::write_frame(LinkId link, Datapack frame) {
    Parcel parcel;
    parcel.datapack = std::move(frame);
    parcel.for_link = true;
    edge_.write(link, std::move(parcel));
}

void Mesh::begin_session(const Link& link, bool same_roster, Time now) {
    now_ = now;
    Session& session = sessions_.at(link.id);
    const Hello& theirs = session.hello;
    session.clock = theirs.time_ms - now.count();
    neighbours_.insert_or_assign(session.member, link.peer.id);
    if (theirs.epoch < custody_.epoch_of(session.member) && !shows_itself(session.member, link.id)) {
        custody_.replaced(session.member, custody_.run_of(session.member), theirs.run, theirs.epoch, now);
    }
    custody_.meet(session.member, theirs.run, theirs.epoch, now);
    arrivals_.meet(session.member, theirs.run);
    roster_.up(link.id, same_roster, now);
    after_roster(now);
}

bool Mesh::send_roster(LinkId link, const Datapack& frame) {
    if (!edge_.has_room_for_frame(link)) return false;
    write_frame(link, frame);
    return true;
}

void Mesh::after_roster(Time now) {
    for (const LinkId id : std::exchange(settled_, {})) {
        const auto session = sessions_.find(id);
        if (session == sessions_.end()) continue;
        session->second.settled = true;
        now_ = now;
        const Link* link = peers_.find(id);
        if (!link->retired) {
            routes_.up(
                {id, session->second.member, 1, link->we_dialled, link->configured, session->second.hello.routes}, now);
        }
    }
    after_routes(now);
}

void Mesh::set_members(MembershipPtr members, const std::vector<roster::Digest>& fresh, LinkId from, Time now) {
    now_ = now;
    members_ = std::move(members);
    roster_.changed(members_, fresh, from);
    // Who has ended, or has another key or id now, may come again as who it is.
    std::vector<std::pair<LinkId, std::string>> gone;
    const auto look_at = [&](LinkId link, const std::string& member, const PublicKey& key, const std::string& id) {
        const Member* now_is = members_->named(member);
        if (now_is == nullptr) {
            gone.emplace_back(link, "it belongs to the mesh no more");
        } else if (now_is->keys.sign != key) {
            gone.emplace_back(link, "it has other keys now");
        } else if (now_is->id != id) {
            gone.emplace_back(link, "it is called " + now_is->id + " now");
        }
    };
    for (const auto& [link, pending] : pending_) {
        const Member* member = members_->named(pending.member);
        if (!pending.member.empty()) look_at(link, pending.member, pending.key, member == nullptr ? "" : member->id);
    }
    for (const auto& [link, session] : sessions_) {
        const Link* known = peers_.find(link);
        look_at(link, session.member, session.key, known->peer.id);
    }
    for (const auto& [link, why] : gone) {
        const auto session = sessions_.find(link);
        if (session == sessions_.end()) {
            close(link, why, MSW_NOTICE, now);
            continue;
        }
        // It is to hear why, and hears nothing else; nothing of it is heard.
        if (session->second.settled) routes_.down(link, now);
        session->second.settled = false;
        session->second.over = why;
        if (edge_.has_room_for_frame(link)) write_frame(link, Datapack("link", "bye", why));
    }
    routes_.keep([this](const Announcement& said) { return is_right(said); });
    after_routes(now);
}

bool Mesh::is_right(const Announcement& said) const {
    const Member* member = members_->named(said.member);
    return member != nullptr && same_host_id(member->id, said.host);
}

Result<AnnouncedPtr> Mesh::read_route(std::string_view text) const {
    Result<AnnouncedPtr> read = read_announced(text);
    if (read && !is_right((*read)->said)) {
        return Error{Code::refused, "its announcement of " + (*read)->said.host + " is of no member called so"};
    }
    return read;
}

void Mesh::hear_session(LinkId id, Session& session, Datapack d, Time now) {
    if (!session.over.empty()) return;
    session.watch.heard(now);
    const std::string_view to = d.get("to");
    const bool is_frame = d.method == "link" && (to.empty() || is_self(to));
    if (is_frame && to.empty()) {
        hear_frame(id, session, d, now);
        return;
    }
    if (!session.settled) {
        close(id, "it sends before both have the same roster", MSW_WARNING, now);
    } else if (is_frame) {
        hear_words(d, now);
    } else {
        carried(id, std::move(d), now);
    }
}

bool Mesh::shows_itself(const std::string& member, LinkId but_for) const {
    const Run run = custody_.run_of(member);
    const Announcement* said = routes_.table().said(member);
    if (said != nullptr && said->run == run) return true;
    return says_hello(member, run, but_for);
}

bool Mesh::says_hello(const std::string& member, Run run, std::optional<LinkId> but_for) const {
    return std::any_of(sessions_.begin(), sessions_.end(), [&](const auto& s) {
        return s.first != but_for && s.second.member == member && s.second.hello.run == run;
    });
}

void Mesh::hear_frame(LinkId id, Session& session, const Datapack& frame, Time now) {
    now_ = now;
    if (frame.app == "ping" || frame.app == "pong") {
        const auto n = number(frame.get("n"));
        if (const auto root = number(frame.get("routes"), 16); root && session.settled) {
            routes_.root_heard(id, *root, now);
        }
        roster_.digest_heard(id, frame.get("roster"), now);
        if (const auto time = number(frame.get("time")); time && *time <= kLatestClock) {
            session.clock = static_cast<std::int64_t>(*time) - now.count();
        }
        if (n && frame.app == "pong") session.watch.pong(*n, now);
        if (frame.app == "ping") session.watch.heard_ping(now);
        if (n && frame.app == "ping" && edge_.has_room_for_frame(id)) {
            write_frame(id, word_of_life("pong", frame.get("n"), now));
        }
    } else if (frame.app == "roster") {
        roster_.heard(id, frame, now);
        after_roster(now);
    } else if (frame.app == "routes" && session.settled) {
        routes_.frame_heard(id, frame.body, now);
    } else if (frame.app == "bye") {
        const Link* link = peers_.find(id);
        edge_.log(MSW_INFO, link->peer.id + " says goodbye: " + printable(frame.body), nullptr);
    } else if (counters_.add_with_line(Count::bad_frame, now)) {
        edge_.log(MSW_WARNING, peers_.find(id)->peer.id + " said `link " + frame.app + "`, which makes no sense here",
                  nullptr);
    }
    after_routes(now);
}

void Mesh::end_session(LinkId id, Time now) {
    const auto at = sessions_.find(id);
    if (at == sessions_.end()) return;
    const std::string member = std::move(at->second.member);
    const std::string host = at->second.hello.id;
    sessions_.erase(at);
    roster_.down(id);
    now_ = now;
    routes_.down(id, now);
    // What was under way on it may be lost.
    for (auto& [to, hop] : hops_) {
        if (hop == member) hop.clear();
    }
    if (!peers_.connected(host)) neighbours_.erase(member);
    after_routes(now);
    check_ways(now);
}

void Mesh::watch_links(Time now) {
    const bool slept = pulse_.beat(now);
    if (slept) peers_.forgive(now);
    std::vector<LinkId> down;
    std::vector<LinkId> unsettled;
    std::vector<std::pair<LinkId, std::string>> over;
    for (auto& [id, session] : sessions_) {
        if (!session.over.empty()) {
            over.emplace_back(id, session.over);
            continue;
        }
        if (!session.settled && now - peers_.find(id)->since >= kSettle) unsettled.push_back(id);
        if (slept) session.watch.forgive(now);
        const LinkWatch::State before = session.watch.state();
        const LinkWatch::State state = session.watch.judge([this, link = id] { return edge_.vitals(link); }, now);
        if (state == LinkWatch::State::down) down.push_back(id);
        if (state != before && state != LinkWatch::State::down) {
            const bool busy = state == LinkWatch::State::busy;
            edge_.log(MSW_NOTICE, peers_.find(id)->peer.id + (busy ? " is busy: only its kernel answers" : " is back"),
                      nullptr);
            routes_.set_busy(id, busy, now);
        }
        if (!edge_.has_room_for_frame(id)) continue;
        const std::optional<std::uint64_t> n = session.watch.ping_due(now);
        if (!n) continue;
        write_frame(id, word_of_life("ping", std::to_string(*n), now));
    }
    for (const auto& [id, why] : over) close(id, why, MSW_NOTICE, now);
    for (const LinkId id : unsettled) close(id, "its roster and ours are not the same after 60 s", MSW_NOTICE, now);
    for (const LinkId id : down) close(id, "it has shown no life for 2.5 s", MSW_NOTICE, now);
}

Datapack Mesh::word_of_life(const char* kind, std::string_view n, Time now) const {
    Datapack d("link", kind);
    d.set("n", n);
    d.set("routes", to_text(routes_.root()));
    d.set("roster", roster_.digest_word());
    d.set("time", std::to_string(wall(now)));
    return d;
}

void Mesh::compare_clocks(Time now) {
    std::vector<std::int64_t> clocks = {wall_offset_};
    for (const auto& [id, session] : sessions_) {
        if (session.clock) clocks.push_back(*session.clock);
    }
    behind_ = clock_difference(wall_offset_, median_clock(std::move(clocks)));
    constexpr std::int64_t kWorthALine = 10'000;
    constexpr Time kBetweenLines{600'000};
    const std::int64_t news = std::abs(behind_ - told_behind_);
    if (news < kWorthALine || now < tell_clock_at_) return;
    told_behind_ = behind_;
    tell_clock_at_ = now + kBetweenLines;
    if (std::abs(behind_) < kWorthALine) {
        edge_.log(MSW_INFO, "the clock of this host agrees with its neighbours' again", nullptr);
    } else {
        edge_.log(MSW_WARNING,
                  "the clock of this host is " + std::to_string(std::abs(behind_) / 1000) + " s " +
                      (behind_ > 0 ? "behind" : "ahead of") +
                      " what it and its neighbours take for the time: one of them should be set (chrony, timedatectl)",
                  nullptr);
    }
}

std::vector<Address> Mesh::memorable(std::size_t most) const {
    std::vector<Address> out;
    const auto take = [&](const Announcement* said) {
        if (said == nullptr || said->member == settings_.member || said->addresses.empty() || out.size() >= most)
            return;
        if (std::find(out.begin(), out.end(), said->addresses.front()) != out.end()) return;
        out.push_back(said->addresses.front());
    };
    for (const auto& [link, session] : sessions_) take(routes_.table().said(session.member));
    for (const RouteEntry& entry : routes_.table().entries()) {
        if (out.size() >= most) break;
        take(&entry.what->said);
    }
    std::sort(out.begin(), out.end());
    return out;
}

void Mesh::stop() {
    arrivals_.tell_all();
    for (const auto& [id, session] : sessions_) {
        if (edge_.has_room_for_frame(id)) write_frame(id, Datapack("link", "bye", settings_.id + " stops"));
    }
}

const Link* Mesh::link_toward(std::string_view member) const {
    const std::string_view hop = routes_.table().next_hop(member);
    const auto neighbour = neighbours_.find(hop);
    if (hop.empty() || neighbour == neighbours_.end()) return nullptr;
    const Link* link = peers_.to(neighbour->second);
    if (link == nullptr) return nullptr;
    const auto session = sessions_.find(link->id);
    return session != sessions_.end() && session->second.settled ? link : nullptr;
}

// What the routes ask for. They must not be called from within: what follows is done once they are through.

void Mesh::send_routes(LinkId link, std::string body) {
    if (edge_.has_room_for_frame(link)) write_frame(link, Datapack("link", "routes", std::move(body)));
}

void Mesh::dial(const std::string& member, const Address& address) {
    if (settings_.only_proxy) return;
    planned_.insert_or_assign(address, member);
    edge_.dial(address, Speaks::v1);
}

void Mesh::two_runs() {
    edge_.log(MSW_ERR,
              "another host speaks for this one: two run with the keys or the state directory of " + settings_.id,
              nullptr);
}

void Mesh::route_offence(LinkId link, std::string_view why) {
    if (!counters_.add_with_line(Count::bad_frame, now_)) return;
    const Link* from = peers_.find(link);
    edge_.log(MSW_WARNING, (from == nullptr ? std::string("a neighbour") : from->peer.id) + ": " + std::string(why),
              nullptr);
}

void Mesh::after_routes(Time now) {
    for (const std::string& member : std::exchange(changed_, {})) {
        const RouteEntry* entry = routes_.table().find(member);
        if (entry == nullptr || member == settings_.member) continue;
        const Announcement& said = entry->what->said;
        // An announcement can be older than the link over which a restored host says hello with the same epoch.
        if (said.edition.epoch <= custody_.epoch_of(member) && says_hello(member, custody_.run_of(member))) continue;
        custody_.meet(member, said.run, said.edition.epoch, now);
        arrivals_.meet(member, said.run);
    }
    for (const LinkId link : std::exchange(surplus_, {})) {
        Datapack bye("link", "bye", "there are links enough without this one");
        if (edge_.has_room_for_frame(link)) write_frame(link, std::move(bye));
        peers_.retire(link);
        end_session(link, now);
        give_back(edge_.retire(link), now);
    }
    if (routes_.table().version() == routes_seen_) return;
    routes_seen_ = routes_.table().version();
    check_ways(now);
    pump(now);
}

void Mesh::check_ways(Time now) {
    for (const std::string& member : custody_.members()) {
        std::string hop(routes_.table().next_hop(member));
        std::string& before = hops_[member];
        if (before == hop) continue;
        before = std::move(hop);
        detours_.forget(member);
        custody_.rerouted(member, now);
    }
}

// Receipts and windows, which may come from afar.

void Mesh::hear_words(const Datapack& frame, Time now) {
    const std::string member(member_called(frame.get("id")));
    const Run run = parse_run(frame.get("run"));
    const auto epoch = number(frame.get("epoch"));
    if (member.empty() || run == kNoRun || !epoch) {
        counters_.add(member.empty() ? Count::unknown_origin : Count::bad_frame);
        return;
    }
    // A late word of a run that is over may have the epoch of the present one, if that was restored.
    if (*epoch > custody_.epoch_of(member)) custody_.meet(member, run, *epoch, now);
    // Only who was there after that run could be called by its name.
    if (const Run over = parse_run(frame.get("for")); over != kNoRun) {
        custody_.replaced(member, over, run, *epoch, now);
    }
    if (frame.app == "receipt") {
        if (const auto words = parse_receipts(frame.body)) {
            custody_.receipts(member, run, *words, now);
            return;
        }
    } else if (frame.app == "window") {
        if (const auto words = parse_windows(frame.body)) {
            for (const WindowWord& word : *words) {
                if (const auto* credit = std::get_if<CreditWord>(&word)) custody_.credit(member, run, *credit, now);
                if (const auto* low = std::get_if<LowWord>(&word)) arrivals_.low(member, *low, now);
            }
            return;
        }
    }
    counters_.add(Count::bad_frame);
}

bool Mesh::send_words(const std::string& member, const std::string& body) {
    return tell_over(standing(detours_.out(member)), member, {}, body);
}

bool Mesh::tell(const std::string& member, const std::string& receipts, const std::string& windows) {
    return tell_over(standing(detours_.back(member)), member, receipts, windows);
}

bool Mesh::tell_over(const Detours::Via& via, const std::string& member, const std::string& receipts,
                     const std::string& windows) {
    const Link* link = link_toward(member, via);
    const Announcement* said = routes_.table().said(member);
    if (link == nullptr || said == nullptr || !edge_.has_room_for_frame(link->id)) return false;
    const auto frame = [&](const char* kind, const std::string& body) {
        Datapack d("link", kind, body);
        d.set("id", settings_.id);
        d.set("to", said->host);
        if (!via.empty()) d.set("via", joined_via(via));
        d.set("run", to_text(settings_.run));
        d.set("epoch", std::to_string(settings_.epoch));
        write_frame(link->id, std::move(d));
    };
    if (!receipts.empty()) frame("receipt", receipts);
    if (!windows.empty()) frame("window", windows);
    return true;
}

void Mesh::unheard(const std::string& member, Time waited, Time now) {
    if (way_to(member) != Custody::Way::relayed || !detours_.change(member, waited, now)) return;
    const Detours::Via& via = detours_.out(member);
    if (via.empty() || !counters_.add_with_line(Count::detours, now)) return;
    edge_.log(MSW_INFO,
              std::string(routes_.table().said(member)->host) +
                  " sends no receipt; what goes there takes another way, over " + joined_via(via),
              nullptr);
}

void Mesh::tell_run(const std::string& host, const std::string& member, Run meant) {
    const Detours::Via& via = standing(detours_.back(member));
    const Link* link = link_toward(member, via);
    if (link == nullptr || !edge_.has_room_for_frame(link->id)) return;
    Datapack d("link", "receipt");
    d.set("id", settings_.id);
    d.set("to", host);
    if (!via.empty()) d.set("via", joined_via(via));
    d.set("run", to_text(settings_.run));
    d.set("for", to_text(meant));
    d.set("epoch", std::to_string(settings_.epoch));
    write_frame(link->id, std::move(d));
}

}  // namespace msw::net
