#include "mswctl/compose.hpp"
#include "mswctl/lines.hpp"
#include "mswctl/questions.hpp"
#include "mswctl/send.hpp"
#include "mswctl/shortcuts.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace mswctl {
namespace {

using ::testing::HasSubstr;
using Kind = Line::Kind;

msw::Datapack made(const std::string& spec, std::vector<std::string> fields = {}, std::string to = {}) {
    msw::Result<msw::Datapack> d = compose({spec, std::move(fields), std::move(to)});
    EXPECT_TRUE(d.ok()) << (d ? "" : d.error().text);
    return d ? std::move(d).value() : msw::Datapack();
}

std::string wrong(const std::string& spec, std::vector<std::string> fields = {}, std::string to = {}) {
    const msw::Result<msw::Datapack> d = compose({spec, std::move(fields), std::move(to)});
    return d ? "" : d.error().text;
}

TEST(Compose, FlagsAndGrammarSayTheSame) {
    const msw::Datapack a = made("shell:uptime;to:miku,mood:a\\,b");
    const msw::Datapack b = made("shell:uptime", {"mood=a,b"}, "miku");
    EXPECT_EQ(a.body, b.body);
    EXPECT_EQ(a.get("to"), b.get("to"));
    EXPECT_EQ(b.get("mood"), "a,b");
    EXPECT_NE(a.get("flag"), b.get("flag"));
}

TEST(Compose, SaysWhatIsWrong) {
    EXPECT_THAT(wrong("x:y", {"a"}), HasSubstr("NAME=VALUE"));
    EXPECT_THAT(wrong("shell:cd /; ls"), HasSubstr("written `\\;`"));
    EXPECT_EQ(made("shell:cd /\\; ls").body, "cd /; ls");
    EXPECT_THAT(wrong("x:y", {"a="}), HasSubstr("no value"));
    EXPECT_THAT(wrong("x:y", {"id=a"}), HasSubstr("daemon"));
    EXPECT_THAT(wrong("x:y", {"a=1", "a=2"}), HasSubstr("twice"));
    EXPECT_THAT(wrong("x:y;to:a", {}, "b"), HasSubstr("twice"));
    EXPECT_THAT(wrong("x:y", {}, "a++b"), HasSubstr("target"));
    EXPECT_THAT(wrong("x:y", {"update_to=@"}), HasSubstr("role"));
    EXPECT_THAT(wrong("x:y", {"fds=1"}), HasSubstr("(file)x:PATH"));
}

TEST(Lack, ShellAndUpdateNameATarget) {
    EXPECT_EQ(lack_of(made("shell:ls")), Lack::to);
    EXPECT_EQ(lack_of(made("log&shell:ls")), Lack::to);
    EXPECT_EQ(lack_of(made("all:ls")), Lack::to);
    EXPECT_EQ(lack_of(made("shell:ls;to:miku")), Lack::nothing);
    EXPECT_EQ(lack_of(made("update:compress")), Lack::update_to);
    EXPECT_EQ(lack_of(made("update:compress;to:miku")), Lack::update_to);
    EXPECT_EQ(lack_of(made("update:status")), Lack::nothing);
    EXPECT_EQ(lack_of(made("update:compress;update_to:*")), Lack::nothing);
    EXPECT_EQ(lack_of(made("(file)update:release.tar.zst")), Lack::to);
    EXPECT_EQ(lack_of(made("(file)shell:notes")), Lack::nothing);
    EXPECT_EQ(lack_of(made("log:shell")), Lack::nothing);
    EXPECT_EQ(lack_of(made("seashell:x")), Lack::nothing);
}

TEST(Lack, TheAdviceCanBePasted) {
    const msw::Datapack d = made("shell:ls -l", {"timeout=5"});
    EXPECT_EQ(lack_words(d, "miku"), "`shell:ls -l;timeout:5` names no host (`to`) and runs on this host, miku");
    const std::string advice = lack_advice(d, "send");
    EXPECT_THAT(advice, HasSubstr("mswctl send 'shell:ls -l;timeout:5,to:HOST'"));
    EXPECT_THAT(advice, HasSubstr("mswctl send 'shell:ls -l' -f timeout=5 --to HOST"));
    EXPECT_THAT(advice, HasSubstr("mswctl send 'shell:ls -l' -f timeout=5 --here"));
    EXPECT_THAT(lack_advice(made("shell:echo 'a'"), "send"),
                HasSubstr(R"(mswctl send 'shell:echo '\''a'\'';to:HOST')"));
}

std::vector<std::string> hosts_and_ways(std::string_view to, const std::vector<std::string>& found) {
    std::vector<std::string> all;
    const msw::Datapack d("get", "x");
    for (const Question& q : questions_for(d, msw::parse_targets(to).value(), found, "self")) {
        all.push_back(q.host + "=" + std::string(q.datapack.get("to")));
    }
    return all;
}

TEST(Questions, OneForEachTarget) {
    EXPECT_EQ(hosts_and_ways("a+b", {}), (std::vector<std::string>{"a=a", "b=b"}));
    EXPECT_EQ(hosts_and_ways("a&b&c", {}), (std::vector<std::string>{"c=a&b&c"}));
    EXPECT_EQ(hosts_and_ways("*+a&b", {"a", "B"}), (std::vector<std::string>{"b=a&b", "a=a"}));
    EXPECT_EQ(open_targets(msw::parse_targets("a+*+@web").value()), "*+@web");
    const std::vector<Question> here = questions_for(msw::Datapack("get", "x"), {}, {}, "self");
    ASSERT_EQ(here.size(), 1U);
    EXPECT_EQ(here[0].host, "self");
    EXPECT_FALSE(here[0].datapack.head.has("to"));
}

TEST(Questions, OneNamedHostGivesOneAnswer) {
    EXPECT_TRUE(names_one_host(""));
    EXPECT_TRUE(names_one_host("a&b"));
    EXPECT_FALSE(names_one_host("a+b"));
    EXPECT_FALSE(names_one_host("*"));
}

TEST(Wait, IsWhatTheAppNeeds) {
    EXPECT_EQ(usual_wait(made("shell:x")), kShellWait);
    EXPECT_EQ(usual_wait(made("shell:x;timeout:600")), Milliseconds(605'000));
    EXPECT_EQ(usual_wait(made("shell:x;timeout:99999999999")), kShellWait);
    EXPECT_EQ(usual_wait(made("update:x")), kUpdateWait);
    EXPECT_EQ(usual_wait(made("log:x")), Milliseconds(0));
    EXPECT_EQ(usual_wait(made("(file)update:x")), kAnswerWait);
    msw::Datapack large = made("(file)log:x");
    large.file = std::make_shared<const msw::File>(-1, 100UL * 1024 * 1024, "");
    EXPECT_EQ(usual_wait(large), kAnswerWait + std::chrono::seconds(100));
}

TEST(Shortcuts, WordsOfACommandLineAreNoCommand) {
    for (const char* text : {"call shell:uptime --to rin", "send log:x", "mswctl status"}) {
        EXPECT_EQ(read_line(text, "").kind, Kind::unknown) << text;
        EXPECT_THAT(words_about(read_line(text, "")), HasSubstr("shell:uptime;to:miku"));
    }
    EXPECT_EQ(read_line("call:x", "").kind, Kind::command);
    EXPECT_EQ(read_line("send", "").kind, Kind::unknown);
}

TEST(Shortcuts, AreTheSeeds) {
    EXPECT_EQ(read_line(" update ", "").text, "update:compress;update_to:*");
    EXPECT_EQ(read_line("1", "").text, "ffmpeg:autostart");
    EXPECT_EQ(read_line("2", "").text, "ffmpeg:enable;to:*,server:miku");
    EXPECT_EQ(read_line("restart", "").kind, Kind::restart);
    EXPECT_EQ(read_line("exit\r", "").kind, Kind::exit);
    EXPECT_EQ(read_line("r", "log:x").text, "log:x");
    EXPECT_EQ(read_line("r", "update").text, "update:compress;update_to:*");
    EXPECT_EQ(read_line("r", "").kind, Kind::no_last);
    EXPECT_EQ(read_line("r", "r").kind, Kind::unknown);
    EXPECT_EQ(read_line("(file)log: notes.txt", "").kind, Kind::command);
    EXPECT_EQ(read_line("# shell:reboot", "").kind, Kind::nothing);
    EXPECT_EQ(read_line("helo", "").kind, Kind::unknown);
}

}  // namespace
}  // namespace mswctl
