// Digests over a set of announcements, so that two hosts find out cheaply what differs between their sets.
//
// Members fall into 4096 leaves by the first 12 bits of their key. A node's digest is the exclusive or of the digests
// of all announcements below it: adding, taking away and replacing one cost three words, however many there are. After
// Merkle, "A digital signature based on a conventional encryption function" (CRYPTO '87), without its protection
// against forgers, which signatures give.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>

namespace msw::net {

/// A node of the tree: how many hex digits of the key lead to it (0: root, 3: leaf), and which.
struct DigestNode {
    unsigned level = 0;
    unsigned prefix = 0;

    [[nodiscard]] constexpr DigestNode child(unsigned digit) const noexcept { return {level + 1, prefix * 16 + digit}; }

    friend bool operator==(const DigestNode&, const DigestNode&) = default;
};

/// Thread: one at a time.
class DigestTree {
public:
    static constexpr unsigned kWidth = 16;
    static constexpr unsigned kLeafLevel = 3;
    static constexpr std::size_t kLeaves = 4096;
    using Children = std::array<std::uint64_t, kWidth>;

    /// @return the leaf that a key belongs to, as DigestNode::prefix
    [[nodiscard]] static constexpr unsigned leaf_of(std::uint64_t key) noexcept {
        return static_cast<unsigned>(key >> (64U - 4U * kLeafLevel));
    }

    /// Put an announcement into the set, or take it out again: the same for both.
    /// @param key     of its member
    /// @param digest  of its text
    void toggle(std::uint64_t key, std::uint64_t digest) noexcept {
        nodes_->at(0) ^= digest;
        for (unsigned level = 1; level <= kLeafLevel; ++level) {
            nodes_->at(place({level, static_cast<unsigned>(key >> (64U - 4U * level))})) ^= digest;
        }
    }

    [[nodiscard]] std::uint64_t root() const noexcept { return nodes_->front(); }
    [[nodiscard]] std::uint64_t of(const DigestNode& node) const noexcept { return nodes_->at(place(node)); }

    /// @param node  none of the leaves
    [[nodiscard]] Children children(const DigestNode& node) const noexcept {
        Children out{};
        for (unsigned digit = 0; digit < kWidth; ++digit) out.at(digit) = of(node.child(digit));
        return out;
    }

private:
    static constexpr std::size_t kNodes = 1 + 16 + 256 + kLeaves;

    /// The levels stand one after the other.
    static constexpr std::size_t place(const DigestNode& node) noexcept {
        constexpr std::array<std::size_t, kLeafLevel + 1> kFirst = {0, 1, 1 + 16, 1 + 16 + 256};
        return kFirst.at(node.level) + node.prefix;
    }

    std::unique_ptr<std::array<std::uint64_t, kNodes>> nodes_ = std::make_unique<std::array<std::uint64_t, kNodes>>();
};

}  // namespace msw::net
