#include "base/json.hpp"

#include <gtest/gtest.h>

namespace msw {
namespace {

std::string error_of(std::string_view text) {
    const Result<Json> json = Json::parse(text);
    return json ? "" : json.error().text;
}

TEST(Json, ReadsAndWrites) {
    const std::string text = R"({"a":[1,-2,3.5,true,null,"x\ny"],"b":{"c":{}},"big":9223372036854775807})";
    const Result<Json> json = Json::parse(text);
    ASSERT_TRUE(json.ok()) << json.error().text;
    EXPECT_EQ(json->dump(), text);
    EXPECT_EQ((*json)["a"].items()[1].as_int(), -2);
    EXPECT_EQ((*json)["a"].items()[5].as_string(), "x\ny");
    EXPECT_EQ((*json)["nothing"].kind(), Json::Kind::null);
    EXPECT_EQ(Json::parse(json->dump(2))->dump(), text);
}

TEST(Json, KnowsWhereThingsStood) {
    const std::string text = "{\n  \"id\": 5,\n  \"dirs\": [\"a\", \"q\\\"x\"],\n  \"o\": {\"t\": true}\n}";
    const Result<Json> json = Json::parse(text);
    ASSERT_TRUE(json.ok());
    const auto at = [&](const Json& j) {
        const TextPosition p = position_of(text, j.offset());
        return std::to_string(p.line) + ":" + std::to_string(p.column);
    };
    EXPECT_EQ(at((*json)["id"]), "2:9");
    EXPECT_EQ(at((*json)["dirs"]), "3:11");
    EXPECT_EQ(at((*json)["dirs"].items()[1]), "3:17");
    EXPECT_EQ(at((*json)["o"]), "4:8");
    EXPECT_EQ(at((*json)["o"]["t"]), "4:14");
    EXPECT_EQ(position_of(text, json->members()[1].name_offset).column, 3U);
}

TEST(Json, SaysWhereItIsWrong) {
    EXPECT_EQ(error_of("{\n  \"a\": ,\n}").substr(0, 16), "line 2, column 8");
    EXPECT_NE(error_of("{\"a\": 1, \"a\": 2}").find("\"a\" is given twice"), std::string::npos);
    EXPECT_NE(error_of("[1] x"), "");
    EXPECT_NE(error_of(""), "");
    EXPECT_NE(error_of("\"\xff\""), "");
    EXPECT_NE(error_of(std::string(100, '[')).find("deeper than 32"), std::string::npos);
    EXPECT_EQ(Json::parse("{,", "f.json").error().text.substr(0, 12), "f.json:1:2: ");
}

TEST(Json, ReadsNumbersOfEverySize) {
    const auto number = [](const std::string& text) { return Json::parse(text).value(); };
    EXPECT_EQ(number("9223372036854775807").as_int(), INT64_MAX);
    EXPECT_EQ(number("-9223372036854775808").as_int(), INT64_MIN);
    EXPECT_EQ(number("9223372036854775808").as_double(), 9223372036854775808.0);
    EXPECT_EQ(number("-0").as_int(7), 0);
    EXPECT_EQ(number("1e0").kind(), Json::Kind::real);
    EXPECT_EQ(number("-1.5E+2").as_double(), -150.0);
    EXPECT_EQ(number("0.1").dump(), "0.1");
    EXPECT_EQ(number("1.7976931348623157e308").as_double(), 1.7976931348623157e308);
    EXPECT_EQ(number("0." + std::string(300, '0') + "1").as_double(), 1e-301);
    for (const std::string& text :
         std::initializer_list<std::string>{"1e309", "-12345e308", "1e999999999999", "1e-400", "01", "1.", "-", "+1",
                                            "1e", "0x1", "nan", "Infinity"}) {
        EXPECT_NE(error_of(text), "") << text;
    }
    // What RapidJSON itself read far beyond its table for.
    EXPECT_NE(error_of("[0." + std::string(150, '0') + "4e-306]"), "");
    EXPECT_NE(error_of("[0." + std::string(1000, '0') + "4e-2147483639]"), "");
}

TEST(Json, SaysWhatWasFoundAndWhatWasExpected) {
    const std::vector<std::pair<std::string, std::string>> cases{
        {"", "line 1, column 1: nothing stands here, expected a value"},
        {"{\"a\": 39oo}", "line 1, column 9: found `oo`, expected `,` or `}` after the value"},
        {"{\"a\": 1\n \"b\": 2}", "line 2, column 2: found `\"`, expected `,` or `}` after the value"},
        {"{\"a\": 1,\n}", "line 2, column 1: found `}`, expected a name in quotes after the `,`"},
        {"{a: 1}", "line 1, column 2: found `a`, expected a name in quotes, or `}`"},
        {"{'a': 1}", "line 1, column 2: found `'` (JSON's quotes are `\"`), expected a name in quotes, or `}`"},
        {"{\"a\" 1}", "line 1, column 6: found `1`, expected `:` after the name"},
        {"{\"a\": True}",
         "line 1, column 7: found `True`, expected a value: \"text\", a number, true, false, null, `[` or `{`"},
        {"{\"a\": nulx}",
         "line 1, column 7: found `nulx`, expected a value: \"text\", a number, true, false, null, `[` or `{`"},
        {"[1,]", "line 1, column 4: found `]`, expected a value after the `,`"},
        {"[1 2]", "line 1, column 4: found `2`, expected `,` or `]` after the value"},
        {"[1", "line 1, column 3: found the end of the text, expected `,` or `]` after the value"},
        {"{\"a\": 1} // x",
         "line 1, column 10: found a comment, which JSON doesn't have, expected nothing more after the value"},
        {"[\"ab", "line 1, column 5: found the end of the text, expected `\"` at the end of the string"},
        {"[\"a\nb\"]", "line 1, column 4: found the end of the line, expected `\"` at the end of the string"},
        {"[\"\xff\"]", "line 1, column 3: found bytes that aren't UTF-8, expected text"},
        {R"(["C:\Users"])",
         "line 1, column 5: found `\\` before a character that needs none, expected one of "
         "\\\" \\\\ \\/ \\b \\f \\n \\r \\t \\u"},
        {R"(["\u12x4"])", "line 1, column 3: found `\\u` that means no character, expected `\\u` and four hex digits"},
        {"[1.]", "line 1, column 4: found `]`, expected a digit after the point of the number"},
        {"[\x01]",
         "line 1, column 2: found a control character (byte 1), expected a value: \"text\", a number, true, "
         "false, null, `[` or `{`"},
        {"[ä]", "line 1, column 2: found `ä`, expected a value: \"text\", a number, true, false, null, `[` or `{`"},
    };
    for (const auto& [text, words] : cases) EXPECT_EQ(error_of(text), words) << text;
}

TEST(Json, SaysWhichNameStandsThereAgain) {
    EXPECT_EQ(error_of("{\"b\": 1, \"a\": 2,\n\"b\": 3, \"a\": 4}"), "line 2, column 1: \"b\" is given twice");
    EXPECT_EQ(error_of("{\"a\": {\"a\": 1}, \"b\": {\"a\": 1}}"), "");
}

// Comparing each with each, this takes minutes: the test runs into its time limit.
TEST(Json, ReadsAnObjectOfManyNames) {
    std::string text = "{";
    for (int i = 0; i < 200000; ++i) text.append(i > 0 ? ",\"" : "\"").append(std::to_string(i)).append("\":0");
    const Result<Json> json = Json::parse(text + "}");
    ASSERT_TRUE(json.ok());
    EXPECT_EQ(json->members().size(), 200000U);
    EXPECT_NE(error_of(text + ",\"7\":0}").find("\"7\" is given twice"), std::string::npos);
}

TEST(Json, WritesOnlyUtf8) { EXPECT_EQ(Json("a\xff").dump(), "\"a\xef\xbf\xbd\""); }

}  // namespace
}  // namespace msw
