#include "msw/datapack.hpp"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>
#include <array>
#include <set>
#include <string>

namespace msw {
namespace {

TEST(Fields, KeepOrderAndUniqueNames) {
    Fields f;
    f.set("a", "1");
    f.set("b", "2");
    f.set("a", "3");
    EXPECT_EQ(f.size(), 2U);
    EXPECT_EQ(f.at(0).name, "a");
    EXPECT_EQ(f.get("a"), "3");
    f.set("a", "");
    EXPECT_FALSE(f.has("a"));
    EXPECT_EQ(f.at(0).name, "b");
    f.remove("nothing");
    EXPECT_EQ(f.size(), 1U);
}

TEST(Fields, MaySetFromTheirOwnText) {
    Fields f;
    f.set("a", std::string(100, 'x'));
    for (int i = 0; i < 50; ++i) f.set("copy" + std::to_string(i), f.get("a"));
    for (const Field field : f) EXPECT_EQ(field.value, std::string(100, 'x'));
    f.set(f.at(0).name, f.at(1).name);
    EXPECT_EQ(f.get("a"), "copy0");
}

TEST(Datapack, ReplyGoesBackToTheAsker) {
    Datapack question("get", "shell", "uptime");
    question.set("id", "hmsy");
    question.set("from", "test");
    question.set("flag", "abc");
    const Datapack answer = question.reply();
    EXPECT_EQ(answer.method, "reply");
    EXPECT_EQ(answer.app, "test");
    EXPECT_EQ(answer.get("to"), "hmsy");
    EXPECT_EQ(answer.get("flag"), "abc");
    EXPECT_TRUE(answer.body.empty());
    const Datapack error = question.error_reply(Code::no_such_app, "no such plugin");
    EXPECT_EQ(error.get("error"), "no-such-app");
    EXPECT_EQ(error.body, "no such plugin");
}

TEST(Datapack, FlagsAreSixteenHexDigitsAndDiffer) {
    std::set<std::string> seen;
    for (int i = 0; i < 1000; ++i) {
        const std::string flag = new_flag();
        EXPECT_EQ(flag.size(), 16U);
        EXPECT_EQ(flag.find_first_not_of("0123456789abcdef"), std::string::npos);
        seen.insert(flag);
    }
    EXPECT_EQ(seen.size(), 1000U);
}

TEST(Error, EveryCodeHasANameOfItsOwn) {
    std::set<std::string_view> names;
    for (int i = 0; i <= static_cast<int>(Code::closed); ++i) {
        const Code code = static_cast<Code>(i);
        names.insert(wire_name(code));
        EXPECT_EQ(code_from_wire(wire_name(code)), code);
    }
    EXPECT_EQ(names.size(), static_cast<std::size_t>(Code::closed) + 1);
    EXPECT_EQ(code_from_wire("from-the-future"), Code::bad_request);
}

TEST(Fields, SetAllReplacesAndAdds) {
    Fields marks;
    marks.set("id", "here");
    marks.set("by", "uid:1");
    Fields f;
    f.set("flag", "x");
    f.set_all(marks);
    EXPECT_EQ(f.size(), 3U);
    EXPECT_EQ(f.get("id"), "here");
    EXPECT_EQ(f.get("by"), "uid:1");
    Fields forged;
    forged.set("by", "uid:0");
    forged.set_all(marks);
    EXPECT_EQ(forged.size(), 2U);
    EXPECT_EQ(forged.get("by"), "uid:1");
}

TEST(Datapack, AForkGivesOtherFlags) {
    (void)new_flag();
    std::array<int, 2> ends{};
    ASSERT_EQ(::pipe(ends.data()), 0);
    const pid_t child = ::fork();
    if (child == 0) {
        const std::string flag = new_flag();
        ::_exit(::write(ends[1], flag.data(), flag.size()) == 16 ? 0 : 1);
    }
    ASSERT_GT(child, 0);
    std::string theirs(16, ' ');
    EXPECT_EQ(::read(ends[0], theirs.data(), theirs.size()), 16);
    EXPECT_NE(theirs, new_flag());
    int status = -1;
    EXPECT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0);
    ::close(ends[0]);
    ::close(ends[1]);
}

TEST(Datapack, AFlagIsGivenOnce) {
    Datapack d("post", "log");
    d.give_flag();
    const std::string flag(d.get("flag"));
    EXPECT_EQ(flag.size(), 16U);
    d.give_flag();
    EXPECT_EQ(d.get("flag"), flag);
}

}  // namespace
}  // namespace msw
