// How a host comes to belong to a mesh: what it asks for, and what the accepting host says to that. Source:
// docs/protocol.md, "Joining".
#pragma once

#include "base/roster/roster.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace msw::roster {

/// @param once     the token's one-time key
/// @param host     of the host that joins
/// @param session  what only both ends of this one connection know (Claim::session)
[[nodiscard]] JoinRequest make_request(const SignedInvite& invite, const SigningKey& once, const SigningKey& host,
                                       const PublicKeys& keys, const std::string& id, const Digest& session);

/// Whoever accepts.
struct Acceptor {
    Digest member{};
    const SigningKey& key;
};

/// Judge a request. To count the use, what is returned must be merged into the roster and written down before another
/// request is judged and before this one is answered.
/// @param session  of the connection over which it came
/// @param now_s    seconds since 1970
/// @return the member; the same one again for a host that has been admitted. Code::name_taken proposes another id
/// Slow: some 0.5 ms. Thread: any
[[nodiscard]] Result<Member> admit(const Roster& roster, const Acceptor& acceptor, const JoinRequest& request,
                                   const Digest& session, std::uint64_t now_s);

}  // namespace msw::roster
