#include "base/keys/signing_key.hpp"

#include "base/keys/hex_for_test.hpp"

#include <gtest/gtest.h>

#include <string>

namespace msw {
namespace {

using test::from_hex;

// RFC 8032, 7.1, TEST 2 and TEST 3.
TEST(SigningKey, SignsAsTheRfcDoes) {
    struct Row {
        std::string_view seed, key, message, signature;
    };
    constexpr Row kRows[] = {
        {"4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
         "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "r",
         "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
         "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"},
        {"c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
         "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "\xaf\x82",
         "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
         "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"},
    };
    for (const Row& row : kRows) {
        const SigningKey key = SigningKey::from_seed(from_hex<32>(row.seed));
        EXPECT_EQ(to_hex(key.public_key()), row.key);
        const Signature signature = key.sign(row.message);
        EXPECT_EQ(to_hex(signature), row.signature);
        EXPECT_TRUE(is_signed(key.public_key(), row.message, signature));
    }
}

TEST(SigningKey, NothingElseIsSigned) {
    const SigningKey key = SigningKey::make();
    const std::string text = "member a";
    const Signature good = key.sign(text);
    ASSERT_TRUE(is_signed(key.public_key(), text, good));
    EXPECT_TRUE(is_signed(key.public_key(), "", key.sign("")));
    EXPECT_FALSE(is_signed(key.public_key(), "member b", good));
    EXPECT_FALSE(is_signed(key.public_key(), text + '\0', good));
    EXPECT_FALSE(is_signed(SigningKey::make().public_key(), text, good));
    for (std::size_t at = 0; at < good.size(); ++at) {
        Signature other = good;
        other.at(at) ^= 0x10U;
        EXPECT_FALSE(is_signed(key.public_key(), text, other)) << at;
    }
}

// What "Taming the many EdDSAs" (Chalkias, Garillot, Nikolaenko, SSR 2020) lists in its table 1.
TEST(SigningKey, AKeyOfSmallOrderHasSignedNothing) {
    const std::string_view keys[] = {
        "0100000000000000000000000000000000000000000000000000000000000000",
        "0100000000000000000000000000000000000000000000000000000000000080",
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0000000000000000000000000000000000000000000000000000000000000080",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
    };
    Signature nothing{};
    nothing.front() = 1;  // R is the neutral point, S is 0
    for (const std::string_view key : keys) {
        for (int n = 0; n < 200; ++n) {
            ASSERT_FALSE(is_signed(from_hex<32>(key), "message " + std::to_string(n), nothing)) << key;
        }
    }
}

}  // namespace
}  // namespace msw
