#include "daemon/config.hpp"

#include <gtest/gtest.h>

namespace msw {
namespace {

std::string fault(std::string_view text) {
    const Result<Config> config = parse_config(text, "c.json");
    return config ? "" : config.error().text;
}

TEST(Config, AnEmptyOneIsValid) {
    for (const char* text : {"", " \n", "{}"}) {
        const Result<Config> config = parse_config(text, "c.json");
        ASSERT_TRUE(config.ok());
        EXPECT_EQ(config->listen_port, 3900);
        EXPECT_EQ(config->listen_ip, "127.0.0.1");
        EXPECT_TRUE(config->id.empty());
        EXPECT_TRUE(config->warnings.empty());
    }
}

TEST(Config, TakesTheKeysOfThePythonSystem) {
    const Result<Config> config = parse_config(
        R"({"id": "hmsy", "listen_ip": "127.0.0.1", "listen_port": 3901, "listen_num": 39, "buffsize": 4096,
            "proxy": "miku", "onlyproxy": true})",
        "c.json");
    ASSERT_TRUE(config.ok()) << config.error().text;
    EXPECT_EQ(config->id, "hmsy");
    EXPECT_EQ(config->listen_port, 3901);
    EXPECT_EQ(config->raw["proxy"].as_string(), "miku");
    EXPECT_TRUE(config->warnings.empty());
}

TEST(Config, NamesFileLineColumnAndWhatWasExpected) {
    EXPECT_EQ(fault("{\n  \"listen_port\": \"x\"\n}"),
              "c.json:2:18: `listen_port` must be a whole number from 0 to 65535, not a string");
    EXPECT_EQ(fault("{\"listen_port\": 70000}"),
              "c.json:1:17: `listen_port` must be a whole number from 0 to 65535, not 70000");
    EXPECT_EQ(fault("{\"shell\": 3}"), "c.json:1:11: `shell` must be an object, not a whole number");
    EXPECT_EQ(fault("[]"), "c.json:1:1: the configuration must be an object, not an array");
    EXPECT_EQ(fault("{\n\"id\": }").substr(0, 12), "c.json:2:7: ");
}

TEST(Config, EveryKeyRefusesEveryWrongType) {
    const std::vector<std::pair<std::string, std::string>> values{{"number", "7"},  {"text", "\"seven\""},
                                                                  {"flag", "true"}, {"list", "[\"a\"]"},
                                                                  {"object", "{}"}, {"null", "null"}};
    const std::vector<std::pair<std::string, std::string>> keys{
        {"id", "text"},         {"listen_ip", "text"}, {"listen_port", "number"}, {"listen_num", "number"},
        {"buffsize", "number"}, {"proxy", "text"},     {"onlyproxy", "flag"},     {"plugin_dirs", "list"},
        {"debug", "flag"},      {"shell", "object"},   {"log", "object"},         {"mailbox_bytes", "number"}};
    for (const auto& [key, right] : keys) {
        for (const auto& [kind, value] : values) {
            if (kind == right) continue;
            const std::string message = fault("{\"" + key + "\": " + value + "}");
            EXPECT_NE(message.find("`" + key + "` must be"), std::string::npos)
                << key << " " << kind << ": " << message;
        }
    }
}

TEST(Config, GivesEveryFaultAtOnce) {
    const std::string all = fault("{\"id\": 1,\n\"listen_port\": -1}");
    EXPECT_NE(all.find("c.json:1:8: `id`"), std::string::npos);
    EXPECT_NE(all.find("\nc.json:2:16: `listen_port`"), std::string::npos);
}

TEST(Config, UnknownKeysWarnWithTheNearest) {
    const Result<Config> config =
        parse_config("{\"listn_port\": 1,\n \"shell\": {\"timeout\": 3}, \"zzzzzzzz\": 0}", "c.json");
    ASSERT_TRUE(config.ok());
    ASSERT_EQ(config->warnings.size(), 3U);
    EXPECT_EQ(config->warnings[0], "c.json:1:2: `listn_port` means nothing to mswd; did you mean `listen_port`?");
    EXPECT_NE(config->warnings[1].find("`shell.timeout_s`"), std::string::npos);
    EXPECT_EQ(config->warnings[2].find("did you mean"), std::string::npos);
}

TEST(Config, ChecksHostIds) {
    EXPECT_NE(fault("{\"id\": \"all\"}").find("is not a host id"), std::string::npos);
    EXPECT_NE(fault("{\"onlyproxy\": true}").find("needs `proxy`"), std::string::npos);
}

TEST(Config, AFileThatIsntThereIsEmptyOrAnError) {
    EXPECT_TRUE(load_config("/nonexistent/config.json", true).ok());
    const Result<Config> required = load_config("/nonexistent/config.json", false);
    ASSERT_FALSE(required.ok());
    EXPECT_EQ(required.error().code, Code::no_such_file);
    EXPECT_NE(required.error().text.find("/nonexistent/config.json"), std::string::npos);
}

}  // namespace
}  // namespace msw
