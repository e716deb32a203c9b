// Neighbours of this host on established links: session frames, numbered Datapacks, receipts, credit, restarts,
// ordinary and durable, in any order and with any numbers. Whatever they do, none is handed to a plugin twice, those of
// a flow come in order, what is said to them can be read, and all keeps to its bounds.
//
//     >+ N           the Nth of four neighbours connects; >- N  its link ends; >! N  it is started again
//     >o N A n l p   it sends n of its flow to the Ath app, holding none below l, at offset p; >O  a durable one;
//                    with `f`  for another run of this host
//     >r N A m       it has received up to m of what goes to its Ath app; >R  of the durable ones
//     >w N A p       it gives credit up to offset p; >W  for durable ones; >L N A l p  it holds none below l, at p
//     >s N A         a plugin here sends it one; >S  a durable question
//     >l N [=]       a Datapack as it is comes by its link
//     >k             a plugin takes the oldest that it was handed
//     >d             the disk works no more, or works again
//     >t N           50 ms times 2^N go by
#include "msw/decoder.hpp"
#include "msw/host_id.hpp"
#include "plugins/net/core/membership_for_test.hpp"
#include "plugins/net/core/mesh.hpp"
#include "tests/fuzz/script.hpp"

#include <array>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace msw::net {
namespace {

using fuzz::require;

constexpr Run kOurRun = 0xfeed;
constexpr std::size_t kPeers = 4;
constexpr std::size_t kRoom = 64;  // Datapacks that wait on a link
constexpr std::array<std::string_view, 4> kApps{"p0", "p1", "full", "@"};

std::string id_of(std::size_t i) { return "n" + std::to_string(i); }

/// This host and its neighbours are members.
struct Members {
    Members() {
        own = mesh.add("us");
        for (std::size_t i = 0; i < kPeers; ++i) (void)mesh.add(id_of(i));
        all = mesh.members();
    }
    MeshForTest mesh;
    std::string own;
    MembershipPtr all;
};
const Members& members() {
    static const Members made;
    return made;
}

MeshSettings settings() {
    MeshSettings s;
    s.id = "us";
    s.member = members().own;
    s.keys = members().mesh.of("us").keys;
    s.members = members().all;
    s.run = kOurRun;
    s.listen_port = 3900;
    return s;
}

std::uint64_t take_next(std::string_view& words) {
    words.remove_prefix(std::min(words.find_first_of("0123456789"), words.size()));
    std::uint64_t n = fuzz::take_number(words);
    if (words.starts_with('G')) n <<= 53U;  // far beyond what a flow counts to
    return n;
}

/// A disk that does at the end of each step what it was told.
class DiskForFuzz final : public Store {
public:
    explicit DiskForFuzz(const Time& now) : now_(now) {}

    void add(const StoredRow& row, std::uint64_t,
             std::function<void(const Result<std::int64_t>&, Time)> done) override {
        later_.emplace_back([this, row, done] {
            if (!works) {
                done(Error{Code::disk_full, "full"}, now_);
                return;
            }
            require(rows_.emplace(std::pair(row.member + row.app, std::pair(row.epoch, row.n)), ++last_).second);
            done(last_, now_);
        });
    }
    void sent(const std::vector<std::int64_t>& rows, Run, bool, std::function<void(bool, Time)> done) override {
        require(!rows.empty());
        later_.emplace_back([this, done] { done(works, now_); });
    }
    void received(const std::vector<std::int64_t>& rows, bool) override {
        for (const std::int64_t row : rows) require(received_.insert(row).second);
    }
    void load(const std::string&, const std::string&, std::uint64_t, std::uint64_t,
              std::function<void(const Result<Page>&, Time)> done) override {
        later_.emplace_back([this, done] { done(Page{}, now_); });
    }
    void flows(std::function<void(const Result<std::vector<StoredRow>>&, Time)> done) override {
        later_.emplace_back([this, done] { done(std::vector<StoredRow>{}, now_); });
    }
    void arrive(const Datapack&, const std::string& member, Run run, const std::string& app, std::uint64_t n,
                std::function<void(bool, Time)> done) override {
        later_.emplace_back([this, key = Key(member, run, app), n, done] {
            if (works) {
                std::uint64_t& mark = marks_[key];
                require(n > mark);
                mark = n;
            }
            done(works, now_);
        });
    }
    void mark_of(const std::string& member, Run run, const std::string& app,
                 std::function<void(std::optional<std::uint64_t>, Time)> done) override {
        later_.emplace_back([this, key = Key(member, run, app), done] {
            done(works ? std::optional(marks_[key]) : std::nullopt, now_);
        });
    }
    void done_with(std::uint64_t) override {}

    /// @return whether there was something to do
    bool work() {
        const bool any = !later_.empty();
        for (const std::function<void()>& what : std::exchange(later_, {})) what();
        return any;
    }

    bool works = true;

private:
    using Key = std::tuple<std::string, Run, std::string>;

    const Time& now_;
    std::vector<std::function<void()>> later_;
    std::map<std::pair<std::string, std::pair<std::uint64_t, std::uint64_t>>, std::int64_t> rows_;
    std::set<std::int64_t> received_;
    std::map<Key, std::uint64_t> marks_;
    std::int64_t last_ = 0;
};

struct Peer {
    LinkId link = 0;  // 0: not connected
    Run run = kNoRun;
    std::uint64_t epoch = 0;
    std::size_t waiting = 0;  // on its link
};

/// This host, and its neighbours as the input has them.
class Host final : public Edge {
public:
    Host() : mesh_(settings(), *this, 7) {
        mesh_.set_store(&disk_);
        mesh_.set_clock(1'000'000, now_);
        for (std::size_t i = 0; i < kPeers; ++i) start_again(i);
    }

    void take(const fuzz::Step& step) {
        std::string_view words = step.words;
        const std::size_t i = static_cast<std::size_t>(take_next(words)) % kPeers;
        switch (step.what) {
            case '+': connect(i); break;
            case '-': end(i); break;
            case '!': start_again(i); break;
            case 'o': numbered(i, FlowClass::ordinary, words); break;
            case 'O': numbered(i, FlowClass::durable, words); break;
            case 'r': receipt(i, 'o', words); break;
            case 'R': receipt(i, 'd', words); break;
            case 'w': window(i, 'o', "credit", words); break;
            case 'W': window(i, 'd', "credit", words); break;
            case 'L': window(i, 'o', "low", words); break;
            case 's': send(i, false, words); break;
            case 'S': send(i, true, words); break;
            case 'l': raw(i, fuzz::with_length(words, step.bytes)); break;
            case 'k': taken(); break;
            case 'd': disk_.works = !disk_.works; break;
            case 't':
                now_ += Time(50) * (1U << std::min<std::size_t>(i, 12));
                mesh_.tick(now_);
                break;
            default: break;
        }
        settle();
    }

    /// Time enough for all that is under way.
    void rest() {
        disk_.works = true;
        for (int round = 0; round < 30; ++round) {
            now_ += Time(100);
            taken();
            mesh_.tick(now_);
            settle();
        }
        require(mesh_.waiting() <= 100'000);
    }

    // Edge
    void dial(const Address&, Speaks) override {}
    void say(LinkId, const Datapack&) override {}
    void established(LinkId, const PeerInfo& peer) override { require(peer.modern); }
    [[nodiscard]] bool has_room(LinkId link) const override {
        const Peer* peer = behind(link);
        return peer != nullptr && peer->waiting < kRoom;
    }
    [[nodiscard]] bool has_room_for_frame(LinkId link) const override { return has_room(link); }
    [[nodiscard]] Time delivered_until(LinkId /*link*/) override { return now_; }
    void write(LinkId link, Parcel parcel) override {
        const auto at = find(link);
        require(at != peers_.end());
        ++at->waiting;
        require(at->waiting <= kRoom + 8);  // frames of the link itself may come on top
        check_written(parcel);
    }
    [[nodiscard]] std::pair<std::size_t, std::size_t> waiting(LinkId link) const override {
        const Peer* peer = behind(link);
        return {peer == nullptr ? 0 : peer->waiting, 0};
    }
    std::vector<Parcel> close(LinkId link) override {
        if (const auto at = find(link); at != peers_.end()) at->link = 0;
        return {};
    }
    std::vector<Parcel> retire(LinkId) override { return {}; }
    void deliver(LinkId from, Datapack d) override { require(from == 0 || valid_host_id(d.get("id"))); }
    Arrivals::Handed hand(const Datapack& d, std::uint64_t name) override {
        for (const char* field : {"to", "via", "hops", "class", "run", "for", "n", "low", "at"}) {
            require(!d.head.has(field));
        }
        if (d.app == "full" && full_) return Arrivals::Handed::full;
        remember(d.get("flag"));
        in_mailboxes_.push_back(name);
        return Arrivals::Handed::waits;
    }
    void hold(std::string_view app, bool held) override {
        require(held ? held_.emplace(app).second : held_.erase(std::string(app)) == 1);
    }
    [[nodiscard]] Vitals vitals(LinkId) const override { return {}; }
    void merge_documents(LinkId link, std::vector<std::string> documents, bool asked) override {
        require(!documents.empty());
        if (asked) merging_.push_back(link);
    }
    void change_roster(const Datapack&) override {}
    void join(LinkId, const Datapack&) override { require(false); }
    void raise_epoch(std::uint64_t epoch) override { require(epoch > 0); }
    void log(msw_priority, std::string_view text, const Datapack*) override { require(!text.empty()); }

private:
    using Peers = std::array<Peer, kPeers>;

    [[nodiscard]] Peers::iterator find(LinkId link) {
        return std::find_if(peers_.begin(), peers_.end(), [&](const Peer& p) { return link != 0 && p.link == link; });
    }
    [[nodiscard]] const Peer* behind(LinkId link) const {
        const auto* at = std::find_if(peers_.begin(), peers_.end(), [&](const Peer& p) { return p.link == link; });
        return link == 0 || at == peers_.end() ? nullptr : at;
    }

    void connect(std::size_t i) {
        Peer& peer = peers_.at(i);
        if (peer.link != 0) return;
        peer.link = ++last_link_;
        peer.waiting = 0;
        require(mesh_.accepted(peer.link, "10.0.0.7", now_));
        mesh_.proved(peer.link, members().mesh.of(id_of(i)).keys.sign, now_);
        Hello hello;
        hello.id = id_of(i);
        hello.epoch = peer.epoch;
        hello.run = peer.run;
        hello.listen_port = 3900;
        hello.roster = to_hex(members().all->digest());
        hello.time_ms = 1'000'000;
        heard(i, to_datapack(hello));
    }
    void end(std::size_t i) {
        if (const LinkId link = std::exchange(peers_.at(i).link, 0); link != 0) mesh_.lost(link, "cut", {}, now_);
    }
    void start_again(std::size_t i) {
        end(i);
        Peer& peer = peers_.at(i);
        ++peer.epoch;
        peer.run = (i + 1) * 0x1000 + peer.epoch;
    }
    void heard(std::size_t i, Datapack d) {
        const LinkId link = peers_.at(i).link;
        if (link == 0) return;
        mesh_.bytes_came(link, now_);
        if (find(link) != peers_.end()) mesh_.heard(link, std::move(d), now_);
    }
    [[nodiscard]] Datapack frame(std::size_t i, const char* kind) const {
        Datapack d("link", kind);
        d.set("id", id_of(i));
        d.set("to", "us");
        d.set("run", to_text(peers_.at(i).run));
        d.set("epoch", std::to_string(peers_.at(i).epoch));
        return d;
    }

    void numbered(std::size_t i, FlowClass flow_class, std::string_view words) {
        const bool other_run = words.find('f') != std::string_view::npos;
        const std::string app(kApps.at(take_next(words) % 3));
        Envelope e;
        e.flow_class = flow_class;
        e.run = peers_.at(i).run;
        e.destination = other_run ? kOurRun + 1 : kOurRun;
        e.n = take_next(words);
        e.low = take_next(words);
        e.at = take_next(words);
        std::string lines;
        write_envelope(e, lines);
        const std::string flag =
            id_of(i) + ' ' + to_text(e.run) + ' ' + letter(flow_class) + app + ' ' + std::to_string(e.n);
        std::string text =
            "post " + app + " msw/1\nid: " + id_of(i) + "\nfrom: x\nto: us\nflag: " + flag + "\n" + lines;
        if (flow_class == FlowClass::durable) text += "durable: 1\nexpires: 9000000\n";
        Decoder decoder;
        decoder.feed(text + "length: 0\n\n");
        require(decoder.next() == Decoder::Event::datapack);
        heard(i, std::move(decoder.datapack()));
    }
    void receipt(std::size_t i, char flow_class, std::string_view words) {
        const std::string_view app = kApps.at(take_next(words) % kApps.size());
        Datapack d = frame(i, "receipt");
        d.set("for", to_text(kOurRun));
        d.body = std::string(1, flow_class) + ' ' + to_text(kOurRun) + ' ' + std::string(app) + ' ' +
                 std::to_string(take_next(words));
        const std::uint64_t beyond = take_next(words);
        if (beyond != 0) d.body += beyond % 2 == 0 ? " 06" : " ff01";
        d.body += '\n';
        heard(i, std::move(d));
    }
    void window(std::size_t i, char flow_class, const char* what, std::string_view words) {
        const std::string_view app = kApps.at(take_next(words) % kApps.size());
        const bool credit = std::string_view(what) == "credit";
        Datapack d = frame(i, "window");
        d.set("for", to_text(kOurRun));
        d.body = std::string(1, flow_class) + ' ' + to_text(credit ? kOurRun : peers_.at(i).run) + ' ' +
                 std::string(app) + ' ' + what + ' ' + std::to_string(take_next(words));
        if (!credit) d.body += ' ' + std::to_string(take_next(words));
        d.body += '\n';
        heard(i, std::move(d));
    }
    void send(std::size_t i, bool durable, std::string_view words) {
        Datapack d(durable ? "get" : "post", std::string(kApps.at(take_next(words) % 3)), std::string(500, 'x'));
        d.set("id", "us");
        d.set("from", "tester");
        d.set("by", "plugin:tester");
        d.set("flag", "s" + std::to_string(++sent_));
        d.set("to", id_of(i));
        if (durable) d.set("durable", "1");
        mesh_.submit(std::move(d), now_);
    }
    void raw(std::size_t i, std::string_view bytes) {
        Decoder decoder;
        decoder.feed(bytes);
        while (decoder.next() == Decoder::Event::datapack) {
            Datapack d = std::move(decoder.datapack());
            d.set("flag", "raw");
            heard(i, std::move(d));
        }
    }
    void taken() {
        full_ = false;
        if (!in_mailboxes_.empty()) {
            mesh_.taken(in_mailboxes_.front(), now_);
            in_mailboxes_.pop_front();
        }
        mesh_.has_room_again(now_);
        full_ = true;
    }
    void settle() {
        for (int i = 0; i < 8; ++i) {
            for (const LinkId link : std::exchange(merging_, {})) mesh_.merged(link, now_);
            mesh_.end_of_turn(now_);
            for (Peer& peer : peers_) peer.waiting = 0;
            if (!disk_.work()) break;
        }
    }

    /// None twice, and those of a flow in the order of their numbers.
    void remember(std::string_view flag) {
        const std::size_t space = flag.rfind(' ');
        if (space == std::string_view::npos) return;
        std::uint64_t& last = handed_[std::string(flag.substr(0, space))];
        const std::uint64_t n = std::stoull(std::string(flag.substr(space + 1)));
        require(n > last);
        last = n;
    }

    /// What is written can be read by who gets it.
    static void check_written(const Parcel& parcel) {
        Datapack d = parcel.content();
        if (d.method != "link") return;
        if (d.app == "receipt") require(parse_receipts(d.body).ok());
        if (d.app == "window") require(parse_windows(d.body).ok());
        if (d.app == "hello") require(parse_hello(d).ok());
    }

    Time now_{1000};
    DiskForFuzz disk_{now_};
    Mesh mesh_;
    Peers peers_{};
    LinkId last_link_ = 0;
    std::deque<std::uint64_t> in_mailboxes_;
    std::vector<LinkId> merging_;
    std::set<std::string, std::less<>> held_;
    std::map<std::string, std::uint64_t> handed_;
    std::uint64_t sent_ = 0;
    bool full_ = true;  // the app of that name takes nothing
};

}  // namespace
}  // namespace msw::net

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    msw::net::Host host;
    msw::fuzz::play({reinterpret_cast<const char*>(data), size}, host);
    host.rest();
    return 0;
}
