// What passes other hosts on its way travels sealed: they can't read it, change it, or make one themselves.
//
// Both hosts come to one secret by their X25519 keys; of that and the mesh a key of the pair is made, one for each
// direction, and of that one for each Datapack, with 24 random bytes that travel along. No counter, so that a crash or
// a restored machine can't lead to the same key and nonce again (wire-1.md; RFC 5869; NIST SP 800-38D).
#pragma once

#include "base/keys/exchange_key.hpp"
#include "base/keys/key_digest.hpp"
#include "base/keys/secret.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace msw {

using SealSalt = std::array<std::uint8_t, 24>;

/// What two hosts share, in one direction. Thread: const members may be called at the same time.
class PairKey {
public:
    static constexpr std::size_t kTag = 16;  ///< bytes that a sealed text is longer than what is in it

    /// HKDF-SHA256(X25519(own, other), salt = mesh, info = "msw/1 seal" ‖ sender ‖ receiver).
    /// @param mesh  the mesh's id
    /// @param sender, receiver  digest_of() their keys
    PairKey(const Secret<32>& shared, const KeyDigest& mesh, const KeyDigest& sender, const KeyDigest& receiver);

    /// @return 24 bytes of the system's random source; for one sealing. @throws std::bad_alloc  where it has none
    [[nodiscard]] static SealSalt new_salt();

    /// @param salt   new_salt(), never used before
    /// @param bound  what stands outside and must arrive as it is: additional data
    /// @return `text` encrypted, and the tag behind it
    [[nodiscard]] std::string seal(const SealSalt& salt, std::string_view bound, std::string_view text) const;

    /// The other way.
    /// @param text  where what was in it goes
    /// @return false: it was not sealed by the sender, for this receiver, in this mesh, or is not what it was
    [[nodiscard]] bool open(const SealSalt& salt, std::string_view bound, std::string_view sealed,
                            std::string& text) const;

private:
    void one_key(const SealSalt& salt, Secret<32>& key) const;

    Secret<32> key_;
};

}  // namespace msw
