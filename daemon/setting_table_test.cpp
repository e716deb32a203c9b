#include "daemon/setting_table.hpp"

#include "daemon/config.hpp"
#include "daemon/settings.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace msw {
namespace {

TEST(SettingTable, IsSortedAndEachDefaultMayBeGiven) {
    EXPECT_TRUE(std::is_sorted(kSettings.begin(), kSettings.end(),
                               [](const Setting& a, const Setting& b) { return a.key < b.key; }));
    const Json all = with_defaults(Json::object());
    const Result<Config> config = parse_config(all.dump(), "defaults");
    ASSERT_TRUE(config.ok()) << config.error().text;
    EXPECT_TRUE(config->warnings.empty());
    for (const Setting& s : kSettings) {
        EXPECT_EQ(value_of(all, s.key).is(Json::Kind::null), s.otherwise.empty()) << s.key;
        EXPECT_FALSE(s.meaning.empty()) << s.key;
    }
}

TEST(SettingTable, SaysWhatAnEmptyConfigurationIs) {
    const Config empty;
    const Result<Config> defaults = parse_config(with_defaults(Json::object()).dump(), "defaults");
    ASSERT_TRUE(defaults.ok());
    EXPECT_EQ(empty.listen_ip, defaults->listen_ip);
    EXPECT_EQ(empty.listen_port, defaults->listen_port);
    EXPECT_EQ(empty.plugin_dirs, defaults->plugin_dirs);
    EXPECT_EQ(empty.mailbox_bytes, defaults->mailbox_bytes);
    EXPECT_EQ(empty.debug, defaults->debug);
}

TEST(SettingTable, WhatIsGivenStays) {
    const Json all = with_defaults(Json::parse(R"({"shell": {"parallel": 3}, "listen_port": 0})").value());
    EXPECT_EQ(value_of(all, "shell.parallel").as_int(), 3);
    EXPECT_EQ(value_of(all, "shell.timeout_s").as_int(), 60);
    EXPECT_EQ(value_of(all, "listen_port").as_int(7), 0);
    EXPECT_TRUE(value_of(all, "shell.nothing").is(Json::Kind::null));
}

TEST(SettingTable, PluginsAreToldTheDefaults) {
    Settings settings(Paths{}, "miku");
    settings.set(Config{});
    EXPECT_EQ(settings.get("listen_port"), "3900");
    EXPECT_EQ(settings.get("log"), R"({"keep":4,"max_bytes":10485760})");
    EXPECT_EQ(settings.get("id"), "\"miku\"");
    EXPECT_EQ(settings.get("proxy"), std::nullopt);
    EXPECT_EQ(settings.get("nothing"), std::nullopt);
}

TEST(SettingTable, AsJsonHasAllOfIt) {
    const Json rows = settings_as_json();
    ASSERT_EQ(rows.items().size(), kSettings.size());
    const Json& port = *std::find_if(rows.items().begin(), rows.items().end(),
                                     [](const Json& row) { return row["key"].as_string() == "listen_port"; });
    EXPECT_EQ(port["type"].as_string(), "whole number");
    EXPECT_EQ(port["default"].as_string(), "3900");
    EXPECT_EQ(port["most"].as_int(), 65535);
}

}  // namespace
}  // namespace msw
