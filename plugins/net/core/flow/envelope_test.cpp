#include "plugins/net/core/flow/envelope.hpp"

#include <gmock/gmock.h>

namespace msw::net {
namespace {

using testing::HasSubstr;

Fields fields_of(const std::vector<std::pair<std::string, std::string>>& all) {
    Fields fields;
    for (const auto& [name, value] : all) fields.set(name, value);
    return fields;
}

const std::vector<std::pair<std::string, std::string>> kGood = {
    {"class", "o"}, {"run", "0000000000000abc"}, {"for", "0000000000000def"}, {"n", "7"}, {"low", "5"}, {"at", "900"}};

TEST(Envelope, IsReadAsItIsWritten) {
    for (const bool again : {false, true}) {
        const Envelope envelope{FlowClass::durable, 0xabc, 0xdef, 7, 5, 900, again};
        std::string lines;
        write_envelope(envelope, lines);
        EXPECT_EQ(lines, "class: d\nrun: 0000000000000abc\nfor: 0000000000000def\nn: 7\nlow: 5\nat: 900\n" +
                             std::string(again ? "redelivered: 1\n" : ""));
        auto all = kGood;
        all[0].second = "d";
        all.emplace_back("id", "miku");
        if (again) all.emplace_back("redelivered", "1");
        Fields head = fields_of(all);
        const Result<Envelope> read = take_envelope(head);
        ASSERT_TRUE(read);
        EXPECT_EQ(*read, envelope);
        EXPECT_EQ(head, fields_of({{"id", "miku"}})) << "the rest is the plugin's";
    }
}

TEST(Envelope, NamesTheFieldThatMakesNoSense) {
    const std::vector<std::pair<std::string, std::vector<std::string>>> bad = {
        {"class", {"", "b", "ordinary"}},
        {"run", {"", "abc", "0000000000000000", "000000000000ABCD", "00000000000000abc"}},
        {"for", {"", "x"}},
        {"n", {"", "0", "-1", "7x", "18446744073709551616", "4611686018427387905"}},
        {"low", {"", "0", "8"}},
        {"at", {"", "-1"}},
    };
    for (const auto& [name, values] : bad) {
        for (const std::string& value : values) {
            Fields head = fields_of(kGood);
            head.set(name, value);
            const Result<Envelope> read = take_envelope(head);
            ASSERT_FALSE(read) << name << ": " << value;
            EXPECT_THAT(read.error().text, HasSubstr("`" + name + "`"));
        }
    }
}

TEST(Envelope, ItsFieldsAreNotForOthers) {
    EXPECT_EQ(reserved_field(fields_of({{"id", "miku"}, {"number", "3"}})), "");
    for (const char* name : {"class", "run", "for", "n", "low", "at", "via", "hops", "salt"}) {
        EXPECT_EQ(reserved_field(fields_of({{"id", "miku"}, {name, "3"}})), name);
    }
}

TEST(Charge, IsTheSameAtBothEnds) {
    Datapack sent("post", "shell", "uptime");
    sent.set("id", "miku");
    sent.set("flag", "0123456789abcdef");
    Datapack came = sent;
    for (const auto& [name, value] : kGood) came.set(name, value);
    came.set("redelivered", "1");
    came.set("size", "9000");
    ASSERT_TRUE(take_envelope(came.head));
    came.set("redelivered", "1");
    EXPECT_EQ(charge_of(came), charge_of(sent));
    came.body += "x";
    EXPECT_EQ(charge_of(came), charge_of(sent) + 1);
    came.set("exit", "0");
    EXPECT_GT(charge_of(came), charge_of(sent) + 1 + 5);
}

}  // namespace
}  // namespace msw::net
