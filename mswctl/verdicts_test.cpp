#include "mswctl/verdicts.hpp"

#include <gtest/gtest.h>

namespace mswctl {
namespace {

using Seen = Verdicts::Seen;

msw::Datapack answer(std::string_view flag, std::initializer_list<std::pair<std::string_view, std::string_view>> head) {
    msw::Datapack d("reply", "@1", "body");
    d.set("flag", flag);
    for (const auto& [name, value] : head) d.set(name, value);
    return d;
}

Verdicts two() {
    Verdicts v;
    v.expect("f1", "miku");
    v.expect("f2", "kaito");
    return v;
}

TEST(Verdicts, EndsWhenEachTargetHasOne) {
    Verdicts v = two();
    EXPECT_EQ(v.widest_host(), 5U);
    EXPECT_EQ(v.feed(answer("f2", {{"id", "kaito"}})), Seen::whole);
    EXPECT_FALSE(v.complete());
    EXPECT_EQ(v.missing(), std::vector<std::string>{"miku"});
    EXPECT_EQ(v.exit(), Exit::unreachable);
    EXPECT_EQ(v.feed(answer("f1", {{"exit", "0"}})), Seen::whole);
    EXPECT_TRUE(v.complete());
    EXPECT_EQ(v.exit(), Exit::ok);
    EXPECT_EQ(v.feed(answer("f1", {})), Seen::late);
}

TEST(Verdicts, OnlyTheFlagPairs) {
    Verdicts v = two();
    EXPECT_EQ(v.feed(answer("f3", {{"id", "miku"}})), Seen::foreign);
    EXPECT_EQ(v.feed(answer("", {{"id", "miku"}})), Seen::foreign);
    msw::Datapack message = answer("f1", {});
    message.method = "post";
    EXPECT_EQ(v.feed(message), Seen::foreign);
    // An error about miku that this host's net made.
    const msw::Datapack error = answer("f1", {{"id", "kaito"}, {"error", "unreachable"}});
    EXPECT_EQ(v.host_of(error), "miku");
    EXPECT_EQ(v.feed(error), Seen::whole);
}

TEST(Verdicts, PartsEndWithTheLast) {
    Verdicts v;
    v.expect("f", "miku");
    EXPECT_EQ(v.feed(answer("f", {{"part", "0"}})), Seen::part);
    EXPECT_FALSE(v.complete());
    EXPECT_EQ(v.feed(answer("f", {{"part", "1"}, {"end", "1"}})), Seen::whole);
    EXPECT_TRUE(v.complete());
}

TEST(Verdicts, AnErrorEndsAStream) {
    Verdicts v;
    v.expect("f", "miku");
    EXPECT_EQ(v.feed(answer("f", {{"part", "0"}})), Seen::part);
    EXPECT_EQ(v.feed(answer("f", {{"part", "1"}, {"error", "interrupted"}})), Seen::whole);
    EXPECT_EQ(v.exit(), Exit::failed);
}

TEST(Verdicts, PartsAboutHostsAddUp) {
    const auto outcome = [](std::string_view rin, std::string_view luka) {
        Verdicts v;
        v.expect("f", "miku");
        EXPECT_EQ(v.feed(answer("f", {{"part", "0"}})), Seen::part);
        EXPECT_EQ(v.feed(answer("f", {{"part", "1"}, {"host", "rin"}, {"error", rin}})), Seen::part);
        EXPECT_FALSE(v.complete());
        EXPECT_EQ(v.feed(answer("f", {{"part", "2"}, {"host", "luka"}, {"error", luka}, {"end", "1"}})), Seen::whole);
        return v.exit();
    };
    EXPECT_EQ(outcome("", ""), Exit::ok);
    EXPECT_EQ(outcome("timeout", ""), Exit::unreachable);
    EXPECT_EQ(outcome("", "unsupported"), Exit::failed);
    EXPECT_EQ(outcome("timeout", "unreachable"), Exit::unreachable);
    EXPECT_EQ(outcome("timeout", "unsupported"), Exit::failed);
}

TEST(Verdicts, FailuresAddUp) {
    struct Case {
        std::string_view first, second;
        Exit exit;
    };
    for (const Case& c : {Case{"refused", "refused", Exit::refused}, Case{"refused", "io", Exit::failed},
                          Case{"unreachable", "timeout", Exit::unreachable}, Case{"", "refused", Exit::refused}}) {
        Verdicts v = two();
        v.feed(answer("f1", {{"error", c.first}}));
        v.feed(answer("f2", {{"error", c.second}}));
        EXPECT_EQ(v.exit(), c.exit) << c.first << ", " << c.second;
    }
}

TEST(ExitCode, OfErrors) {
    EXPECT_EQ(exit_of(msw::Code::refused), Exit::refused);
    EXPECT_EQ(exit_of(msw::Code::no_such_host), Exit::unreachable);
    EXPECT_EQ(exit_of(msw::Code::expired), Exit::unreachable);
    EXPECT_EQ(exit_of(msw::Code::no_such_app), Exit::failed);
    EXPECT_EQ(exit_of_command(""), Exit::ok);
    EXPECT_EQ(exit_of_command("0"), Exit::ok);
    EXPECT_EQ(exit_of_command("143"), Exit::failed);
}

TEST(ExitCode, OfTwo) {
    EXPECT_EQ(both(Exit::ok, Exit::ok), Exit::ok);
    EXPECT_EQ(both(Exit::ok, Exit::refused), Exit::refused);
    EXPECT_EQ(both(Exit::unreachable, Exit::unreachable), Exit::unreachable);
    EXPECT_EQ(both(Exit::unreachable, Exit::refused), Exit::failed);
    EXPECT_EQ(both(Exit::no_daemon, Exit::failed), Exit::no_daemon);
}

}  // namespace
}  // namespace mswctl
