#include "daemon/host/module_table.hpp"

#include <gtest/gtest.h>

#include <cstddef>
#include <cstring>
#include <string>
#include <vector>

namespace msw {
namespace {

/// Judges `port`, and warns of `odd`.
int check(const msw_host_v1* host, char* why, std::size_t why_size) {
    std::string port;
    const auto keep = [](void* arg, msw_text json) { static_cast<std::string*>(arg)->assign(json.data, json.size); };
    host->setting(host->self, "port", keep, &port);
    std::string odd;
    host->setting(host->self, "odd", keep, &odd);
    if (!odd.empty()) host->log(host->self, MSW_WARNING, {odd.data(), odd.size()}, nullptr, 0);
    if (port == "1") return 1;
    (void)std::strncpy(why, ("port " + port + " is taken").c_str(), why_size - 1);
    return 0;
}

msw_plugin_v1 table() {
    msw_plugin_v1 t{};
    t.version = MSW_PLUGIN_VERSION;
    t.size = sizeof t;
    t.check = check;
    return t;
}

struct Judged {
    std::string refused;
    std::vector<std::string> warnings;
};

Judged judge(const msw_plugin_v1& t, const std::string& port, const std::string& odd = {}) {
    Judged judged;
    const Result<void> good =
        check_config_by(t, {[&](std::string_view key) -> std::optional<std::string> {
                                if (key == "port") return port;
                                if (key == "odd" && !odd.empty()) return odd;
                                return std::nullopt;
                            },
                            [&](std::string_view sentence) { judged.warnings.emplace_back(sentence); }});
    if (!good) judged.refused = good.error().text;
    return judged;
}

TEST(ModuleTable, AModuleJudgesTheConfiguration) {
    EXPECT_EQ(judge(table(), "1").refused, "");
    EXPECT_EQ(judge(table(), "2").refused, "port 2 is taken");
    const Judged odd = judge(table(), "1", "this is odd");
    EXPECT_EQ(odd.refused, "");
    EXPECT_EQ(odd.warnings, std::vector<std::string>{"this is odd"});
}

TEST(ModuleTable, OneThatChecksNothingFindsAllGood) {
    msw_plugin_v1 t = table();
    t.check = nullptr;
    EXPECT_EQ(judge(t, "2").refused, "");
    t = table();
    t.size = offsetof(msw_plugin_v1, check);  // of version 1.0: what lies behind is not its own
    EXPECT_EQ(judge(t, "2").refused, "");
}

TEST(ModuleTable, WhatIsNoModuleIsRefused) {
    EXPECT_EQ(load_module_table("/nonexistent.so", "nonexistent").error().code, Code::io);
    const Result<const msw_plugin_v1*> other = load_module_table("libc.so.6", "libc");
    ASSERT_FALSE(other.ok());
    EXPECT_NE(other.error().text.find("no mswd module"), std::string::npos);
}

}  // namespace
}  // namespace msw
