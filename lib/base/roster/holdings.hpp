// The documents of one roster, each once.
#pragma once

#include "base/roster/documents.hpp"

#include <map>

namespace msw::roster {

/// Of two with the same record the signatures are joined; where there is one signature only, the lesser bytes stay. So
/// it doesn't matter in which order they come. Thread: like a value.
struct Holdings {
    static constexpr std::size_t kMostForks = 8;         ///< roots of one version
    static constexpr std::size_t kMostMembers = 20'000;  ///< those that ended, too
    static constexpr std::size_t kMostVersions = 1'024;  ///< amendments of one member

    std::map<std::uint64_t, std::map<Digest, SignedRoot>> roots;  ///< by version
    std::map<Digest, Kept> kept;
    std::map<Digest, Member> members;                                ///< but the founder
    std::map<Digest, std::map<Digest, SignedAmendment>> amendments;  ///< by member
    std::map<Digest, std::map<Digest, SignedTombstone>> tombstones;  ///< by member

    /// @return whether something has changed; false, too, if there is no room
    bool add(Document document);
    /// @return all of them: roots first, the oldest first, then what they keep
    [[nodiscard]] std::vector<Document> all() const;
};

}  // namespace msw::roster
