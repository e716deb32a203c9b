#include "plugins/net/core/routes/announcement.hpp"

#include "base/hex.hpp"
#include "msw/host_id.hpp"
#include "plugins/net/core/routes/hash.hpp"
#include "plugins/net/core/routes/lines.hpp"

#include <algorithm>

namespace msw::net {
namespace {

bool valid_signature(std::string_view text) noexcept {
    return !text.empty() && text.size() <= Announcement::kLongestSignature &&
           std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 0x7f; });
}

/// Reads a text line by line, and remembers what was wrong first.
class Reader {
public:
    explicit Reader(std::string_view text) noexcept : lines_(text) { advance(); }

    /// @return what follows `word` on this line, and go to the next; nothing: the line begins otherwise
    std::optional<std::string_view> take(std::string_view word) {
        if (done_ || !line_.starts_with(word)) return std::nullopt;
        std::string_view rest = line_.substr(word.size());
        if (!rest.empty()) {
            if (rest.front() != ' ') return std::nullopt;
            rest.remove_prefix(1);
            if (rest.empty()) return std::nullopt;  // a blank at the end
        }
        advance();
        return rest;
    }

    [[nodiscard]] bool at_end() const noexcept { return done_ && !broken_; }

    /// @return the error about the line read last
    [[nodiscard]] Error wrong(std::string_view what) const { return error(number_ - 1, what); }
    /// @return the error about the line that is next
    [[nodiscard]] Error expected(std::string_view what) const { return error(number_, what); }

private:
    void advance() {
        ++number_;
        const std::optional<std::string_view> line = lines_.next();
        done_ = !line.has_value();
        broken_ = done_ && !lines_.rest().empty();
        line_ = line.value_or(std::string_view());
    }
    static Error error(std::size_t number, std::string_view what) {
        return {Code::bad_request, "announcement, line " + std::to_string(number) + ": " + std::string(what)};
    }

    Lines lines_;
    std::string_view line_;
    std::size_t number_ = 0;
    bool done_ = false;
    bool broken_ = false;  // the last line has no end
};

Result<Address> read_address(const Reader& in, std::string_view text) {
    Result<Address> address = parse_address(text);
    if (!address) return in.wrong(address.error().text);
    if (to_text(*address) != text) return in.wrong("the address isn't written as it should be");
    return address;
}

Result<AnnouncedLink> read_link(const Reader& in, std::string_view text) {
    AnnouncedLink link;
    std::string_view rest = text;
    const std::string_view member = take_word(rest);
    if (!valid_member(member)) return in.wrong("a link needs a member of 1 to 64 lower-case hex digits");
    link.member = member;
    const std::optional<std::uint64_t> cost = read_count(take_word(rest), 65535);
    if (!cost || *cost == 0) return in.wrong("a link needs a cost from 1 to 65535");
    link.cost = static_cast<std::uint16_t>(*cost);
    link.busy = rest == "busy";
    if (text.back() == ' ' || (!rest.empty() && !link.busy)) return in.wrong("after the cost only `busy` may stand");
    return link;
}

Result<void> read_head(Reader& in, Announcement& a) {
    const auto host = in.take("host");
    if (!host) return in.expected("`host` was expected");
    if (!valid_host_id(*host)) return in.wrong("that is no host id");
    a.host = *host;
    const auto member = in.take("member");
    if (!member) return in.expected("`member` was expected");
    if (!valid_member(*member)) return in.wrong("a member is 1 to 64 lower-case hex digits");
    a.member = *member;
    for (const auto& [word, count] : {std::pair{"epoch", &a.edition.epoch}, std::pair{"seq", &a.edition.seq}}) {
        const auto text = in.take(word);
        if (!text) return in.expected("`" + std::string(word) + "` was expected");
        const std::optional<std::uint64_t> number = read_count(*text, kLargestCount);
        if (!number) return in.wrong("that is no count");
        *count = *number;
    }
    const auto run = in.take("run");
    if (!run) return in.expected("`run` was expected");
    const std::optional<std::uint64_t> bits = read_hex(*run);
    if (!bits) return in.wrong("a run is 16 lower-case hex digits");
    a.run = *bits;
    return {};
}

Result<void> read_lists(Reader& in, Announcement& a) {
    if (const auto rest = in.take("hub")) {
        if (!rest->empty()) return in.wrong("nothing may follow `hub`");
        a.hub = true;
    }
    while (const auto text = in.take("address")) {
        if (a.addresses.size() == Announcement::kMostAddresses) return in.wrong("too many addresses");
        Result<Address> address = read_address(in, *text);
        if (!address) return address.error();
        if (std::find(a.addresses.begin(), a.addresses.end(), *address) != a.addresses.end()) {
            return in.wrong("the address stands there twice");
        }
        a.addresses.push_back(std::move(address).value());
    }
    while (const auto text = in.take("link")) {
        if (a.links.size() == Announcement::kMostLinks) return in.wrong("too many links");
        Result<AnnouncedLink> link = read_link(in, *text);
        if (!link) return link.error();
        if (link->member == a.member) return in.wrong("a link leads to the member itself");
        if (!a.links.empty() && a.links.back().member >= link->member) {
            return in.wrong("links must be in the order of their members, each once");
        }
        a.links.push_back(std::move(link).value());
    }
    return {};
}

AnnouncedPtr with_hashes(Announcement said, std::string text) {
    auto made = std::make_shared<Announced>();
    made->digest = hash_of(text);
    made->key = key_of(said.member);
    made->id_hash = hash_of_id(said.host);
    made->link_keys.reserve(said.links.size());
    for (const AnnouncedLink& link : said.links) made->link_keys.push_back(key_of(link.member));
    made->said = std::move(said);
    made->text = std::move(text);
    return made;
}

}  // namespace

bool valid_member(std::string_view member) noexcept {
    return !member.empty() && member.size() <= Announcement::kLongestMember &&
           std::all_of(member.begin(), member.end(),
                       [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

std::string signed_bytes(const Announcement& a) {
    std::string text;
    text.reserve(192 + a.addresses.size() * 32 + a.links.size() * 80);
    text.append("host ").append(a.host).append("\nmember ").append(a.member);
    text.append("\nepoch ").append(std::to_string(a.edition.epoch));
    text.append("\nseq ").append(std::to_string(a.edition.seq));
    text.append("\nrun ").append(to_hex(a.run)).append("\n");
    if (a.hub) text.append("hub\n");
    for (const Address& address : a.addresses) text.append("address ").append(to_text(address)).append("\n");
    for (const AnnouncedLink& link : a.links) {
        text.append("link ").append(link.member).append(" ").append(std::to_string(link.cost));
        text.append(link.busy ? " busy\n" : "\n");
    }
    return text;
}

std::string encode(const Announcement& a) {
    std::string text = signed_bytes(a);
    if (!a.signature.empty()) text.append("signature ").append(a.signature).append("\n");
    return text;
}

Result<Announcement> decode_announcement(std::string_view text) {
    Announcement a;
    if (text.size() > Announcement::kLongestText) {
        return Error{Code::too_large,
                     "announcement: longer than " + std::to_string(Announcement::kLongestText) + " bytes"};
    }
    Reader in(text);
    if (const Result<void> head = read_head(in, a); !head) return head.error();
    if (const Result<void> lists = read_lists(in, a); !lists) return lists.error();
    if (const auto signature = in.take("signature")) {
        if (!valid_signature(*signature)) return in.wrong("a signature is 1 to 512 printable characters");
        a.signature = *signature;
    }
    if (!in.at_end()) return in.expected("nothing known, or not in its place");
    return a;
}

AnnouncedPtr make_announced(Announcement announcement) {
    std::string text = encode(announcement);
    return with_hashes(std::move(announcement), std::move(text));
}

Result<AnnouncedPtr> read_announced(std::string_view text) {
    Result<Announcement> said = decode_announcement(text);
    if (!said) return said.error();
    return with_hashes(std::move(said).value(), std::string(text));
}

std::uint64_t key_of(std::string_view member) noexcept { return hash_of(member); }

std::uint64_t hash_of_id(std::string_view host) { return hash_of(id_key(host)); }

AnnouncementTitle title_of(std::string_view text) noexcept {
    Lines lines(text);
    AnnouncementTitle title;
    const auto after = [&](std::string_view word) {
        const std::string_view line = lines.next().value_or(std::string_view());
        return line.starts_with(word) ? line.substr(word.size()) : std::string_view();
    };
    if (after("host ").empty()) return {};
    title.member = after("member ");
    const std::optional<std::uint64_t> epoch = read_count(after("epoch "), kLargestCount);
    const std::optional<std::uint64_t> seq = read_count(after("seq "), kLargestCount);
    if (!epoch || !seq) return {};
    title.edition = {*epoch, *seq};
    return title;
}

}  // namespace msw::net
