#include "plugins/net/core/routes/route_frame.hpp"

#include "base/hex.hpp"

#include <limits>
#include <optional>
#include <utility>

namespace msw::net {
namespace {

constexpr std::string_view kCut = "cut\n";

Error bad(std::string_view what) { return {Code::bad_request, "link routes: " + std::string(what)}; }

std::string name_of(const DigestNode& node) {
    if (node.level == 0) return "-";
    std::string digits;
    for (unsigned level = node.level; level > 0; --level) {
        digits.push_back(kHexDigits[(node.prefix >> (4U * (level - 1))) & 15U]);
    }
    return digits;
}

/// @return the node that is called so
std::optional<DigestNode> node_named(std::string_view name) {
    DigestNode node;
    if (name == "-") return node;
    if (name.empty() || name.size() > DigestTree::kLeafLevel) return std::nullopt;
    for (const char c : name) {
        const std::size_t digit = kHexDigits.find(c);
        if (digit == std::string_view::npos) return std::nullopt;
        node = node.child(static_cast<unsigned>(digit));
    }
    return node;
}

}  // namespace

bool RouteFrame::add(std::string_view line) {
    if (text_.size() + line.size() + kCut.size() > kLongestRouteFrame) return false;
    text_.append(line);
    return true;
}

bool RouteFrame::add_announcement(const Announced& announced) {
    const std::string title = "announcement " + std::to_string(announced.text.size()) + "\n";
    if (text_.size() + title.size() + announced.text.size() + kCut.size() > kLongestRouteFrame) return false;
    text_.append(title).append(announced.text);
    return true;
}

bool RouteFrame::add_digests(std::string_view word, const DigestNode& node, const DigestTree::Children& digests) {
    std::string line(word);
    line.append(" ").append(name_of(node));
    for (const std::uint64_t digest : digests) line.append(" ").append(to_hex(digest));
    return add(line.append("\n"));
}

bool RouteFrame::add_compare(const DigestNode& node, const DigestTree::Children& digests) {
    return add_digests("compare", node, digests);
}

bool RouteFrame::add_node(const DigestNode& node, const DigestTree::Children& digests) {
    return add_digests("node", node, digests);
}

bool RouteFrame::add_want(std::string_view member) { return add("want " + std::string(member) + "\n"); }

bool RouteFrame::add_held(const Announced& announced) {
    const Edition& edition = announced.said.edition;
    std::string line = "held " + announced.said.member;
    line.append(" ").append(std::to_string(edition.epoch)).append(" ").append(std::to_string(edition.seq));
    return add(line.append(" ").append(to_hex(announced.digest)).append("\n"));
}

void RouteFrame::add_cut() { text_.append(kCut); }

Result<RouteFrameReader> RouteFrameReader::open(std::string_view body) {
    if (body.size() > kLongestRouteFrame) return bad("the frame is too long");
    RouteFrameReader reader(body);
    std::string_view line = reader.lines_.next().value_or(std::string_view());
    for (const auto& [word, title] :
         {std::pair("flood", Title::flood), std::pair("hush", Title::hush), std::pair("wake", Title::wake)}) {
        if (line != word) continue;
        reader.title_ = title;
        return reader;
    }
    const std::string_view word = take_word(line);
    if (word != "ask" && word != "answer") return bad("a frame begins with `flood`, `hush`, `wake`, `ask` or `answer`");
    const std::optional<std::uint64_t> number = read_count(line, std::numeric_limits<std::uint32_t>::max());
    if (!number) return bad("a number must follow `ask` and `answer`");
    reader.title_ = word == "ask" ? Title::ask : Title::answer;
    reader.number_ = static_cast<std::uint32_t>(*number);
    return reader;
}

Result<bool> RouteFrameReader::next(RouteItem& item) {
    if (lines_.rest().empty()) return false;
    std::optional<std::string_view> line = lines_.next();
    if (!line) return bad("the last line has no end");
    const std::string_view word = take_word(*line);
    return read(word, *line, item);
}

Result<bool> RouteFrameReader::read(std::string_view word, std::string_view rest, RouteItem& item) {
    const bool asks = title_ == Title::ask;
    const bool answers = title_ == Title::answer;
    if (word == "announcement" && (answers || title_ == Title::flood)) {
        item.kind = RouteItem::Kind::announcement;
        const std::optional<std::uint64_t> size = read_count(rest, Announcement::kLongestText);
        const std::optional<std::string_view> text = size ? lines_.bytes(*size) : std::nullopt;
        if (!text) return bad("`announcement` must say how many bytes follow, and they must");
        item.text = *text;
        return true;
    }
    if ((word == "compare" && asks) || (word == "node" && answers)) {
        item.kind = asks ? RouteItem::Kind::compare : RouteItem::Kind::node;
        const std::optional<DigestNode> node = node_named(take_word(rest));
        if (!node || (asks ? node->level != 0 && node->level != 2 : node->level != 1)) {
            return bad("`compare` needs the root or two hex digits, `node` one");
        }
        item.node = *node;
        for (std::uint64_t& digest : item.digests) {
            const std::optional<std::uint64_t> read = read_hex(take_word(rest));
            if (!read) return bad("a node has 16 digests of 16 hex digits");
            digest = *read;
        }
        if (!rest.empty()) return bad("more than 16 digests");
        return true;
    }
    if (word == "want" && asks) {
        item.kind = RouteItem::Kind::want;
        item.member = rest;
        if (!valid_member(rest)) return bad("`want` needs a member");
        return true;
    }
    if (word == "held" && answers) {
        item.kind = RouteItem::Kind::held;
        item.member = take_word(rest);
        const std::optional<std::uint64_t> epoch = read_count(take_word(rest), kLargestCount);
        const std::optional<std::uint64_t> seq = read_count(take_word(rest), kLargestCount);
        const std::optional<std::uint64_t> digest = read_hex(rest);
        if (!valid_member(item.member) || !epoch || !seq || !digest) {
            return bad("`held` needs a member, epoch, seq and a digest");
        }
        item.edition = {*epoch, *seq};
        item.digest = *digest;
        return true;
    }
    if (word == "cut" && answers && rest.empty()) {
        item.kind = RouteItem::Kind::cut;
        return true;
    }
    return bad("\"" + std::string(word.substr(0, 40)) + "\" makes no sense here");
}

}  // namespace msw::net
