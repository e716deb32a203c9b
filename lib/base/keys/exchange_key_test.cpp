#include "base/keys/exchange_key.hpp"

#include "base/keys/hex_for_test.hpp"

#include <gtest/gtest.h>

#include <string_view>

namespace msw {
namespace {

using test::from_hex;

std::string agreed(const ExchangeKey& key, const PublicKey& theirs) {
    Secret<32> shared;
    if (!key.agree(theirs, shared)) return "nothing";
    return to_hex(std::string_view(reinterpret_cast<const char*>(shared.data()), shared.size()));
}

// RFC 7748, 6.1.
TEST(ExchangeKey, ComesToTheSecretOfTheRfc) {
    const ExchangeKey bob =
        ExchangeKey::from_scalar(from_hex<32>("5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb"));
    EXPECT_EQ(to_hex(bob.public_key()), "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f");
    const auto alice = from_hex<32>("8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a");
    EXPECT_EQ(agreed(bob, alice), "4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742");
}

TEST(ExchangeKey, WithAPointOfSmallOrderThereIsNoSecret) {
    const ExchangeKey key = ExchangeKey::make();
    // https://cr.yp.to/ecdh.html#validate lists them.
    for (const std::string_view point : {"0000000000000000000000000000000000000000000000000000000000000000",
                                         "0100000000000000000000000000000000000000000000000000000000000000",
                                         "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
                                         "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
                                         "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
                                         "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
                                         "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"}) {
        EXPECT_EQ(agreed(key, from_hex<32>(point)), "nothing") << point;
    }
    EXPECT_NE(agreed(key, ExchangeKey::make().public_key()), "nothing");
}

}  // namespace
}  // namespace msw
