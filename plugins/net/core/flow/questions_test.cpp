#include "plugins/net/core/flow/questions.hpp"

#include <gtest/gtest.h>

namespace msw::net {
namespace {

Datapack question(const char* method, const std::string& flag, const char* from = "@1") {
    Datapack d(method, "shell");
    d.set("flag", flag);
    d.set("from", from);
    return d;
}

Datapack answer(const std::string& flag, const char* app = "@1") {
    Datapack d("reply", app);
    d.set("flag", flag);
    return d;
}

Datapack part(const std::string& flag, const char* number, bool last) {
    Datapack d = answer(flag);
    d.set("part", number);
    if (last) d.set("end", "1");
    return d;
}

TEST(Questions, LetOneAnswerThrough) {
    Questions questions;
    questions.open(question("get", "f"), "Miku", 1000);
    EXPECT_FALSE(questions.admit(answer("f"), "rin").has_value()) << "another host was asked";
    EXPECT_FALSE(questions.admit(answer("f", "@2"), "miku").has_value()) << "somebody else asked";
    EXPECT_FALSE(questions.admit(answer("g"), "miku").has_value());
    EXPECT_TRUE(questions.admit(answer("f"), "miku").has_value());
    EXPECT_FALSE(questions.admit(answer("f"), "miku").has_value()) << "it is answered";
    EXPECT_EQ(questions.size(), 0U);
}

TEST(Questions, AreOpenForEachHostThatIsAsked) {
    Questions questions;
    questions.open(question("post", "f"), "miku", 1000);
    questions.open(question("post", "f"), "rin", 1000);
    EXPECT_TRUE(questions.admit(answer("f"), "rin").has_value());
    EXPECT_TRUE(questions.admit(answer("f"), "miku").has_value());
}

TEST(Questions, SeveralAppsOfAHostHaveAnAnswerEach) {
    Questions questions;
    questions.open(question("get", "f"), "miku", 1000);
    questions.open(question("get", "f"), "miku", 1000);
    EXPECT_EQ(questions.size(), 1U);
    questions.open(question("get", "f"), "miku", 1000);
    questions.close("f", "miku");  // of the third
    EXPECT_TRUE(questions.admit(answer("f"), "miku").has_value());
    EXPECT_TRUE(questions.admit(answer("f"), "miku").has_value());
    EXPECT_FALSE(questions.admit(answer("f"), "miku").has_value());
    questions.open(question("get", "f", "@1"), "miku", 1000);
    questions.open(question("get", "f", "@2"), "miku", 1000);
    EXPECT_TRUE(questions.admit(answer("f", "@2"), "miku").has_value());
    EXPECT_EQ(questions.size(), 0U) << "another asker's is another question";
}

TEST(Questions, LetPartsThroughWhereTheyWereAskedFor) {
    Questions questions;
    Datapack streamed = question("get", "f");
    streamed.set("stream", "1");
    questions.open(streamed, "miku", 1000);
    EXPECT_TRUE(questions.admit(part("f", "0", false), "miku").has_value());
    EXPECT_TRUE(questions.admit(part("f", "1", true), "miku").has_value());
    EXPECT_FALSE(questions.admit(part("f", "2", true), "miku").has_value());
    questions.open(streamed, "miku", 1000);
    EXPECT_TRUE(questions.admit(answer("f"), "miku").has_value()) << "an error ends it";
    EXPECT_FALSE(questions.admit(part("f", "0", false), "miku").has_value());
    questions.open(question("get", "f"), "miku", 1000);
    EXPECT_TRUE(questions.admit(part("f", "0", false), "miku").has_value());
    EXPECT_FALSE(questions.admit(part("f", "1", false), "miku").has_value()) << "one answer was asked for";
}

TEST(Questions, EndWithTheirTime) {
    Questions questions;
    questions.open(question("get", "late"), "miku", 1001);
    questions.open(question("get", "early"), "miku", 1000);
    questions.expire(1000);
    EXPECT_FALSE(questions.admit(answer("early"), "miku").has_value());
    EXPECT_TRUE(questions.admit(answer("late"), "miku").has_value());
    questions.open(question("get", "f"), "miku", 1000);
    questions.close("f", "MIKU");
    EXPECT_FALSE(questions.admit(answer("f"), "miku").has_value());
    questions.expire(5000);
    EXPECT_EQ(questions.size(), 0U);
}

TEST(Questions, WhoCannotBeAnsweredAsksNothing) {
    Questions questions;
    questions.open(question("post", ""), "miku", 1000);
    questions.open(question("post", "f", ""), "miku", 1000);
    EXPECT_EQ(questions.size(), 0U);
}

TEST(Questions, ForgetTheOldestPostWhenThereIsNoRoom) {
    Questions questions;
    for (std::size_t i = 0; i < Questions::kMost; ++i) {
        questions.open(question(i < 2 ? "post" : "get", std::to_string(i)), "miku", 1000);
    }
    questions.open(question("get", "new"), "miku", 1000);
    EXPECT_EQ(questions.size(), Questions::kMost);
    EXPECT_FALSE(questions.admit(answer("0"), "miku").has_value());
    EXPECT_TRUE(questions.has_room());
    questions.open(question("get", "newer"), "miku", 1000);
    EXPECT_FALSE(questions.has_room()) << "only `get` is left";
    questions.open(question("get", "too many"), "miku", 1000);
    EXPECT_FALSE(questions.admit(answer("too many"), "miku").has_value());
    EXPECT_TRUE(questions.admit(answer("2"), "miku").has_value());
    EXPECT_TRUE(questions.admit(answer("newer"), "miku").has_value());
}

TEST(Questions, AreFoundByTheirFlag) {
    Questions questions;
    questions.open(question("get", "f"), "Miku", 1000);
    questions.open(question("post", "f"), "rin", 2000);
    questions.open(question("get", "ff"), "rin", 2000);
    std::vector<Questions::Waiting> found = questions.find("f");
    ASSERT_EQ(found.size(), 2U);
    if (found[0].post) std::swap(found[0], found[1]);
    EXPECT_EQ(found[0].host, "miku");
    EXPECT_EQ(found[0].app, "shell");
    EXPECT_EQ(found[0].asker, "@1");
    EXPECT_EQ(found[0].expires, 1000);
    EXPECT_TRUE(found[1].post);
    EXPECT_TRUE(questions.find("").empty());
}

}  // namespace
}  // namespace msw::net
