#include "plugins/net/core/routes/member_index.hpp"

#include "plugins/net/core/routes/hash.hpp"

#include <gtest/gtest.h>

#include <unordered_map>
#include <vector>

namespace msw::net {
namespace {

// Against a map, with keys that often want the same slot: what is erased must not hide what stands behind it.
TEST(MemberIndex, DoesWhatAMapDoes) {
    MemberIndex index;
    std::unordered_map<std::uint64_t, std::uint32_t> model;
    std::uint32_t next = 0;
    auto random = [n = std::uint64_t{0}]() mutable { return mix(++n); };
    for (int step = 0; step < 20'000; ++step) {
        const std::uint64_t key = random() % 300;
        const auto known = model.find(key);
        const auto same = [&](std::uint32_t place) { return known != model.end() && place == known->second; };
        ASSERT_EQ(index.find(key, same), known == model.end() ? MemberIndex::kNone : known->second);
        if (known == model.end()) {
            index.insert(key, next);
            model.emplace(key, next++);
        } else if (random() % 3 == 0) {
            index.move(key, known->second, next);
            known->second = next++;
        } else {
            index.erase(key, known->second);
            model.erase(known);
        }
    }
}

TEST(MemberIndex, OfTwoMembersWithOneKeyTheRightOneIsFound) {
    MemberIndex index;
    index.insert(5, 1);
    index.insert(5, 2);
    EXPECT_EQ(index.find(5, [](std::uint32_t place) { return place == 2; }), 2U);
    index.erase(5, 1);
    EXPECT_EQ(index.find(5, [](std::uint32_t place) { return place == 2; }), 2U);
    EXPECT_EQ(index.find(5, [](std::uint32_t place) { return place == 1; }), MemberIndex::kNone);
}

}  // namespace
}  // namespace msw::net
