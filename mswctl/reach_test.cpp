#include "mswctl/reach.hpp"

#include "mswctl/receipts.hpp"

#include <gtest/gtest.h>

namespace mswctl {
namespace {

TEST(Reach, NamesWhoIsMissingAndTheNearestName) {
    EXPECT_EQ(words_about_unknown({"RIN", "miku"}, {"miku", "rin"}, "so it is"), "");
    EXPECT_EQ(words_about_unknown({"rim", "rin"}, {"miku", "rin"}, "so it is"),
              "rim: this host is not in reach now; in reach: miku, rin; did you mean `rin`? so it is\n");
    EXPECT_EQ(words_about_unknown({"zzzz"}, {"miku"}, "so it is"),
              "zzzz: this host is not in reach now; in reach: miku; so it is\n");
}

TEST(Reach, ALongListIsCutShort) {
    std::vector<std::string> known;
    known.reserve(15);
    for (int i = 0; i < 15; ++i) known.push_back("h" + std::to_string(i));
    const std::string words = words_about_unknown({"zzzz"}, known, "so");
    EXPECT_NE(words.find("h0, h1, h2, h3, h4, h5, h6, h7, h8, h9, h10, h11 and 3 more;"), std::string::npos) << words;
}

msw::Datapack answer_to(const msw::Datapack& question) {
    msw::Datapack d("reply", "@1", "{}");
    d.set("flag", question.get("flag"));
    return d;
}

TEST(Receipts, AnAnswerAfterAFileIsItsReceipt) {
    Question file{"rin", msw::Datapack("file", "log")};
    file.datapack.set("to", "luka&rin");
    file.datapack.set("flag", "f1");
    file.datapack.set("filename", "a b");
    file.datapack.file = std::make_shared<const msw::File>(-1, 2048, "");
    Receipts receipts;
    const msw::Datapack question = receipts.question_after(file);
    EXPECT_EQ(question.get("to"), "luka&rin");
    EXPECT_NE(question.get("flag"), "f1");

    const std::optional<msw::Datapack> good = receipts.about_file(answer_to(question));
    ASSERT_TRUE(good.has_value());
    EXPECT_EQ(good->get("flag"), "f1");
    EXPECT_EQ(good->body, "a b is there, 2 KiB\n");

    msw::Datapack error = answer_to(question);
    error.set("error", "unreachable");
    error.body = "no way";
    const std::optional<msw::Datapack> bad = receipts.about_file(error);
    ASSERT_TRUE(bad.has_value());
    EXPECT_EQ(bad->get("error"), "unreachable");
    EXPECT_EQ(bad->body, "no way");

    EXPECT_FALSE(receipts.about_file(answer_to(file.datapack)).has_value());
    EXPECT_FALSE(receipts.about_file(question).has_value());
}

}  // namespace
}  // namespace mswctl
