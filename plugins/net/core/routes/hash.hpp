// The hashes that routes are made with: SipHash-2-4 over bytes, and a mixer of 64 bits.
//
// All hosts must come to the same values, so there is no secret key: who may speak at all is decided before, by TLS and
// the roster. Sources: Aumasson, Bernstein, "SipHash: a fast short-input PRF"; Steele, Lea, Flood, "Fast splittable
// pseudorandom number generators" (SplitMix64's finalizer).
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace msw::net {

/// A key of SipHash. The one of the routes says what it is for.
using HashKey = std::array<std::uint64_t, 2>;
inline constexpr HashKey kRoutesKey = {0x6d73772f3120726fU, 0x757465732e2e2e2eU};  // "msw/1 ro", "utes...."

/// @return SipHash-2-4 of `bytes`.
/// Thread: any.
[[nodiscard]] constexpr std::uint64_t hash_of(std::string_view bytes, const HashKey& key = kRoutesKey) noexcept {
    std::uint64_t a = key[0] ^ 0x736f6d6570736575U;
    std::uint64_t b = key[1] ^ 0x646f72616e646f6dU;
    std::uint64_t c = key[0] ^ 0x6c7967656e657261U;
    std::uint64_t d = key[1] ^ 0x7465646279746573U;
    const auto rounds = [&](int n) {
        for (; n > 0; --n) {
            a += b;
            b = std::rotl(b, 13) ^ a;
            a = std::rotl(a, 32);
            c += d;
            d = std::rotl(d, 16) ^ c;
            a += d;
            d = std::rotl(d, 21) ^ a;
            c += b;
            b = std::rotl(b, 17) ^ c;
            c = std::rotl(c, 32);
        }
    };
    const auto word_at = [&](std::size_t from, std::size_t size) {
        std::uint64_t word = 0;
        for (std::size_t i = 0; i < size; ++i) {
            word |= static_cast<std::uint64_t>(static_cast<unsigned char>(bytes[from + i])) << (8 * i);
        }
        return word;
    };
    const auto take = [&](std::uint64_t word) {
        d ^= word;
        rounds(2);
        a ^= word;
    };
    const std::size_t whole = bytes.size() & ~std::size_t{7};
    for (std::size_t i = 0; i < whole; i += 8) take(word_at(i, 8));
    take(word_at(whole, bytes.size() - whole) | (static_cast<std::uint64_t>(bytes.size()) << 56U));
    c ^= 0xff;
    rounds(4);
    return a ^ b ^ c ^ d;
}

/// @return a value that differs from that of any other `word`, and looks unlike it.
/// Thread: any.
[[nodiscard]] constexpr std::uint64_t mix(std::uint64_t word) noexcept {
    word += 0x9e3779b97f4a7c15U;
    word = (word ^ (word >> 30U)) * 0xbf58476d1ce4e5b9U;
    word = (word ^ (word >> 27U)) * 0x94d049bb133111ebU;
    return word ^ (word >> 31U);
}

}  // namespace msw::net
