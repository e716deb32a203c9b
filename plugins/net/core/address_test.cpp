#include "plugins/net/core/address.hpp"

#include <gmock/gmock.h>

namespace msw::net {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST(Address, IsReadInAllItsForms) {
    struct Case {
        const char* text;
        const char* host;
        std::uint16_t port;
    };
    for (const Case& c : {Case{"10.0.0.7:3900", "10.0.0.7", 3900}, Case{"miku.example:1", "miku.example", 1},
                          Case{"[::1]:65535", "::1", 65535}, Case{"[fe80::1%eth0]:39", "fe80::1%eth0", 39}}) {
        const Result<Address> address = parse_address(c.text);
        ASSERT_TRUE(address) << c.text;
        EXPECT_EQ(*address, (Address{c.host, c.port}));
        EXPECT_EQ(to_text(*address), c.text);
    }
}

TEST(Address, SaysWhatIsWrong) {
    struct Case {
        const char* text;
        const char* why;
    };
    for (const Case& c :
         {Case{"miku", "host:port"}, Case{"miku:", "port"}, Case{"miku:0", "1 to 65535"}, Case{"miku:65536", "65535"},
          Case{"miku:39x", "65535"}, Case{":3900", "host name"}, Case{"a b:3900", "host name"},
          Case{"::1:3900", "brackets"}, Case{"[::1]", "follow"}, Case{"[::1:3900", "not closed"},
          Case{"miku:99999999999999999999", "65535"}, Case{"", "host:port"}}) {
        const Result<Address> address = parse_address(c.text);
        ASSERT_FALSE(address) << c.text;
        EXPECT_THAT(address.error().text, HasSubstr(c.why)) << c.text;
    }
}

TEST(AddressFile, SkipsCommentsBlankLinesAndDoubles) {
    const AddressFile file = parse_address_file(
        "# the others\r\n\n  10.0.0.7:3900  # miku\n10.0.0.7:3900\nnonsense\n[::1]:3901\n10.0.0.8:3900");
    EXPECT_THAT(file.addresses,
                ElementsAre(Address{"10.0.0.7", 3900}, Address{"::1", 3901}, Address{"10.0.0.8", 3900}));
    EXPECT_THAT(file.problems, ElementsAre(HasSubstr("line 5: ")));
}

TEST(AddressFile, IsBounded) {
    std::string text;
    for (int i = 0; i < 5000; ++i) text += "host" + std::to_string(i) + ":3900\n";
    const AddressFile file = parse_address_file(text);
    EXPECT_EQ(file.addresses.size(), kMostAddresses);
    EXPECT_EQ(file.problems.size(), 1U);
}

}  // namespace
}  // namespace msw::net
