#include "base/roster/admission.hpp"

#include "msw/host_id.hpp"

#include <algorithm>
#include <set>

namespace msw::roster {
namespace {

Error no(std::string why) { return {Code::refused, std::move(why)}; }

/// @return what is wrong with who has signed what
Result<void> check_signatures(const Root& root, const JoinRequest& request, const Digest& session) {
    const Invite& invite = request.invite.invite;
    const Claim& claim = request.claim;
    const bool by_admin =
        std::find(root.admins.begin(), root.admins.end(), request.invite.by.signer) != root.admins.end();
    if (!by_admin || !is_signed(request.invite.by.signer, encode(invite), request.invite.by.signature)) {
        return no("the token's invite is signed by no admin of this mesh; ask one for a new one (mswctl invite)");
    }
    const std::string bytes = encode(claim);
    if (claim.invite != digest_of(invite) || !is_signed(invite.once, bytes, request.once)) {
        return no("what it says is not signed with the token's one-time key");
    }
    if (!is_signed(claim.keys.sign, bytes, request.host)) return no("what it says is not signed with its own key");
    if (claim.session != session) return no("what it says was said on another connection");
    return {};
}

/// @return an id that nobody has
std::string proposal_for(const View& view, const std::string& id) {
    constexpr std::size_t kLongestStem = 58;
    for (unsigned n = 2;; ++n) {
        std::string other = id.substr(0, kLongestStem) + "-" + std::to_string(n);
        if (!view.taken(other)) return other;
    }
}

bool is_free(const View& view, const Holdings& all, const Invite& invite, const std::string& id) {
    const auto at = view.by_id.find(id_key(id));
    if (at == view.by_id.end()) return true;
    const auto ends = all.tombstones.find(at->second);
    return invite.replaces && ends != all.tombstones.end() && ends->second.contains(*invite.replaces);
}

}  // namespace

JoinRequest make_request(const SignedInvite& invite, const SigningKey& once, const SigningKey& host,
                         const PublicKeys& keys, const std::string& id, const Digest& session) {
    JoinRequest request{invite, {digest_of(invite.invite), keys, id, session}, {}, {}};
    const std::string bytes = encode(request.claim);
    request.once = once.sign(bytes);
    request.host = host.sign(bytes);
    return request;
}

Result<Member> admit(const Roster& roster, const Acceptor& acceptor, const JoinRequest& request, const Digest& session,
                     std::uint64_t now_s) {
    const View& view = roster.view();
    const Invite& invite = request.invite.invite;
    const Claim& claim = request.claim;
    if (invite.mesh != roster.mesh()) return no("the token is of another mesh");
    if (invite.acceptor != acceptor.member) return no("the token is to be accepted by another host");
    if (view.frozen) {
        return no("the roster of this mesh is frozen: two roots contradict each other (mswctl roster root show)");
    }
    if (const Result<void> checked = check_signatures(*view.root, request, session); !checked) return checked.error();
    std::set<std::uint64_t> used;
    for (const auto& [digest, member] : roster.holdings().members) {
        if (member.claim.invite != claim.invite) continue;
        const bool same = member.claim.keys == claim.keys && view.with_key(claim.keys.sign) != nullptr;
        if (same) return member;  // it was admitted, and didn't hear of it
        used.insert(member.admission.use);
    }
    if (now_s >= invite.expires) return no("the token has expired; ask for a new one (mswctl invite)");
    if (!invite.id.empty() && invite.id != claim.id) {
        return no("the token is for a host called " + invite.id + ", not " + claim.id);
    }
    if (view.by_key.contains(claim.keys.sign)) {
        return no("its key is, or was, that of a member; move its host-key away, and it makes another one");
    }
    if (!is_free(view, roster.holdings(), invite, claim.id)) {
        return Error{Code::name_taken, "the id " + claim.id + " is, or was, another host's. Free is " +
                                           proposal_for(view, claim.id) + ": mswctl join --id ID"};
    }
    std::uint64_t use = 1;
    while (used.contains(use)) ++use;
    if (use > invite.uses)
        return no("the token has been used as often as it may be; ask for a new one (mswctl invite)");
    const Admission admission{digest_of(claim), use};
    return Member{request.invite, claim, request.once, request.host, admission, sign(acceptor.key, admission)};
}

}  // namespace msw::roster
