#include "tests/sim/mesh/network.hpp"

#include <algorithm>
#include <utility>

namespace msw::sim {
namespace {

constexpr unsigned kMostBackoff = 8;
constexpr std::size_t kGarbage = 100;  // bytes

std::uint64_t behind(std::uint64_t from, std::uint64_t to) { return to > from ? to - from : 0; }

}  // namespace

Network::Network(const Plan& plan, Events& events, std::function<void(std::size_t)> poke)
    : plan_(plan),
      events_(events),
      poke_(std::move(poke)),
      dice_(plan.seed ^ 0x6e657477U),
      nodes_(plan.hosts.size()),
      blocks_(plan.roads.size()) {
    rates_.reserve(plan.roads.size());
    for (const Road& road : plan.roads) rates_.push_back(road.rate);
}

bool Network::happen(const Event& event) {
    switch (event.kind) {
        case Event::Kind::segment: segment(event.a, event.b, event.c, event.d); return true;
        case Event::Kind::ack: ack(event.a, event.b, event.c, event.d); return true;
        case Event::Kind::timer: timer(event.a, event.b); return true;
        case Event::Kind::reset: reset_heard(event.a, event.b); return true;
        case Event::Kind::knock: knock(event.a, event.b); return true;
        case Event::Kind::answer: answer(event.a, event.b); return true;
        default: return false;
    }
}

bool Network::is_blocked(std::size_t from, std::size_t to) const {
    return !plan_.road(from, to).there || blocks_[from * nodes_.size() + to] > 0 || !nodes_[to].up || is_frozen(to);
}

Time Network::way(std::size_t from, std::size_t to) {
    const Road& road = plan_.road(from, to);
    return road.latency + dice_.within(Time(0), road.jitter);
}

void Network::narrow(std::size_t a, std::size_t b, std::uint64_t rate) {
    const std::size_t hosts = nodes_.size();
    rates_[a * hosts + b] = rates_[b * hosts + a] = rate == 0 ? plan_.road(a, b).rate : rate;
}

bool Network::kernel_alive(const WireEnd& end) const {
    return nodes_[end.host].up && nodes_[end.host].boot == end.boot;
}

// Connections are made.

void Network::dial(std::size_t from, std::size_t to) {
    dials_.push_back({from, to, nodes_[from].boot, 0});
    events_.add(events_.now() + way(from, to), {Event::Kind::knock, dials_.size() - 1, 0, 0, 0});
}

void Network::knock(std::size_t n, std::uint64_t times) {
    Dial& dial = dials_[n];
    const bool no_road = !plan_.road(dial.from, dial.to).there;
    const Time back = way(dial.to, dial.from);
    if (no_road && plan_.refuses) {
        events_.add(events_.now() + back, {Event::Kind::answer, n, kRefused, 0, 0});
        return;
    }
    if (is_blocked(dial.from, dial.to) || is_blocked(dial.to, dial.from)) {
        if (times < 3) {
            events_.add(events_.now() + Time(1'000) * (1U << times), {Event::Kind::knock, n, times + 1, 0, 0});
        } else {
            events_.add(events_.now() + kDialTimeout - Time(7'000), {Event::Kind::answer, n, kTimedOut, 0, 0});
        }
        return;
    }
    if (!nodes_[dial.to].listening) {
        events_.add(events_.now() + back, {Event::Kind::answer, n, kRefused, 0, 0});
        return;
    }
    auto made = std::make_unique<Wire>();
    const std::array hosts{dial.from, dial.to};
    for (std::size_t side = 0; side < 2; ++side) {
        WireEnd& end = made->ends[side];
        end.host = hosts[side];
        end.boot = nodes_[end.host].boot;
        end.open = true;
        end.since = end.bytes_at = end.life_at = events_.now();
        made->streams[side].limit = plan_.hosts[hosts[1 - side]].receive_buffer;
    }
    wires_.push_back(std::move(made));
    dial.wire = wires_.size() - 1;
    nodes_[dial.to].accepts.emplace_back(dial.wire, 1);
    poke_(dial.to);
    events_.add(events_.now() + back, {Event::Kind::answer, n, kMade, 0, 0});
}

void Network::answer(std::size_t n, std::uint64_t what) {
    const Dial& dial = dials_[n];
    Node& node = nodes_[dial.from];
    if (!node.up || node.boot != dial.boot) {
        if (what == kMade) wires_[dial.wire]->ends[0].open = false;
        return;
    }
    if (what == kMade) {
        WireEnd& end = wires_[dial.wire]->ends[0];
        if (is_blocked(dial.to, dial.from)) {
            end.open = false;  // the other kernel finds out when it sends
            what = kTimedOut;
        }
        end.since = end.bytes_at = end.life_at = events_.now();
    }
    node.dialled.push_back(
        {dial.to, dial.wire, what == kMade, what == kRefused ? "connection refused" : "no connection within 10 s"});
    poke_(dial.from);
}

// Bytes.

void Network::write(std::size_t n, std::size_t side, Datapack datapack, std::size_t size, Time at) {
    Wire& wire = *wires_[n];
    Stream& stream = wire.streams[side];
    if (wire.dead || stream.fin) return;
    stream.add({std::move(datapack), 0, 0, false, at}, size);
}

bool Network::flush(std::size_t n, std::size_t side) {
    Wire& wire = *wires_[n];
    Stream& stream = wire.streams[side];
    if (wire.dead || stream.fin) return false;
    const std::uint64_t taken = std::min(stream.written, stream.acked + kSendBuffer);
    if (taken <= stream.kernel) return false;
    stream.kernel = taken;
    send(n, side);
    return true;
}

Time Network::rto(const Wire& wire, std::size_t side) const {
    const std::size_t from = wire.ends[side].host;
    const std::size_t to = wire.ends[1 - side].host;
    const Road& road = plan_.road(from, to);
    const Time drained(
        static_cast<Time::rep>(under_way_limit(wire, side) / std::max<std::uint64_t>(rate(from, to), 1)));
    return Time(200) + 2 * (road.latency + road.jitter) + 2 * drained;
}

std::uint64_t Network::under_way_limit(const Wire& wire, std::size_t side) const {
    const std::size_t from = wire.ends[side].host;
    const std::size_t to = wire.ends[1 - side].host;
    const Road& road = plan_.road(from, to);
    const auto trip = static_cast<std::uint64_t>((2 * road.latency + Time(100)).count());
    return std::clamp<std::uint64_t>(rate(from, to) * trip, 1024, 256 * 1024);
}

void Network::send(std::size_t n, std::size_t side) {
    Wire& wire = *wires_[n];
    Stream& stream = wire.streams[side];
    const std::size_t from = wire.ends[side].host;
    const std::size_t to = wire.ends[1 - side].host;
    if (wire.dead || !kernel_alive(wire.ends[side])) return;
    const std::uint64_t limit = std::min(stream.limit, stream.acked + under_way_limit(wire, side));
    const std::uint64_t segment = std::clamp<std::uint64_t>(rate(from, to) * 50, 64, kSegment);
    while (stream.next < stream.end()) {
        // The end of the stream takes no room.
        const std::uint64_t most = stream.fin && stream.next == *stream.fin ? 1 : behind(stream.next, limit);
        const std::uint64_t bytes = std::min({segment, stream.end() - stream.next, most});
        if (bytes == 0) break;
        stream.free_at = std::max(stream.free_at, events_.now()) +
                         Time(static_cast<Time::rep>(bytes / std::max<std::uint64_t>(rate(from, to), 1)));
        stream.last_arrival = std::max(stream.last_arrival, stream.free_at + way(from, to));
        events_.add(stream.last_arrival, {Event::Kind::segment, n, side, stream.next, stream.next + bytes});
        stream.next += bytes;
    }
    arm(n, side);
}

void Network::arm(std::size_t n, std::size_t side) {
    Wire& wire = *wires_[n];
    Stream& stream = wire.streams[side];
    if (stream.acked >= stream.end()) {
        stream.timer = Time(0);
        return;
    }
    if (stream.timer == Time(0)) {
        stream.timer = events_.now() + rto(wire, side) * (1U << std::min(stream.backoff, kMostBackoff));
    }
    if (stream.timer_event > events_.now() && stream.timer_event <= stream.timer) return;
    stream.timer_event = stream.timer;
    events_.add(stream.timer, {Event::Kind::timer, n, side, 0, 0});
}

void Network::timer(std::size_t n, std::size_t side) {
    Wire& wire = *wires_[n];
    Stream& stream = wire.streams[side];
    if (wire.dead || stream.timer_event != events_.now() || !kernel_alive(wire.ends[side])) return;
    if (stream.timer == Time(0)) return;
    if (is_frozen(wire.ends[side].host)) {
        stream.timer = nodes_[wire.ends[side].host].frozen_until + Time(1);
    } else if (stream.timer <= events_.now()) {
        ++stream.backoff;
        stream.timer = Time(0);
        if (stream.limit <= stream.acked && stream.next <= stream.acked) {
            events_.add(events_.now() + way(wire.ends[side].host, wire.ends[1 - side].host),
                        {Event::Kind::segment, n, side, stream.next, stream.next});  // a probe
        } else {
            stream.next = stream.acked;
            send(n, side);
        }
    }
    arm(n, side);
}

void Network::acknowledge(std::size_t n, std::size_t side) {
    const Wire& wire = *wires_[n];
    const Stream& stream = wire.streams[side];
    const std::size_t receiver = wire.ends[1 - side].host;
    const std::uint64_t limit = stream.read + plan_.hosts[receiver].receive_buffer;
    events_.add(events_.now() + way(receiver, wire.ends[side].host),
                {Event::Kind::ack, n, side, stream.arrived, limit});
}

void Network::send_reset(std::size_t n, std::size_t to_side) {
    const Wire& wire = *wires_[n];
    events_.add(events_.now() + way(wire.ends[1 - to_side].host, wire.ends[to_side].host),
                {Event::Kind::reset, n, to_side, 0, 0});
}

void Network::segment(std::size_t n, std::size_t side, std::uint64_t from, std::uint64_t to) {
    Wire& wire = *wires_[n];
    if (wire.dead || is_blocked(wire.ends[side].host, wire.ends[1 - side].host)) return;
    WireEnd& receiver = wire.ends[1 - side];
    Stream& stream = wire.streams[side];
    const bool only_end = stream.fin && from == *stream.fin;
    if (!kernel_alive(receiver) || (!receiver.open && !only_end && to > from)) {
        send_reset(n, side);
        return;
    }
    const std::uint64_t room = stream.read + plan_.hosts[receiver.host].receive_buffer + (only_end ? 1 : 0);
    if (from <= stream.arrived && to > stream.arrived) {
        const std::uint64_t arrived = std::max(stream.arrived, std::min(to, room));
        if (arrived > stream.arrived) {
            stream.arrived = arrived;
            receiver.bytes_at = receiver.life_at = events_.now();
            if (receiver.open) poke_(receiver.host);
        }
    }
    acknowledge(n, side);
}

void Network::ack(std::size_t n, std::size_t side, std::uint64_t upto, std::uint64_t limit) {
    Wire& wire = *wires_[n];
    WireEnd& sender = wire.ends[side];
    if (wire.dead || !kernel_alive(sender) || is_blocked(wire.ends[1 - side].host, sender.host)) return;
    Stream& stream = wire.streams[side];
    sender.life_at = events_.now();
    if (limit > stream.limit || upto > stream.acked) {
        stream.backoff = 0;
        stream.timer = Time(0);  // begins anew
    }
    stream.limit = std::max(stream.limit, limit);
    stream.acked = std::max(stream.acked, upto);
    stream.next = std::max(stream.next, stream.acked);
    send(n, side);
    if (sender.open && (stream.waiting() > 0 || sender.was_full)) poke_(sender.host);
}

void Network::read(std::size_t n, std::size_t side, const std::function<bool(Stream::Piece&)>& whole) {
    Wire& wire = *wires_[n];
    Stream& stream = wire.streams[1 - side];
    const std::uint64_t upto = stream.fin ? std::min(stream.arrived, *stream.fin) : stream.arrived;
    const std::uint64_t buffer = plan_.hosts[wire.ends[side].host].receive_buffer;
    const bool was_narrow = stream.arrived - stream.read > buffer / 2;
    stream.read = upto;
    if (was_narrow && !wire.dead) acknowledge(n, 1 - side);
    while (!stream.pieces.empty() && stream.pieces.front().end <= upto) {
        Stream::Piece piece = std::move(stream.pieces.front());
        stream.pieces.pop_front();
        if (!whole(piece)) return;
    }
}

// Connections end.

void Network::close(std::size_t n, std::size_t side) {
    Wire& wire = *wires_[n];
    WireEnd& end = wire.ends[side];
    if (!end.open) return;
    end.open = false;
    std::erase(nodes_[end.host].wires, std::pair(n, side));
    if (wire.dead) return;
    Stream& out = wire.streams[side];
    if (wire.streams[1 - side].unread()) {
        send_reset(n, 1 - side);
        out.fin = out.next = out.kernel = out.acked;  // the rest is thrown away
        out.timer = Time(0);
        return;
    }
    if (!out.fin) out.fin = out.kernel;
    while (!out.pieces.empty() && out.pieces.back().end > out.kernel) out.pieces.pop_back();
    send(n, side);
}

void Network::retire(std::size_t n, std::size_t side) {
    Wire& wire = *wires_[n];
    Stream& out = wire.streams[side];
    wire.ends[side].retired = true;
    if (wire.dead || out.fin) return;
    // What has been begun is finished.
    while (!out.pieces.empty() && out.pieces.back().begin >= out.kernel) out.pieces.pop_back();
    if (!out.pieces.empty()) out.kernel = std::max(out.kernel, out.pieces.back().end);
    out.fin = out.kernel;
    send(n, side);
}

void Network::reset_heard(std::size_t n, std::size_t side) {
    Wire& wire = *wires_[n];
    WireEnd& end = wire.ends[side];
    if (is_blocked(wire.ends[1 - side].host, end.host) || !kernel_alive(end)) return;
    wire.dead = true;
    end.reset = true;
    if (end.open) poke_(end.host);
}

void Network::reset_between(std::size_t a, std::size_t b) {
    for (const auto& wire : wires_) {
        const bool between = (wire->ends[0].host == a && wire->ends[1].host == b) ||
                             (wire->ends[0].host == b && wire->ends[1].host == a);
        if (!between || wire->dead) continue;
        wire->dead = true;
        for (std::size_t side = 0; side < 2; ++side) {
            WireEnd& end = wire->ends[side];
            Stream& in = wire->streams[1 - side];
            in.arrived = in.read;
            end.reset = true;
            if (end.open && kernel_alive(end)) poke_(end.host);
        }
    }
}

void Network::process_ended(std::size_t host) {
    nodes_[host].listening = false;
    const auto wires = nodes_[host].wires;
    for (const auto& [wire, side] : wires) close(wire, side);
    for (const auto& [wire, side] : take_accepts(host)) close(wire, side);
    for (const Dialled& dialled : take_dialled(host)) {
        if (dialled.good) close(dialled.wire, 0);
    }
    // Dials that are under way end with it, too.
    for (Dial& dial : dials_) {
        if (dial.from == host) dial.boot = 0;
    }
}

void Network::power_off(std::size_t host) {
    Node& node = nodes_[host];
    for (const auto& [wire, side] : node.wires) wires_[wire]->ends[side].open = false;
    for (const auto& [wire, side] : node.accepts) wires_[wire]->ends[side].open = false;
    node = Node{false, false, node.boot + 1, Time(0), {}, {}, {}};
}

void Network::forge(std::size_t from, std::size_t to, const Datapack* datapack) {
    for (const auto& [n, side] : nodes_[to].wires) {
        Wire& wire = *wires_[n];
        Stream& stream = wire.streams[1 - side];
        if (wire.ends[1 - side].host != from || wire.dead || stream.fin || !wire.ends[side].greeted) continue;
        stream.add({datapack == nullptr ? Datapack() : *datapack, 0, 0, datapack == nullptr, Time(0)}, kGarbage);
        (void)flush(n, 1 - side);
        return;
    }
}

net::Vitals Network::vitals(std::size_t n, std::size_t side) const {
    const Wire& wire = *wires_[n];
    const Stream& out = wire.streams[side];
    return {events_.now() - wire.ends[side].life_at, out.limit <= out.acked, rto(wire, side), out.backoff};
}

}  // namespace msw::sim
