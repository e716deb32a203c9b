// Shortest ways from one node of a graph to all others (Dijkstra, "A note on two problems in connexion with graphs").
//
// Some edges may only be the last of a way: those over which a host is busy, and those that only this end has said yet.
// Only what was reached without them is passed through.
//
// Why nothing goes round in circles once all hosts know the same: a host hands on to the next node of a shortest way.
// What is left of that way is itself one that the next node may take, shorter by the edge just passed, and costs are at
// least 1. So the distance falls with every hop, whichever of several shortest ways each host prefers. Of equal ones
// all prefer the one of fewer hops, then the one through the lesser rank, so that traffic of one pair takes one way.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

namespace msw::net {

struct GraphEdge {
    std::uint32_t to = 0;
    std::uint32_t cost = 1;
    bool last_only = false;  ///< a way may end with it, but not go on
};

/// Nodes are numbers from 0; the edges of each stand together.
/// Thread: like a std::vector.
class Graph {
public:
    /// Begin the next node. @param rank  of the node, for choosing between equal ways
    void add_node(std::uint64_t rank) {
        first_.push_back(static_cast<std::uint32_t>(edges_.size()));
        ranks_.push_back(rank);
    }
    /// Add an edge of the node begun last.
    void add_edge(const GraphEdge& edge) { edges_.push_back(edge); }

    [[nodiscard]] std::size_t size() const noexcept { return first_.size(); }
    [[nodiscard]] std::uint64_t rank(std::uint32_t node) const noexcept { return ranks_[node]; }
    [[nodiscard]] std::span<const GraphEdge> edges_of(std::uint32_t node) const noexcept {
        const std::size_t end = node + 1 < first_.size() ? first_[node + 1] : edges_.size();
        return std::span(edges_).subspan(first_[node], end - first_[node]);
    }

private:
    std::vector<std::uint32_t> first_;
    std::vector<std::uint64_t> ranks_;
    std::vector<GraphEdge> edges_;
};

/// Thread: like a std::vector.
class ShortestWays {
public:
    static constexpr std::uint32_t kUnreachable = std::numeric_limits<std::uint32_t>::max();

    ShortestWays() = default;
    /// @param source  a node of `graph`
    /// @param tolls   what each node costs besides, and none may cost so much that a way's sum passes kUnreachable;
    ///                empty: nothing
    ShortestWays(const Graph& graph, std::uint32_t source, const std::vector<std::uint32_t>& tolls = {});

    /// @return what the shortest way costs, 0 for the source, or kUnreachable.
    [[nodiscard]] std::uint32_t distance(std::uint32_t to) const noexcept { return nodes_[to].best.cost; }
    /// @return the nodes of the way but for the source, `to` last; empty: it is unreachable, or the source.
    [[nodiscard]] std::vector<std::uint32_t> way(std::uint32_t to) const;
    /// @return the first node of the way. @param to  reachable and not the source
    [[nodiscard]] std::uint32_t first_hop(std::uint32_t to) const noexcept { return nodes_[to].best.first; }

private:
    struct Reached {
        std::uint32_t cost = kUnreachable;
        std::uint32_t hops = 0;
        std::uint32_t previous = 0;
        std::uint32_t first = 0;
    };
    struct Node {
        Reached through;  // so that the way may go on
        Reached best;     // the way ends here
    };

    [[nodiscard]] static bool better(const Graph& graph, const Reached& a, const Reached& b) noexcept;

    std::vector<Node> nodes_;
    std::uint32_t source_ = 0;
};

}  // namespace msw::net
