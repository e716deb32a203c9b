#include "base/roster/documents.hpp"

namespace msw::roster {

template <class Archive, Some<Signed> Record>
void fields(Archive& archive, Record& by) {
    archive.bytes("signer", by.signer);
    archive.bytes("signature", by.signature);
}

template <class Archive, class List>
void signers(Archive& archive, List& by) {
    archive.list("signatures", by, kMostSigners, [](auto& each, auto& one) { fields(each, one); });
}

template <class Archive, Some<SignedRoot> Record>
void fields(Archive& archive, Record& document) {
    fields(archive, document.root);
    signers(archive, document.by);
}

template <class Archive, Some<SignedInvite> Record>
void fields(Archive& archive, Record& document) {
    fields(archive, document.invite);
    fields(archive, document.by);
}

/// What a claim goes with: in a request, and then in the member's record.
template <class Archive, class Record>
void claim_fields(Archive& archive, Record& document) {
    fields(archive, document.invite);
    fields(archive, document.claim);
    archive.bytes("signature with the one-time key", document.once);
    archive.bytes("signature with the host's key", document.host);
}

template <class Archive, Some<JoinRequest> Record>
void fields(Archive& archive, Record& request) {
    archive.tag("msw/1 join");
    claim_fields(archive, request);
}

template <class Archive, Some<Member> Record>
void fields(Archive& archive, Record& document) {
    claim_fields(archive, document);
    fields(archive, document.admission);
    fields(archive, document.by);
}

template <class Archive, Some<SignedAmendment> Record>
void fields(Archive& archive, Record& document) {
    fields(archive, document.amendment);
    signers(archive, document.by);
}

template <class Archive, Some<SignedTombstone> Record>
void fields(Archive& archive, Record& document) {
    fields(archive, document.tombstone);
    fields(archive, document.by);
}

namespace {

/// The first kind of document that begins with that tag is tried, and no other.
template <class Try>
Result<Document> read_as(std::string_view bytes) {
    Result<Try> document = decode<Try>(bytes);
    if (!document) return document.error();
    return Document(std::move(document).value());
}

template <class Record>
bool all_sign(const std::vector<Signed>& by, const Record& record) {
    const std::string bytes = encode(record);
    return std::all_of(by.begin(), by.end(),
                       [&](const Signed& one) { return is_signed(one.signer, bytes, one.signature); });
}

bool holds(const SignedRoot& document) { return all_sign(document.by, document.root); }

bool holds(const Kept&) { return true; }

bool holds(const Member& document) {
    const std::string claim = encode(document.claim);
    return document.claim.invite == digest_of(document.invite.invite) &&
           document.admission.claim == digest_of(document.claim) &&
           all_sign({document.invite.by}, document.invite.invite) &&
           is_signed(document.invite.invite.once, claim, document.once) &&
           is_signed(document.claim.keys.sign, claim, document.host) && all_sign({document.by}, document.admission);
}

bool holds(const SignedAmendment& document) { return all_sign(document.by, document.amendment); }

bool holds(const SignedTombstone& document) { return all_sign({document.by}, document.tombstone); }

}  // namespace

std::string encode_document(const Document& document) {
    return std::visit([](const auto& one) { return encode(one); }, document);
}

std::string encode_invite(const SignedInvite& invite) { return encode(invite); }

std::string encode_request(const JoinRequest& request) { return encode(request); }

Result<Document> decode_document(std::string_view bytes) {
    const std::string_view tag = CanonicalReader::tag_of(bytes);
    if (tag == "msw/1 root") return read_as<SignedRoot>(bytes);
    if (tag == "msw/1 kept") return read_as<Kept>(bytes);
    if (tag == "msw/1 invite") return read_as<Member>(bytes);
    if (tag == "msw/1 amendment") return read_as<SignedAmendment>(bytes);
    if (tag == "msw/1 tombstone") return read_as<SignedTombstone>(bytes);
    return Error{Code::bad_request, "it is no record of a roster"};
}

Result<SignedInvite> decode_invite(std::string_view bytes) { return decode<SignedInvite>(bytes); }

Result<JoinRequest> decode_request(std::string_view bytes) { return decode<JoinRequest>(bytes); }

std::optional<Checked> Checked::check(Document document) {
    if (!std::visit([](const auto& one) { return holds(one); }, document)) return std::nullopt;
    return Checked(std::move(document));
}

}  // namespace msw::roster
