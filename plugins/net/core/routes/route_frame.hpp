// The bodies of the session frames `link routes`: what neighbours say to each other to come to know the same.
//
//     flood                     announcements that are new to the sender
//     announcement 312          bytes; then the text (announcement.hpp)
//     …
//
//     hush                      flood me no more but what you make yourself: others are faster
//     wake                      flood me again
//
//     ask 17                    one question at a time, with a number
//     compare - H0 … H15        "these are my digests below the root; which of yours differ?"
//     compare 4f H0 … H15       the same for a node just above the leaves
//     want 77aa…                that member's announcement
//     …
//
//     answer 17
//     node 4 H0 … H15           to `compare -`: the answerer's digests below a node that differs
//     held 5f3a… 7 3 H          to `compare 4f`: what a leaf that differs holds: member, epoch, seq, digest
//     announcement 312
//     …
//     cut                       there was more, but no room, in the frame or in what may be answered in a second
//
// Digests are 16 hex digits. A node is named by the hex digits that lead to it, the root by `-`.
#pragma once

#include "msw/result.hpp"
#include "plugins/net/core/routes/announcement.hpp"
#include "plugins/net/core/routes/digest_tree.hpp"
#include "plugins/net/core/routes/lines.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace msw::net {

/// The longest body that is written or read, in bytes.
inline constexpr std::size_t kLongestRouteFrame = std::size_t{256} * 1024;

/// Writes one body. What doesn't fit is refused and leaves it as it was.
/// Thread: like a std::string.
class RouteFrame {
public:
    static RouteFrame flood() { return RouteFrame("flood\n"); }
    static RouteFrame hush() { return RouteFrame("hush\n"); }
    static RouteFrame wake() { return RouteFrame("wake\n"); }
    static RouteFrame ask(std::uint32_t number) { return RouteFrame("ask " + std::to_string(number) + "\n"); }
    static RouteFrame answer(std::uint32_t number) { return RouteFrame("answer " + std::to_string(number) + "\n"); }

    [[nodiscard]] bool add_announcement(const Announced& announced);
    [[nodiscard]] bool add_compare(const DigestNode& node, const DigestTree::Children& digests);
    [[nodiscard]] bool add_want(std::string_view member);
    [[nodiscard]] bool add_node(const DigestNode& node, const DigestTree::Children& digests);
    [[nodiscard]] bool add_held(const Announced& announced);
    void add_cut();

    [[nodiscard]] bool empty() const noexcept { return text_.size() == begin_; }  ///< nothing was added
    [[nodiscard]] std::size_t size() const noexcept { return text_.size(); }
    [[nodiscard]] std::string take() && { return std::move(text_); }

private:
    explicit RouteFrame(std::string title) : text_(std::move(title)), begin_(text_.size()) {}
    bool add(std::string_view line);
    bool add_digests(std::string_view word, const DigestNode& node, const DigestTree::Children& digests);

    std::string text_;
    std::size_t begin_;
};

/// What a body says, item by item. Views point into the body.
struct RouteItem {
    enum class Kind : std::uint8_t { announcement, compare, want, node, held, cut };
    Kind kind = Kind::cut;
    std::string_view text;           ///< announcement
    std::string_view member;         ///< want, held
    Edition edition;                 ///< held
    std::uint64_t digest = 0;        ///< held
    DigestNode node;                 ///< compare: the root or just above the leaves; node: just below the root
    DigestTree::Children digests{};  ///< compare, node
};

/// Reads one body.
/// Thread: one at a time. The body must live on.
class RouteFrameReader {
public:
    enum class Title : std::uint8_t { flood, hush, wake, ask, answer };

    /// Read the title. @return Code::bad_request and a sentence if it makes no sense, or the body is too long
    static Result<RouteFrameReader> open(std::string_view body);

    [[nodiscard]] Title title() const noexcept { return title_; }
    [[nodiscard]] std::uint32_t number() const noexcept { return number_; }  ///< of ask and answer

    /// Read the next item. @return whether there was one; Code::bad_request and a sentence if it makes no sense or
    /// doesn't belong under that title
    Result<bool> next(RouteItem& item);

private:
    explicit RouteFrameReader(std::string_view body) noexcept : lines_(body) {}
    Result<bool> read(std::string_view word, std::string_view rest, RouteItem& item);

    Lines lines_;
    Title title_ = Title::flood;
    std::uint32_t number_ = 0;
};

}  // namespace msw::net
