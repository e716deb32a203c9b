#include "plugins/net/core/mesh_world_for_test.hpp"

#include "base/roster/bundle.hpp"

#include <algorithm>
#include <utility>

namespace msw::net {

HostForTest::HostForTest(World& w, const MeshSettings& settings)
    : world(w),
      mesh(settings, *this, settings.listen_port),
      id(settings.id),
      key(settings.keys.sign),
      address{"127.0.0.1", settings.listen_port} {}

void HostForTest::dial(const Address& to, Speaks /*speaks*/) { world.dial(*this, to); }
void HostForTest::say(LinkId link, const Datapack& word) { world.carry(*this, link, word); }
Time HostForTest::delivered_until(LinkId /*link*/) { return world.now; }

void HostForTest::write(LinkId link, Parcel parcel) {
    Datapack d = parcel.content();
    std::string_view text = parcel.lines;
    while (!text.empty()) {
        const std::string_view line = text.substr(0, text.find('\n'));
        const std::size_t colon = line.find(": ");
        d.set(line.substr(0, colon), line.substr(colon + 2));
        text.remove_prefix(line.size() + 1);
    }
    if (swallows && d.head.has("to") && d.get("id") != id) return;
    if (known.at(link).modern) {
        world.carry(*this, link, std::move(d));
    } else {
        written_to_old.push_back(std::move(d));
    }
}

void HostForTest::merge_documents(LinkId link, std::vector<std::string> documents, bool asked) {
    world.later([this, link, documents = std::move(documents), asked] {
        roster::Roster roster = *mesh.members().roster();
        const roster::Roster::Merged merged = roster.merge(roster::check_documents(documents));
        if (!merged.fresh.empty()) {
            mesh.set_members(std::make_shared<const Membership>(std::move(roster)), merged.fresh, link, world.now);
        }
        if (asked) mesh.merged(link, world.now);
    });
}

std::vector<Parcel> HostForTest::close(LinkId link) {
    world.cut(*this, link);
    return {};
}

std::vector<Parcel> HostForTest::retire(LinkId link) {
    world.cut(*this, link);  // the other end answers with its own end
    return {};
}

void HostForTest::send(const char* method, const char* app, const char* to, std::string body) {
    Datapack d(method, app, std::move(body));
    d.set("id", id);
    d.set("from", "tester");
    d.set("flag", "f-" + d.body.substr(0, 16));
    d.set("to", to);
    mesh.submit(std::move(d), world.now);
}

Datapack HostForTest::ask(const char* body) {
    const std::size_t before = delivered.size();
    send("get", "net", "", body);
    if (delivered.size() == before) return {};
    Datapack answer = std::move(delivered.back());
    delivered.pop_back();
    return answer;
}

std::vector<std::string> HostForTest::bodies() const {
    std::vector<std::string> out;
    for (const Datapack& d : delivered) out.push_back(d.body);
    return out;
}

void HostForTest::take_all() {
    for (const std::uint64_t name : std::exchange(untaken, {})) mesh.taken(name, world.now);
}

bool HostForTest::said(std::string_view part) const {
    return std::any_of(lines.begin(), lines.end(),
                       [&](const Line& l) { return l.text.find(part) != std::string::npos; });
}

HostForTest& World::add(const char* id, const std::vector<std::uint16_t>& knows, const char* only_proxy,
                        const char* proxy) {
    MeshSettings settings;
    settings.id = id;
    settings.listen_port = ++last_port_;
    settings.run = 0x1000U + last_port_;
    settings.epoch = ++epochs_[id];
    settings.member = founded.has(id) ? to_hex(founded.of(id).member) : founded.add(id);
    settings.keys = founded.of(id).keys;
    settings.members = founded.members();
    settings.old_hosts = old_hosts;
    settings.only_proxy = *only_proxy != '\0';
    settings.proxy = settings.only_proxy ? only_proxy : proxy;
    hosts.push_back(std::make_unique<HostForTest>(*this, settings));
    tell_all();
    std::vector<Address> addresses;
    addresses.reserve(knows.size());
    for (const std::uint16_t port : knows) addresses.push_back({"127.0.0.1", port});
    hosts.back()->mesh.set_clock(now.count(), now);
    if (!settings.only_proxy) hosts.back()->mesh.set_addresses({hosts.back()->address}, now);
    hosts.back()->mesh.configure(addresses, now);
    return *hosts.back();
}

void World::tell_all() {
    const MembershipPtr members = founded.members();
    for (const auto& host : hosts) host->mesh.set_members(members, {}, 0, now);
}

void World::kill(HostForTest& host) {
    std::vector<LinkId> links;
    for (const auto& [end, other] : wires_) {
        if (end.first == &host) links.push_back(end.second);
    }
    for (const LinkId link : links) cut(host, link);
    host.address.port = 0;
    settle();
    std::erase_if(hosts, [&](const auto& h) { return h.get() == &host; });
}

HostForTest* World::at(const Address& address) {
    const auto it =
        std::find_if(hosts.begin(), hosts.end(), [&](const auto& h) { return h->address.port == address.port; });
    return it == hosts.end() ? nullptr : it->get();
}

void World::dial(HostForTest& from, const Address& address) {
    under_way_.emplace_back([this, &from, address] {
        HostForTest* to = at(address);
        if (to == nullptr || apart_.contains(std::minmax(from.address.port, address.port))) {
            from.mesh.dial_failed(address, "refused", now);
            return;
        }
        const LinkId near = ++last_link_;
        const LinkId far = ++last_link_;
        wires_[{&from, near}] = {to, far};
        wires_[{to, far}] = {&from, near};
        if (!to->mesh.accepted(far, "127.0.0.1", now)) cut(*to, far);
        from.mesh.dialled(near, address, now);
        to->mesh.proved(far, from.key, now);
        from.mesh.proved(near, to->key, now);
    });
}

void World::carry(HostForTest& from, LinkId link, Datapack datapack) {
    under_way_.emplace_back([this, &from, link, d = std::move(datapack)]() mutable {
        const auto wire = wires_.find({&from, link});
        if (wire == wires_.end() || wire->second.host->stands_still || from.stands_still) return;
        wire->second.host->mesh.heard(wire->second.link, std::move(d), now);
    });
}

void World::cut(HostForTest& from, LinkId link) {
    // Behind all that is under way, as the end of a stream is.
    under_way_.emplace_back([this, &from, link] {
        const auto wire = wires_.find({&from, link});
        if (wire == wires_.end()) return;
        const End other = wire->second;
        wires_.erase(wire);
        wires_.erase({other.host, other.link});
        other.host->mesh.lost(other.link, "the other side closed it", {}, now);
        from.mesh.lost(link, "closed", {}, now);
    });
}

void World::settle() {
    while (!under_way_.empty()) {
        const std::function<void()> next = std::move(under_way_.front());
        under_way_.pop_front();
        next();
    }
}

void World::pass(Time time) {
    const Time until = now + time;
    for (;;) {
        for (const auto& host : hosts) {
            if (!host->stands_still) host->mesh.tick(now);
        }
        settle();
        for (const auto& host : hosts) {
            if (!host->stands_still) host->mesh.end_of_turn(now);
        }
        settle();
        if (now >= until) return;
        now += std::min(Time(50), until - now);
    }
}

}  // namespace msw::net
