#include "plugins/net/core/link/roster_exchange.hpp"

#include "base/hex.hpp"
#include "base/octets.hpp"
#include "base/roster/bundle.hpp"

#include <algorithm>
#include <charconv>
#include <optional>

namespace msw::net {
namespace {

using roster::Digest;

constexpr std::size_t kName = std::tuple_size_v<Digest>;
constexpr std::size_t kMostOwed = 4;

std::optional<std::vector<Digest>> read_names(std::string_view bytes, std::size_t most) {
    if (bytes.size() % kName != 0 || bytes.size() / kName > most) return std::nullopt;
    std::vector<Digest> names(bytes.size() / kName);
    for (std::size_t i = 0; i < names.size(); ++i) {
        const std::string_view one = bytes.substr(i * kName, kName);
        std::transform(one.begin(), one.end(), names[i].begin(), [](char c) { return static_cast<std::uint8_t>(c); });
    }
    return names;
}

Datapack frame(std::string_view say, std::string body = {}) {
    Datapack d("link", "roster", std::move(body));
    d.set("say", say);
    return d;
}

}  // namespace

std::string RosterExchange::digest_word() const { return to_hex(members_->digest()).substr(0, 16); }

void RosterExchange::changed(MembershipPtr now, const std::vector<Digest>& fresh, LinkId from) {
    members_ = std::move(now);
    const roster::Roster* roster = members_->roster();
    if (roster == nullptr) return;
    std::vector<std::string> bodies;
    for (const Digest& name : fresh) {
        const auto at = roster->documents().find(name);
        if (at == roster->documents().end()) continue;
        if (bodies.empty() || bodies.back().size() >= kAnswer) bodies.emplace_back();
        roster::append_to_bundle(bodies.back(), at->second);
    }
    for (auto& [link, peer] : peers_) {
        peer.differs_since = Time(-1);
        peer.pause = kFirstPause;
        if (link == from || !peer.told) continue;
        // Without room it is left to the next comparison.
        for (const std::string& body : bodies) (void)edge_.send_roster(link, frame("news", body));
    }
}

void RosterExchange::up(LinkId link, bool same, Time now) {
    Peer& peer = peers_[link];
    peer = {};
    peer.compare_at = now + kFirstPause;
    if (!same) {
        send_names(link, peer);
        return;
    }
    peer.settled_here = peer.settled_there = true;
    tell_if_settled(link, peer);
}

void RosterExchange::send(LinkId link, Peer& peer, Datapack frame) {
    if (peer.owed.empty() && edge_.send_roster(link, frame)) return;
    if (peer.owed.size() < kMostOwed) peer.owed.push_back(std::move(frame));
}

void RosterExchange::send_names(LinkId link, Peer& peer) {
    std::string names;
    if (const roster::Roster* roster = members_->roster()) {
        for (const auto& [name, bytes] : roster->documents()) names += text_of(name);
    }
    send(link, peer, frame("names", std::move(names)));
}

void RosterExchange::heard(LinkId link, const Datapack& d, Time now) {
    const auto at = peers_.find(link);
    if (at == peers_.end()) return;
    Peer& peer = at->second;
    const std::string_view say = d.get("say");
    if (say == "names") {
        hear_names(link, peer, d.body, now);
    } else if (say == "want") {
        answer(link, peer, d);
    } else if (say == "documents") {
        hear_documents(link, peer, d, now);
    } else if (say == "news") {
        hear_news(link, peer, d.body, now);
    } else if (say == "settled") {
        peer.settled_there = true;
        tell_if_settled(link, peer);
    } else {
        edge_.roster_offence(link, "it says something about the roster that makes no sense");
    }
}

void RosterExchange::hear_names(LinkId link, Peer& peer, std::string_view bytes, Time now) {
    const std::optional<std::vector<Digest>> names = read_names(bytes, kMostNames);
    if (!names) {
        edge_.roster_offence(link, "its roster has names that are none, or too many");
        return;
    }
    if (peer.merging || peer.asked > 0) return;  // that is under way
    const roster::Roster* roster = members_->roster();
    for (const Digest& name : *names) {
        if (roster == nullptr || !roster->documents().contains(name)) peer.lacking.push_back(name);
    }
    ask(link, peer, now);
}

void RosterExchange::ask(LinkId link, Peer& peer, Time now) {
    if (peer.lacking.empty()) {
        if (peer.gathered.empty()) {
            settle(link, peer);
            return;
        }
        peer.merging = true;
        peer.gathered_bytes = 0;
        edge_.merge_documents(link, std::exchange(peer.gathered, {}), true);
        return;
    }
    peer.asked = std::min(kMostWanted, peer.lacking.size());
    peer.asked_at = now;
    std::string names;
    for (std::size_t i = 0; i < peer.asked; ++i) names += text_of(peer.lacking[i]);
    Datapack want = frame("want", std::move(names));
    want.set("n", std::to_string(++peer.question));
    send(link, peer, std::move(want));
}

void RosterExchange::answer(LinkId link, Peer& peer, const Datapack& question) {
    const std::optional<std::vector<Digest>> names = read_names(question.body, kMostWanted);
    if (!names || names->empty()) {
        edge_.roster_offence(link, "it wants documents by names that are none, or too many");
        return;
    }
    std::string body;
    std::size_t count = 0;
    const roster::Roster* roster = members_->roster();
    for (const Digest& name : *names) {
        if (body.size() >= kAnswer) break;
        ++count;
        if (roster == nullptr) continue;
        const auto at = roster->documents().find(name);
        if (at != roster->documents().end()) roster::append_to_bundle(body, at->second);
    }
    Datapack d = frame("documents", std::move(body));
    d.set("n", question.get("n"));
    d.set("count", std::to_string(count));
    send(link, peer, std::move(d));
}

void RosterExchange::hear_documents(LinkId link, Peer& peer, const Datapack& d, Time now) {
    if (d.get("n") != std::to_string(peer.question)) return;  // it was asked again
    std::size_t count = 0;
    const std::string_view text = d.get("count");
    (void)std::from_chars(text.data(), text.data() + text.size(), count);
    std::optional<std::vector<std::string>> documents = roster::split_bundle(d.body);
    if (peer.asked == 0 || count == 0 || count > peer.asked || !documents || documents->size() > count ||
        peer.gathered_bytes + d.body.size() > kMostGathered) {
        edge_.roster_offence(link, "it sends documents of the roster that nobody asked for, or too many");
        return;
    }
    peer.gathered_bytes += d.body.size();
    for (std::string& one : *documents) peer.gathered.push_back(std::move(one));
    peer.lacking.erase(peer.lacking.begin(), peer.lacking.begin() + static_cast<std::ptrdiff_t>(count));
    peer.asked = 0;
    ask(link, peer, now);
}

void RosterExchange::hear_news(LinkId link, Peer& peer, std::string_view body, Time now) {
    std::optional<std::vector<std::string>> documents = roster::split_bundle(body);
    if (!peer.told || !documents || documents->empty() || documents->size() > kMostNames) {
        edge_.roster_offence(link, "its news about the roster make no sense");
        return;
    }
    // What is left out is found by the next comparison.
    if (!peer.news.has_some(now)) return;
    peer.news.spend(body.size());
    edge_.merge_documents(link, std::move(*documents), false);
}

void RosterExchange::merged(LinkId link, Time now) {
    const auto at = peers_.find(link);
    if (at == peers_.end() || !at->second.merging) return;
    at->second.merging = false;
    at->second.compare_at = now + at->second.pause;
    settle(link, at->second);
}

void RosterExchange::settle(LinkId link, Peer& peer) {
    peer.settled_here = true;
    send(link, peer, frame("settled"));
    tell_if_settled(link, peer);
}

void RosterExchange::tell_if_settled(LinkId link, Peer& peer) {
    if (peer.told || !peer.settled_here || !peer.settled_there || !peer.owed.empty()) return;
    peer.told = true;
    edge_.roster_settled(link);
}

void RosterExchange::digest_heard(LinkId link, std::string_view digest, Time now) {
    const auto at = peers_.find(link);
    if (at == peers_.end() || !at->second.told) return;
    Peer& peer = at->second;
    if (digest == digest_word()) {
        peer.differs_since = Time(-1);
        peer.pause = kFirstPause;
        return;
    }
    if (peer.differs_since < Time(0)) peer.differs_since = now;
    if (now - peer.differs_since < kDiffers || now < peer.compare_at || peer.merging || peer.asked > 0) return;
    // Two copies may differ for good: one has had no room, or has frozen.
    peer.compare_at = now + peer.pause;
    peer.pause = std::min(peer.pause * 2, kLongestPause);
    send_names(link, peer);
}

void RosterExchange::tick(Time now) {
    for (auto& [link, peer] : peers_) {
        while (!peer.owed.empty() && edge_.send_roster(link, peer.owed.front())) peer.owed.pop_front();
        tell_if_settled(link, peer);
        if (peer.asked > 0 && now - peer.asked_at >= kAnswerTime) {
            peer.asked = 0;
            ask(link, peer, now);
        }
    }
}

}  // namespace msw::net
