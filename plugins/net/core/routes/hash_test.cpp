#include "plugins/net/core/routes/hash.hpp"

#include <gtest/gtest.h>

#include <string>

namespace msw::net {
namespace {

// From the reference implementation of the authors (vectors_sip64): key 00 01 … 0f, input 00 01 … as long as said.
TEST(Hash, IsSipHash24) {
    constexpr HashKey kKey = {0x0706050403020100U, 0x0f0e0d0c0b0a0908U};
    const auto of_length = [&](std::size_t length) {
        std::string input;
        for (std::size_t i = 0; i < length; ++i) input.push_back(static_cast<char>(i));
        return hash_of(input, kKey);
    };
    EXPECT_EQ(of_length(0), 0x726fdb47dd0e0e31U);
    EXPECT_EQ(of_length(1), 0x74f839c593dc67fdU);
    EXPECT_EQ(of_length(8), 0x93f5f5799a932462U);
    EXPECT_EQ(of_length(15), 0xa129ca6149be45e5U);
}

// All hosts must come to the same values, this build and every later one.
TEST(Hash, NeverChanges) {
    EXPECT_EQ(hash_of("5f3a"), hash_of(std::string("5f") + "3a"));
    static_assert(mix(0) == 0xe220a8397b1dcdafU, "the first number of SplitMix64 from 0");
    EXPECT_NE(hash_of("5f3a"), hash_of("5f3b"));
}

}  // namespace
}  // namespace msw::net
