#include "plugins/update/campaign.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace msw::update {
namespace {

using std::chrono::seconds;
using ::testing::HasSubstr;
using ::testing::StartsWith;

const Campaign::Time kBegan{};
const std::string kDigest(64, 'd');

Datapack question(bool streamed) {
    Datapack d("get", "update", "compress");
    d.set("from", "@3");
    d.set("flag", "q");
    if (streamed) d.set("stream", "1");
    return d;
}

/// An update for rin and luka.
Campaign two(bool streamed = true) { return {question(streamed), {"rin", "miku&luka"}, kBegan, seconds(120)}; }

Datapack said(const Campaign& campaign, std::size_t host, std::string_view text, std::string_view error = {}) {
    Datapack d("reply", "update", std::string(text));
    d.set("flag", campaign.hosts()[host].flag);
    d.set("error", error);
    return d;
}

Datapack progress(const Campaign& campaign, std::size_t host) {
    Datapack d = said(campaign, host, "installed; restarting");
    d.set("part", "0");
    return d;
}

TEST(Campaign, EachHostHasAFlagOfItsOwn) {
    const Campaign c(question(true), {"rin", "miku&luka", "LUKA", "rin"}, kBegan, seconds(120));
    ASSERT_EQ(c.hosts().size(), 2U);
    EXPECT_EQ(c.hosts()[1].id, "luka");
    EXPECT_EQ(c.hosts()[1].way, "miku&luka");
    EXPECT_NE(c.hosts()[0].flag, c.hosts()[1].flag);
    EXPECT_EQ(c.host_of(c.hosts()[1].flag), "luka");
    EXPECT_EQ(c.host_of("another"), "");
}

TEST(Campaign, APartForTheListAndOneForEachHost) {
    Campaign c = two();
    const auto first = c.begin(kDigest, "release dddddddddddddddd: 3 files");
    ASSERT_EQ(first.size(), 1U);
    EXPECT_EQ(first[0].app, "@3");
    EXPECT_EQ(first[0].get("flag"), "q");
    EXPECT_EQ(first[0].get("part"), "0");
    EXPECT_EQ(first[0].get("end"), "");
    EXPECT_EQ(first[0].get("update_to"), "rin+luka");
    EXPECT_EQ(first[0].body, "release dddddddddddddddd: 3 files; on its way to rin and luka\n");

    EXPECT_TRUE(c.heard(progress(c, 0)).empty());
    const auto luka = c.heard(said(c, 1, "no\troom\n", "io"));
    ASSERT_EQ(luka.size(), 1U);
    EXPECT_EQ(luka[0].get("part"), "1");
    EXPECT_EQ(luka[0].get("host"), "luka");
    EXPECT_EQ(luka[0].get("error"), "io");
    EXPECT_EQ(luka[0].get("end"), "");
    EXPECT_EQ(luka[0].body, "no room\n");
    EXPECT_FALSE(c.done());

    Datapack last = said(c, 0, "runs release dddddddddddddddd");
    last.set("part", "1");
    last.set("end", "1");
    const auto rin = c.heard(last);
    ASSERT_EQ(rin.size(), 1U);
    EXPECT_EQ(rin[0].get("part"), "2");
    EXPECT_EQ(rin[0].get("host"), "rin");
    EXPECT_EQ(rin[0].get("error"), "");
    EXPECT_EQ(rin[0].get("end"), "1");
    EXPECT_EQ(rin[0].get("digest"), kDigest);
    EXPECT_TRUE(c.done());
    EXPECT_TRUE(c.expire(c.deadline()).empty());
}

TEST(Campaign, OnlyTheFirstVerdictCounts) {
    Campaign c = two();
    (void)c.begin(kDigest, "x");
    EXPECT_EQ(c.heard(said(c, 0, "runs it")).size(), 1U);
    EXPECT_TRUE(c.heard(said(c, 0, "given up", "unsupported")).empty());
    Datapack foreign("reply", "update", "x");
    foreign.set("flag", "another");
    EXPECT_TRUE(c.heard(foreign).empty());
    Datapack message = said(c, 1, "x");
    message.method = "post";
    EXPECT_TRUE(c.heard(message).empty());
    EXPECT_FALSE(c.done());
}

TEST(Campaign, TheDeadlineIsAVerdictToo) {
    Campaign c = two();
    (void)c.begin(kDigest, "x");
    (void)c.heard(progress(c, 0));
    EXPECT_TRUE(c.expire(kBegan + seconds(119)).empty());
    const auto parts = c.expire(c.deadline());
    ASSERT_EQ(parts.size(), 2U);
    EXPECT_THAT(parts[0].body, StartsWith("installed it and went to restart, but has not said within 120 s"));
    EXPECT_EQ(parts[0].get("error"), "timeout");
    EXPECT_EQ(parts[1].body, "no answer within 120 s\n");
    EXPECT_EQ(parts[1].get("host"), "luka");
    EXPECT_EQ(parts[1].get("end"), "1");
    EXPECT_TRUE(c.done());
}

TEST(Campaign, OneAnswerForWhoWantsOne) {
    Campaign c = two(false);
    EXPECT_TRUE(c.begin(kDigest, "release d").empty());
    EXPECT_TRUE(c.heard(said(c, 1, "runs release d")).empty());
    const auto answers = c.expire(c.deadline());
    ASSERT_EQ(answers.size(), 1U);
    EXPECT_EQ(answers[0].get("part"), "");
    EXPECT_EQ(answers[0].get("error"), "timeout");
    EXPECT_EQ(answers[0].body,
              "release d; on its way to rin and luka\nluka: runs release d\nrin: no answer within 120 s (timeout)\n");
}

TEST(Campaign, AFailureCountsMoreThanSilence) {
    for (const bool failure_first : {true, false}) {
        Campaign c = two(false);
        (void)c.begin(kDigest, "x");
        const std::size_t failed = failure_first ? 0 : 1;
        (void)c.heard(said(c, failed, "x", failed == 0 ? "io" : "unreachable"));
        const auto answers = c.heard(said(c, 1 - failed, "x", failed == 0 ? "unreachable" : "io"));
        ASSERT_EQ(answers.size(), 1U);
        EXPECT_EQ(answers[0].get("error"), "io");
    }
}

TEST(Campaign, WordsOfOthersAreBounded) {
    EXPECT_EQ(one_line("a\x1b[31m\nb\n "), "a [31m b");
    EXPECT_EQ(one_line(std::string(100000, 'x')).size(), 1000U);
    EXPECT_EQ(one_line(""), "");
    Campaign c = two();
    const auto parts = c.heard(said(c, 0, "x", "a\x01word"));
    ASSERT_EQ(parts.size(), 1U);
    EXPECT_EQ(parts[0].get("error"), "bad-request");
}

TEST(Campaign, AListTooLongForAFieldStandsInTheText) {
    std::vector<std::string> many;
    many.reserve(200);
    for (int i = 0; i < 200; ++i) many.push_back(std::string(50, 'h') + std::to_string(i));
    Campaign c(question(true), many, kBegan, seconds(1));
    const auto parts = c.begin(kDigest, "x");
    ASSERT_EQ(parts.size(), 1U);
    EXPECT_EQ(parts[0].get("update_to"), "");
    EXPECT_THAT(parts[0].body, HasSubstr(many.back()));
}

}  // namespace
}  // namespace msw::update
