#include "plugins/update/manifest.hpp"

#include "plugins/update/archive_for_test.hpp"

#include <gtest/gtest.h>

namespace msw::update {
namespace {

TEST(Manifest, NamesTable) {
    const struct {
        std::string name;
        bool fine;
    } table[] = {
        {"bin/mswd", true},
        {"lib/mswd/plugins/net.so", true},
        {"plugins/deep/er/插件.py", true},
        {"plugins/a b.py", true},
        {"", false},
        {"bin", false},
        {"bin/", false},
        {"/bin/mswd", false},
        {"bin/../../etc/passwd", false},
        {"plugins/..", false},
        {"plugins/./a", false},
        {"plugins//a", false},
        {"../bin/mswd", false},
        {"lib/other/x", false},
        {"lib/mswd", false},
        {"etc/passwd", false},
        {"release.json", false},
        {"state/key", false},
        {"plugins/a\nb", false},
        {"plugins/\xff", false},
        {std::string("plugins/a\0b", 11), false},
        {"plugins/" + std::string(256, 'x'), false},
    };
    for (const auto& row : table) EXPECT_EQ(check_release_name(row.name).ok(), row.fine) << row.name;
}

TEST(Manifest, ComesBackFromItsText) {
    const Manifest m = manifest_for(small_release());
    const Result<Manifest> back = Manifest::parse(m.to_json(), {});
    ASSERT_TRUE(back) << back.error().text;
    EXPECT_EQ(back->files, m.files);
    EXPECT_EQ(back->version, "0.1.0");
    EXPECT_EQ(back->arch, this_arch());
}

TEST(Manifest, RefusesWhatIsWrong) {
    const auto code = [](const Manifest& m, const Limits& limits = {}) {
        const Result<Manifest> parsed = Manifest::parse(m.to_json(), limits);
        return parsed ? "fine" : std::string(wire_name(parsed.error().code));
    };
    const Manifest good = manifest_for(small_release());
    EXPECT_EQ(code(good), "fine");
    EXPECT_EQ(code(good, {.entries = 3}), "fine");
    EXPECT_EQ(code(good, {.entries = 2}), "too-large");
    EXPECT_EQ(code(good, {.total = 10}), "too-large");
    EXPECT_EQ(code(good, {.file = 10}), "too-large");

    Manifest twice = good;
    twice.files.push_back(twice.files.back());
    EXPECT_EQ(code(twice), "bad-request");
    Manifest unsorted = good;
    std::swap(unsorted.files[0], unsorted.files[1]);
    EXPECT_EQ(code(unsorted), "bad-request");
    Manifest both =
        manifest_for({{"bin/mswd", "x", 0755}, {"plugins/a", "x"}, {"plugins/a-b", "x"}, {"plugins/a/b", "x"}});
    EXPECT_EQ(code(both), "bad-request");
    EXPECT_EQ(code(manifest_for({{"plugins/a", "x"}})), "bad-request");
    EXPECT_EQ(code(manifest_for({{"bin/mswd", "x", 0644}})), "bad-request");
    EXPECT_EQ(code(manifest_for({{"bin/mswd", "x", 0755}, {"etc/passwd", "x"}})), "refused");
    Manifest digest = good;
    digest.files[0].sha256 = "abc";
    EXPECT_EQ(code(digest), "bad-request");
    Manifest wraps = good;
    wraps.files[0].size = wraps.files[1].size = 1ULL << 62U;
    EXPECT_EQ(code(wraps), "too-large");
}

TEST(Manifest, RefusesOtherText) {
    for (const char* text : {"", "[]", "{", R"({"format": 2})", R"({"format": 1})", R"({"format": 1, "files": {}})",
                             R"({"format": 1, "files": [1]})", R"({"format": 1, "files": [{"name": "bin/mswd"}]})",
                             R"({"format": 1, "files": [{"name": "bin/mswd", "size": -1}]})",
                             R"({"format": 1, "files": [{"name": "bin/mswd", "size": 1, "mode": "4755"}]})"}) {
        EXPECT_FALSE(Manifest::parse(text, {})) << text;
    }
}

}  // namespace
}  // namespace msw::update
