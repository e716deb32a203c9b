// Peers, old, broken or hostile, against the pure core of net: what they say, when they come and go, and what this host
// sends meanwhile. Whatever they do, the core keeps to its bounds and its promises.
//
//     >+ ADDRESS      a connection comes in
//     >d N  >f N  >b N  the Nth address being dialled answers, fails, may not be dialled
//     >l N [/CUT] [=] bytes come by the Nth connection
//     >- N            it ends
//     >t N            half a second times 2^N goes by
//     >w  >r          writing stops or goes on; there is no room, or room again
//     >s [=]          a plugin of this host sends
//     >x HOST         it sends 1 MiB there
//     >g N M          the Nth connection's peer tells of 40 addresses and hosts, made up from M
//     >m M [p]        8 hosts connect, old ones or (p) such as ours
//     >c              the address file is another
#include "base/json.hpp"
#include "msw/decoder.hpp"
#include "msw/host_id.hpp"
#include "plugins/net/core/mesh.hpp"
#include "plugins/net/core/outlet.hpp"
#include "plugins/net/core/queue_limit.hpp"
#include "tests/fuzz/script.hpp"

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace msw::net {
namespace {

using fuzz::require;

constexpr std::string_view kUs = "us";
constexpr std::size_t kOldRoom = 4096;
constexpr std::uint16_t kPort = 3900;
constexpr std::size_t kUnproven = 16UL * 1024;  // as the connection of net/io has it

MeshSettings settings(bool only_proxy) {
    MeshSettings s;
    s.id = kUs;
    s.listen_port = 3900;
    s.proxy = only_proxy ? "proxy" : "";
    s.only_proxy = only_proxy;
    s.old_room = kOldRoom;
    s.member = "0123456789abcdef";
    s.run = 0xfeed;
    std::vector<OldHost> all;
    const auto list = [&](const std::string& id) {
        all.push_back({id, {{"10.0.0.7", 0}, {"10.0.0.1", kPort}, {"10.0.0.2", kPort}}});
    };
    for (const char* id :
         {"a", "far", "late", "left", "old", "other", "prox", "proxy", "right", "strange", "stranger", "zoe"})
        list(id);
    for (int i = 0; i < 600; ++i) list("h" + std::to_string(i));
    s.old_hosts = OldHosts(std::move(all));
    return s;
}

/// What the peer at the other end of a wire reads: it must be able to, and it must be meant for it.
class Reader {
public:
    explicit Reader(PeerInfo peer) : peer_(std::move(peer)) {}
    void read(std::span<const iovec> parts) {
        std::size_t total = 0;
        for (const iovec& part : parts) {
            decoder_.feed({static_cast<const char*>(part.iov_base), part.iov_len});
            total += part.iov_len;
        }
        require(total <= kOldRoom);
        std::size_t count = 0;
        for (;; ++count) {
            const Decoder::Event event = decoder_.next();
            if (event == Decoder::Event::more) break;
            require(event == Decoder::Event::datapack || event == Decoder::Event::file);
            check(decoder_.datapack());
            if (event == Decoder::Event::file) return;
        }
        require(count == 1);  // an old host decodes one at each read
    }
    void read_file(std::uint64_t size) {
        decoder_.feed(std::string(static_cast<std::size_t>(size), 'f'));
        Decoder::Event event = decoder_.next();
        while (event == Decoder::Event::piece) event = decoder_.next();
        require(event == Decoder::Event::file_end);
    }

private:
    void check(const Datapack& d) const {
        require(valid_host_id(d.get("id")) || (d.method == "link" && peer_.modern));
        require(!d.head.has("size") && !d.head.has("fds"));
        if (peer_.modern) return;
        require(d.version == Version::v0_1);
        for (const Field f : d.head) require(f.value.find(": ") == std::string_view::npos);
    }
    PeerInfo peer_;
    Decoder decoder_;
};

struct Wire {
    Decoder decoder;
    std::size_t unproven = 0;
    PeerInfo peer;
    std::unique_ptr<Outlet> outlet;  // from the end of the handshake on
    std::unique_ptr<Reader> reader;
    bool retired = false;
};

/// This host: its Mesh, and wires whose other ends the input holds.
class Host final : public Edge {
public:
    explicit Host(bool only_proxy) : mesh_(settings(only_proxy), *this, 7) {}

    void take(fuzz::Step step) {
        std::string_view words = step.words;
        switch (step.what) {
            case '+': come_in(); break;
            case 'd':
            case 'f': dial_ends(step.what, fuzz::take_number(words)); break;
            case 'l': {
                const LinkId link = nth(fuzz::take_number(words));
                bytes_come(link, fuzz::with_length(words, step.bytes), fuzz::cut_of(words, step.bytes.size()));
                break;
            }
            case '-': end(nth(fuzz::take_number(words))); break;
            case 't':
                now_ += Time(500) * (1U << std::min<std::size_t>(fuzz::take_number(words), 9));
                mesh_.tick(now_);
                break;
            case 'w': writing_ = !writing_; break;
            case 'r':
                room_ = !room_;
                if (room_) mesh_.has_room_again(now_);
                break;
            case 's': send(fuzz::with_length(words, step.bytes)); break;
            case 'x':
                if (may_be_big()) send_much(words.substr(0, 64));
                break;
            case 'g':
                if (may_be_big()) gossip(nth(fuzz::take_number(words)), words);
                break;
            case 'm':
                if (may_be_big()) many_come(words);
                break;
            default: break;
        }
        flush();
    }

    /// What `get net` tells keeps to the bounds.
    void check() {
        const std::string status = ask("status");
        std::size_t learned = 0;
        std::string_view section;
        for (std::size_t at = 0; at < status.size();) {
            const std::size_t line_end = std::min(status.find('\n', at), status.size());
            const std::string_view line = std::string_view(status).substr(at, line_end - at);
            at = line_end + 1;
            if (line.substr(0, 2) != "  ")
                section = line;
            else if (section == "incoming:" || section == "exchanged:")
                ++learned;
        }
        require(learned <= AddressBook::kMostLearned);

        const Json peers = *Json::parse(ask("peers"), {}, 8);
        std::size_t direct = 0;
        for (const Json& row : peers.items()) {
            require(!same_host_id(row["id"].as_string(), kUs));
            direct += row["via"].as_string().empty() ? 1U : 0U;
        }
        require(direct <= Mesh::kMostLinks && peers.items().size() <= Mesh::kMostLinks + Proxies::kMost);

        std::size_t bytes = 0;
        const Json queue = *Json::parse(ask("queue"), {}, 8);
        for (const Json& row : queue.items()) {
            bytes += static_cast<std::size_t>(row["bytes"].as_int());
        }
        require(bytes <= Outbox::kMostInAll + Mesh::kMostLinks * QueueLimit::kMost);
        require(queue.items().size() == mesh_.waiting());
        require(parse_gossip(ask("mht")).ok());
    }

    // Edge
    void dial(const Address& address, Speaks speaks) override {
        require(speaks == Speaks::v0_1 && plausible_host(address.host) && address.port != 0);
        dialling_.insert(address);
    }
    void say(LinkId link, const Datapack& word) override {
        require(wires_.contains(link) && !wires_.at(link).outlet);
        require(encode(word, Dialect::old_host).ok());
    }
    void established(LinkId link, const PeerInfo& peer) override {
        require(valid_host_id(peer.id) && !same_host_id(peer.id, kUs));
        Wire& wire = wires_.at(link);
        require(!wire.outlet);
        wire.peer = peer;
        require(!peer.modern);
        wire.outlet = std::make_unique<Outlet>(Dialect::old_host, true, kOldRoom);
        wire.reader = std::make_unique<Reader>(peer);
        require(++established_ <= Mesh::kMostLinks);
    }
    [[nodiscard]] bool has_room(LinkId link) const override {
        const auto it = wires_.find(link);
        return room_ && it != wires_.end() && it->second.outlet && !it->second.retired &&
               it->second.outlet->carried_bytes() < QueueLimit::kMost;
    }
    [[nodiscard]] bool has_room_for_frame(LinkId link) const override { return has_room(link); }
    [[nodiscard]] Time delivered_until(LinkId /*link*/) override { return now_; }
    void write(LinkId link, Parcel parcel) override {
        const Wire& wire = wires_.at(link);
        require(wire.outlet != nullptr && !wire.retired && wire.outlet->carried_bytes() < QueueLimit::kMost);
        check_stamp(parcel.content());
        wire.outlet->push(std::move(parcel));
    }
    [[nodiscard]] std::pair<std::size_t, std::size_t> waiting(LinkId link) const override {
        const Outlet& outlet = *wires_.at(link).outlet;
        return {outlet.count(), outlet.waiting_bytes()};
    }
    std::vector<Parcel> close(LinkId link) override {
        auto node = wires_.extract(link);
        require(!node.empty());
        if (!node.mapped().outlet) return {};
        --established_;
        return node.mapped().outlet->take_all();
    }
    std::vector<Parcel> retire(LinkId link) override {
        Wire& wire = wires_.at(link);
        require(wire.outlet && !wire.retired);
        wire.retired = true;
        return wire.outlet->take_unbegun();
    }
    void deliver(LinkId from, Datapack d) override {
        require(d.app != "net");
        require(!d.head.has("to") && !d.head.has("hops") && !d.head.has("fds"));
        require(d.file ? d.get("size") == std::to_string(d.file->size()) : !d.head.has("size"));
        require(from == 0 || valid_host_id(d.get("id")));
        if (from != 0) require(d.get("by").empty());
        check_stamp(d);
        const bool refuses = d.app == "nobody";
        const Datapack copy = d;
        last_ = std::move(d);
        if (refuses) mesh_.undeliverable(copy, {Code::no_such_app, "no such app"}, now_);
    }
    Arrivals::Handed hand(const Datapack& d, std::uint64_t) override {
        require(d.app != "net");
        for (const char* name : {"to", "via", "hops", "class", "run", "for", "n", "low", "at", "fds"}) {
            require(!d.head.has(name));
        }
        require(valid_host_id(d.get("id")));
        return d.app == "full" ? Arrivals::Handed::full : Arrivals::Handed::ended;
    }
    void hold(std::string_view app, bool held) override {
        require(held ? held_.emplace(app).second : held_.erase(std::string(app)) == 1);
    }
    [[nodiscard]] Vitals vitals(LinkId) const override { return {}; }
    void merge_documents(LinkId, std::vector<std::string>, bool) override { require(false); }
    void change_roster(const Datapack&) override {}
    void join(LinkId, const Datapack&) override { require(false); }
    void raise_epoch(std::uint64_t epoch) override { require(epoch > 0); }
    void log(msw_priority, std::string_view text, const Datapack*) override { require(!text.empty()); }

private:
    /// An old host has no word about who stands behind a Datapack: only what is known here may be said of it.
    static void check_stamp(const Datapack& d) {
        const std::string_view by = d.get("by");
        require(by.empty() || by == "plugin:net" || by == "plugin:tester");
    }

    [[nodiscard]] LinkId nth(std::size_t n) const {
        if (wires_.empty()) return 0;
        return std::next(wires_.begin(), static_cast<std::ptrdiff_t>(n % wires_.size()))->first;
    }

    LinkId come_in() {
        const LinkId link = ++last_link_;
        wires_[link];
        if (mesh_.accepted(link, "10.0.0.7", now_, Speaks::v0_1)) return link;
        wires_.erase(link);
        return 0;
    }

    /// A fuzzer that fills everything up again and again gets nowhere; the corpus does it in a few inputs.
    bool may_be_big() {
#ifdef FUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION
        constexpr int kMost = 4;
#else
        constexpr int kMost = 100;
#endif
        return ++big_steps_ <= kMost;
    }

    void dial_ends(char how, std::size_t n) {
        if (dialling_.empty()) return;
        const auto at = std::next(dialling_.begin(), static_cast<std::ptrdiff_t>(n % dialling_.size()));
        const auto taken = dialling_.extract(at);
        const Address& address = taken.value();
        if (how == 'f') mesh_.dial_failed(address, "refused", now_, Speaks::v0_1);
        if (how != 'd') return;
        const LinkId link = ++last_link_;
        wires_[link];
        mesh_.dialled(link, address, now_, Speaks::v0_1);
    }

    void end(LinkId link) {
        if (!wires_.contains(link)) return;
        mesh_.lost(link, "the other side closed it", close(link), now_);
    }

    void bytes_come(LinkId link, std::string_view bytes, std::size_t cut) {
        while (!bytes.empty() && wires_.contains(link)) {
            const std::string_view part = bytes.substr(0, cut);
            bytes.remove_prefix(part.size());
            Wire& wire = wires_.at(link);
            wire.decoder.feed(part);
            mesh_.shows_life(link, now_);
            if (!wire.outlet && (wire.unproven += part.size()) > kUnproven) {
                mesh_.broken(link, "no handshake", now_);
                return;
            }
            while (wires_.contains(link) && decode_one(link, wires_.at(link))) {
            }
        }
    }

    /// As the connection of net/io does it, without the disk.
    bool decode_one(LinkId link, Wire& wire) {
        Decoder& decoder = wire.decoder;
        switch (decoder.next()) {
            case Decoder::Event::more: return false;
            case Decoder::Event::error: mesh_.broken(link, decoder.error().text, now_); return false;
            case Decoder::Event::file:
                if (!wire.outlet) mesh_.broken(link, "the first Datapack was a file, no handshake", now_);
                return true;
            case Decoder::Event::piece: return true;
            case Decoder::Event::datapack: mesh_.heard(link, std::move(decoder.datapack()), now_); return true;
            case Decoder::Event::file_end: {
                Datapack d = std::move(decoder.datapack());
                if (d.app == "net" && !mesh_.passes_through(d)) {
                    mesh_.refuse_file(link, d, {Code::bad_request, "net takes no files"}, now_);
                } else {
                    d.file = std::make_shared<const File>(-1, decoder.file_size(), "");
                    mesh_.heard(link, std::move(d), now_);
                }
                return true;
            }
        }
        return false;
    }

    void submit(Datapack d) {
        d.set("id", kUs);
        d.set("from", "tester");
        d.set("by", "plugin:tester");
        if (d.get("flag").empty()) d.set("flag", "f");
        if (d.get("to").empty()) d.app = "net";
        mesh_.submit(std::move(d), now_);
    }

    void send(std::string_view bytes) {
        Decoder decoder;
        decoder.feed(bytes);
        while (decoder.next() == Decoder::Event::datapack) submit(std::move(decoder.datapack()));
    }

    void send_much(std::string_view to) {
        Datapack d("post", "a", std::string(1024UL * 1024, 'x'));
        d.set("to", valid_host_id(to) ? to : "far");
        submit(std::move(d));
    }

    [[nodiscard]] std::string ask(std::string verb) {
        last_ = {};
        submit(Datapack("get", "net", std::move(verb)));
        require(last_.method == "reply" && last_.get("error").empty());
        return last_.body;
    }

    void gossip(LinkId link, std::string_view words) {
        const auto wire = wires_.find(link);
        if (wire == wires_.end() || !wire->second.outlet) return;
        const std::size_t from = words.empty() ? 0 : static_cast<unsigned char>(words.back());
        Json addresses = Json::array();
        Json proxies = Json::object();
        for (std::size_t i = 0; i < 40; ++i) {
            const std::string name = "h" + std::to_string(from * 40 + i);
            Json address = Json::array();
            address.push(name).push(3900);
            addresses.push(std::move(address));
            proxies.set(name, wire->second.peer.id);
        }
        Datapack d("reply", "net");
        d.set("id", wire->second.peer.id);
        d.body = Json::object({{"mht", std::move(addresses)}, {"proxy", std::move(proxies)}}).dump();
        mesh_.heard(link, std::move(d), now_);
    }

    void many_come(std::string_view words) {
        const std::size_t from = fuzz::take_number(words);
        for (std::size_t i = 0; i < 8; ++i) {
            const LinkId link = come_in();
            if (link == 0) return;
            Datapack d("post", "handshake");
            d.set("id", "h" + std::to_string(from * 8 + i));
            d.set("listen_port", std::to_string(4000 + i));
            mesh_.heard(link, std::move(d), now_);
        }
    }

    /// Write what waits, and tell of what can't be written.
    void flush() {
        std::vector<LinkId> links;
        for (const auto& [link, wire] : wires_) {
            if (wire.outlet) links.push_back(link);
        }
        for (const LinkId link : links) {
            while (writing_ && wires_.contains(link)) {
                Wire& wire = wires_.at(link);
                const std::span<const iovec> parts = wire.outlet->parts();
                for (const auto& [parcel, why] : wire.outlet->take_unfit()) mesh_.unfit(parcel, why, now_);
                if (!wires_.contains(link)) break;
                std::size_t total = 0;
                for (const iovec& part : parts) total += part.iov_len;
                if (total > 0) {
                    wire.reader->read(parts);
                    wire.outlet->taken(total);
                }
                if (wire.outlet->file_due()) {
                    wire.reader->read_file(wire.outlet->file_parcel().content().file->size());
                    wire.outlet->file_done();
                } else if (total == 0) {
                    break;
                }
            }
        }
        if (writing_ && room_) mesh_.has_room_again(now_);
    }

    Mesh mesh_;
    std::set<std::string, std::less<>> held_;
    Time now_{1000};
    std::map<LinkId, Wire> wires_;
    std::set<Address> dialling_;
    Datapack last_;
    LinkId last_link_ = 0;
    std::size_t established_ = 0;
    int big_steps_ = 0;
    bool writing_ = true;
    bool room_ = true;
};

}  // namespace
}  // namespace msw::net

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    msw::net::Host host(text.substr(0, 5) == "proxy");
    msw::fuzz::play(text, host);
    host.check();
    return 0;
}
