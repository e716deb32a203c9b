// What net says of the roster (`get net` with the body `roster`), read.
#pragma once

#include "base/json.hpp"
#include "base/roster/records.hpp"
#include "msw/result.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mswctl {

/// Thread: like a value.
struct RosterWords {
    struct Member {
        std::string id;
        msw::roster::Digest member{};
        std::string key;  ///< 56 letters and digits
        msw::PublicKeys keys;
        std::vector<std::string> roles;
        std::uint64_t version = 1;
        msw::roster::Digest newest{};
        std::vector<msw::PublicKey> signed_with;
        std::vector<msw::roster::Digest> admitted;
        bool ended = false;
    };
    struct Reserved {
        std::string id;
        msw::roster::Digest tombstone{};
    };

    std::string id;  ///< of the host that was asked
    std::vector<std::string> addresses;
    bool in_mesh = false;
    bool frozen = false;
    msw::roster::Digest mesh{};
    msw::roster::Digest own{};  ///< the member that the host is
    msw::roster::Digest root_digest{};
    msw::roster::Root root;  ///< without `previous` and `kept`, which nobody needs again
    std::vector<Member> members;
    std::vector<Reserved> reserved;
    std::vector<msw::roster::Digest> records;  ///< ascending
    std::vector<std::string> alarms;

    /// @return who is called so and belongs to the mesh; null: nobody
    [[nodiscard]] const Member* called(std::string_view id) const;
    /// @return the member with that name; null: there is none
    [[nodiscard]] const Member* named(const msw::roster::Digest& member) const;
};

/// @return Code::bad_request: another version of mswd says it otherwise
[[nodiscard]] msw::Result<RosterWords> read_roster_words(const msw::Json& json);

/// @return `sign` and `seal` of what net says to `key` and `new-keys`
[[nodiscard]] msw::Result<msw::PublicKeys> read_keys(const msw::Json& json);

}  // namespace mswctl
