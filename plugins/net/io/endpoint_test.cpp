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
        EXPECT_EQ(ip_text(*ip), c.host);
    }
    EXPECT_FALSE(as_ip({"localhost", 3900}));
    EXPECT_FALSE(as_ip({"127.1", 3900}));
}

}  // namespace
}  // namespace msw::net
