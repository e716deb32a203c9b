#include "plugins/net/core/route.hpp"

#include "msw/host_id.hpp"

#include <gtest/gtest.h>
#include <map>
#include <set>

namespace msw::net {
namespace {

struct World {
    std::set<std::string> connected;
    std::map<std::string, std::string> proxies;
    std::string default_proxy;

    [[nodiscard]] Surroundings around() const {
        return {"me", default_proxy,
                [this](std::string_view id) {
                    for (const std::string& c : connected) {
                        if (same_host_id(c, id)) return true;
                    }
                    return false;
                },
                [this](std::string_view id) {
                    const auto it = proxies.find(std::string(id));
                    return it == proxies.end() ? std::string_view{} : std::string_view(it->second);
                }};
    }
};

struct Case {
    const char* title;
    World world;
    Way way;
    const char* came_from;
    const char* expected;  ///< "here", "wait", or "NEXT TO"
};

std::string shown(const Route& r) {
    if (r.kind == Route::Kind::here) return "here";
    if (r.kind == Route::Kind::wait) return "wait";
    return r.next + " " + to_text(r.left);
}

TEST(Route, Decisions) {
    const Case cases[] = {
        {"own id", {}, {"me"}, "", "here"},
        {"own id in another case", {}, {"ME"}, "", "here"},
        {"nothing left", {}, {}, "", "here"},
        {"direct", {{"a"}, {}, ""}, {"a"}, "", "a "},
        {"direct in another case", {{"miku"}, {}, ""}, {"Miku"}, "", "Miku "},
        {"not there", {{"b"}, {}, ""}, {"a"}, "", "wait"},
        {"a way", {{"a"}, {}, ""}, {"a", "b", "c"}, "", "a b&c"},
        {"a way that begins here", {{"b"}, {}, ""}, {"me", "b", "c"}, "", "b c"},
        {"a way never takes a short cut", {{"b"}, {}, ""}, {"a", "b"}, "", "wait"},
        {"through a proxy", {{"p"}, {{"a", "p"}}, ""}, {"a"}, "", "p a"},
        {"a way through a proxy", {{"p"}, {{"a", "p"}}, ""}, {"a", "b"}, "", "p a&b"},
        {"direct is better than a proxy", {{"a", "p"}, {{"a", "p"}}, ""}, {"a"}, "", "a "},
        {"the proxy is away", {{}, {{"a", "p"}}, ""}, {"a"}, "", "wait"},
        {"the proxy has a proxy", {{"q"}, {{"a", "p"}, {"p", "q"}}, ""}, {"a"}, "", "q a"},
        {"proxies in a circle", {{"x"}, {{"a", "p"}, {"p", "a"}}, ""}, {"a"}, "", "wait"},
        {"we are the proxy", {{"x"}, {{"a", "me"}}, ""}, {"a"}, "", "wait"},
        {"we have one proxy for all", {{"p"}, {}, "p"}, {"a"}, "", "p a"},
        {"we have one proxy for all, and talk to it", {{"p"}, {}, "p"}, {"p"}, "", "p "},
        {"never back", {{"p"}, {{"a", "p"}}, ""}, {"a"}, "p", "wait"},
        {"never back, by default either", {{"p"}, {}, "p"}, {"a"}, "P", "wait"},
        {"back, if the way says so", {{"p"}, {}, ""}, {"p", "a"}, "p", "p a"},
        {"on from there", {{"p", "q"}, {{"a", "p"}}, ""}, {"a"}, "q", "p a"},
    };
    for (const Case& c : cases)
        EXPECT_EQ(shown(find_route(c.way, c.world.around(), c.came_from)), c.expected) << c.title;
}

}  // namespace
}  // namespace msw::net
