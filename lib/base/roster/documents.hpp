// Records with who signed them: what hosts give to each other, keep on disk, and put into a token.
#pragma once

#include "base/roster/record_fields.hpp"

#include <variant>

namespace msw::roster {

struct Signed {
    PublicKey signer{};
    Signature signature{};

    friend bool operator<(const Signed& a, const Signed& b) noexcept { return a.signer < b.signer; }
};

struct SignedRoot {
    Root root;
    std::vector<Signed> by;  ///< admins of the version before, its recovery key; of version 1: its own; ascending
};

struct SignedInvite {
    Invite invite;
    Signed by;  ///< an admin
};

struct Member {
    SignedInvite invite;
    Claim claim;
    Signature once{};  ///< over the claim, with the one-time key
    Signature host{};  ///< over the claim, with the claim's signing key
    Admission admission;
    Signed by;  ///< the accepting host
};

struct SignedAmendment {
    Amendment amendment;
    std::vector<Signed>
        by;  ///< an admin; for another id or key the signing key before; for another key that one; ascending
};

struct SignedTombstone {
    Tombstone tombstone;
    Signed by;  ///< an admin
};

/// What a host that joins says, to the host whose key its token names.
struct JoinRequest {
    SignedInvite invite;
    Claim claim;
    Signature once{};  ///< over the claim, with the one-time key
    Signature host{};  ///< over the claim, with the claim's signing key
};

using Document = std::variant<SignedRoot, Kept, Member, SignedAmendment, SignedTombstone>;

inline constexpr std::size_t kMostSigners = kMostAdmins + 2;

/// @return the bytes of a document, for the wire and the disk
[[nodiscard]] std::string encode_document(const Document& document);
[[nodiscard]] std::string encode_invite(const SignedInvite& invite);
[[nodiscard]] std::string encode_request(const JoinRequest& request);

/// @return it, or what is wrong with the bytes. No signature has been looked at.
[[nodiscard]] Result<Document> decode_document(std::string_view bytes);
[[nodiscard]] Result<SignedInvite> decode_invite(std::string_view bytes);
[[nodiscard]] Result<JoinRequest> decode_request(std::string_view bytes);

/// A document whose signatures are those of their keys. Whether these keys may sign it is for the roster to say.
/// Thread: like a value.
class Checked {
public:
    /// @return nothing, if a signature is false or one of another record. Slow: some 0.1 ms a signature. Thread: any.
    [[nodiscard]] static std::optional<Checked> check(Document document);
    /// One that was checked before it was written down here.
    [[nodiscard]] static Checked known(Document document) { return Checked(std::move(document)); }

    [[nodiscard]] const Document& document() const noexcept { return document_; }

private:
    explicit Checked(Document document) : document_(std::move(document)) {}

    Document document_;
};

/// @return a record's bytes, signed
template <class Record>
[[nodiscard]] Signed sign(const SigningKey& key, const Record& record) {
    return {key.public_key(), key.sign(encode(record))};
}

}  // namespace msw::roster
