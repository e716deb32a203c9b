#include "plugins/net/core/routes/digest_tree.hpp"

#include "plugins/net/core/routes/hash.hpp"

#include <gtest/gtest.h>

namespace msw::net {
namespace {

TEST(DigestTree, DependsOnTheSetAndNotOnItsHistory) {
    DigestTree a;
    DigestTree b;
    for (std::uint64_t n = 0; n < 100; ++n) a.toggle(mix(n), mix(~n));
    for (std::uint64_t n = 120; n-- > 0;) b.toggle(mix(n), mix(~n));
    EXPECT_NE(a.root(), b.root());
    for (std::uint64_t n = 100; n < 120; ++n) b.toggle(mix(n), mix(~n));
    EXPECT_EQ(a.root(), b.root());
}

TEST(DigestTree, ADifferenceIsFoundFromTheRootDown) {
    DigestTree a;
    DigestTree b;
    for (std::uint64_t n = 0; n < 1000; ++n) {
        a.toggle(mix(n), mix(~n));
        b.toggle(mix(n), mix(~n));
    }
    constexpr std::uint64_t kKey = 0x4f7aaaaaaaaaaaaaU;
    b.toggle(kKey, 17);
    DigestNode at;
    while (at.level < DigestTree::kLeafLevel) {
        unsigned differ = 0;
        DigestNode next;
        for (unsigned digit = 0; digit < DigestTree::kWidth; ++digit) {
            const DigestNode child = at.child(digit);
            EXPECT_EQ(a.children(at).at(digit), a.of(child));
            if (a.of(child) == b.of(child)) continue;
            ++differ;
            next = child;
        }
        ASSERT_EQ(differ, 1U);
        at = next;
    }
    EXPECT_EQ(at.prefix, 0x4f7U);
    EXPECT_EQ(at.prefix, DigestTree::leaf_of(kKey));
}

}  // namespace
}  // namespace msw::net
