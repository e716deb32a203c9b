#include "msw/command.hpp"
#include "msw/host_id.hpp"
#include "msw/percent.hpp"
#include "msw/target.hpp"

#include <gtest/gtest.h>
#include <string>
#include <vector>

namespace msw {
namespace {

std::string shown(const Result<Datapack>& d) {
    if (!d) return "error: " + d.error().text;
    std::string out = d->method + ' ' + d->app + " [" + d->body + "]";
    for (const Field f : d->head) out.append(" ").append(f.name).append("=").append(f.value);
    return out;
}

TEST(Command, ReadsTheManualsExamples) {
    EXPECT_EQ(shown(parse_command("update:compress;update_to:*")), "post update [compress] update_to=*");
    EXPECT_EQ(shown(parse_command("ffmpeg:enable;to:*,server:miku")), "post ffmpeg [enable] to=* server=miku");
    EXPECT_EQ(shown(parse_command("ffmpeg:autostart")), "post ffmpeg [autostart]");
    EXPECT_EQ(shown(parse_command("(file)log: res/a.txt;to:miku")), "file log [] filename=res/a.txt to=miku");
    EXPECT_EQ(shown(parse_command("log:")), "post log []");
}

TEST(Command, ABackslashTakesTheNextCharacterAsItIs) {
    EXPECT_EQ(shown(parse_command(R"(shell:echo a\;b;to:x)")), "post shell [echo a;b] to=x");
    EXPECT_EQ(shown(parse_command(R"(log:a\\;note:x\,y\:z)")), R"(post log [a\] note=x,y:z)");
    EXPECT_EQ(shown(parse_command(R"(shell:grep '\.' f)")), R"(post shell [grep '\.' f])");
}

TEST(Command, ColonsNeedNoBackslashInABodyOrValue) {
    EXPECT_EQ(shown(parse_command("log:http://x:80/;note:a:b")), "post log [http://x:80/] note=a:b");
}

TEST(Command, SaysWhatIsWrong) {
    const auto says = [](const char* text, const char* what) {
        const std::string got = shown(parse_command(text));
        EXPECT_EQ(got.substr(0, 6), "error:") << text;
        EXPECT_NE(got.find(what), std::string::npos) << text << " gives " << got;
    };
    says("", "no `:`");
    says("shell", "no `:`");
    says(":x", "is not an app");
    says("a b:x", "is not an app");
    says("(file)log:", "no path");
    says("log:x;novalue", "no `:`");
    says("log:x;a:", "has no value");
    says("log:x;a:1,a:2", "twice");
    says("log:x;a/b:1", "not a field name");
    says("log:x;id:me", "set by the daemon");
    says("log:x;by:uid:0", "set by the daemon");
    says("log:x;length:3", "set by the daemon");
}

TEST(Command, WhatIsWrittenIsReadBack) {
    const std::vector<std::string> odd{"", "a", ";", ",", ":", "\\", "\\\\;", "a;b,c:d\\", "\n", "x\\y"};
    for (const std::string& body : odd) {
        for (const std::string& value : odd) {
            Datapack d("post", "app", body);
            d.set("k", value);
            d.set("z", "end");
            const Result<Datapack> back = parse_command(write_command(d));
            ASSERT_TRUE(back.ok()) << write_command(d) << ": " << back.error().text;
            EXPECT_EQ(back->body, d.body) << write_command(d);
            EXPECT_TRUE(back->head == d.head) << write_command(d);
        }
    }
}

TEST(Command, QuotesForAShell) {
    EXPECT_EQ(shell_quoted("update:compress"), "update:compress");
    EXPECT_EQ(shell_quoted("a;b"), "'a;b'");
    EXPECT_EQ(shell_quoted("*"), "'*'");
    EXPECT_EQ(shell_quoted("it's"), "'it'\\''s'");
    EXPECT_EQ(shell_quoted(""), "''");
}

std::string targets(std::string_view text) {
    const Result<std::vector<Target>> list = parse_targets(text);
    if (!list) return "error: " + list.error().text;
    std::string out;
    for (const Target& t : *list) {
        out += t.kind == Target::Kind::all ? "*" : t.kind == Target::Kind::role ? "role " + t.role : "";
        for (const std::string& host : t.hosts) out += (out.empty() || out.back() == ' ' ? "" : ">") + host;
        out += ' ';
    }
    return out;
}

TEST(Target, ReadsTheGrammar) {
    EXPECT_EQ(targets("miku"), "miku ");
    EXPECT_EQ(targets("a+b+a"), "a b ");
    EXPECT_EQ(targets("@web"), "role web ");
    EXPECT_EQ(targets("*"), "* ");
    EXPECT_EQ(targets("A&B&C"), "A>B>C ");
    EXPECT_EQ(targets("a+@web+*"), "a role web * ");
}

TEST(Target, SaysWhatIsWrittenInstead) {
    EXPECT_EQ(targets("all"), "error: target \"all\": all other hosts are written `*`, in quotes for a shell");
    EXPECT_EQ(targets("a,b"), "error: target \"a,b\": several hosts are joined with `+`, as in `miku+rin`");
    EXPECT_EQ(targets("a;x"), "error: target \"a;x\": after the first `;`, fields are separated by `,`");
}

TEST(Target, NamesTheBadItem) {
    for (const char* bad : {"", "a+", "+a", "@", "a b", "a&", "-a", "a-", "all", "ALL", "a/b", "**", "a&*"}) {
        EXPECT_EQ(targets(bad).substr(0, 15), "error: target \"") << bad;
    }
    std::string way = "h0";
    for (int i = 1; i < 17; ++i) way += "&h" + std::to_string(i);
    EXPECT_NE(targets(way).find("at most 16"), std::string::npos);
}

TEST(HostId, FollowsTheRule) {
    for (const char* good : {"a", "A", "0", "miku", "a.b-c_d", "x1"}) EXPECT_TRUE(valid_host_id(good)) << good;
    for (const char* bad : {"", ".", "a.", "-a", "_a", "all", "All", "a b", "a&b", "a@b", "\xc3\xa9"}) {
        EXPECT_FALSE(valid_host_id(bad)) << bad;
    }
    EXPECT_TRUE(valid_host_id(std::string(63, 'a')));
    EXPECT_FALSE(valid_host_id(std::string(64, 'a')));
    EXPECT_TRUE(same_host_id("Miku", "mIKU"));
    EXPECT_FALSE(same_host_id("miku", "miku2"));
}

TEST(HostId, IsMadeOfAnyHostName) {
    EXPECT_EQ(host_id_from_name("db1.example.org"), "db1.example.org");
    EXPECT_EQ(host_id_from_name("-x y-"), "x-y");
    EXPECT_EQ(host_id_from_name(""), "host");
    EXPECT_EQ(host_id_from_name("all"), "host");
    EXPECT_TRUE(valid_host_id(host_id_from_name(std::string(200, 'x'))));
}

TEST(Percent, KnowsUtf8) {
    for (const char* good : {"", "a", "\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x98\x80", "\xf4\x8f\xbf\xbf"}) {
        EXPECT_TRUE(valid_utf8(good)) << good;
    }
    for (const char* bad : {"\x80", "\xc0\xaf", "\xc3", "\xe0\x80\x80", "\xed\xa0\x80", "\xf0\x80\x80\x80",
                            "\xf4\x90\x80\x80", "\xff", "\xe2\x82"}) {
        EXPECT_FALSE(valid_utf8(bad));
    }
}

TEST(Percent, DecodesOnlyWhatIsWellFormed) {
    EXPECT_EQ(percent_decode("a%0Ab%25").value_or("-"), "a\nb%");
    EXPECT_EQ(percent_decode("%ff").value_or("-"), "\xff");
    for (const char* bad : {"%", "%1", "%G0", "%00", "a%", "\x01", "\xff"}) EXPECT_FALSE(percent_decode(bad)) << bad;
}

}  // namespace
}  // namespace msw
