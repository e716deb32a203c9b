#include "plugins/net/io/endpoint.hpp"

#include <gtest/gtest.h>

namespace msw::net {
namespace {

TEST(Endpoint, KnowsLoopback) {
    struct Case {
        const char* host;
        bool loopback;
    };
    for (const Case& c :
         {Case{"127.0.0.1", true}, Case{"127.255.3.4", true}, Case{"::1", true}, Case{"::ffff:127.0.0.1", true},
          Case{"0.0.0.0", false}, Case{"::", false}, Case{"10.0.0.7", false}, Case{"128.0.0.1", false},
          Case{"fe80::1", false}, Case{"::ffff:10.0.0.7", false}}) {
        const std::optional<sockaddr_storage> ip = as_ip({c.host, 3900});
        ASSERT_TRUE(ip) << c.host;
        EXPECT_EQ(is_loopback(*ip), c.loopback) << c.host;
        const std::string_view host = c.host;
        constexpr std::string_view kMapped = "::ffff:";
        EXPECT_EQ(ip_text(*ip), host.substr(host.starts_with(kMapped) ? kMapped.size() : 0));
    }
    EXPECT_FALSE(as_ip({"localhost", 3900}));
    EXPECT_FALSE(as_ip({"127.1", 3900}));
}

TEST(Endpoint, ANetworkIsItsFirstBits) {
    struct Case {
        const char* network;
        const char* host;
        bool holds;
    };
    for (const Case& c : {Case{"192.168.7.0/24", "192.168.7.200", true}, Case{"192.168.7.0/24", "192.168.8.1", false},
                          Case{"192.168.6.0/23", "192.168.7.1", true}, Case{"192.168.6.0/23", "192.168.8.1", false},
                          Case{"10.0.0.0/8", "::ffff:10.1.2.3", true}, Case{"10.0.0.0/8", "fd00::1", false},
                          Case{"fd00::/8", "fd12::7", true}, Case{"fd00::/8", "fe80::1", false},
                          Case{"10.0.0.1/32", "10.0.0.1", true}, Case{"10.0.0.1/32", "10.0.0.2", false}}) {
        const std::optional<Network> network = parse_network(c.network);
        ASSERT_TRUE(network) << c.network;
        EXPECT_EQ(network->holds(*as_ip({c.host, 0})), c.holds) << c.network << ' ' << c.host;
    }
    for (const char* wrong : {"", "10.0.0.0", "10.0.0.0/33", "10.0.0.0/x", "x/8", "fd00::/129", "10.0.0.0/"}) {
        EXPECT_FALSE(parse_network(wrong)) << wrong;
    }
}

}  // namespace
}  // namespace msw::net
