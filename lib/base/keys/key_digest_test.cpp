#include "base/keys/key_digest.hpp"

#include <gmock/gmock.h>

#include <random>

namespace msw {
namespace {

using testing::HasSubstr;

KeyDigest some_digest(unsigned seed) {
    std::minstd_rand random(seed);
    KeyDigest digest{};
    for (auto& byte : digest) byte = static_cast<std::uint8_t>(random() >> 7U);
    return digest;
}

TEST(KeyDigest, ReadsAsEightGroupsOfSeven) {
    const KeyDigest zero{};
    EXPECT_EQ(to_text(zero), "AAAAAAA-AAAAAAA-AAAAAAA-AAAAAAA-AAAAAAA-AAAAAAA-AAAAAAA-AAAAAAA");
    // 'abc…': base32 of it without the check digits, as any other program writes it.
    KeyDigest abc{};
    for (std::size_t n = 0; n < abc.size(); ++n) abc.at(n) = static_cast<std::uint8_t>('a' + n % 26);
    std::string plain;
    const std::string text = to_text(abc);
    std::size_t count = 0;
    for (const char c : text) {
        if (c != '-' && ++count % 14 != 0) plain += c;
    }
    EXPECT_EQ(plain, "MFRGGZDFMZTWQ2LKNNWG23TPOBYXE43UOV3HO6DZPJQWEY3EMVTA");
    EXPECT_EQ(text.size(), 63U);
}

TEST(KeyDigest, ReadsWhatItWrote) {
    for (unsigned seed = 1; seed <= 200; ++seed) {
        const KeyDigest digest = some_digest(seed);
        const Result<KeyDigest> read = key_digest(to_text(digest));
        ASSERT_TRUE(read) << read.error().text;
        EXPECT_EQ(*read, digest);
    }
}

TEST(KeyDigest, ReadsItAsPeopleTypeIt) {
    const KeyDigest digest = some_digest(7);
    std::string text;
    for (char c : to_text(digest)) {
        if (c == '-') continue;
        if (c == 'O') c = '0';
        if (c == 'I') c = '1';
        if (c == 'B') c = '8';
        text += static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
        text += ' ';
    }
    const Result<KeyDigest> read = key_digest(text);
    ASSERT_TRUE(read) << read.error().text;
    EXPECT_EQ(*read, digest);
}

TEST(KeyDigest, FindsEachWrongDigitAndEachSwapWithinARun) {
    const std::string text = to_text(some_digest(3));
    for (std::size_t at = 0; at < text.size(); ++at) {
        if (text[at] == '-') continue;
        for (const char c : std::string_view("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")) {
            if (c == text[at]) continue;
            std::string other = text;
            other[at] = c;
            EXPECT_FALSE(key_digest(other)) << other;
        }
        for (std::size_t with = at + 1; with < text.size() && with / 16 == at / 16; ++with) {
            if (text[with] == '-' || text[with] == text[at]) continue;
            std::string other = text;
            std::swap(other[at], other[with]);
            EXPECT_FALSE(key_digest(other)) << other;
        }
    }
}

TEST(KeyDigest, SaysWhatIsWrong) {
    std::string text = to_text(some_digest(5));
    EXPECT_THAT(key_digest(text.substr(0, 40)).error().text, HasSubstr("this has 35"));
    EXPECT_THAT(key_digest(text + "A").error().text, HasSubstr("has more"));
    EXPECT_THAT(key_digest("9" + text).error().text, HasSubstr("'9'"));
    EXPECT_THAT(key_digest("").error().text, HasSubstr("this has 0"));
    text[17] = text[17] == 'A' ? 'C' : 'A';
    EXPECT_THAT(key_digest(text).error().text, HasSubstr("groups 3 and 4"));
}

}  // namespace
}  // namespace msw
