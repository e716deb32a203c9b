#include "plugins/net/core/routes/shortest_ways.hpp"

#include <gmock/gmock.h>

#include <random>
#include <tuple>
#include <vector>

namespace msw::net {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

struct Between {
    std::uint32_t a, b, cost;
    bool last_only = false;
};

/// Edges go both ways. The lower the number of a node, the higher its rank.
Graph graph(std::uint32_t nodes, const std::vector<Between>& edges) {
    Graph g;
    for (std::uint32_t node = 0; node < nodes; ++node) {
        g.add_node(nodes - node);
        for (const Between& e : edges) {
            if (e.a == node) g.add_edge({e.b, e.cost, e.last_only});
            if (e.b == node) g.add_edge({e.a, e.cost, e.last_only});
        }
    }
    return g;
}

TEST(ShortestWays, TheSumOfTheCostsDecides) {
    const ShortestWays ways(graph(5, {{0, 1, 5}, {0, 2, 1}, {2, 1, 1}, {1, 3, 1}}), 0);
    EXPECT_THAT(ways.way(3), ElementsAre(2, 1, 3));
    EXPECT_EQ(ways.distance(3), 3U);
    EXPECT_EQ(ways.first_hop(3), 2U);
    EXPECT_EQ(ways.distance(0), 0U);
    EXPECT_THAT(ways.way(0), IsEmpty());
    EXPECT_EQ(ways.distance(4), ShortestWays::kUnreachable);
    EXPECT_THAT(ways.way(4), IsEmpty());
}

TEST(ShortestWays, OfEqualOnesTheOneOfFewerHopsThenOfTheLesserRank) {
    EXPECT_THAT(ShortestWays(graph(4, {{0, 1, 1}, {1, 3, 1}, {0, 3, 2}}), 0).way(3), ElementsAre(3));
    EXPECT_THAT(ShortestWays(graph(4, {{0, 2, 1}, {0, 1, 1}, {2, 3, 1}, {1, 3, 1}}), 0).way(3), ElementsAre(2, 3));
}

TEST(ShortestWays, SomeEdgesMayOnlyBeTheLast) {
    // 0-1 is busy: it leads to 1, not on to 2.
    const ShortestWays ways(graph(3, {{0, 1, 1, true}, {1, 2, 1}, {0, 2, 9}}), 0);
    EXPECT_THAT(ways.way(1), ElementsAre(1));
    EXPECT_THAT(ways.way(2), ElementsAre(2));
    // Who is behind a busy edge alone can be reached, and nobody behind it.
    const ShortestWays row(graph(4, {{0, 1, 1}, {1, 2, 1, true}, {2, 3, 1}}), 0);
    EXPECT_THAT(row.way(2), ElementsAre(1, 2));
    EXPECT_EQ(row.distance(3), ShortestWays::kUnreachable);
}

TEST(ShortestWays, TollsArePaidAtEachNode) {
    const Graph g = graph(4, {{0, 1, 1}, {1, 3, 1}, {0, 2, 5}, {2, 3, 5}});
    EXPECT_THAT(ShortestWays(g, 0).way(3), ElementsAre(1, 3));
    EXPECT_THAT(ShortestWays(g, 0, {0, 9, 0, 0}).way(3), ElementsAre(2, 3));
    EXPECT_THAT(ShortestWays(g, 0, {0, 9, 2, 0}).way(3), ElementsAre(1, 3));
}

// The promise on top of the header: each host goes by its own ways, and the distance falls with every hop.
TEST(ShortestWays, NothingGoesRoundInCircles) {
    for (std::uint32_t seed = 0; seed < 30; ++seed) {
        std::mt19937 source(seed);
        const auto random = [&](std::uint32_t below) { return static_cast<std::uint32_t>(source() % below); };
        constexpr std::uint32_t kNodes = 40;
        std::vector<Between> edges;
        for (std::uint32_t i = 0; i < 90; ++i) {
            const std::uint32_t a = random(kNodes);
            const std::uint32_t b = random(kNodes);
            if (a != b) edges.push_back({a, b, 1 + random(3), random(4) == 0});
        }
        const Graph g = graph(kNodes, edges);
        std::vector<ShortestWays> of;
        for (std::uint32_t node = 0; node < kNodes; ++node) of.emplace_back(g, node);
        for (std::uint32_t from = 0; from < kNodes; ++from) {
            for (std::uint32_t to = 0; to < kNodes; ++to) {
                if (from == to || of[from].distance(to) == ShortestWays::kUnreachable) continue;
                std::uint32_t at = from;
                while (at != to) {
                    const std::uint32_t next = of[at].first_hop(to);
                    ASSERT_LT(of[next].distance(to), of[at].distance(to)) << "seed " << seed;
                    at = next;
                }
            }
        }
    }
}

}  // namespace
}  // namespace msw::net
