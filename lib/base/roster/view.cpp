#include "base/roster/view.hpp"

#include "base/hex.hpp"
#include "msw/host_id.hpp"

#include <algorithm>
#include <array>
#include <set>

namespace msw::roster {
namespace {

/// Enough of a digest to tell two apart in a sentence.
std::string brief(const Digest& digest) { return to_hex(digest).substr(0, 8); }

template <class List, class Value>
bool contains(const List& list, const Value& value) {
    return std::find(list.begin(), list.end(), value) != list.end();
}

bool signed_by(const std::vector<Signed>& by, const PublicKey& key) {
    return std::any_of(by.begin(), by.end(), [&](const Signed& one) { return one.signer == key; });
}

std::uint64_t count_signers(const std::vector<Signed>& by, const std::vector<PublicKey>& keys) {
    return static_cast<std::uint64_t>(
        std::count_if(by.begin(), by.end(), [&](const Signed& one) { return contains(keys, one.signer); }));
}

class Judge {
public:
    Judge(const Digest& mesh, Holdings& holdings) : mesh_(mesh), all_(holdings) {}

    View judge() {
        find_root();
        if (!view_.root) {
            all_ = {};
            return std::move(view_);
        }
        find_kept();
        find_ends();
        find_members();
        find_ids();
        drop_the_rest();
        return std::move(view_);
    }

private:
    // Roots -----------------------------------------------------------------------------------------------------------

    void find_root() {
        const auto first = all_.roots.find(1);
        if (first == all_.roots.end()) return;
        std::erase_if(first->second, [this](const auto& entry) { return entry.first != mesh_; });
        if (first->second.empty()) return;
        SignedRoot& root = first->second.begin()->second;
        keep_signers(root.by, root.root.admins, nullptr);
        if (root.by.size() < root.root.threshold) return;
        use(mesh_, root.root);
        std::vector<std::pair<Digest, const Root*>> chain{{mesh_, &root.root}};
        while (const auto* next = find_next()) {
            use(next->first, next->second.root);
            chain.emplace_back(next->first, &next->second.root);
        }
        all_.roots.erase(all_.roots.upper_bound(view_.root->version + (view_.frozen ? 1 : 0)), all_.roots.end());
        // A root without what it keeps would end all whom an admin has admitted who is gone: it waits for that.
        while (chain.size() > 1 && !all_.kept.contains(chain.back().second->kept)) chain.pop_back();
        use(chain.back().first, *chain.back().second);
    }

    void use(const Digest& digest, const Root& root) {
        view_.root = root;
        view_.root_digest = digest;
    }

    static void keep_signers(std::vector<Signed>& by, const std::vector<PublicKey>& keys, const PublicKey* one_more) {
        std::erase_if(by, [&](const Signed& one) {
            return !contains(keys, one.signer) && (one_more == nullptr || one.signer != *one_more);
        });
    }

    [[nodiscard]] bool follows(const SignedRoot& next) const {
        const Root& now = *view_.root;
        if (next.root.previous != view_.root_digest) return false;
        if (signed_by(next.by, now.recovery)) return true;
        return next.root.recovery == now.recovery && count_signers(next.by, now.admins) >= now.threshold;
    }

    /// The version after the present one, if there is one and no doubt about it.
    const std::pair<const Digest, SignedRoot>* find_next() {
        const Root& now = *view_.root;
        const auto version = all_.roots.find(now.version + 1);
        if (version == all_.roots.end()) return nullptr;
        auto& forks = version->second;
        for (auto& [digest, fork] : forks) keep_signers(fork.by, now.admins, &now.recovery);
        std::erase_if(forks, [this](const auto& entry) { return !follows(entry.second); });
        const auto recovers = [&](const auto& entry) { return signed_by(entry.second.by, now.recovery); };
        if (std::any_of(forks.begin(), forks.end(), recovers)) {
            std::erase_if(forks, [&](const auto& entry) { return !recovers(entry); });
            if (forks.size() > 1) {
                view_.alarms.push_back("the recovery key has signed " + std::to_string(forks.size()) +
                                       " different roots of version " + std::to_string(now.version + 1) +
                                       "; the one with the least digest counts");
                forks.erase(std::next(forks.begin()), forks.end());
            }
        }
        if (forks.size() > 1) {
            view_.frozen = true;
            view_.alarms.push_back("there are " + std::to_string(forks.size()) + " different roots of version " +
                                   std::to_string(now.version + 1) + "; version " + std::to_string(now.version) +
                                   " stays until the recovery key signs one");
            return nullptr;
        }
        return forks.empty() ? nullptr : &*forks.begin();
    }

    // Whose word counts -----------------------------------------------------------------------------------------------

    void find_kept() {
        std::set<Digest> wanted;
        for (auto version = all_.roots.find(view_.root->version); version != all_.roots.end(); ++version) {
            for (const auto& [digest, root] : version->second) wanted.insert(root.root.kept);
        }
        std::erase_if(all_.kept, [&](const auto& entry) { return !wanted.contains(entry.first); });
        if (const auto kept = all_.kept.find(view_.root->kept); kept != all_.kept.end()) kept_ = &kept->second;
    }

    [[nodiscard]] bool is_kept(const Digest& record) const {
        return kept_ != nullptr && std::binary_search(kept_->records.begin(), kept_->records.end(), record);
    }

    [[nodiscard]] bool is_admin(const PublicKey& key) const { return contains(view_.root->admins, key); }

    [[nodiscard]] bool counts(const Digest& record, const std::vector<Signed>& by) const {
        return is_kept(record) ||
               std::any_of(by.begin(), by.end(), [this](const Signed& one) { return is_admin(one.signer); });
    }

    // Who has ended ---------------------------------------------------------------------------------------------------

    void find_ends() {
        for (auto& [member, ends] : all_.tombstones) {
            std::erase_if(ends, [this](const auto& entry) { return !counts(entry.first, {entry.second.by}); });
        }
        std::erase_if(all_.tombstones, [](const auto& entry) { return entry.second.empty(); });
        // Their keys are theirs, whoever else has a lesser digest.
        for (const auto& [member, ends] : all_.tombstones) {
            for (const auto& [digest, one] : ends) {
                for (const PublicKey& key : one.tombstone.keys) ended_keys_.emplace(key, member);
            }
        }
    }

    [[nodiscard]] bool has_ended(const Digest& member) const { return all_.tombstones.contains(member); }

    [[nodiscard]] bool may_use(const PublicKey& key, const Digest& member) const {
        const auto ended = ended_keys_.find(key);
        const auto known = view_.by_key.find(key);
        return (ended == ended_keys_.end() || ended->second == member) &&
               (known == view_.by_key.end() || known->second == member);
    }

    // Members ---------------------------------------------------------------------------------------------------------

    /// Whoever admitted others comes before them, and of all others the one with the least digest: so the first to use
    /// a key or an invite is the same everywhere.
    void find_members() {
        std::map<Digest, std::vector<Digest>> by_acceptor;
        for (const auto& [digest, member] : all_.members) by_acceptor[member.invite.invite.acceptor].push_back(digest);
        std::set<Digest> ready;
        const auto admitted_by = [&](const Digest& member) {
            if (const auto theirs = by_acceptor.find(member); theirs != by_acceptor.end()) {
                ready.insert(theirs->second.begin(), theirs->second.end());
            }
        };
        if (const std::optional<Digest> founder = take_founder()) admitted_by(*founder);
        while (!ready.empty()) {
            const Digest digest = *ready.begin();
            ready.erase(ready.begin());
            if (take_member(digest, all_.members.at(digest))) admitted_by(digest);
        }
    }

    std::optional<Digest> take_founder() {
        const SignedRoot& first = all_.roots.at(1).begin()->second;
        const Founder& founder = *first.root.founder;
        const Digest digest = digest_of(founder);
        if (!counts(digest, first.by)) {
            view_.alarms.push_back("the founding host " + founder.id +
                                   " has gone: its admin has, and no root keeps it");
            return std::nullopt;
        }
        take({digest, founder.id, founder.keys, founder.roles, 1, digest, {founder.keys.sign}, has_ended(digest)});
        return digest;
    }

    bool take_member(const Digest& digest, const Member& member) {
        const Invite& invite = member.invite.invite;
        if (invite.mesh != mesh_ || !counts(digest, {member.invite.by})) return false;
        const Belongs& acceptor = view_.members.at(invite.acceptor);
        if (!contains(acceptor.signed_with, member.by.signer)) return false;
        if (acceptor.ended && !outlives(digest, acceptor.member)) return false;
        if (member.admission.use > invite.uses || (!invite.id.empty() && invite.id != member.claim.id)) return false;
        if (!may_use(member.claim.keys.sign, digest)) {
            view_.alarms.push_back("the key of " + member.claim.id + " (" + brief(digest) +
                                   ") is another member's: it does not belong to the mesh");
            return false;
        }
        const auto [use, first] = uses_.emplace(std::pair(digest_of(invite), member.admission.use), digest);
        if (!first) {
            view_.alarms.push_back("use " + std::to_string(member.admission.use) + " of an invite was given twice by " +
                                   acceptor.id + ": " + member.claim.id + " (" + brief(digest) +
                                   ") does not belong to the mesh");
            return false;
        }
        take({digest,
              member.claim.id,
              member.claim.keys,
              invite.roles,
              1,
              digest,
              {member.claim.keys.sign},
              has_ended(digest)});
        return true;
    }

    /// @return whether a member that an ended host admitted is kept by all who ended it
    [[nodiscard]] bool outlives(const Digest& member, const Digest& acceptor) const {
        const auto& ends = all_.tombstones.at(acceptor);
        return std::all_of(ends.begin(), ends.end(), [&](const auto& entry) {
            return std::binary_search(entry.second.tombstone.kept.begin(), entry.second.tombstone.kept.end(), member);
        });
    }

    void take(Belongs member) {
        view_.by_key.emplace(member.keys.sign, member.member);
        amend(member);
        view_.members.emplace(member.member, std::move(member));
    }

    void amend(Belongs& member) {
        const auto all = all_.amendments.find(member.member);
        if (all == all_.amendments.end()) return;
        for (bool found = true; found;) {
            found = false;
            for (const auto& [digest, one] : all->second) {
                if (!follows(one, digest, member)) continue;
                if (found) {
                    view_.alarms.push_back("there are two versions " + std::to_string(member.version + 1) + " of " +
                                           member.id + "; the one with the least digest counts");
                    break;
                }
                found = true;
                next_ = {digest, &one.amendment};
            }
            if (found) apply(member);
        }
    }

    void apply(Belongs& member) {
        const Amendment& amendment = *next_.second;
        member.id = amendment.id;
        member.keys = amendment.keys;
        member.roles = amendment.roles;
        member.version = amendment.version;
        member.newest = next_.first;
        if (!contains(member.signed_with, member.keys.sign)) member.signed_with.push_back(member.keys.sign);
        view_.by_key.emplace(member.keys.sign, member.member);
        amendments_.insert(next_.first);
    }

    [[nodiscard]] bool follows(const SignedAmendment& one, const Digest& digest, const Belongs& member) const {
        const Amendment& amendment = one.amendment;
        if (amendment.version != member.version + 1 || amendment.previous != member.newest) return false;
        if (!counts(digest, one.by)) return false;
        const bool other_keys = amendment.keys != member.keys;
        if ((other_keys || amendment.id != member.id) && !signed_by(one.by, member.keys.sign)) return false;
        return !other_keys || (signed_by(one.by, amendment.keys.sign) && may_use(amendment.keys.sign, member.member));
    }

    // Ids -------------------------------------------------------------------------------------------------------------

    /// Ended members keep theirs; of the others whoever has its first id comes before whoever took another one.
    void find_ids() {
        for (const auto& [member, ends] : all_.tombstones) {
            for (const auto& [digest, one] : ends) view_.by_id.emplace(id_key(one.tombstone.id), member);
        }
        std::vector<Belongs*> all;
        for (auto& [digest, member] : view_.members) {
            if (!member.ended) all.push_back(&member);
        }
        std::sort(all.begin(), all.end(), [this](const Belongs* a, const Belongs* b) {
            return std::tuple(renamed(*a), a->member) < std::tuple(renamed(*b), b->member);
        });
        for (Belongs* member : all) take_id(*member);
    }

    [[nodiscard]] bool renamed(const Belongs& member) const {
        const auto known = all_.members.find(member.member);
        return member.id != (known == all_.members.end() ? all_.roots.at(1).begin()->second.root.founder->id
                                                         : known->second.claim.id);
    }

    void take_id(Belongs& member) {
        const auto at = view_.by_id.find(id_key(member.id));
        if (at == view_.by_id.end()) {
            view_.by_id.emplace(id_key(member.id), member.member);
            return;
        }
        if (has_ended(at->second) && replaces(member, at->second)) {
            at->second = member.member;
            return;
        }
        constexpr std::size_t kLongestStem = 54;
        const std::string other = member.id.substr(0, kLongestStem) + "-" + brief(member.member);
        view_.alarms.push_back("the id " + member.id + " is another member's: the one with the digest " +
                               brief(member.member) + " is called " + other + " until it is renamed");
        member.id = other;
        view_.by_id.emplace(id_key(other), member.member);
    }

    /// @return whether a member was invited to take the id of one that ended
    [[nodiscard]] bool replaces(const Belongs& member, const Digest& ended) const {
        const auto known = all_.members.find(member.member);
        if (known == all_.members.end() || !known->second.invite.invite.replaces) return false;
        return all_.tombstones.at(ended).contains(*known->second.invite.invite.replaces);
    }

    // -----------------------------------------------------------------------------------------------------------------

    void drop_the_rest() {
        std::erase_if(all_.members, [this](const auto& entry) { return !view_.members.contains(entry.first); });
        for (auto& [member, versions] : all_.amendments) {
            std::erase_if(versions, [this](const auto& entry) { return !amendments_.contains(entry.first); });
        }
        std::erase_if(all_.amendments, [](const auto& entry) { return entry.second.empty(); });
        for (auto& [member, versions] : all_.amendments) {
            for (auto& [digest, one] : versions) {
                keep_signers(one.by, relevant_to(one.amendment), nullptr);
            }
        }
    }

    /// The signers of an amendment that may matter.
    [[nodiscard]] std::vector<PublicKey> relevant_to(const Amendment& amendment) const {
        std::vector<PublicKey> keys = view_.root->admins;
        const Belongs& member = view_.members.at(amendment.member);
        keys.insert(keys.end(), member.signed_with.begin(), member.signed_with.end());
        return keys;
    }

    Digest mesh_;
    Holdings& all_;
    View view_;
    const Kept* kept_ = nullptr;
    std::map<PublicKey, Digest> ended_keys_;
    std::map<std::pair<Digest, std::uint64_t>, Digest> uses_;
    std::pair<Digest, const Amendment*> next_;
    std::set<Digest> amendments_;  // that count
};

}  // namespace

const Belongs* View::named(std::string_view id) const {
    const auto at = by_id.find(id_key(id));
    if (at == by_id.end()) return nullptr;
    const auto member = members.find(at->second);
    return member == members.end() || member->second.ended ? nullptr : &member->second;
}

const Belongs* View::with_key(const PublicKey& sign) const {
    const auto at = by_key.find(sign);
    if (at == by_key.end()) return nullptr;
    const Belongs& member = members.at(at->second);
    return member.ended || member.keys.sign != sign ? nullptr : &member;
}

bool View::taken(std::string_view id) const { return by_id.contains(id_key(id)); }

View judge(const Digest& mesh, Holdings& holdings) { return Judge(mesh, holdings).judge(); }

}  // namespace msw::roster
