#include "plugins/net/core/route.hpp"

#include "msw/host_id.hpp"

namespace msw::net {
namespace {

constexpr int kLongestChain = 8;  // proxies of proxies; also what ends a circle of them

}  // namespace

std::string to_text(const Way& way) {
    std::string text;
    for (const std::string& host : way) {
        if (!text.empty()) text += '&';
        text += host;
    }
    return text;
}

Route find_route(const Way& way, const Surroundings& around, std::string_view came_from) {
    std::size_t first = 0;
    while (first < way.size() && same_host_id(way[first], around.own_id)) ++first;
    if (first == way.size()) return {Route::Kind::here, {}, {}};

    const auto usable = [&](std::string_view id) {
        return around.connected(id) && (came_from.empty() || !same_host_id(id, came_from));
    };
    const auto begin = way.begin() + static_cast<std::ptrdiff_t>(first);
    // Named by the way itself, a neighbour may be where it came from: the way gets shorter all the same.
    if (around.connected(way[first])) return {Route::Kind::next, way[first], Way(begin + 1, way.end())};

    std::string via(around.proxy_of(way[first]));
    for (int i = 0; i < kLongestChain && !via.empty() && !same_host_id(via, around.own_id); ++i) {
        if (usable(via)) return {Route::Kind::next, via, Way(begin, way.end())};
        via = around.proxy_of(via);
    }
    if (!around.default_proxy.empty() && usable(around.default_proxy)) {
        return {Route::Kind::next, around.default_proxy, Way(begin, way.end())};
    }
    return {};
}

}  // namespace msw::net
