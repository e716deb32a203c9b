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

TEST(Json, WritesOnlyUtf8) { EXPECT_EQ(Json("a\xff").dump(), "\"a\xef\xbf\xbd\""); }

}  // namespace
}  // namespace msw
