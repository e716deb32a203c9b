// What the roster is made of: records that people's admin keys and hosts' keys have signed.
//
//     root        who may admit and end members: admin keys, how many of them a root needs, the recovery key
//     founder     the first member; stands in root version 1
//     invite      an admin's leave to join, for whoever has the one-time key
//     claim       what a host that joins says of itself; signed with the one-time key and its own
//     admission   the accepting host's word that this is the nth use of the invite
//     amendment   a member's new id, keys or roles, one version after another
//     tombstone   the end of a member
//     kept        which records hold though who signed them is no admin any more
//
// A member is named by the digest of its founder record or its admission, whatever its keys and id become.
// Bytes: record_fields.hpp. A digest is SHA-256 over a record's bytes, without its signatures.
#pragma once

#include "base/keys/public_keys.hpp"
#include "base/keys/signing_key.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace msw::roster {

using Digest = KeyDigest;

inline constexpr std::size_t kMostAdmins = 16;
inline constexpr std::size_t kMostRoles = 16;
inline constexpr std::size_t kMostKeys = 1'024;       ///< that one member has had
inline constexpr std::size_t kMostUses = 10'000;      ///< of one invite
inline constexpr std::size_t kMostKept = 65'536;      ///< records, by one root
inline constexpr std::size_t kMostAdmitted = 10'000;  ///< by one host that ends

struct Founder {
    std::string id;
    PublicKeys keys;
    std::vector<std::string> roles;  ///< ascending
};

struct Root {
    std::uint64_t version = 1;
    Digest previous{};               ///< of the version before; nothing in version 1
    std::vector<PublicKey> admins;   ///< ascending, at least one
    std::uint64_t threshold = 1;     ///< how many of them the next version needs
    PublicKey recovery{};            ///< suffices alone, and is replaced only by itself
    Digest kept{};                   ///< of the Kept that goes with it; nothing in version 1
    std::optional<Founder> founder;  ///< in version 1
};

struct Invite {
    Digest mesh{};                   ///< root version 1
    PublicKey once{};                ///< the one-time key
    Digest acceptor{};               ///< the member who may accept
    std::string id;                  ///< the host id that must be taken; empty: any
    std::vector<std::string> roles;  ///< ascending
    std::uint64_t uses = 1;
    std::uint64_t expires = 0;       ///< seconds since 1970; judged by who accepts
    std::optional<Digest> replaces;  ///< the tombstone whose id is free again for this
};

struct Claim {
    Digest invite{};
    PublicKeys keys;
    std::string id;
    Digest session{};  ///< of the TLS session over which it was made: its exporter
};

struct Admission {
    Digest claim{};
    std::uint64_t use = 1;  ///< of the invite, from 1
};

struct Amendment {
    Digest member{};
    std::uint64_t version = 2;
    Digest previous{};  ///< of the version before; of version 2: the member
    std::string id;
    PublicKeys keys;
    std::vector<std::string> roles;  ///< ascending
};

struct Tombstone {
    Digest member{};
    std::string id;               ///< that it had: stays reserved
    std::vector<PublicKey> keys;  ///< that it has signed with: nobody else's, ever; ascending
    std::vector<Digest> kept;     ///< members whom it admitted and who stay; ascending
};

struct Kept {
    std::vector<Digest> records;  ///< ascending
};

}  // namespace msw::roster
