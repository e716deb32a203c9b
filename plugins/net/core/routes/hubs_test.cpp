#include "plugins/net/core/routes/hubs.hpp"

#include "plugins/net/core/routes/announce_for_test.hpp"

#include <gtest/gtest.h>

namespace msw::net {
namespace {

using std::chrono::seconds;

/// Hosts that come, each with the next number, and what is thought of them.
struct Mesh {
    void come(std::size_t n, bool listen) {
        for (; n > 0; --n) {
            const std::string member = member_number(number++);
            if (listen) listening.push_back(key_of(member));
            (void)table.hear(says(member, {}, {.listens = listen}), now);
        }
        look();
    }
    void look() { hubs.look(table, now += seconds(1)); }
    [[nodiscard]] std::size_t count() const {
        return static_cast<std::size_t>(std::count_if(listening.begin(), listening.end(),
                                                      [&](std::uint64_t key) { return hubs.should_be(key, true); }));
    }

    RouteTable table{"a"};
    Hubs hubs;
    Time now = seconds(100);
    std::uint64_t number = 1;
    std::vector<std::uint64_t> listening;
};

TEST(Hubs, ThereAreNoneUntilAMeshIsLarge) {
    Mesh mesh;
    mesh.come(Hubs::kLarge, true);
    EXPECT_FALSE(mesh.hubs.large());
    EXPECT_EQ(mesh.count(), 0U);
    mesh.come(1, true);
    EXPECT_TRUE(mesh.hubs.large());
    EXPECT_GT(mesh.count(), 0U);
}

TEST(Hubs, AreAboutAnEighth) {
    for (const std::size_t hosts : {501UL, 1000UL, 8000UL}) {
        Mesh mesh;
        mesh.come(hosts, true);
        const double share = static_cast<double>(mesh.count()) / static_cast<double>(hosts);
        EXPECT_GT(share, 0.09) << hosts;
        EXPECT_LT(share, 0.16) << hosts;
    }
}

TEST(Hubs, WhereFewCanBeDialledMoreOfThoseAre) {
    Mesh mesh;
    mesh.come(150, true);
    mesh.come(850, false);
    // 125 are enough: all 150 are, half of them are not.
    EXPECT_EQ(mesh.count(), 150U);
    EXPECT_FALSE(mesh.hubs.should_be(mesh.listening.front(), false));
}

TEST(Hubs, StayWhileTheMeshGrowsAndUntilItIsClearlySmall) {
    Mesh mesh;
    mesh.come(600, true);
    const std::size_t before = mesh.count();
    std::vector<std::uint64_t> hubs;
    for (const std::uint64_t key : mesh.listening) {
        if (mesh.hubs.should_be(key, true)) hubs.push_back(key);
    }
    mesh.come(600, true);
    EXPECT_GT(mesh.count(), before);
    for (const std::uint64_t key : hubs) EXPECT_TRUE(mesh.hubs.should_be(key, true));

    // 450 known hosts make no mesh large, but leave a large one as it is.
    Mesh few;
    few.come(450, true);
    EXPECT_FALSE(few.hubs.large());
    mesh.hubs.look(few.table, mesh.now += seconds(1));
    EXPECT_TRUE(mesh.hubs.large());
    Mesh fewer;
    fewer.come(Hubs::kSmall, true);
    mesh.hubs.look(fewer.table, mesh.now += seconds(1));
    EXPECT_FALSE(mesh.hubs.large());
}

}  // namespace
}  // namespace msw::net
