#include "base/roster/roster_for_test.hpp"

#include <gmock/gmock.h>

#include <string>

namespace msw::roster {
namespace {

using test::key;
using testing::HasSubstr;

const SignedInvite& invited() {
    static const SignedInvite one = test::invite(10, test::founder(), 3, test::kAdmin, Digest{7});
    return one;
}

std::vector<Document> one_of_each() {
    const Member member = test::admit(invited(), 10, 11, "rin", test::kFounder, 2);
    const Amendment amendment{test::name_of(member), 2, test::name_of(member), "len", test::keys(12), {"a", "b"}};
    return {test::first_root(), Kept{{Digest{1}, Digest{2}}}, member,
            SignedAmendment{amendment, test::signed_by(amendment, {test::kAdmin, 11, 12})},
            test::end(test::name_of(member), "rin", 11, {Digest{3}})};
}

/// What is wrong with the bytes of a record that should never have been written.
template <class Record>
std::string wrong_with(const Record& record) {
    const Result<Record> read = decode<Record>(encode(record));
    return read ? "nothing" : read.error().text;
}

TEST(Records, AreReadAsTheyWereWritten) {
    for (const Document& document : one_of_each()) {
        const std::string bytes = encode_document(document);
        const Result<Document> read = decode_document(bytes);
        ASSERT_TRUE(read.ok()) << read.error().text;
        EXPECT_EQ(read.value().index(), document.index());
        EXPECT_EQ(encode_document(read.value()), bytes);
        EXPECT_TRUE(Checked::check(read.value()).has_value());
    }
    const Result<SignedInvite> invite = decode_invite(encode_invite(invited()));
    ASSERT_TRUE(invite.ok());
    EXPECT_EQ(invite->invite.replaces, Digest{7});
}

TEST(Records, HaveNoOtherBytesThanTheirs) {
    for (const Document& document : one_of_each()) {
        const std::string bytes = encode_document(document);
        EXPECT_THAT(decode_document(bytes + '\0').error().text, HasSubstr("something stands behind it"));
        for (std::size_t size = 0; size < bytes.size(); ++size) {
            ASSERT_FALSE(decode_document(bytes.substr(0, size)).ok()) << size << " bytes";
        }
        for (std::size_t i = 0; i < bytes.size(); ++i) {
            std::string other = bytes;
            other[i] = static_cast<char>(other[i] ^ 1);
            const Result<Document> read = decode_document(other);
            if (!read) continue;
            ASSERT_EQ(encode_document(read.value()), other) << "byte " << i;
            const bool no_signature = document.index() == 1;
            ASSERT_TRUE(no_signature || !Checked::check(read.value())) << "byte " << i;
        }
    }
}

TEST(Records, ThatMakeNoSenseAreNone) {
    Root root = test::first_root().root;
    root.threshold = 2;
    EXPECT_THAT(wrong_with(root), HasSubstr("msw/1 root: threshold is higher than there are admins"));
    root = test::first_root().root;
    root.previous.at(5) = 1;
    EXPECT_THAT(wrong_with(root), HasSubstr("previous version of version 1"));
    root = test::first_root().root;
    root.kept.at(5) = 1;
    EXPECT_THAT(wrong_with(root), HasSubstr("kept in version 1"));
    root.kept = {};
    root.version = 2;
    EXPECT_THAT(wrong_with(root), HasSubstr("founder stands in version 1"));
    root = test::first_root().root;
    root.founder.reset();
    EXPECT_THAT(wrong_with(root), HasSubstr("founder stands in version 1"));
    root = test::first_root().root;
    root.admins = {key(1).public_key(), key(1).public_key()};
    EXPECT_THAT(wrong_with(root), HasSubstr("admin keys does not ascend"));
    root.admins.clear();
    EXPECT_THAT(wrong_with(root), HasSubstr("threshold"));
    root = test::first_root().root;
    root.founder->id = "-";
    EXPECT_THAT(wrong_with(root), HasSubstr("host id is none"));
    root.founder->id = "all";
    EXPECT_THAT(wrong_with(root), HasSubstr("host id is none"));
    root.founder->id = "miku";
    root.founder->roles = {"b", "a"};
    EXPECT_THAT(wrong_with(root), HasSubstr("roles does not ascend"));
    root.founder->roles = {"a+b"};
    EXPECT_THAT(wrong_with(root), HasSubstr("a role is none"));
    EXPECT_THAT(wrong_with(Tombstone{{}, "", {}, {}}), HasSubstr("host id is none"));
    EXPECT_THAT(wrong_with(Amendment{{}, 2, {}, "a b", {}, {}}), HasSubstr("host id is none"));
    EXPECT_THAT(wrong_with(Claim{{}, {}, "", {}}), HasSubstr("host id is none"));
    EXPECT_EQ(wrong_with(Invite{}), "nothing");
    EXPECT_THAT(decode_document("something else").error().text, HasSubstr("it is no record of a roster"));
}

TEST(Records, NumbersHaveTheirRange) {
    std::string bytes = encode(Admission{{}, 5});
    bytes.back() = 0;
    EXPECT_THAT(decode<Admission>(bytes).error().text, HasSubstr("msw/1 admission: use is out of range"));
    bytes[bytes.size() - 2] = '\x7f';
    EXPECT_FALSE(decode<Admission>(bytes).ok());
}

// Who signs must mean this record and no other, of another kind too.
TEST(Records, ASignatureIsForOneRecord) {
    Member member = test::admit(invited(), 10, 11, "rin", test::kFounder);
    EXPECT_TRUE(Checked::check(member).has_value());
    const auto is_false = [&](auto change) {
        Member other = member;
        change(other);
        return !Checked::check(other).has_value();
    };
    EXPECT_TRUE(is_false([](Member& m) { m.invite.invite.uses = 4; }));
    EXPECT_TRUE(is_false([](Member& m) { m.invite.by = sign(key(1), m.claim); }));
    EXPECT_TRUE(is_false([](Member& m) { m.once = m.host; })) << "who has no one-time key claims nothing";
    EXPECT_TRUE(is_false([](Member& m) { m.host = m.once; })) << "a key is claimed by its owner";
    EXPECT_TRUE(is_false([](Member& m) { m.by = sign(key(test::kFounder), m.claim); }));
    EXPECT_TRUE(is_false([](Member& m) { m.by.signer = key(9).public_key(); }));
    const Member of_another = test::admit(test::invite(10, test::founder(), 7), 10, 11, "rin", test::kFounder);
    EXPECT_TRUE(is_false([&](Member& m) { m.invite = of_another.invite; })) << "the claim is for another invite";
    const Member as_another = test::admit(invited(), 10, 11, "len", test::kFounder);
    EXPECT_TRUE(is_false([&](Member& m) {
        m.claim = as_another.claim;
        m.once = as_another.once;
        m.host = as_another.host;
    })) << "another claim was admitted";
}

}  // namespace
}  // namespace msw::roster
