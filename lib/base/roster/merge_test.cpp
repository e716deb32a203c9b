// Whatever is true, malicious or contradictory: copies that have told each other all hold the same.
#include "base/roster/roster_for_test.hpp"

#include <gmock/gmock.h>

#include <random>

namespace msw::roster {
namespace {

using test::key;

/// Documents as a mesh would make them, and as bad members, stolen keys and two admins at once would.
class MadeUp {
public:
    explicit MadeUp(std::uint64_t seed) : random_(seed) {
        roots_.push_back(test::first_root().root);
        documents_.emplace_back(test::first_root());
        members_.push_back({test::founder(), "miku", test::kFounder});
        for (int i = 0; i < 40; ++i) add();
    }

    [[nodiscard]] std::vector<Document> documents() const { return documents_; }

private:
    struct Someone {
        Digest name;
        std::string id;
        unsigned key;
        std::uint64_t version = 1;
        Digest newest = name;
    };

    std::size_t below(std::size_t n) { return random_() % n; }
    template <class T>
    T& any(std::vector<T>& of) {
        return of[below(of.size())];
    }
    /// Mostly one that may.
    unsigned admin() { return below(5) == 0 ? 5 : below(6) == 0 ? 4 : test::kAdmin; }

    void add() {
        switch (below(10)) {
            case 0:
            case 1:
            case 2:
            case 3: return join();
            case 4:
            case 5: return amend();
            case 6: return bury();
            case 7:
            case 8: return replace_root();
            default: return again();
        }
    }

    void join() {
        const Someone acceptor = any(members_);
        const unsigned host = 10 + static_cast<unsigned>(below(14));
        const unsigned once = 100 + static_cast<unsigned>(below(6));
        const std::string id(1, static_cast<char>('a' + below(8)));
        const Member member =
            test::admit(test::invite(once, acceptor.name, 2, admin()), once, host, id, acceptor.key, 1 + below(3));
        documents_.emplace_back(member);
        members_.push_back({test::name_of(member), id, host});
    }

    void amend() {
        Someone& member = any(members_);
        const unsigned host = below(2) == 0 ? member.key : 10 + static_cast<unsigned>(below(14));
        const std::string id(1, static_cast<char>('a' + below(8)));
        const Amendment amendment{member.name, member.version + 1, member.newest, id, test::keys(host), {}};
        const unsigned by = admin();
        documents_.emplace_back(SignedAmendment{amendment, host == member.key
                                                               ? test::signed_by(amendment, {by, host})
                                                               : test::signed_by(amendment, {by, host, member.key})});
        if (below(3) == 0) return;  // the next one is of the same version
        member.version += 1;
        member.newest = digest_of(amendment);
        member.key = host;
    }

    void bury() {
        const Someone member = any(members_);
        std::vector<Digest> kept;
        for (const Someone& other : members_) {
            if (below(2) == 0) kept.push_back(other.name);
        }
        std::sort(kept.begin(), kept.end());
        kept.erase(std::unique(kept.begin(), kept.end()), kept.end());
        documents_.emplace_back(test::end(member.name, member.id, member.key, kept, admin()));
    }

    void replace_root() {
        Kept kept;
        for (const Document& document : documents_) {
            if (below(4) == 0) continue;
            if (const auto* member = std::get_if<Member>(&document)) kept.records.push_back(test::name_of(*member));
            if (const auto* end = std::get_if<SignedTombstone>(&document)) {
                kept.records.push_back(digest_of(end->tombstone));
            }
            if (const auto* amendment = std::get_if<SignedAmendment>(&document)) {
                kept.records.push_back(digest_of(amendment->amendment));
            }
        }
        kept.records.push_back(test::founder());
        std::sort(kept.records.begin(), kept.records.end());
        kept.records.erase(std::unique(kept.records.begin(), kept.records.end()), kept.records.end());
        const bool two = below(2) == 0;
        const Root root = two ? test::next_root(any(roots_), {test::kAdmin, 4}, kept)
                              : test::next_root(any(roots_), {test::kAdmin}, kept);
        documents_.emplace_back(SignedRoot{
            root, below(3) == 0 ? test::signed_by(root, {test::kRecovery}) : test::signed_by(root, {test::kAdmin})});
        documents_.emplace_back(kept);
        roots_.push_back(root);
    }

    /// The same record, signed by others.
    void again() {
        const Document document = any(documents_);
        if (const auto* root = std::get_if<SignedRoot>(&document)) {
            documents_.emplace_back(SignedRoot{root->root, test::signed_by(root->root, {test::kRecovery, 4, 77})});
        }
        if (const auto* end = std::get_if<SignedTombstone>(&document)) {
            documents_.emplace_back(SignedTombstone{end->tombstone, sign(key(admin()), end->tombstone)});
        }
    }

    std::mt19937_64 random_;
    std::vector<Root> roots_;
    std::vector<Someone> members_;
    std::vector<Document> documents_;
};

std::vector<Checked> checked(const std::vector<Document>& documents) {
    std::vector<Checked> all;
    for (const Document& document : documents) {
        if (std::optional<Checked> one = Checked::check(document)) all.push_back(std::move(*one));
    }
    return all;
}

/// One gives the other what that lacks. @return whether something was taken
bool give_all(const Roster& from, Roster& to) {
    std::vector<Document> lacking;
    for (const auto& [name, bytes] : from.documents()) {
        if (!to.documents().contains(name)) lacking.push_back(decode_document(bytes).value());
    }
    const Digest before = to.digest();
    (void)to.merge(checked(lacking));
    return to.digest() != before;
}

class Merge : public testing::TestWithParam<int> {};

TEST_P(Merge, CopiesThatToldEachOtherAllHoldTheSame) {
    for (int i = 0; i < 10; ++i) {
        const auto seed = static_cast<std::uint64_t>(GetParam()) * 10 + static_cast<std::uint64_t>(i);
        const std::vector<Checked> documents = checked(MadeUp(seed).documents());
        std::mt19937_64 random(seed + 1);
        std::array<Roster, 3> copies{Roster(test::mesh()), Roster(test::mesh()), Roster(test::mesh())};
        for (std::size_t n = 0; n < documents.size() * 2; ++n) {
            for (Roster& copy : copies) {
                if (random() % 4 == 0) (void)copy.merge({documents[random() % documents.size()]});
            }
            if (random() % 8 == 0) (void)give_all(copies.at(random() % 3), copies.at(random() % 3));
        }
        // Half of the time each has heard of all, else one knows what no other was told.
        if (seed % 2 == 0) {
            for (Roster& copy : copies) (void)copy.merge(documents);
        }
        int rounds = 0;
        for (bool changed = true; changed; ++rounds) {
            ASSERT_LT(rounds, 20) << "seed " << seed << ": they never agree";
            changed = false;
            for (Roster& from : copies) {
                for (Roster& to : copies) changed |= give_all(from, to);
            }
        }
        for (const Roster& copy : copies) {
            ASSERT_EQ(copy.digest(), copies[0].digest()) << "seed " << seed;
            ASSERT_EQ(test::ids(copy), test::ids(copies[0])) << "seed " << seed;
        }
    }
}

INSTANTIATE_TEST_SUITE_P(Seeds, Merge, testing::Range(0, 10));

}  // namespace
}  // namespace msw::roster
