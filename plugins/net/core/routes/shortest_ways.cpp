#include "plugins/net/core/routes/shortest_ways.hpp"

#include <algorithm>
#include <functional>
#include <queue>
#include <tuple>
#include <utility>

namespace msw::net {

bool ShortestWays::better(const Graph& graph, const Reached& a, const Reached& b) noexcept {
    if (b.cost == kUnreachable) return true;
    return std::tuple(a.cost, a.hops, graph.rank(a.previous)) < std::tuple(b.cost, b.hops, graph.rank(b.previous));
}

ShortestWays::ShortestWays(const Graph& graph, std::uint32_t source, const std::vector<std::uint32_t>& tolls)
    : nodes_(graph.size()), source_(source) {
    using Due = std::tuple<std::uint32_t, std::uint32_t, std::uint32_t>;  // cost, hops, node
    std::priority_queue<Due, std::vector<Due>, std::greater<>> due;
    nodes_[source].through = nodes_[source].best = {0, 0, source, source};
    due.emplace(0, 0, source);
    while (!due.empty()) {
        const auto [cost, hops, at] = due.top();
        due.pop();
        const Reached here = nodes_[at].through;
        if (cost != here.cost || hops != here.hops) continue;  // a better way was found since
        for (const GraphEdge& edge : graph.edges_of(at)) {
            Node& there = nodes_[edge.to];
            const std::uint32_t toll = tolls.empty() ? 0 : tolls[edge.to];
            const Reached reached{cost + edge.cost + toll, hops + 1, at, at == source ? edge.to : here.first};
            if (better(graph, reached, there.best)) there.best = reached;
            if (edge.last_only || !better(graph, reached, there.through)) continue;
            const bool nearer =
                std::pair(reached.cost, reached.hops) != std::pair(there.through.cost, there.through.hops);
            there.through = reached;
            if (nearer) due.emplace(reached.cost, reached.hops, edge.to);
        }
    }
}

std::vector<std::uint32_t> ShortestWays::way(std::uint32_t to) const {
    std::vector<std::uint32_t> nodes;
    if (nodes_[to].best.cost == kUnreachable) return nodes;
    for (std::uint32_t at = to; at != source_;) {
        nodes.push_back(at);
        at = at == to ? nodes_[at].best.previous : nodes_[at].through.previous;
    }
    std::reverse(nodes.begin(), nodes.end());
    return nodes;
}

}  // namespace msw::net
