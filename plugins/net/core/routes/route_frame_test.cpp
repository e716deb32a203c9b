#include "plugins/net/core/routes/route_frame.hpp"

#include "plugins/net/core/routes/announce_for_test.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace msw::net {
namespace {

DigestTree::Children some_digests() {
    DigestTree::Children digests{};
    for (unsigned i = 0; i < DigestTree::kWidth; ++i) digests.at(i) = mix(i);
    return digests;
}

/// @return the first word of each item of a body; "error: …" last if it makes no sense
std::vector<std::string> kinds(const std::string& body) {
    std::vector<std::string> words;
    Result<RouteFrameReader> reader = RouteFrameReader::open(body);
    if (!reader) return {"error: " + reader.error().text};
    constexpr std::array<const char*, 6> kNames = {"announcement", "compare", "want", "node", "held", "cut"};
    RouteItem item;
    Result<bool> more = reader->next(item);
    for (; more && *more; more = reader->next(item)) words.emplace_back(kNames.at(static_cast<std::size_t>(item.kind)));
    if (!more) words.push_back("error: " + more.error().text);
    return words;
}

using Words = std::vector<std::string>;

TEST(RouteFrame, WhatIsWrittenIsRead) {
    const AnnouncedPtr b = says("b", {"a"}, {.edition = {7, 3}});
    RouteFrame flood = RouteFrame::flood();
    EXPECT_TRUE(flood.empty());
    ASSERT_TRUE(flood.add_announcement(*b));
    ASSERT_TRUE(flood.add_announcement(*b));
    EXPECT_EQ(kinds(std::move(flood).take()), (Words{"announcement", "announcement"}));
    EXPECT_EQ(kinds(RouteFrame::hush().take()), Words{});
    EXPECT_EQ(kinds(RouteFrame::wake().take()), Words{});

    RouteFrame ask = RouteFrame::ask(17);
    ASSERT_TRUE(ask.add_compare({}, some_digests()));
    ASSERT_TRUE(ask.add_compare({2, 0x4f}, some_digests()));
    ASSERT_TRUE(ask.add_want("5f3a"));
    const std::string asked = std::move(ask).take();
    Result<RouteFrameReader> reader = RouteFrameReader::open(asked);
    ASSERT_TRUE(reader);
    EXPECT_EQ(reader->title(), RouteFrameReader::Title::ask);
    EXPECT_EQ(reader->number(), 17U);
    RouteItem item;
    ASSERT_TRUE(*reader->next(item));
    EXPECT_EQ(item.node, DigestNode{});
    ASSERT_TRUE(*reader->next(item));
    EXPECT_EQ(item.node, (DigestNode{2, 0x4f}));
    EXPECT_EQ(item.digests, some_digests());
    ASSERT_TRUE(*reader->next(item));
    EXPECT_EQ(item.member, "5f3a");
    EXPECT_FALSE(*reader->next(item));

    RouteFrame answer = RouteFrame::answer(4294967295U);
    ASSERT_TRUE(answer.add_node({1, 0xa}, some_digests()));
    ASSERT_TRUE(answer.add_held(*b));
    ASSERT_TRUE(answer.add_announcement(*b));
    answer.add_cut();
    const std::string answered = std::move(answer).take();
    EXPECT_EQ(kinds(answered), (Words{"node", "held", "announcement", "cut"}));
    reader = RouteFrameReader::open(answered);
    EXPECT_EQ(reader->number(), 4294967295U);
    ASSERT_TRUE(*reader->next(item));
    EXPECT_EQ(item.node, (DigestNode{1, 0xa}));
    ASSERT_TRUE(*reader->next(item));
    EXPECT_EQ(item.member, "b");
    EXPECT_EQ(item.edition, (Edition{7, 3}));
    EXPECT_EQ(item.digest, b->digest);
    ASSERT_TRUE(*reader->next(item));
    EXPECT_EQ(item.text, b->text);
}

TEST(RouteFrame, AFullOneTakesNoMoreAndStillSaysSo) {
    const AnnouncedPtr b = says("b", {"a"});
    RouteFrame answer = RouteFrame::answer(1);
    std::size_t added = 0;
    while (answer.add_announcement(*b)) ++added;
    while (answer.add_want("a")) {
    }
    EXPECT_GT(added, 1000U);
    answer.add_cut();
    EXPECT_LE(answer.size(), kLongestRouteFrame);
    EXPECT_GT(answer.size(), kLongestRouteFrame - 8);
}

TEST(RouteFrame, WhatMakesNoSenseIsRefused) {
    std::string digests;
    for (int i = 0; i < 16; ++i) digests += " 0123456789abcdef";
    EXPECT_EQ(kinds("ask 1\ncompare -" + digests + "\n"), Words{"compare"});
    for (const std::string& body : {std::string(),
                                    std::string("flood"),
                                    std::string("Flood\n"),
                                    std::string("flood 1\n"),
                                    std::string("ask\n"),
                                    std::string("ask 01\n"),
                                    std::string("ask 4294967296\n"),
                                    std::string("answer -1\n"),
                                    std::string("flood\nannouncement 5\nabc"),
                                    std::string("flood\nannouncement 8193\n") + std::string(9000, 'x'),
                                    std::string("flood\nannouncement\n"),
                                    std::string("flood\nwant 5f3a\n"),
                                    std::string("flood\ncut\n"),
                                    std::string("hush\nwant 5f3a\n"),
                                    std::string("hush\nannouncement 0\n"),
                                    std::string("ask 1\nwant 5F3A\n"),
                                    std::string("ask 1\nwant\n"),
                                    std::string("ask 1\nwant 5f3a"),
                                    std::string("ask 1\nannouncement 0\n"),
                                    std::string("ask 1\nheld 5f3a 1 1 0123456789abcdef\n"),
                                    "ask 1\ncompare 4" + digests + "\n",
                                    "ask 1\ncompare 4f7" + digests + "\n",
                                    "ask 1\ncompare 4F" + digests + "\n",
                                    "ask 1\ncompare -" + digests + " 0123456789abcdef\n",
                                    "ask 1\ncompare -" + digests.substr(17) + "\n",
                                    "ask 1\nnode 4" + digests + "\n",
                                    "answer 1\nnode 4f" + digests + "\n",
                                    "answer 1\nnode -" + digests + "\n",
                                    "answer 1\ncompare -" + digests + "\n",
                                    std::string("answer 1\nheld 5f3a 1 1\n"),
                                    std::string("answer 1\nheld 5f3a 1 01 0123456789abcdef\n"),
                                    std::string("answer 1\ncut off\n"),
                                    std::string("flood\n\n"),
                                    "flood\n" + std::string(kLongestRouteFrame, 'x')}) {
        const Words words = kinds(body);
        ASSERT_FALSE(words.empty()) << body;
        EXPECT_TRUE(words.back().starts_with("error: link routes: ")) << body;
    }
    std::string much = "flood\n";
    while (much.size() <= kLongestRouteFrame) much += "announcement 0\n";
    EXPECT_TRUE(kinds(much).back().starts_with("error: "));
    much.resize(much.size() - std::string("announcement 0\n").size());
    EXPECT_EQ(kinds(much).back(), "announcement");
}

}  // namespace
}  // namespace msw::net
