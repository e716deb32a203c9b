#include "base/keys/seal.hpp"

#include "base/keys/hex_for_test.hpp"
#include "base/keys/host_keys.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <set>

namespace msw {
namespace {

using test::bytes_from;

/// Two hosts of one mesh, with the keys of the vectors in docs/protocol.md.
struct Pair {
    HostKeys a{SigningKey::from_seed(bytes_from<32>(33)), ExchangeKey::from_scalar(bytes_from<32>(1))};
    HostKeys b{SigningKey::from_seed(bytes_from<32>(133)), ExchangeKey::from_scalar(bytes_from<32>(101))};
    KeyDigest mesh = [] {
        KeyDigest id{};
        id.fill(0x55);
        return id;
    }();

    /// @return the key with which `from` seals for `to`, as `at` comes to it
    [[nodiscard]] std::unique_ptr<PairKey> key(const HostKeys& at, const HostKeys& from, const HostKeys& to) const {
        Secret<32> shared;
        const HostKeys& other = &at == &from ? to : from;
        EXPECT_TRUE(at.seal.agree(other.seal.public_key(), shared));
        return std::make_unique<PairKey>(shared, mesh, digest_of(from.public_keys()), digest_of(to.public_keys()));
    }
};

constexpr std::string_view kBound = "id: a\nto: b\nclass: o\n";

// Computed with another library (cryptography, for Python), step by step from wire-1.
TEST(Seal, IsWhatTheVectorsSay) {
    const Pair hosts;
    EXPECT_EQ(to_hex(digest_of(hosts.a.public_keys())),
              "ecbdc0fd18397401bee2836bb3d64899d811b198e8bb8ac269fe87a46e889c12");
    EXPECT_EQ(to_hex(digest_of(hosts.b.public_keys())),
              "2973b1d094a1411f7e446a10c7d856e34e798b6c8216f0fd1ee3032d464c670a");
    const auto key = hosts.key(hosts.a, hosts.a, hosts.b);
    const auto salt = bytes_from<24>(200);
    EXPECT_EQ(to_hex(key->seal(salt, kBound, "get shell\n\nuptime")),
              "142992025f07abea21cd5ff4d3d38079e0ad522dc124e6b728b2c18aab4e33a8c6");
    EXPECT_EQ(to_hex(key->seal(salt, kBound, "")), "1763bd933a24f0492bd6b33c5e97e6e4");
}

TEST(Seal, TheReceiverOpensIt) {
    const Pair hosts;
    const auto here = hosts.key(hosts.a, hosts.a, hosts.b);
    const auto there = hosts.key(hosts.b, hosts.a, hosts.b);
    for (const std::size_t size : {0UL, 1UL, 16UL, 1000UL, 3UL * 1024 * 1024}) {
        const std::string text(size, 'x');
        const SealSalt salt = PairKey::new_salt();
        std::string opened = "old";
        ASSERT_TRUE(there->open(salt, kBound, here->seal(salt, kBound, text), opened));
        EXPECT_EQ(opened, text);
    }
}

TEST(Seal, NothingElseOpens) {
    const Pair hosts;
    const HostKeys c = HostKeys::make();
    const auto key = hosts.key(hosts.a, hosts.a, hosts.b);
    const SealSalt salt = PairKey::new_salt();
    const std::string sealed = key->seal(salt, kBound, "get shell\n\nuptime");
    std::string text;
    for (std::size_t at = 0; at < sealed.size(); ++at) {
        std::string other = sealed;
        other[at] = static_cast<char>(other[at] ^ 1);
        EXPECT_FALSE(key->open(salt, kBound, other, text)) << at;
        EXPECT_FALSE(key->open(salt, kBound, std::string_view(sealed).substr(0, at), text)) << at;
        EXPECT_EQ(text, "");
    }
    for (std::size_t at = 0; at < salt.size(); ++at) {
        SealSalt other = salt;
        other.at(at) ^= 1U;
        EXPECT_FALSE(key->open(other, kBound, sealed, text)) << at;
    }
    EXPECT_FALSE(key->open(salt, "id: a\nto: c\nclass: o\n", sealed, text)) << "re-addressed";
    EXPECT_FALSE(key->open(salt, "", sealed, text));
    EXPECT_FALSE(hosts.key(hosts.b, hosts.b, hosts.a)->open(salt, kBound, sealed, text)) << "sent back";
    EXPECT_FALSE(hosts.key(c, hosts.a, c)->open(salt, kBound, sealed, text)) << "another receiver";
    EXPECT_FALSE(hosts.key(hosts.b, c, hosts.b)->open(salt, kBound, sealed, text)) << "another sender";
    Pair elsewhere;
    elsewhere.mesh.fill(0x56);
    EXPECT_FALSE(elsewhere.key(elsewhere.b, elsewhere.a, elsewhere.b)->open(salt, kBound, sealed, text));
    ASSERT_TRUE(key->open(salt, kBound, sealed, text));
}

TEST(Seal, EachSealingHasASaltOfItsOwn) {
    std::set<SealSalt> seen;
    for (int n = 0; n < 1000; ++n) EXPECT_TRUE(seen.insert(PairKey::new_salt()).second);
}

}  // namespace
}  // namespace msw
