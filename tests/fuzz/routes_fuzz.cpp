// Neighbours, broken or hostile, against the routes of this host: what they say, when they come and go. Whatever they
// do, announcements have one text, what this host sends makes sense to others, and all keeps to its bounds.
//
//     >u N      a link to the Nth member comes up; >d N  it goes down; >b N  it is busy, or not any more
//     >r N      its ping says a root: 16 hex digits, or else the hash of the bytes
//     >f N      a frame comes by it
//     >a N      a flood comes by it, of announcements with a blank line after each
//     >w N      an answer comes to the question that is open there
//     >e        the bytes are one announcement, looked at alone
//     >t N      half a second times 2^N goes by
#include "base/hex.hpp"
#include "plugins/net/core/routes/hash.hpp"
#include "plugins/net/core/routes/routes.hpp"
#include "tests/fuzz/script.hpp"

#include <algorithm>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace msw::net {
namespace {

using fuzz::require;

/// An announcement is read only as it would be written.
void look_at(std::string_view text) {
    const Result<AnnouncedPtr> read = read_announced(text);
    if (!read) {
        require(!read.error().text.empty());
        return;
    }
    const Announced& what = **read;
    require(encode(what.said) == text && what.text == text);
    require(text.starts_with(signed_bytes(what.said)));
    require(title_of(text).member == what.said.member && title_of(text).edition == what.said.edition);
    require(what.said.links.size() <= Announcement::kMostLinks);
    require(what.said.addresses.size() <= Announcement::kMostAddresses);
    require(make_announced(what.said)->digest == what.digest);
}

class Host final : public RoutesEdge {
public:
    Host() {
        routes_.set_addresses({{"10.0.0.1", 3900}}, now_);
        routes_.tick(now_);
    }

    void take(const fuzz::Step& step) {
        std::string_view words = step.words;
        const std::size_t n = fuzz::take_number(words);
        const LinkId link = n % 8 + 1;
        switch (step.what) {
            case 'u': up(link); break;
            case 'd':
                up_.erase(link);
                routes_.down(link, now_);
                break;
            case 'b': routes_.set_busy(link, busy_ = !busy_, now_); break;
            case 'r': {
                const std::string_view line = Lines(step.bytes).next().value_or(step.bytes);
                routes_.root_heard(link, read_hex(line).value_or(hash_of(step.bytes)), now_);
                break;
            }
            case 'f': routes_.frame_heard(link, step.bytes, now_); break;
            case 'a': flood(link, step.bytes); break;
            case 'w':
                routes_.frame_heard(link, "answer " + std::to_string(asked_) + "\n" + std::string(step.bytes), now_);
                break;
            case 'e': look_at(step.bytes); break;
            case 't': pass(Time(500LL << std::min<std::size_t>(n, 18))); break;
            default: break;
        }
        check();
    }

    /// It knows whom it knows, and each way leads over a link.
    void check_ways() {
        pass(std::chrono::seconds(3));
        const RouteTable& table = routes_.table();
        std::uint64_t root = 0;
        for (const RouteEntry& entry : table.entries()) {
            const std::string& member = entry.what->said.member;
            require(table.find(member) == &entry);
            require(!table.named(entry.what->said.host).member.empty());
            if (!entry.withheld) root ^= entry.what->digest;
            const std::vector<std::string_view> path = table.path(member);
            require(path.empty() == table.next_hop(member).empty());
            if (path.empty()) continue;
            require(path.front() == table.next_hop(member) && path.back() == member);
            require(is_up(path.front()));
            require(*table.distance(member) >= path.size());
            Doubts doubts;
            for (const std::string_view relay : path) doubts[std::string(relay)] = 1;
            const std::vector<std::string_view> second = table.path_around(member, doubts);
            require(!second.empty() && second.back() == member && is_up(second.front()));
            const auto doubted = [&](std::string_view relay) { return doubts.contains(std::string(relay)); };
            require(std::count_if(second.begin(), second.end(), doubted) <= static_cast<std::ptrdiff_t>(path.size()));
        }
        require(root == table.digests().root());
    }

    void send_routes(LinkId /*link*/, std::string body) override {
        require(body.size() <= kLongestRouteFrame);
        Result<RouteFrameReader> reader = RouteFrameReader::open(body);
        require(reader.ok());
        if (reader->title() == RouteFrameReader::Title::ask) asked_ = reader->number();
        RouteItem item;
        Result<bool> more = reader->next(item);
        for (; more && *more; more = reader->next(item)) {
            if (item.kind == RouteItem::Kind::announcement) look_at(item.text);
        }
        require(more.ok());
    }
    void dial(const std::string& member, const Address& address) override {
        require(member != kOwn && address.port != 0);
        if (hash_of(member) % 2 == 0) failed_.push_back(member);
    }
    void drop_surplus(LinkId link) override { surplus_.push_back(link); }
    void route_changed(const Announced& what) override { look_at(what.text); }
    void raise_epoch(std::uint64_t epoch) override { require(epoch <= kLargestCount); }
    void two_runs() override {}
    void route_offence(LinkId /*link*/, std::string_view why) override { require(!why.empty()); }

private:
    static constexpr const char* kOwn = "a0";

    static std::string member_of(LinkId link) { return "b" + std::to_string(link); }

    void up(LinkId link) {
        up_.insert(link);
        Routes::NewLink fresh;
        fresh.id = link;
        fresh.member = member_of(link);
        fresh.we_dialled = link % 2 == 0;
        routes_.up(std::move(fresh), now_);
    }

    [[nodiscard]] bool is_up(std::string_view member) const {
        for (LinkId link = 1; link <= 8; ++link) {
            if (member_of(link) == member) return up_.contains(link);
        }
        return false;
    }

    void flood(LinkId link, std::string_view texts) {
        std::string body = "flood\n";
        while (!texts.empty()) {
            const std::size_t end = texts.find("\n\n");
            const std::string_view text = texts.substr(0, end == std::string_view::npos ? end : end + 1);
            texts.remove_prefix(std::min(text.size() + 1, texts.size()));
            body.append("announcement ").append(std::to_string(text.size())).append("\n").append(text);
        }
        routes_.frame_heard(link, body, now_);
    }

    /// In steps that grow, so that a day needs few.
    void pass(Time time) {
        for (int i = 0; i < 8; ++i) {
            now_ += time / 8;
            routes_.tick(now_);
            for (const std::string& member : std::exchange(failed_, {})) routes_.dial_failed(member, now_);
            for (const LinkId link : std::exchange(surplus_, {})) {
                up_.erase(link);
                routes_.down(link, now_);
            }
        }
    }

    void check() const {
        require(routes_.table().size() <= RouteTable::kMostHosts);
        const Announcement* own = routes_.table().said(kOwn);
        require(own != nullptr && own->run == 7);
    }

    Time now_ = std::chrono::seconds(100);
    std::set<LinkId> up_;
    std::vector<std::string> failed_;
    std::vector<LinkId> surplus_;
    std::uint32_t asked_ = 0;
    bool busy_ = false;
    Routes routes_{{"us", kOwn, 1, 7}, 1, *this};
};

}  // namespace
}  // namespace msw::net

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    msw::net::Host host;
    msw::fuzz::play({reinterpret_cast<const char*>(data), size}, host);
    host.check_ways();
    return 0;
}
