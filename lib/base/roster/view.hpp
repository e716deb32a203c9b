// Who belongs to a mesh: what follows from the documents of its roster, in whatever order they came.
#pragma once

#include "base/roster/holdings.hpp"

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace msw::roster {

/// A member as it is now.
struct Belongs {
    Digest member{};
    std::string id;  ///< no other member has it, in whatever case
    PublicKeys keys;
    std::vector<std::string> roles;      ///< ascending
    std::uint64_t version = 1;           ///< of id, keys and roles
    Digest newest{};                     ///< the record of that version
    std::vector<PublicKey> signed_with;  ///< its signing keys of all versions
    bool ended = false;
};

/// Thread: like a value.
struct View {
    std::optional<Root> root;  ///< the newest that counts; none is known before version 1 is
    Digest root_digest{};
    bool frozen = false;                ///< there are several next ones, and the recovery key has signed none
    std::map<Digest, Belongs> members;  ///< those that ended, too
    std::vector<std::string> alarms;    ///< sentences

    /// @return whoever has that id and has not ended
    [[nodiscard]] const Belongs* named(std::string_view id) const;
    /// @return whoever signs with that key now and has not ended
    [[nodiscard]] const Belongs* with_key(const PublicKey& sign) const;
    /// @return whether a member or a tombstone has that id
    [[nodiscard]] bool taken(std::string_view id) const;

    std::map<std::string, Digest> by_id;  ///< in small letters; reserved ones: the member that ended
    std::map<PublicKey, Digest> by_key;   ///< of all versions
};

/// What follows from documents.
/// @param mesh      the digest of root version 1
/// @param holdings  what doesn't count is taken out of it, so that all who know what counts hold the same
[[nodiscard]] View judge(const Digest& mesh, Holdings& holdings);

}  // namespace msw::roster
