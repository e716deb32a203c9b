#include "plugins/net/io/own_addresses.hpp"

#include "plugins/net/io/endpoint.hpp"

#include <gmock/gmock.h>

namespace msw::net {
namespace {

using testing::ElementsAre;

sockaddr_storage listening(const char* ip) { return as_ip({ip, 0}).value(); }

TEST(OwnAddresses, AreTheOneThatIsListenedOn) {
    EXPECT_THAT(own_addresses(listening("10.1.2.3"), 3900), ElementsAre(Address{"10.1.2.3", 3900}));
    EXPECT_THAT(own_addresses(listening("::1"), 4000), ElementsAre(Address{"::1", 4000}));
}

TEST(OwnAddresses, OfTheWildcardAreThoseThatLeadElsewhere) {
    for (const char* wildcard : {"0.0.0.0", "::"}) {
        ASSERT_TRUE(is_wildcard(listening(wildcard)));
        for (const Address& address : own_addresses(listening(wildcard), 3900)) {
            const auto ip = as_ip(address);
            ASSERT_TRUE(ip) << address.host;
            EXPECT_FALSE(is_loopback(*ip) || is_wildcard(*ip)) << address.host;
            EXPECT_EQ(address.port, 3900);
            if (std::string_view(wildcard) == "0.0.0.0") {
                EXPECT_EQ(ip->ss_family, AF_INET);
            }
        }
    }
    EXPECT_FALSE(is_wildcard(listening("127.0.0.1")));
}

}  // namespace
}  // namespace msw::net
