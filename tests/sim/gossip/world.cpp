#include "tests/sim/gossip/world.hpp"

#include "base/hex.hpp"
#include "plugins/net/core/routes/hash.hpp"

#include <algorithm>
#include <utility>

namespace msw::sim {

using net::Address;
using net::Announced;
using net::AnnouncedPtr;

namespace {

constexpr Time kTick{250};
constexpr Time kPing{1000};
constexpr std::uint64_t kFrameHead = 40;  // bytes of the Datapack round a body
constexpr std::uint64_t kRootField = 25;  // `routes: H\n` in a ping

Address address_of(std::uint32_t host) { return {"h" + std::to_string(host), 3900}; }

}  // namespace

Result<AnnouncedPtr> SharedAnnouncements::read(std::string_view text) {
    const std::uint64_t digest = net::hash_of(text);
    const auto at = known_.find(digest);
    if (at != known_.end() && at->second->text == text) return at->second;
    Result<AnnouncedPtr> fresh = net::read_announced(text);
    if (!fresh) return fresh;
    if (known_.size() >= purge_at_) {
        std::erase_if(known_, [](const auto& known) { return known.second.use_count() == 1; });
        purge_at_ = 2 * known_.size() + 1024;
    }
    known_.insert_or_assign(digest, *fresh);
    return fresh;
}

/// One host: its routes, while it runs, and what is around them.
struct World::Host final : net::RoutesEdge {
    Host(World& in, std::uint32_t n) : world(in), number(n) {}

    void send_routes(LinkId link, std::string body) override;
    void dial(const std::string& to, const Address& /*address*/) override {
        world.dial(number, world.by_member_.at(to));
    }
    void drop_surplus(LinkId link) override;
    void route_changed(const Announced& /*now*/) override {}
    void raise_epoch(std::uint64_t at_least) override { epoch = std::max(epoch, at_least); }
    void two_runs() override { ++world.offences_; }
    void route_offence(LinkId /*link*/, std::string_view /*why*/) override { ++world.offences_; }
    AnnouncedPtr sign(net::Announcement announcement) override {
        return std::move(world.announcements_.read(net::encode(announcement))).value();
    }

    World& world;
    std::uint32_t number;
    std::string member;
    std::uint32_t configured = 0;  // the host whose address is configured; itself: none
    bool dial_only = false;
    std::uint64_t epoch = 0;  // on disk
    std::uint64_t run = 0;
    std::unique_ptr<net::Routes> routes;  // null: it is down
    std::unique_ptr<net::AddressBook> book;
    std::vector<LinkId> links;
    bool tick_due = false;
    Traffic sent;
};

struct World::Wire {
    std::uint32_t ends[2] = {0, 0};
    std::uint64_t runs[2] = {0, 0};
    Time latency{1};
    bool closed = false;

    [[nodiscard]] std::uint32_t other(std::uint32_t host) const { return ends[0] == host ? ends[1] : ends[0]; }
};

struct World::Event {
    enum class Kind : std::uint8_t { start, tick, exchange, ping, root, frame, connect, lose };
    Kind kind = Kind::start;
    std::uint32_t host = 0;    // to whom it happens
    LinkId link = 0;           // root, frame, lose; connect: the host that is dialled
    std::uint64_t number = 0;  // root: the digest; else: in which run
    std::string body;
};

void World::Host::send_routes(LinkId link, std::string body) {
    sent.routes += body.size() + kFrameHead;
    world.send(number, link, {Event::Kind::frame, 0, link, 0, std::move(body)});
}

void World::Host::drop_surplus(LinkId link) {
    Wire& wire = world.wires_[link];
    if (wire.closed) return;
    wire.closed = true;
    world.events_.add(world.now(), {Event::Kind::lose, number, link, 0, {}});
    world.events_.add(world.now() + wire.latency, {Event::Kind::lose, wire.other(number), link, 0, {}});
}

World::World(const WorldOptions& options) : options_(options), random_(options.seed) {
    hosts_.reserve(options.hosts);
    wires_.emplace_back();  // LinkIds begin with 1
    for (std::uint32_t n = 0; n < options.hosts; ++n) {
        auto host = std::make_unique<Host>(*this, n);
        while (host->member.size() < options.digits) host->member += to_hex(random_());
        host->member.resize(options.digits);
        by_member_.emplace(host->member, n);
        if (n > 0) host->configured = options.star ? 0 : static_cast<std::uint32_t>(random_() % n);
        host->dial_only = n > 0 && chance(options.dial_only);
        hosts_.push_back(std::move(host));
    }
    // Who can't be dialled is no good address to begin with.
    for (const auto& host : hosts_) {
        while (hosts_[host->configured]->dial_only) host->configured = hosts_[host->configured]->configured;
    }
    for (std::uint32_t n = 0; n < options.hosts; ++n) {
        // In order, so that who is dialled first is there, or about to be.
        const auto place = static_cast<double>(n) / static_cast<double>(options.hosts);
        events_.add(Time(static_cast<Time::rep>(place * static_cast<double>(options.joins.count()))),
                    {Event::Kind::start, n, 0, 0, {}});
    }
}

World::~World() = default;

void World::step() {
    if (restarts_a_ms_ > 0 && chance(restarts_a_ms_ * static_cast<double>(hosts_.size()))) {
        kill(static_cast<std::uint32_t>(random_() % hosts_.size()));
    }
    events_.step([this](const Event& event) { happen(event); });
}

void World::happen(const Event& event) {
    Host& host = *hosts_[event.host];
    using Kind = Event::Kind;
    switch (event.kind) {
        case Kind::start: start(event.host); break;
        case Kind::connect: connect(event); break;
        case Kind::lose: lose(event.host, event.link); break;
        case Kind::tick:
            if (host.routes == nullptr || host.run != event.number) break;
            tick(event.host);
            events_.add(now() + kTick, {Kind::tick, event.host, 0, host.run, {}});
            break;
        case Kind::exchange:
            host.tick_due = false;
            if (host.routes != nullptr) tick(event.host);
            break;
        case Kind::ping:
            if (host.routes == nullptr || host.run != event.number) break;
            ping(event.host);
            events_.add(now() + kPing, {Kind::ping, event.host, 0, host.run, {}});
            break;
        case Kind::root:
        case Kind::frame: {
            const Wire& wire = wires_[event.link];
            if (wire.closed || host.routes == nullptr || wire.runs[wire.ends[0] == event.host ? 0 : 1] != host.run)
                break;
            if (event.kind == Kind::root) {
                host.routes->root_heard(event.link, event.number, now());
            } else {
                host.routes->frame_heard(event.link, event.body, now());
            }
            break;
        }
    }
    if (host.routes == nullptr || host.tick_due || event.kind == Kind::tick) return;
    if (const std::optional<Time> due = host.routes->next_due(); due && *due - now() < kTick) {
        host.tick_due = true;
        events_.add(std::max(*due, now() + Time(1)), {Kind::exchange, event.host, 0, 0, {}});
    }
}

void World::start(std::uint32_t number) {
    Host& host = *hosts_[number];
    host.run = random_();
    ++host.epoch;
    const net::OwnName name{"h" + std::to_string(number), host.member, host.epoch, host.run};
    const auto seed = static_cast<std::uint32_t>(random_());
    host.routes = std::make_unique<net::Routes>(name, seed, host,
                                                [this](std::string_view text) { return announcements_.read(text); });
    host.book = std::make_unique<net::AddressBook>(seed);
    if (host.configured != number) host.book->configure({address_of(host.configured)}, now());
    if (!host.dial_only) host.routes->set_addresses({address_of(number)}, now());
    events_.add(now(), {Event::Kind::tick, number, 0, host.run, {}});
    events_.add(within(now(), now() + kPing), {Event::Kind::ping, number, 0, host.run, {}});
}

void World::kill(std::uint32_t number) {
    Host& host = *hosts_[number];
    if (host.routes == nullptr) return;
    ++restarts_;
    // Half of them are machines that fall silent, half are programs whose kernel says so.
    const bool silent = chance(0.5);
    for (const LinkId link : host.links) {
        const Time noticed = silent ? within(Time(2500), Time(3500)) : wires_[link].latency;
        events_.add(now() + noticed, {Event::Kind::lose, wires_[link].other(number), link, 0, {}});
    }
    host.links.clear();
    host.routes.reset();
    host.book.reset();
    events_.add(now() + within(Time(1000), Time(10'000)), {Event::Kind::start, number, 0, 0, {}});
}

void World::dial(std::uint32_t number, std::uint32_t to) {
    // There and back to connect, and again for TLS.
    events_.add(now() + 4 * within(Time(1), Time(50)), {Event::Kind::connect, number, to, hosts_[number]->run, {}});
}

void World::connect(const Event& event) {
    Host& host = *hosts_[event.host];
    if (host.routes == nullptr || host.run != event.number) return;
    const auto to = static_cast<std::uint32_t>(event.link);
    Host& peer = *hosts_[to];
    if (peer.routes == nullptr) {
        if (to == host.configured) host.book->failed(address_of(to), "refused", now());
        host.routes->dial_failed(peer.member, now());
        return;
    }
    if (to == host.configured) host.book->answered(address_of(to), "h" + std::to_string(to));
    const bool linked = std::any_of(host.links.begin(), host.links.end(), [&](LinkId link) {
        return wires_[link].other(event.host) == to && is_alive(wires_[link]);
    });
    if (linked) return;
    const LinkId link = wires_.size();
    wires_.push_back({{event.host, to}, {host.run, peer.run}, within(Time(1), Time(50)), false});
    host.links.push_back(link);
    peer.links.push_back(link);
    const std::uint64_t here = host.routes->root();
    const std::uint64_t there = peer.routes->root();
    host.routes->up({link, peer.member, 1, true, to == host.configured, there}, now());
    peer.routes->up({link, host.member, 1, false, false, here}, now());
}

void World::tick(std::uint32_t number) {
    Host& host = *hosts_[number];
    const auto connected = [&](std::string_view id) {
        const std::uint32_t to = number_of(std::string(id));
        return std::any_of(host.links.begin(), host.links.end(),
                           [&](LinkId link) { return wires_[link].other(number) == to; });
    };
    for (const Address& address : host.book->due(now(), connected)) dial(number, number_of(address.host));
    host.routes->tick(now());
}

void World::ping(std::uint32_t number) {
    Host& host = *hosts_[number];
    for (const LinkId link : host.links) {
        host.sent.roots += kRootField;
        send(number, link, {Event::Kind::root, 0, link, host.routes->root(), {}});
    }
}

void World::send(std::uint32_t number, LinkId link, Event event) {
    if (chance(options_.loss)) return;
    const Wire& wire = wires_[link];
    event.host = wire.other(number);
    events_.add(now() + wire.latency, std::move(event));
}

void World::lose(std::uint32_t number, LinkId link) {
    Host& host = *hosts_[number];
    if (std::erase(host.links, link) == 0) return;  // it was started again since
    host.routes->down(link, now());
    host.book->lost("h" + std::to_string(wires_[link].other(number)), now());
}

bool World::is_alive(const Wire& wire) const {
    return !wire.closed && hosts_[wire.ends[0]]->run == wire.runs[0] && hosts_[wire.ends[1]]->run == wire.runs[1];
}

bool World::all_know_all() const {
    return std::all_of(hosts_.begin(), hosts_.end(), [&](const auto& host) {
        return host->routes != nullptr && host->routes->table().size() == hosts_.size();
    });
}

bool World::all_reach_all() const {
    return std::all_of(hosts_.begin(), hosts_.end(), [&](const auto& host) {
        return host->routes != nullptr && host->routes->table().reachable().size() + 1 == hosts_.size();
    });
}

bool World::all_agree() const {
    return all_know_all() && std::all_of(hosts_.begin(), hosts_.end(), [&](const auto& host) {
               return host->routes->root() == hosts_.front()->routes->root();
           });
}

World::Traffic World::traffic(std::size_t host) const { return hosts_[host]->sent; }

void World::forget_traffic() {
    for (const auto& host : hosts_) host->sent = {};
}

std::size_t World::links(std::size_t host) const { return hosts_[host]->links.size(); }

const net::Routes* World::routes(std::size_t host) const { return hosts_[host]->routes.get(); }

const std::string& World::member(std::size_t host) const { return hosts_[host]->member; }

std::size_t World::walk(std::size_t from, std::size_t to) const {
    constexpr std::size_t kMostHops = 32;
    std::size_t at = from;
    for (std::size_t hops = 1; hops <= kMostHops; ++hops) {
        if (hosts_[at]->routes == nullptr) return 0;
        const std::string_view next = hosts_[at]->routes->table().next_hop(hosts_[to]->member);
        if (next.empty()) return 0;
        at = by_member_.at(std::string(next));
        if (at == to) return hops;
    }
    return 0;
}

Time World::within(Time least, Time most) {
    return least + Time(static_cast<Time::rep>(random_() % static_cast<std::uint64_t>((most - least).count() + 1)));
}

bool World::chance(double share) { return static_cast<double>(random_() >> 11U) * 0x1p-53 < share; }

std::uint32_t World::number_of(const std::string& host_name) const {
    return static_cast<std::uint32_t>(std::stoul(host_name.substr(1)));
}

}  // namespace msw::sim
