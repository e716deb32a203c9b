#include "tests/sim/mesh/host.hpp"

#include "msw/host_id.hpp"
#include "tests/sim/mesh/nonsense.hpp"

#include <algorithm>

namespace msw::sim {
namespace {

constexpr std::size_t kMiB = std::size_t{1024} * 1024;

std::vector<std::string> parts_of(std::string_view text, char between) {
    std::vector<std::string> parts;
    while (!text.empty()) {
        parts.emplace_back(text.substr(0, text.find(between)));
        text.remove_prefix(std::min(parts.back().size() + 1, text.size()));
    }
    return parts;
}

}  // namespace

Host::Host(const Surroundings& around, std::size_t number)
    : around_(around),
      number_(number),
      shape_(around.plan.hosts[number]),
      member_(member_of(around.plan, number)),
      dice_(around.plan.seed ^ ((number + 1) * 0x10001U)),
      shift_(static_cast<Time::rep>(dice_.below(100'000'000))),
      disk_(
          number, around.events, around.plan.seed ^ ((number + 1) * 0x20003U),
          [this](const Change& change, const Tables& tables) {
              around_.durable.changes(number_, change, tables, now());
          },
          [this] { poke(); }),
      clock_ms_(shape_.clock_ms) {}

void Host::say(const std::string& what) const {
    if (around_.trace.wanted()) around_.trace.line(now(), shape_.id + " " + what);
}

// Its life.

void Host::start() {
    around_.network.boot(number_);
    if (is_up()) return;
    ++start_;
    net::MeshSettings settings;
    settings.id = shape_.id;
    settings.member = member_;
    settings.keys = around_.plan.members->keys[number_];
    settings.members = around_.plan.members->all;
    settings.epoch = ++epoch_file_;
    settings.run = dice_.roll() | 1U;
    settings.custody = around_.plan.custody;
    settings.listen_port = shape_.listens ? address_of(number_).port : 0;
    HostFacts& facts = around_.ledger.host(number_);
    facts.run = settings.run;
    facts.runs.push_back(settings.run);
    facts.tell(wall(), now());
    told_clock_ms_ = clock_ms_;
    truth_ = std::make_unique<FlowTruth>(shape_.id, facts.restored, around_.judge);
    apps_ = std::make_unique<Apps>(shape_);
    Around& for_durable = *this;
    inbox_ = std::make_unique<Inbox>(disk_, for_durable);
    arriving_ = std::make_unique<Arriving>(disk_, *inbox_, for_durable);
    keeper_ = std::make_unique<Keeper>(disk_, *inbox_, for_durable);
    store_ = std::make_unique<Store>(around_.plan, disk_, *inbox_, *arriving_, *truth_, [this] { return own_time(); });
    edge_ = std::make_unique<SimEdge>(*this, settings, static_cast<std::uint32_t>(dice_.roll()));
    edge_->mesh.set_clock(wall(), own_time());
    edge_->mesh.set_store(store_.get());
    inbox_->start();
    keeper_->start();
    say("starts, epoch " + std::to_string(settings.epoch) + ", run " + net::to_text(settings.run));
    around_.trace.mark(now(), 8, number_, start_);
    around_.network.listen(number_, shape_.listens);
    std::vector<net::Address> knows;
    for (const std::size_t other : shape_.knows) knows.push_back(address_of(other));
    edge_->mesh.configure(knows, own_time());
    if (shape_.listens) edge_->mesh.set_addresses({address_of(number_)}, own_time());
    for (std::size_t app = 0; app < kApps; ++app) apps_->deafen(app, deaf_[app]);
    turn_due_ = false;
    last_tick_.reset();
    set_tick(now());
}

void Host::die(bool power) {
    if (is_up()) {
        say(power ? "loses its power" : "is killed");
        around_.trace.mark(now(), 9, number_, start_);
    }
    if (power) {
        around_.network.power_off(number_);
    } else {
        around_.network.process_ended(number_);
    }
    ++start_;  // what was to happen in it doesn't
    if (is_up()) disk_.crash(dice_.chance(power ? 25 : 60));
    edge_.reset();
    store_.reset();
    keeper_.reset();
    arriving_.reset();
    inbox_.reset();
    to_net_.clear();
    later_.clear();
    in_hand_ = {};
    apps_.reset();
    truth_.reset();
    replies_.clear();
    around_.ledger.host(number_).run = net::kNoRun;
}

void Host::copy_disk(std::uint64_t name) {
    copies_[name] = {disk_.tables(), around_.durable.memory(number_), epoch_file_};
}

void Host::set_back(std::uint64_t name) {
    Copied& copied = copies_[name];
    disk_.set_back(copied.tables);
    around_.durable.set_back(number_, copied.memory);
    epoch_file_ = copied.epoch;
    around_.ledger.host(number_).restored = true;
}

void Host::stand_still(Time until) { still_until_ = std::max(still_until_, until); }

void Host::deafen(std::size_t app, int change) {
    deaf_[app] += change;
    if (!is_up()) return;
    apps_->deafen(app, change);
    wake(app);
}

void Host::stranger_comes(std::uint64_t what) {
    if (!is_up() || is_still()) return;
    const net::LinkId link = ++edge_->last_link;
    if (!edge_->mesh.accepted(link, "10.9.9.9", own_time())) return;
    switch (what % 4) {
        case 0: return;  // says nothing
        case 1: edge_->mesh.broken(link, "what came is no Datapack", own_time()); break;
        case 2: edge_->mesh.heard(link, nonsense(what / 4, "nobody", shape_.id), own_time()); break;
        default: {
            PublicKey key{};
            key.front() = static_cast<std::uint8_t>(what);
            edge_->mesh.proved(link, key, own_time());
        }
    }
    poke();
}

bool Host::happen(const Event& event) {
    using Kind = Event::Kind;
    if (event.kind == Kind::synced) {
        // Its thread is none of the loop's: only a machine that stands still holds it up.
        if (around_.network.is_frozen(number_)) {
            around_.events.add(around_.network.frozen_until(number_), event);
        } else {
            disk_.synced(event.b);
        }
        return true;
    }
    if (event.kind < Kind::tick || event.kind > Kind::later) return false;
    if (!is_up() || event.b != start_) return true;
    if (is_still()) {
        // Of what has become due meanwhile either may be the first.
        const Time wakes = std::max(still_until_, around_.network.frozen_until(number_));
        around_.events.add(wakes + Time(static_cast<Time::rep>(dice_.below(2))), event);
        return true;
    }
    switch (event.kind) {
        case Kind::tick:
            if (event.c == tick_serial_) tick();
            break;
        case Kind::turn:
            turn_due_ = false;
            turn();
            break;
        case Kind::take: take(event.c); break;
        case Kind::later:
            if (const auto what = later_.extract(event.c); !what.empty()) what.mapped()();
            poke();
            break;
        default: send_reply(event.c); break;
    }
    return true;
}

// The loop.

void Host::poke() {
    if (!is_up() || turn_due_) return;
    turn_due_ = true;
    const Time delay = slow_ ? dice_.within(Time(100), Time(800)) : Time(0);
    around_.events.add(now() + delay, {Event::Kind::turn, number_, start_, 0, 0});
}

void Host::set_tick(Time at) {
    next_tick_ = at;
    around_.events.add(at, {Event::Kind::tick, number_, start_, ++tick_serial_, 0});
}

void Host::tick() {
    if (last_tick_ && now() - *last_tick_ > net::OwnPulse::kMost) awake_since_ = now();
    last_tick_ = now();
    told_clock_ms_ = clock_ms_;
    around_.ledger.host(number_).tell(wall(), now());
    edge_->mesh.set_clock(wall(), own_time());
    edge_->mesh.tick(own_time());
    const Time late = slow_ ? dice_.within(Time(100), Time(800)) : Time(0);
    set_tick(now() + edge_->mesh.pace() + late);
    end_of_turn();
    judge_links();
}

void Host::turn() {
    for (const auto& [wire, side] : around_.network.take_accepts(number_)) {
        const net::LinkId link = ++edge_->last_link;
        Wire& made = around_.network.wire(wire);
        if (!edge_->mesh.accepted(link, address_of(made.ends[0].host).host, own_time())) {
            around_.network.close(wire, side);
            continue;
        }
        edge_->links.emplace(link, std::pair(wire, side));
        made.ends[side].link = link;
        around_.network.wires_of(number_).emplace_back(wire, side);
        edge_->mesh.proved(link, around_.plan.members->keys[made.ends[0].host].sign, own_time());
    }
    for (const Network::Dialled& dialled : around_.network.take_dialled(number_)) {
        const net::Address address = address_of(dialled.to);
        std::erase(edge_->dialling, address);
        if (!dialled.good) {
            edge_->mesh.dial_failed(address, dialled.why, own_time());
            continue;
        }
        const net::LinkId link = ++edge_->last_link;
        around_.network.wire(dialled.wire).ends[0].link = link;
        edge_->links.emplace(link, std::pair(dialled.wire, std::size_t{0}));
        around_.network.wires_of(number_).emplace_back(dialled.wire, std::size_t{0});
        edge_->mesh.dialled(link, address, own_time());
        edge_->mesh.proved(link, around_.plan.members->keys[dialled.to].sign, own_time());
    }
    read_all();
    disk_.run_posted();
    hand_to_net();
    end_of_turn();
}

void Host::read_all() {
    const auto wires = around_.network.wires_of(number_);  // reading may close some
    for (const auto& [wire, side] : wires) {
        const Wire& w = around_.network.wire(wire);
        if (!w.ends[side].open) continue;
        if (w.streams[1 - side].unread()) read_one(wire, side);
        if (!w.ends[side].open || !(w.ends[side].reset || w.streams[1 - side].ended())) continue;
        const net::LinkId link = w.ends[side].link;
        edge_->links.erase(link);
        around_.network.close(wire, side);
        edge_->mesh.lost(link, w.ends[side].reset ? "connection reset by peer" : "the other side closed it", {},
                         own_time());
    }
}

void Host::read_one(std::size_t wire, std::size_t side) {
    WireEnd& end = around_.network.wire(wire).ends[side];
    end.read_at = now();
    edge_->mesh.bytes_came(end.link, own_time());
    around_.network.read(wire, side, [&](Stream::Piece& piece) {
        if (piece.garbage) {
            end.poisoned = true;
            edge_->mesh.broken(end.link, "the first line of a Datapack makes no sense", own_time());
            return false;
        }
        if (piece.datapack.method == "link" && piece.datapack.app == "hello") end.greeted = true;
        look_at(piece.datapack);
        edge_->hearing = end.link;
        edge_->mesh.heard(end.link, std::move(piece.datapack), own_time());
        edge_->hearing.reset();
        return end.open;
    });
}

void Host::end_of_turn() {
    edge_->mesh.end_of_turn(own_time());
    const Time pace = edge_->mesh.pace();
    if (next_tick_ > now() + pace + Time(slow_ ? 800 : 0)) set_tick(now() + pace);
    flush_all();
}

void Host::flush_all() {
    const auto wires = around_.network.wires_of(number_);
    for (const auto& [wire, side] : wires) {
        const WireEnd& end = around_.network.wire(wire).ends[side];
        if (!end.open) continue;
        for (;;) {
            if (around_.network.flush(wire, side)) edge_->mesh.shows_life(end.link, own_time());
            if (!end.open || !end.was_full) break;
            end.was_full = false;
            if (!edge_->has_room(end.link)) break;
            edge_->mesh.has_room_again(own_time());
        }
    }
}

// Those who judge.

void Host::look_at(const Datapack& d) {
    if (!same_host_id(d.get("to"), shape_.id)) return;
    if (d.method != "link") {
        if (net::parse_run(d.get("for")) != around_.ledger.host(number_).run) return;
        around_.ledger.came(number_, d, now());
        truth_->came(d, now());
    } else if (d.app == "window") {
        const auto words = net::parse_windows(d.body);
        if (!words) return;
        for (const net::WindowWord& word : *words) {
            if (const auto* low = std::get_if<net::LowWord>(&word)) truth_->low_heard(std::string(d.get("id")), *low);
        }
    }
}

void Host::judge_links() {
    constexpr Time kSlack{1'500};
    for (const auto& [link, at] : edge_->links) {
        const Wire& wire = around_.network.wire(at.first);
        const WireEnd& end = wire.ends[at.second];
        if (!end.greeted || end.retired || end.reset || wire.dead) continue;
        const net::Vitals vitals = around_.network.vitals(at.first, at.second);
        const Time silent = now() - std::max({end.life_at, awake_since_, end.settled});
        if (vitals.window_closed || silent <= net::LinkWatch::kSilence + kSlack) continue;
        around_.judge.broken("silence-is-noticed",
                             shape_.id + " keeps its link with " +
                                 around_.plan.hosts[wire.ends[1 - at.second].host].id +
                                 " though no sign of life came for " + std::to_string(silent.count()) + " ms",
                             now());
    }
}

void Host::judge_bounds() const {
    if (!is_up()) return;
    const net::Mesh& m = edge_->mesh;
    const auto judge = [&](const char* what, std::size_t is, std::size_t most) {
        if (is <= most) return;
        around_.judge.broken(
            "queues-are-bounded",
            shape_.id + " has " + std::to_string(is) + " " + what + ", and " + std::to_string(most) + " are the most",
            now());
    };
    judge("bytes in custody", custody_of(m).bytes(), around_.plan.custody.in_all + net::Custody::kAnswers.in_all);
    judge("bytes of arrivals", arrivals_of(m).held(), net::Pool::kBytes);
    judge("flows that end there", arrivals_of(m).flows(), 4 * net::Arrivals::kMostFlows * around_.plan.hosts.size());
    judge("open questions", questions_of(m).size(), net::Questions::kMost);
    judge("bytes for unknown hosts", outbox_of(m).bytes(), net::Outbox::kMostInAll);
    judge("bytes in a mailbox", most_in_a_mailbox_, shape_.mailbox + kMiB);
    judge("durable ones with a plugin", inbox_->most_with_plugin(), Inbox::kMostWithPlugin);
    struct Loaded {
        std::size_t rows = 0;
        std::size_t bytes = 0;
        std::size_t largest = 0;  // of one: it may come in when there is room for any
    };
    std::map<std::pair<std::string_view, std::string_view>, Loaded> loaded;
    custody_of(m).for_each([&](const std::string& host, const std::string& app, const net::Held& held) {
        if (held.row == 0) return;
        Loaded& of = loaded[{host, app}];
        ++of.rows;
        of.bytes += held.charge;
        of.largest = std::max(of.largest, held.charge);
    });
    for (const auto& [flow, of_flow] : loaded) {
        judge("rows of a durable flow in memory", of_flow.rows, net::Shelf::kMostLoaded);
        judge("bytes of a durable flow in memory", of_flow.bytes - of_flow.largest, net::Shelf::kMostLoadedBytes);
    }
}

std::string Host::unfinished(const std::string& but_for, bool all_lived) const {
    if (!is_up()) return {};
    const net::Mesh& m = edge_->mesh;
    std::string text;
    custody_of(m).for_each([&](const std::string& host, const std::string& app, const net::Held& held) {
        if (host == but_for || text.size() > 200) return;
        text += " #" + std::to_string(Ledger::serial_of(held.datapack->body)) + " for " + host + ":" + app + " (n " +
                std::to_string(held.n) + ")";
    });
    if (!text.empty()) text = " custody of" + text;
    if (all_lived && arrivals_of(m).held() > 0)
        text += " " + std::to_string(arrivals_of(m).held()) + " bytes of arrivals";
    if (all_lived && arrivals_of(m).has_to_tell()) text += " receipts to be told";
    if (!apps_->empty()) text += " full mailboxes";
    for (const std::string& app : edge_->held) text += " " + app + " held back";
    if (!std::all_of(replies_.begin(), replies_.end(), [](const Reply& r) { return r.sent; })) text += " answers";
    return text + unfinished_on_disk(but_for);
}

// Plugins.

std::vector<Copy> Host::copies_of(const Letter& letter) const {
    std::vector<std::size_t> hosts;
    for (const std::string& target : parts_of(letter.to, '+')) {
        if (target == "*") {
            for (std::size_t i = 0; i < around_.plan.hosts.size(); ++i) {
                if (i != number_) hosts.push_back(i);
            }
        } else {
            const std::size_t host = around_.ledger.host_called(parts_of(target, '&').back());
            if (std::find(hosts.begin(), hosts.end(), host) == hosts.end()) hosts.push_back(host);
        }
    }
    std::vector<Copy> copies;
    for (const std::size_t host : hosts) {
        for (std::string& app : parts_of(letter.app, '&')) {
            Copy& copy = copies.emplace_back();
            copy.host = host;
            copy.app = std::move(app);
            copy.unknown = host >= around_.plan.hosts.size();
        }
    }
    return copies;
}

std::vector<Serial> Host::submit(const Letter& letter, std::int64_t times) {
    std::vector<Serial> serials;
    if (!is_up() || is_still()) return serials;
    const std::vector<std::string> way = parts_of(letter.to, '&');
    // Who is held isn't read; what is durable is.
    for (std::int64_t i = 0; i < times && is_up() && (letter.durable || !edge_->held.contains(letter.from)); ++i) {
        Sent sent;
        sent.origin = number_;
        sent.run = around_.ledger.host(number_).run;
        sent.at = now();
        sent.method = letter.method;
        sent.from = letter.from;
        sent.forced = way.size() > 1;
        sent.stream = letter.stream;
        sent.durable = letter.durable;
        const std::int64_t clock = kBegin + now().count() + told_clock_ms_;
        sent.expires = letter.expires_s > 0
                           ? (wall() / 1000 + letter.expires_s) * 1000
                           : clock + (letter.durable ? net::Mesh::kDurableLifetime : net::Mesh::kLifetime).count();
        sent.size = Ledger::body_of(0, letter.size).size();
        const std::string expires = letter.expires_s > 0 ? std::to_string(sent.expires / 1000) : std::string();
        sent.copies = copies_of(letter);
        if (sent.copies.empty()) return serials;
        sent.late = letter.expires_s == 0 && !letter.durable &&
                    std::any_of(sent.copies.begin(), sent.copies.end(), [](const Copy& copy) { return copy.unknown; });
        Datapack d(letter.method, letter.app);
        d.set("id", shape_.id);
        d.set("from", letter.from);
        d.set("by", "uid:1000");
        d.set("to", letter.to);
        d.set("expires", expires);
        if (letter.stream) d.set("stream", "1");
        if (letter.durable) d.set("durable", "1");
        if (letter.accept) d.set("want", "accept");
        if (letter.from == kProbe) d.set("x-probe", "1");
        const Serial serial = around_.ledger.enter(std::move(sent)).serial;
        serials.push_back(serial);
        d.set("flag", net::to_text(serial));
        d.body = Ledger::body_of(serial, letter.size);
        edge_->mesh.submit(std::move(d), own_time());
    }
    poke();
    return serials;
}

void Host::submit_stray(std::size_t to, std::uint64_t flag) {
    if (!is_up() || is_still()) return;
    // Sometimes it is the flag of a question that somebody else was asked.
    const auto& all = around_.ledger.all();
    const Serial known = all.empty() ? 0 : all.rbegin()->first - flag % std::min<std::size_t>(all.size(), 20);
    Datapack reply("reply", app_name(flag % kApps));
    reply.set("to", around_.plan.hosts[to].id);
    reply.set("flag", net::to_text(flag % 3 == 0 ? known : flag | std::uint64_t{1} << 63U));
    if (flag % 5 == 0) reply.set("error", "refused");
    reply_now(std::move(reply), to, flag % 3 == 0 ? known : 0, true);
    poke();
}

net::Arrivals::Handed Host::hand(const Datapack& d, std::uint64_t name) {
    using Handed = net::Arrivals::Handed;
    const Serial serial = Ledger::serial_of(d.body);
    const std::optional<std::size_t> app = Apps::number_of(d.app);
    const bool has_box = d.method != "reply" && d.app != "all";
    if (has_box && app && !apps_->has_room(*app)) return Handed::full;
    around_.ledger.handed(number_, d, now());
    if (has_box && app) {
        put_copy(*app, d, name);
        return Handed::waits;
    }
    truth_->taken(std::string(d.get("id")), serial, d.app);
    if (d.method == "reply") return Handed::waits;
    if (d.app == "all") {
        for (std::size_t each = 0; each < kApps; ++each) put_copy(each, d, name);
        return Handed::waits;
    }
    Datapack error = d.error_reply(Code::no_such_app, "");
    error.set("from", "mswd");
    reply_later(std::move(error), serial, true, Time(0));
    return Handed::ended;
}

void Host::put_copy(std::size_t app, const Datapack& d, std::uint64_t name) {
    Apps::Waiting waiting;
    waiting.head.method = d.method;
    waiting.head.app = d.app;
    waiting.head.head = d.head;
    waiting.serial = Ledger::serial_of(d.body);
    waiting.name = name;
    waiting.bytes = d.weight();
    apps_->put(app, std::move(waiting));
    if (d.app != "all") most_in_a_mailbox_ = std::max(most_in_a_mailbox_, apps_->bytes(app));
    wake(app);
}

void Host::wake(std::size_t app) {
    if (!apps_->takes(app) || apps_->begins(app)) return;
    around_.events.add(now() + shape_.service, {Event::Kind::take, number_, start_, app, 0});
}

void Host::take(std::size_t app) {
    apps_->is_through(app);
    if (!apps_->takes(app)) return;
    const Apps::Waiting taken = apps_->take(app);
    around_.trace.mark(now(), 10, taken.serial, number_);
    if (taken.name != 0) {
        truth_->taken(std::string(taken.head.get("id")), taken.serial, taken.head.app);
        edge_->mesh.taken(taken.name, own_time());
    }
    if (taken.row != 0) {
        use(taken, app);
    } else {
        think_about(taken, app);
    }
    inbox_->pump(app_name(app));
    wake(app);
    poke();
}

void Host::think_about(const Apps::Waiting& asked, std::size_t app) {
    const bool is_question = asked.head.method == "get";
    const std::uint64_t mood = asked.head.head.has("x-probe") ? 50 : dice_.below(100);
    if (!is_question && mood >= 3) return;
    Datapack reply = asked.head.reply();
    reply.set("from", app_name(app));
    if (!is_question) reply.set("error", "refused");
    Time delay = dice_.within(Time(0), Time(20));
    if (mood < 5) return;
    if (mood < 10) delay = dice_.within(Time(1'000), Time(12'000));
    std::uint64_t parts = 1;
    if (mood >= 10 && mood < 15) parts = 2;  // one too many, if it isn't a stream
    const bool stream = is_question && asked.head.get("stream") == "1";
    if (stream) parts = dice_.within(1, 5);
    for (std::uint64_t part = 0; part < parts; ++part) {
        Datapack one = reply;
        if (stream) {
            one.set("part", std::to_string(part));
            if (part + 1 == parts) one.set("end", "1");
        }
        reply_later(std::move(one), asked.serial, !stream || part + 1 == parts, delay);
        delay += dice_.within(Time(0), Time(300));
    }
}

void Host::reply_later(Datapack reply, Serial question, bool last, Time delay) {
    replies_.push_back({std::move(reply), question, last, false});
    around_.events.add(now() + delay, {Event::Kind::reply, number_, start_, replies_.size() - 1, 0});
}

void Host::send_reply(std::size_t which) {
    Reply& reply = replies_[which];
    reply.sent = true;
    Datapack d = std::move(reply.datapack);
    const std::size_t to = around_.ledger.host_called(d.get("to"));
    reply_now(std::move(d), to, reply.question, reply.last);
    poke();
}

void Host::reply_now(Datapack d, std::size_t to, Serial question, bool last) {
    const std::uint64_t kind = dice_.below(100);
    const std::size_t size = kind < 80 ? dice_.below(300) : kind < 96 ? dice_.below(30'000) : dice_.below(150'000);
    Sent sent;
    sent.origin = number_;
    sent.run = around_.ledger.host(number_).run;
    sent.at = now();
    sent.method = "reply";
    if (d.get("from").empty()) d.set("from", app_name(0));
    sent.from = d.get("from");
    sent.size = Ledger::body_of(0, size).size();
    sent.expires = kBegin + now().count() + told_clock_ms_ + net::Mesh::kLifetime.count();
    sent.last = last;
    sent.question = question;
    Copy& copy = sent.copies.emplace_back();
    copy.host = to;
    copy.app = d.app;
    const Serial serial = around_.ledger.enter(std::move(sent)).serial;
    d.set("id", shape_.id);
    d.set("by", "plugin:" + std::string(d.get("from")));
    d.body = Ledger::body_of(serial, size);
    edge_->mesh.submit(std::move(d), own_time());
}

}  // namespace msw::sim
