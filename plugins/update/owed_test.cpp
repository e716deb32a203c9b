#include "plugins/update/owed.hpp"

#include "tests/support/temp_folder.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace msw::update {
namespace {

using test::TempFolder;

const std::string A(64, 'a');
const std::string B(64, 'b');
const Owed kOwed{A, "miku", "update", "f1"};

TEST(OwedFile, KeepsWhatIsOwed) {
    const TempFolder temp;
    const OwedFile file(temp.path());
    EXPECT_TRUE(file.read().empty());
    const std::vector<Owed> both{kOwed, {B, "rin", "@7", "f 2"}};
    ASSERT_TRUE(file.write(both));
    EXPECT_EQ(OwedFile(temp.path()).read(), both);
    ASSERT_TRUE(file.write({}));
    EXPECT_FALSE(temp.has("owed"));
    EXPECT_TRUE(file.write({}));
    EXPECT_FALSE(OwedFile(temp.path("nowhere")).write(both));
}

TEST(OwedFile, PassesOverWhatMakesNoSense) {
    const TempFolder temp;
    for (const char* text : {"", "[", "{}", "[1, {}]", R"([{"digest": "../x", "id": "miku"}])"}) {
        temp.write("owed", text);
        EXPECT_TRUE(OwedFile(temp.path()).read().empty()) << text;
    }
}

TEST(OwedFile, TheOldestGiveWay) {
    const TempFolder temp;
    const OwedFile file(temp.path());
    std::vector<Owed> many;
    many.reserve(20);
    for (int i = 0; i < 20; ++i) many.push_back({A, "miku", "update", std::to_string(i)});
    ASSERT_TRUE(file.write(many));
    const std::vector<Owed> kept = file.read();
    ASSERT_EQ(kept.size(), OwedFile::kMost);
    EXPECT_EQ(kept.back(), many.back());
}

TEST(FinalWord, SaysWhatRuns) {
    const Datapack word = final_word(kOwed, {A, "", "", "0.2.0"});
    EXPECT_EQ(word.method, "reply");
    EXPECT_EQ(word.app, "update");
    EXPECT_EQ(word.get("to"), "miku");
    EXPECT_EQ(word.get("flag"), "f1");
    EXPECT_EQ(word.get("end"), "1");
    EXPECT_EQ(word.get("digest"), A);
    EXPECT_EQ(word.get("error"), "");
    EXPECT_EQ(word.body, "runs release aaaaaaaaaaaaaaaa (mswd 0.2.0)");
}

TEST(FinalWord, SaysWhyItDoesNot) {
    const struct {
        Outcome outcome;
        std::string error;
        std::string text;
    } table[] = {
        {{B, A + " it did not come up", "", "1"},
         "unsupported",
         "release aaaaaaaaaaaaaaaa was given up: it did not come up; release bbbbbbbbbbbbbbbb (mswd 1) runs again"},
        {{"", A + " its program is not there", "", "1"},
         "unsupported",
         "release aaaaaaaaaaaaaaaa was given up: its program is not there; the base program (mswd 1) runs again"},
        {{"", B + " it did not come up", A, "1"},
         "unsupported",
         "release aaaaaaaaaaaaaaaa is installed, but mswd was not started by mswd-launcher; the base program (mswd 1) "
         "runs on"},
        {{B, "", "", "1"},
         "interrupted",
         "release aaaaaaaaaaaaaaaa had to give way to another one; release bbbbbbbbbbbbbbbb (mswd 1) runs"},
    };
    for (const auto& row : table) {
        const Datapack word = final_word(kOwed, row.outcome);
        EXPECT_EQ(word.get("error"), row.error);
        EXPECT_EQ(word.body, row.text);
        EXPECT_EQ(word.get("end"), "1");
    }
}

}  // namespace
}  // namespace msw::update
