// A mesh of made-up hosts and people, for tests.
#pragma once

#include "base/keys/sha256.hpp"
#include "base/roster/roster.hpp"

#include <algorithm>
#include <map>
#include <string>
#include <vector>

namespace msw::roster::test {

/// @return the nth key, the same each time
inline const SigningKey& key(unsigned n) {
    static std::map<unsigned, SigningKey> made;
    if (const auto known = made.find(n); known != made.end()) return known->second;
    std::array<std::uint8_t, 32> seed{};
    for (std::size_t i = 0; i < 4; ++i) seed.at(i) = static_cast<std::uint8_t>(n >> (8 * i));
    return made.emplace(n, SigningKey::from_seed(seed)).first->second;
}

inline PublicKeys keys(unsigned n) {
    PublicKeys both{key(n).public_key(), {}};
    both.seal.at(0) = static_cast<std::uint8_t>(n);
    return both;
}

inline std::vector<PublicKey> public_keys(std::initializer_list<unsigned> numbers) {
    std::vector<PublicKey> all;
    for (const unsigned n : numbers) all.push_back(key(n).public_key());
    std::sort(all.begin(), all.end());
    return all;
}

template <class Record>
std::vector<Signed> signed_by(const Record& record, std::initializer_list<unsigned> signers) {
    std::vector<Signed> by;
    for (const unsigned n : signers) by.push_back(sign(key(n), record));
    std::sort(by.begin(), by.end());
    return by;
}

inline constexpr unsigned kAdmin = 1;
inline constexpr unsigned kRecovery = 2;
inline constexpr unsigned kFounder = 3;

inline SignedRoot first_root() {
    Root root;
    root.admins = public_keys({kAdmin});
    root.recovery = key(kRecovery).public_key();
    root.founder = Founder{"miku", keys(kFounder), {"control"}};
    return {root, signed_by(root, {kAdmin})};
}

/// A version after another one, with those admins.
inline Root next_root(const Root& before, std::initializer_list<unsigned> admins, const Kept& kept = {}) {
    Root root;
    root.version = before.version + 1;
    root.previous = digest_of(before);
    root.admins = public_keys(admins);
    root.recovery = before.recovery;
    root.kept = digest_of(kept);
    return root;
}

inline Digest mesh() { return digest_of(first_root().root); }
inline Digest founder() { return digest_of(*first_root().root.founder); }

/// Leave for the holder of key `once` to join by `acceptor`.
inline SignedInvite invite(unsigned once, const Digest& acceptor, std::uint64_t uses = 1, unsigned admin = kAdmin,
                           const std::optional<Digest>& replaces = {}) {
    const Invite invite{mesh(), key(once).public_key(), acceptor, {}, {}, uses, 4'000'000'000, replaces};
    return {invite, sign(key(admin), invite)};
}

/// The host with key `host` joins as `id`.
inline Member admit(const SignedInvite& invite, unsigned once, unsigned host, const std::string& id,
                    unsigned acceptor_key, std::uint64_t use = 1) {
    const Claim claim{digest_of(invite.invite), keys(host), id, {}};
    const std::string bytes = encode(claim);
    const Admission admission{digest_of(claim), use};
    return {invite, claim, key(once).sign(bytes), key(host).sign(bytes), admission, sign(key(acceptor_key), admission)};
}

inline Digest name_of(const Member& member) { return digest_of(member.admission); }

/// The end of a member that has signed with key `host`.
inline SignedTombstone end(const Digest& member, const std::string& id, unsigned host, std::vector<Digest> kept = {},
                           unsigned admin = kAdmin) {
    std::sort(kept.begin(), kept.end());
    const Tombstone tombstone{member, id, public_keys({host}), std::move(kept)};
    return {tombstone, sign(key(admin), tombstone)};
}

/// @return whether a document has no false signature, and the copy took something of it
inline Roster::Merged give(Roster& roster, std::initializer_list<Document> documents) {
    std::vector<Checked> checked;
    for (const Document& document : documents) {
        if (std::optional<Checked> one = Checked::check(document)) checked.push_back(std::move(*one));
    }
    return roster.merge(checked);
}

/// @return the ids of those who belong, in their order
inline std::vector<std::string> ids(const Roster& roster) {
    std::vector<std::string> all;
    for (const auto& [digest, member] : roster.view().members) {
        if (!member.ended) all.push_back(member.id);
    }
    std::sort(all.begin(), all.end());
    return all;
}

}  // namespace msw::roster::test
