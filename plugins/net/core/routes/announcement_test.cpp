#include "plugins/net/core/routes/announcement.hpp"

#include <gmock/gmock.h>

#include <string>
#include <vector>

namespace msw::net {
namespace {

using testing::HasSubstr;

constexpr const char* kText =
    "host miku\nmember 5f3a\nepoch 7\nseq 3\nrun 00c0ffee00c0ffee\nhub\n"
    "address 10.0.0.7:3900\naddress [fe80::1]:3901\nlink 77aa 1\nlink 9c01 20 busy\n";

Announcement miku() {
    Announcement a;
    a.host = "miku";
    a.member = "5f3a";
    a.edition = {7, 3};
    a.run = 0x00c0ffee00c0ffeeU;
    a.hub = true;
    a.addresses = {{"10.0.0.7", 3900}, {"fe80::1", 3901}};
    a.links = {{"77aa", 1, false}, {"9c01", 20, true}};
    return a;
}

std::string replaced(std::string text, const std::string& what, const std::string& by) {
    const std::size_t at = text.find(what);
    EXPECT_NE(at, std::string::npos) << what;
    return text.replace(at, what.size(), by);
}

TEST(Announcement, IsWrittenInOneWay) {
    EXPECT_EQ(encode(miku()), kText);
    Announcement least = miku();
    least.hub = false;
    least.addresses.clear();
    least.links.clear();
    EXPECT_EQ(encode(least), "host miku\nmember 5f3a\nepoch 7\nseq 3\nrun 00c0ffee00c0ffee\n");
    for (const Announcement& a : {miku(), least}) {
        const Result<Announcement> read = decode_announcement(encode(a));
        ASSERT_TRUE(read) << read.error().text;
        EXPECT_EQ(*read, a);
    }
}

TEST(Announcement, ASignatureIsNotAmongTheBytesItIsOver) {
    Announcement a = miku();
    a.signature = "ed25519:AAAA";
    EXPECT_EQ(signed_bytes(a), kText);
    EXPECT_EQ(encode(a), std::string(kText) + "signature ed25519:AAAA\n");
    ASSERT_TRUE(decode_announcement(encode(a)));
    EXPECT_EQ(decode_announcement(encode(a))->signature, "ed25519:AAAA");
}

TEST(Announcement, WhatIsWrittenOtherwiseIsRefusedWithItsLine) {
    struct Case {
        const char* what;
        const char* by;
        const char* line;
    };
    const std::vector<Case> cases = {
        {"host miku", "host -miku", "line 1"},
        {"host miku", "host  miku", "line 1"},
        {"host miku\n", "", "line 1"},
        {"member 5f3a", "member 5F3A", "line 2"},
        {"member 5f3a", "member ", "line 2"},
        {"epoch 7", "epoch 07", "line 3"},
        {"epoch 7", "epoch -7", "line 3"},
        {"epoch 7", "epoch 4611686018427387905", "line 3"},
        {"seq 3", "seq 3 ", "line 4"},
        {"seq 3\n", "", "line 4"},
        {"run 00c0ffee00c0ffee", "run c0ffee00c0ffee", "line 5"},
        {"run 00c0ffee00c0ffee", "run 00C0ffee00c0ffee", "line 5"},
        {"hub\n", "hub \n", "line 6"},
        {"hub\n", "hub yes\n", "line 6"},
        {"10.0.0.7:3900", "10.0.0.7:03900", "line 7"},
        {"10.0.0.7:3900", "[10.0.0.7]:3900", "line 7"},
        {"10.0.0.7:3900", "10.0.0.7", "line 7"},
        {"[fe80::1]:3901", "10.0.0.7:3900", "line 8"},
        {"77aa 1", "77aa 0", "line 9"},
        {"77aa 1", "77aa 65536", "line 9"},
        {"77aa 1", "77aa", "line 9"},
        {"77aa 1", "77aa 1 ", "line 9"},
        {"77aa 1", "5f3a 1", "line 9"},
        {"9c01 20 busy", "9c01 20 idle", "line 10"},
        {"9c01 20 busy", "77aa 20 busy", "line 10"},
        {"9c01 20 busy", "1111 20 busy", "line 10"},
        {"busy\n", "busy\nhub\n", "line 11"},
        {"busy\n", "busy\nsignature \n", "line 11"},
        {"busy\n", "busy\nsignature a b\n", "line 11"},
        {"busy\n", "busy\nsignature a\nlink aaaa 1\n", "line 12"},
        {"busy\n", "busy\n\n", "line 11"},
        {"busy\n", "busy", "line 10"},
    };
    for (const Case& c : cases) {
        const Result<Announcement> read = decode_announcement(replaced(kText, c.what, c.by));
        ASSERT_FALSE(read) << c.by;
        EXPECT_EQ(read.error().code, Code::bad_request);
        EXPECT_THAT(read.error().text, HasSubstr(std::string(c.line) + ":")) << c.by;
    }
    EXPECT_FALSE(decode_announcement(""));
}

TEST(Announcement, KeepsToItsLimits) {
    Announcement a = miku();
    a.member = std::string(64, 'a');
    a.links.clear();
    for (int i = 0; i < 32; ++i) a.links.push_back({"b" + std::to_string(i + 10), 65535, true});
    a.addresses.clear();
    for (int i = 0; i < 8; ++i) a.addresses.push_back({std::string(245, 'a') + std::to_string(i), 65535});
    a.signature = std::string(512, '~');
    EXPECT_TRUE(decode_announcement(encode(a))) << decode_announcement(encode(a)).error().text;

    Announcement over = a;
    over.links.push_back({"c", 1, false});
    EXPECT_FALSE(decode_announcement(encode(over)));
    over = a;
    over.addresses.push_back({"x", 1});
    EXPECT_FALSE(decode_announcement(encode(over)));
    over = a;
    over.member += "a";
    EXPECT_FALSE(decode_announcement(encode(over)));
    over = a;
    over.signature += "~";
    EXPECT_FALSE(decode_announcement(encode(over)));
    const Result<Announcement> huge = decode_announcement(std::string(Announcement::kLongestText + 1, 'x'));
    ASSERT_FALSE(huge);
    EXPECT_EQ(huge.error().code, Code::too_large);
}

TEST(Announcement, TheNewerEditionStands) {
    const auto with = [](Edition edition, std::uint64_t run) {
        Announcement a = miku();
        a.edition = edition;
        a.run = run;
        return make_announced(a);
    };
    EXPECT_TRUE(with({8, 1}, 1)->newer_than(*with({7, 9}, 1)));
    EXPECT_TRUE(with({7, 4}, 1)->newer_than(*with({7, 3}, 1)));
    EXPECT_FALSE(with({7, 3}, 1)->newer_than(*with({7, 4}, 1)));
    // Two runs that say the same edition: one of them stands, and on every host the same.
    EXPECT_NE(with({7, 3}, 1)->newer_than(*with({7, 3}, 2)), with({7, 3}, 2)->newer_than(*with({7, 3}, 1)));
    EXPECT_FALSE(with({7, 3}, 1)->newer_than(*with({7, 3}, 1)));
}

TEST(Announcement, ThereIsAlwaysAnEditionPastOneThatIsRead) {
    EXPECT_EQ(past({7, 3}), (Edition{7, 4}));
    EXPECT_EQ(past({7, kLargestCount}), (Edition{8, 1}));
}

TEST(Announcement, ItsTitleIsReadFromTheFirstLines) {
    const AnnouncementTitle title = title_of(kText);
    EXPECT_EQ(title.member, "5f3a");
    EXPECT_EQ(title.edition, (Edition{7, 3}));
    for (const char* text : {"", "host miku\n", "host miku\nmember 5f3a\nepoch 7\n", "member 5f3a\nepoch 7\nseq 3\n",
                             "host miku\nmember 5f3a\nepoch x\nseq 3\n"}) {
        EXPECT_EQ(title_of(text).member, "") << text;
    }
}

TEST(Announcement, TextAndReadComeToTheSame) {
    const AnnouncedPtr made = make_announced(miku());
    const Result<AnnouncedPtr> read = read_announced(made->text);
    ASSERT_TRUE(read);
    EXPECT_EQ((*read)->digest, made->digest);
    EXPECT_EQ((*read)->key, key_of("5f3a"));
    EXPECT_EQ((*read)->id_hash, hash_of_id("MIKU"));
    EXPECT_EQ((*read)->link_keys, made->link_keys);
    EXPECT_EQ(made->link_keys.at(1), key_of("9c01"));
}

}  // namespace
}  // namespace msw::net
