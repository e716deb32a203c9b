#include "tests/sim/mesh/edge.hpp"

#include "plugins/net/core/outlet.hpp"
#include "tests/sim/mesh/host.hpp"

#include <algorithm>
#include <charconv>

namespace msw::sim {
namespace {

constexpr std::uint16_t kPort = 3900;
constexpr std::string_view kNet = "10.0.0.";
constexpr std::size_t kLargest = std::size_t{2} * 1024 * 1024;  // of one Datapack, and of the frames that ride along

std::size_t size_of(const Datapack& d) {
    return d.head.wire_size() + d.body.size() + d.method.size() + d.app.size() + 28;
}

/// @return a parcel as the other end reads it
Datapack written(const net::Parcel& parcel) {
    Datapack d = parcel.content();
    std::string_view lines = parcel.lines;
    while (!lines.empty()) {
        const std::string_view line = lines.substr(0, lines.find('\n'));
        const std::size_t colon = line.find(": ");
        d.set(line.substr(0, colon), line.substr(colon + 2));
        lines.remove_prefix(line.size() + 1);
    }
    return d;
}

}  // namespace

net::Address address_of(std::size_t host) { return {std::string(kNet) + std::to_string(host + 1), kPort}; }

std::size_t host_at(const net::Address& address) {
    std::size_t number = 1;
    const std::string_view last = std::string_view(address.host).substr(kNet.size());
    (void)std::from_chars(last.data(), last.data() + last.size(), number);
    return number - 1;
}

void SimEdge::dial(const net::Address& address, net::Speaks /*speaks*/) {
    if (std::find(dialling.begin(), dialling.end(), address) != dialling.end()) return;
    dialling.push_back(address);
    host_.around_.network.dial(host_.number_, host_at(address));
}

void SimEdge::say(net::LinkId link, const Datapack& word) {
    const auto at = links.find(link);
    if (at == links.end()) return;
    host_.around_.network.write(at->second.first, at->second.second, word, size_of(word), host_.own_time());
    (void)host_.around_.network.flush(at->second.first, at->second.second);
}

void SimEdge::established(net::LinkId link, const net::PeerInfo& peer) {
    const auto& [wire, side] = links.at(link);
    WireEnd& end = host_.around_.network.wire(wire).ends[side];
    end.established = true;
    end.settled = host_.now();
    host_.say("has a link with " + peer.id);
}

bool SimEdge::has_room(net::LinkId link) const {
    const auto at = links.find(link);
    if (at == links.end()) return false;
    const Wire& wire = host_.around_.network.wire(at->second.first);
    const WireEnd& end = wire.ends[at->second.second];
    const bool room = end.established && !end.retired && wire.streams[at->second.second].waiting() < host_.shape_.room;
    if (!room) end.was_full = true;
    return room;
}

bool SimEdge::has_room_for_frame(net::LinkId link) const {
    const auto at = links.find(link);
    if (at == links.end()) return false;
    const Wire& wire = host_.around_.network.wire(at->second.first);
    const WireEnd& end = wire.ends[at->second.second];
    return end.established && !end.retired &&
           wire.streams[at->second.second].waiting() < host_.shape_.room + net::Outlet::kMostFrames;
}

Time SimEdge::delivered_until(net::LinkId link) {
    const auto at = links.find(link);
    if (at == links.end()) return host_.own_time();
    const Stream& stream = host_.around_.network.wire(at->second.first).streams[at->second.second];
    for (const Stream::Piece& piece : stream.pieces) {
        if (piece.end > stream.acked && !piece.is_frame()) return piece.at;
    }
    return host_.own_time();
}

void SimEdge::write(net::LinkId link, net::Parcel parcel) {
    const auto at = links.find(link);
    if (at == links.end()) return;
    const auto [n, side] = at->second;
    Datapack d = written(parcel);
    const Surroundings& around = host_.around_;
    const bool own = d.get("id") == host_.shape_.id;
    if (d.method != "link") {
        around.ledger.written(host_.number_, d, hearing == link, host_.now());
        if (own && d.get("class") == "d" && d.get("hops").empty()) {
            around.durable.sent(host_.number_, d, host_.disk_.tables(), host_.now());
        }
    } else if (own && !d.get("to").empty()) {
        host_.truth_->told(d, host_.now());
    }
    around.trace.mark(host_.now(), 6, host_.number_, size_of(d));
    const bool passed_on = d.method != "link" ? !own : !d.get("to").empty() && !own;
    if (host_.hole_ && passed_on) return;
    const Stream& stream = around.network.wire(n).streams[side];
    WireEnd& end = around.network.wire(n).ends[side];
    const bool own_way = own && !d.get("via").empty();  // isn't held back by the link that it leaves by
    end.forced = end.forced || own_way;
    if ((d.method != "link" && !own_way && !has_room(link)) ||
        (stream.waiting() > host_.shape_.room + kLargest && !end.forced)) {
        around.judge.broken("queues-are-bounded",
                            host_.shape_.id + " writes more to a link on which " + std::to_string(stream.waiting()) +
                                " bytes wait and " + std::to_string(host_.shape_.room) + " have room",
                            host_.now());
    }
    const std::size_t size = size_of(d);
    around.network.write(n, side, std::move(d), size, host_.own_time());
}

std::pair<std::size_t, std::size_t> SimEdge::waiting(net::LinkId link) const {
    const auto at = links.find(link);
    if (at == links.end()) return {0, 0};
    const Stream& stream = host_.around_.network.wire(at->second.first).streams[at->second.second];
    return {stream.pieces.size(), stream.waiting()};
}

void SimEdge::judge_close(std::size_t n, std::size_t side) const {
    const Wire& wire = host_.around_.network.wire(n);
    const WireEnd& end = wire.ends[side];
    if (!end.established || end.poisoned || end.reset || end.retired) return;
    const Time now = host_.now();
    const net::Vitals vitals = host_.around_.network.vitals(n, side);
    Time limit = net::LinkWatch::kSilence;
    if (vitals.window_closed) {
        const Time probe = vitals.rto * (std::int64_t{1} << std::min(vitals.backoff, 16U)) + Time(1'000);
        limit = std::clamp(probe, limit, net::LinkWatch::kMostSilence);
    }
    const Time silent = now - std::max(end.life_at, host_.awake_since_);
    const Time mute = now - std::max(end.bytes_at, host_.awake_since_);
    if (silent > limit || mute > net::LinkWatch::kMostSilence) return;
    host_.around_.judge.broken("no-false-alarms",
                               host_.shape_.id + " closes its link with " +
                                   host_.around_.plan.hosts[wire.ends[1 - side].host].id +
                                   ": the last sign of life came " + std::to_string(silent.count()) +
                                   " ms ago, the last bytes " + std::to_string(mute.count()) + " ms ago",
                               now);
}

std::vector<net::Parcel> SimEdge::close(net::LinkId link) {
    const auto at = links.find(link);
    if (at == links.end()) return {};
    const auto [wire, side] = at->second;
    judge_close(wire, side);
    links.erase(at);
    host_.say("closes its connection with " +
              host_.around_.plan.hosts[host_.around_.network.wire(wire).ends[1 - side].host].id);
    host_.around_.trace.mark(host_.now(), 7, host_.number_, link);
    host_.around_.network.close(wire, side);
    return {};  // all that is written here is for its link only
}

std::vector<net::Parcel> SimEdge::retire(net::LinkId link) {
    const auto at = links.find(link);
    if (at != links.end()) host_.around_.network.retire(at->second.first, at->second.second);
    return {};
}

void SimEdge::deliver(net::LinkId /*from*/, Datapack datapack) {
    if (datapack.get("want") == "accept") {
        host_.around_.durable.told_accepted(host_.number_, datapack, host_.now());
    } else {
        host_.around_.ledger.told(host_.number_, datapack, host_.now());
    }
}

net::Arrivals::Handed SimEdge::hand(const Datapack& datapack, std::uint64_t name) { return host_.hand(datapack, name); }

net::Vitals SimEdge::vitals(net::LinkId link) const {
    const auto at = links.find(link);
    return at == links.end() ? net::Vitals{} : host_.around_.network.vitals(at->second.first, at->second.second);
}

void SimEdge::hold(std::string_view app, bool on) {
    host_.say(std::string(app) + (on ? " is held back" : " is let go"));
    const bool news = on ? held.emplace(app).second : held.erase(std::string(app)) == 1;
    if (!news)
        host_.around_.judge.broken(
            "told-once", host_.shape_.id + " is told again whether " + std::string(app) + " is held back", host_.now());
}

void SimEdge::merge_documents(net::LinkId /*link*/, std::vector<std::string> /*documents*/, bool /*asked*/) {
    host_.around_.judge.broken("rosters-are-the-same", host_.shape_.id + " is given documents that it has",
                               host_.now());
}

void SimEdge::raise_epoch(std::uint64_t epoch) { host_.epoch_file_ = epoch; }

void SimEdge::judge_busy(std::string_view line) const {
    constexpr std::string_view kBusy = " is busy: ";
    const std::size_t at = line.find(kBusy);
    if (at == std::string_view::npos) return;
    const std::size_t peer = host_.around_.ledger.host_called(line.substr(0, at));
    for (const auto& [link, wire] : links) {
        const WireEnd& end = host_.around_.network.wire(wire.first).ends[wire.second];
        const std::size_t other = host_.around_.network.wire(wire.first).ends[1 - wire.second].host;
        if (other != peer || !end.established) continue;
        if (host_.now() - std::max(end.read_at, host_.awake_since_) > net::LinkWatch::kSilence) return;
    }
    host_.around_.judge.broken(
        "no-false-alarms", host_.shape_.id + " says that " + std::string(line) + ", and bytes have come all the time",
        host_.now());
}

void SimEdge::log(msw_priority /*priority*/, std::string_view text, const Datapack* about) {
    judge_busy(text);
    if (about != nullptr) host_.around_.ledger.logged(host_.number_, *about);
    if (text.find(" more of the kind ") != std::string_view::npos) {
        host_.around_.ledger.host(host_.number_).lines_left_out = true;
    }
    if (!host_.around_.trace.wanted()) return;
    const Serial serial = about == nullptr ? 0 : Ledger::serial_of(about->body);
    host_.around_.trace.line(host_.now(), host_.shape_.id + " writes: " + std::string(text), serial);
}

}  // namespace msw::sim
