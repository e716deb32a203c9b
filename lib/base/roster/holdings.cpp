#include "base/roster/holdings.hpp"

#include <algorithm>

namespace msw::roster {
namespace {

/// @return whether one has come that was not there
bool join(std::vector<Signed>& signatures, const std::vector<Signed>& more) {
    bool changed = false;
    for (const Signed& one : more) {
        const auto at = std::lower_bound(signatures.begin(), signatures.end(), one);
        if (at != signatures.end() && at->signer == one.signer) {
            if (one.signature < at->signature) {
                at->signature = one.signature;
                changed = true;
            }
        } else {
            signatures.insert(at, one);
            changed = true;
        }
    }
    return changed;
}

/// Keep whichever has the lesser bytes.
template <class Kind>
bool keep_lesser(Kind& here, Kind&& other) {
    if (encode_document(other) >= encode_document(here)) return false;
    here = std::forward<Kind>(other);
    return true;
}

class Adding {
public:
    explicit Adding(Holdings& into) : into_(into) {}

    bool operator()(SignedRoot root) {
        auto& forks = into_.roots[root.root.version];
        const Digest digest = digest_of(root.root);
        const auto at = forks.find(digest);
        if (at != forks.end()) return join(at->second.by, root.by);
        if (forks.size() >= Holdings::kMostForks) return false;
        return forks.emplace(digest, std::move(root)).second;
    }
    bool operator()(Kept kept) {
        const Digest digest = digest_of(kept);
        return into_.kept.size() < Holdings::kMostForks && into_.kept.emplace(digest, std::move(kept)).second;
    }
    bool operator()(Member member) {
        const Digest digest = digest_of(member.admission);
        const auto at = into_.members.find(digest);
        if (at != into_.members.end()) return keep_lesser(at->second, std::move(member));
        if (into_.members.size() >= Holdings::kMostMembers) return false;
        return into_.members.emplace(digest, std::move(member)).second;
    }
    bool operator()(SignedAmendment amendment) {
        auto& versions = into_.amendments[amendment.amendment.member];
        const Digest digest = digest_of(amendment.amendment);
        const auto at = versions.find(digest);
        if (at != versions.end()) return join(at->second.by, amendment.by);
        if (versions.size() >= Holdings::kMostVersions) return false;
        return versions.emplace(digest, std::move(amendment)).second;
    }
    bool operator()(SignedTombstone tombstone) {
        auto& ends = into_.tombstones[tombstone.tombstone.member];
        const Digest digest = digest_of(tombstone.tombstone);
        const auto at = ends.find(digest);
        if (at != ends.end()) return keep_lesser(at->second, std::move(tombstone));
        if (ends.size() >= Holdings::kMostForks || into_.tombstones.size() > Holdings::kMostMembers) return false;
        return ends.emplace(digest, std::move(tombstone)).second;
    }

private:
    Holdings& into_;
};

}  // namespace

bool Holdings::add(Document document) { return std::visit(Adding(*this), std::move(document)); }

std::vector<Document> Holdings::all() const {
    std::vector<Document> documents;
    for (const auto& [version, forks] : roots) {
        for (const auto& [digest, root] : forks) documents.emplace_back(root);
    }
    for (const auto& [digest, one] : kept) documents.emplace_back(one);
    for (const auto& [digest, member] : members) documents.emplace_back(member);
    for (const auto& [member, versions] : amendments) {
        for (const auto& [digest, amendment] : versions) documents.emplace_back(amendment);
    }
    for (const auto& [member, ends] : tombstones) {
        for (const auto& [digest, tombstone] : ends) documents.emplace_back(tombstone);
    }
    return documents;
}

}  // namespace msw::roster
