// Who belongs to the mesh, as links, routes and flows ask for it: one state of the roster, never changed, so shared by
// all who need it. A new state is a new object; making it can take a while, and needs nothing of the loop.
//
// A member is named here by the 64 hex digits of its digest, as in announcements and on disk.
#pragma once

#include "base/roster/roster.hpp"

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace msw::net {

struct Member {
    std::string name;  ///< 64 hex digits
    std::string id;    ///< host id
    PublicKeys keys;
    std::vector<std::string> roles;  ///< ascending

    [[nodiscard]] bool has_role(std::string_view role) const;
};

/// Thread: any.
class Membership {
public:
    /// Of no mesh: nobody belongs to it.
    Membership() = default;
    explicit Membership(roster::Roster roster);
    Membership(const Membership&) = delete;
    Membership& operator=(const Membership&) = delete;
    Membership(Membership&&) = delete;
    Membership& operator=(Membership&&) = delete;
    ~Membership() = default;

    /// @return null: this host is in no mesh
    [[nodiscard]] const roster::Roster* roster() const noexcept { return roster_ ? &*roster_ : nullptr; }
    /// @return what stands for all that the roster holds; nothing but zeros without a mesh
    [[nodiscard]] roster::Digest digest() const noexcept { return roster_ ? roster_->digest() : roster::Digest{}; }

    // Each of these: null if nobody of those who belong now is so.
    [[nodiscard]] const Member* named(std::string_view member) const;
    [[nodiscard]] const Member* called(std::string_view host) const;  ///< whatever its case
    [[nodiscard]] const Member* with_key(const PublicKey& sign) const;
    /// @return whether there was such a member, and it has ended
    [[nodiscard]] bool has_ended(std::string_view member) const;
    /// @return all who belong, in the order of their names
    [[nodiscard]] std::span<const Member> all() const noexcept { return members_; }

private:
    std::optional<roster::Roster> roster_;
    std::vector<Member> members_;
    std::vector<std::pair<std::string, const Member*>> by_id_;  // id_key(), sorted
    std::vector<std::pair<PublicKey, const Member*>> by_key_;   // sorted
    std::vector<std::string> ended_;                            // sorted
};
using MembershipPtr = std::shared_ptr<const Membership>;

}  // namespace msw::net
