// What stands in each record, in which order; for who writes and for who reads (canonical.hpp).
#pragma once

#include "base/keys/sha256.hpp"
#include "base/roster/canonical.hpp"
#include "base/roster/records.hpp"
#include "msw/host_id.hpp"

#include <algorithm>
#include <concepts>
#include <limits>
#include <type_traits>

namespace msw::roster {

/// A record that is written or read.
template <class Given, class Record>
concept Some = std::same_as<std::remove_const_t<Given>, Record>;

inline constexpr std::size_t kLongestId = 63;
inline constexpr std::uint64_t kAnyNumber = std::numeric_limits<std::uint64_t>::max();

template <class Archive, Some<PublicKeys> Keys>
void fields(Archive& archive, Keys& keys) {
    archive.bytes("signing key", keys.sign);
    archive.bytes("sealing key", keys.seal);
}

template <class Archive, class Id>
void host_id(Archive& archive, Id& id) {
    archive.text("host id", id, kLongestId);
    archive.check(valid_host_id(id), "host id is none");
}

template <class Archive, class Roles>
void role_list(Archive& archive, Roles& roles) {
    archive.list("roles", roles, kMostRoles, [](auto& each, auto& role) {
        each.text("role", role, kLongestId);
        each.check(valid_host_id(role), "a role is none");
    });
}

template <class Archive, class Digests>
void digest_list(Archive& archive, std::string_view name, Digests& digests, std::size_t most) {
    archive.list(name, digests, most, [name](auto& each, auto& digest) { each.bytes(name, digest); });
}

template <class Archive, Some<Founder> Record>
void fields(Archive& archive, Record& founder) {
    archive.tag("msw/1 founder");
    host_id(archive, founder.id);
    fields(archive, founder.keys);
    role_list(archive, founder.roles);
}

template <class Archive, Some<Root> Record>
void fields(Archive& archive, Record& root) {
    const auto is_zero = [](std::uint8_t byte) { return byte == 0; };
    archive.tag("msw/1 root");
    archive.number("version", root.version, 1, kAnyNumber);
    archive.bytes("previous version", root.previous);
    archive.list("admin keys", root.admins, kMostAdmins, [](auto& each, auto& key) { each.bytes("admin key", key); });
    archive.number("threshold", root.threshold, 1, kMostAdmins);
    archive.check(root.threshold <= root.admins.size(), "threshold is higher than there are admins");
    archive.bytes("recovery key", root.recovery);
    archive.bytes("kept", root.kept);
    archive.maybe("founder", root.founder, [](auto& part, auto& founder) { fields(part, founder); });
    const bool first = root.version == 1;
    archive.check(root.founder.has_value() == first, "founder stands in version 1, and nowhere else");
    archive.check(!first || std::all_of(root.previous.begin(), root.previous.end(), is_zero),
                  "previous version of version 1 is none");
    archive.check(!first || std::all_of(root.kept.begin(), root.kept.end(), is_zero), "kept in version 1 is nothing");
}

template <class Archive, Some<Invite> Record>
void fields(Archive& archive, Record& invite) {
    archive.tag("msw/1 invite");
    archive.bytes("mesh", invite.mesh);
    archive.bytes("one-time key", invite.once);
    archive.bytes("accepting member", invite.acceptor);
    archive.text("host id", invite.id, kLongestId);
    archive.check(invite.id.empty() || valid_host_id(invite.id), "host id is none");
    role_list(archive, invite.roles);
    archive.number("uses", invite.uses, 1, kMostUses);
    archive.number("expires", invite.expires, 0, kAnyNumber);
    archive.maybe("replaces", invite.replaces, [](auto& part, auto& digest) { part.bytes("replaces", digest); });
}

template <class Archive, Some<Claim> Record>
void fields(Archive& archive, Record& claim) {
    archive.tag("msw/1 claim");
    archive.bytes("invite", claim.invite);
    fields(archive, claim.keys);
    host_id(archive, claim.id);
    archive.bytes("session", claim.session);
}

template <class Archive, Some<Admission> Record>
void fields(Archive& archive, Record& admission) {
    archive.tag("msw/1 admission");
    archive.bytes("claim", admission.claim);
    archive.number("use", admission.use, 1, kMostUses);
}

template <class Archive, Some<Amendment> Record>
void fields(Archive& archive, Record& amendment) {
    archive.tag("msw/1 amendment");
    archive.bytes("member", amendment.member);
    archive.number("version", amendment.version, 2, kAnyNumber);
    archive.bytes("previous version", amendment.previous);
    host_id(archive, amendment.id);
    fields(archive, amendment.keys);
    role_list(archive, amendment.roles);
}

template <class Archive, Some<Tombstone> Record>
void fields(Archive& archive, Record& tombstone) {
    archive.tag("msw/1 tombstone");
    archive.bytes("member", tombstone.member);
    host_id(archive, tombstone.id);
    archive.list("keys", tombstone.keys, kMostKeys, [](auto& each, auto& key) { each.bytes("key", key); });
    digest_list(archive, "kept", tombstone.kept, kMostAdmitted);
}

template <class Archive, Some<Kept> Record>
void fields(Archive& archive, Record& kept) {
    archive.tag("msw/1 kept");
    digest_list(archive, "records", kept.records, kMostKept);
}

/// @return the bytes of a record: those that are signed
template <class Record>
[[nodiscard]] std::string encode(const Record& record) {
    CanonicalWriter out;
    fields(out, record);
    return out.take();
}

/// @return the record, or what is wrong with its bytes: a threshold that can't be reached, too, or an id that is none
template <class Record>
[[nodiscard]] Result<Record> decode(std::string_view bytes) {
    CanonicalReader in(bytes);
    Record record;
    fields(in, record);
    if (Result<void> whole = in.whole(); !whole) return whole.error();
    return record;
}

/// @return the digest of a record's bytes
template <class Record>
[[nodiscard]] Digest digest_of(const Record& record) {
    return sha256({encode(record)});
}

}  // namespace msw::roster
