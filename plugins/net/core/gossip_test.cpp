#include "plugins/net/core/gossip.hpp"

#include "plugins/net/core/proxies.hpp"

#include <gmock/gmock.h>

namespace msw::net {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

TEST(Gossip, IsWrittenAsOldHostsReadIt) {
    const Gossip gossip{{{"10.0.0.7", 3900}, {"::1", 3901}}, {{"lain", "miku"}}};
    EXPECT_EQ(build_gossip(gossip, 4096), R"({"mht":[["10.0.0.7",3900],["::1",3901]],"proxy":{"lain":"miku"}})");
    EXPECT_EQ(build_gossip({}, 4096), R"({"mht":[],"proxy":{}})");
}

TEST(Gossip, ReadsWhatItWrites) {
    const Gossip gossip{{{"10.0.0.7", 3900}, {"::1", 3901}}, {{"lain", "miku"}}};
    const Result<Gossip> read = parse_gossip(build_gossip(gossip, 4096));
    ASSERT_TRUE(read);
    EXPECT_EQ(read->addresses, gossip.addresses);
    EXPECT_EQ(read->proxies, gossip.proxies);
}

TEST(Gossip, FitsIntoTheRoomAndTellsAllInTurns) {
    Gossip gossip;
    for (std::uint16_t i = 1; i <= 300; ++i) gossip.addresses.push_back({"192.168.100.200", i});
    std::vector<bool> told(301);
    for (std::size_t turn = 0; turn < 300; turn += 50) {
        const std::string text = build_gossip(gossip, 2000, turn);
        EXPECT_LE(text.size(), 2000U);
        const Result<Gossip> read = parse_gossip(text);
        ASSERT_TRUE(read);
        EXPECT_GT(read->addresses.size(), 50U);
        for (const Address& a : read->addresses) told[a.port] = true;
    }
    EXPECT_EQ(std::count(told.begin(), told.end(), true), 300);
}

TEST(Gossip, LeavesOutWhatMakesNoSense) {
    const Result<Gossip> read = parse_gossip(
        R"({"mht":[["a b",1],["ok",0],["ok",65536],["ok",-1],["ok","1"],["ok"],["ok",1,2],7,null,{"a":1},["fine",1]],)"
        R"("proxy":{"a":"b","all":"b","x/y":"b","c":5,"d":"../e"},"more":[[[1]]]})");
    ASSERT_TRUE(read);
    EXPECT_THAT(read->addresses, ElementsAre(Address{"fine", 1}));
    EXPECT_THAT(read->proxies, ElementsAre(Pair("a", "b")));
}

TEST(Gossip, RefusesWhatIsNoObject) {
    for (const char* text : {"", "[]", "7", "{", "\xff", R"({"mht":[[[[[[[[[[1]]]]]]]]]]})"})
        EXPECT_FALSE(parse_gossip(text)) << text;
    const Result<Gossip> odd = parse_gossip(R"({"mht":7,"proxy":[]})");
    ASSERT_TRUE(odd);
    EXPECT_THAT(odd->addresses, IsEmpty());
}

TEST(Gossip, TakesABoundedNumber) {
    std::string text = R"({"mht":[)";
    for (int i = 0; i < 3000; ++i) text += (i > 0 ? R"(,["h",1])" : R"(["h",1])");
    const Result<Gossip> read = parse_gossip(text + "]}");
    ASSERT_TRUE(read);
    EXPECT_EQ(read->addresses.size(), kMostGossip);
}

TEST(Gossip, IsNotReadIfItIsEndless) {
    const std::string rest(kLongestGossip, ' ');
    EXPECT_TRUE(parse_gossip("{}" + rest.substr(2)));
    const Result<Gossip> endless = parse_gossip("{}" + rest);
    ASSERT_FALSE(endless);
    EXPECT_EQ(endless.error().code, Code::too_large);
}

TEST(Proxies, AreFoundWhateverTheCase) {
    Proxies proxies;
    EXPECT_TRUE(proxies.set("Lain", "miku"));
    EXPECT_TRUE(proxies.set("self", "Self"));
    EXPECT_TRUE(proxies.set("a/b", "miku"));
    EXPECT_EQ(proxies.of("lAIN"), "miku");
    EXPECT_EQ(proxies.of("self"), "");
    EXPECT_THAT(proxies.all(), ElementsAre(Pair("Lain", "miku")));
}

TEST(Proxies, AreBounded) {
    Proxies proxies;
    for (std::size_t i = 0; i < Proxies::kMost; ++i) ASSERT_TRUE(proxies.set("h" + std::to_string(i), "p"));
    EXPECT_FALSE(proxies.set("one-more", "p"));
    EXPECT_TRUE(proxies.set("h1", "q"));
    EXPECT_EQ(proxies.of("h1"), "q");
}

}  // namespace
}  // namespace msw::net
