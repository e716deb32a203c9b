// What an admin decides about a mesh, as documents: pure, so that it can be tested beside the roster that takes them.
#pragma once

#include "base/roster/token.hpp"
#include "mswctl/roster_words.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mswctl {

/// Root version 1: its founder is the host with these keys, and has the role `control`.
[[nodiscard]] msw::roster::SignedRoot found_mesh(const msw::SigningKey& admin, const msw::PublicKey& recovery,
                                                 const std::string& id, const msw::PublicKeys& host);

struct InviteWish {
    std::string id;  ///< empty: any
    std::vector<std::string> roles;
    std::uint64_t uses = 1;
    std::uint64_t expires = 0;  ///< seconds since 1970
    bool replace = false;       ///< the id was that of a host that has ended
};

/// @return what can't be, and why; no admin's key, most of all
[[nodiscard]] msw::Result<msw::roster::Token> invite(const RosterWords& roster, const msw::SigningKey& admin,
                                                     const InviteWish& wish);

/// What changes about a member. What isn't given stays.
struct MemberWish {
    std::optional<std::string> id;
    std::optional<msw::PublicKeys> keys;
    std::vector<std::string> add, remove;  ///< roles
};

/// @return an amendment that the admin has signed; another id or other keys need the host's signature, too
[[nodiscard]] msw::Result<msw::roster::SignedAmendment> amend(const RosterWords& roster, const msw::SigningKey& admin,
                                                              std::string_view host, const MemberWish& wish);

/// @param drop_admitted  whoever joined by way of that host ends, too
[[nodiscard]] msw::Result<msw::roster::SignedTombstone> revoke(const RosterWords& roster, const msw::SigningKey& admin,
                                                               std::string_view host, bool drop_admitted);

/// The next root, and the records that it keeps. Nothing that is given stays as it is.
struct RootWish {
    std::vector<msw::PublicKey> add, remove;
    std::optional<std::uint64_t> threshold;
};
struct NextRoot {
    msw::roster::SignedRoot root;
    msw::roster::Kept kept;
};
/// @param signer  an admin's key, or the recovery key
[[nodiscard]] msw::Result<NextRoot> next_root(const RosterWords& roster, const msw::SigningKey& signer,
                                              const RootWish& wish);

}  // namespace mswctl
