// Documents one behind the other, and a roster in its file.
#include "base/roster/bundle.hpp"

#include "base/roster/roster_for_test.hpp"
#include "tests/support/temp_folder.hpp"

#include <gmock/gmock.h>

#include <fstream>
#include <iterator>

namespace msw::roster {
namespace {

using testing::HasSubstr;

Roster a_roster() {
    Roster roster(test::mesh());
    const SignedInvite invite = test::invite(50, test::founder(), 9);
    (void)test::give(roster, {test::first_root(), test::admit(invite, 50, 51, "rin", test::kFounder, 1),
                              test::admit(invite, 50, 52, "luka", test::kFounder, 2)});
    return roster;
}

TEST(Bundle, WhatDoesNotAddUpIsNone) {
    std::string bundle;
    append_to_bundle(bundle, "one");
    append_to_bundle(bundle, std::string(70'000, 'x'));
    const auto parts = split_bundle(bundle);
    ASSERT_TRUE(parts);
    EXPECT_THAT(*parts, testing::ElementsAre("one", std::string(70'000, 'x')));
    EXPECT_TRUE(split_bundle("")->empty());
    for (const std::size_t cut : {1U, 3U, 4U, 6U, 8U, 100U}) EXPECT_FALSE(split_bundle(bundle.substr(0, cut))) << cut;
    EXPECT_FALSE(split_bundle(std::string(4, '\0'))) << "nothing is no document";
    EXPECT_FALSE(split_bundle(std::string(4, '\xff')));
}

TEST(Bundle, OfDocumentsThoseThatHoldAreLeft) {
    const Roster roster = a_roster();
    std::vector<std::string> documents = *split_bundle(bundle_of(roster));
    ASSERT_EQ(documents.size(), 3U);
    documents[0].back() = static_cast<char>(documents[0].back() ^ 1);
    documents.emplace_back("nonsense");
    EXPECT_EQ(check_documents(documents).size(), 2U);
}

struct RosterFile : testing::Test {
    [[nodiscard]] std::string bytes() const {
        std::ifstream in(path, std::ios::binary);
        return {std::istreambuf_iterator<char>(in), {}};
    }
    msw::test::TempFolder folder;
    std::string path = folder.path("roster");
};

TEST_F(RosterFile, IsReadAsItWasWritten) {
    const Roster roster = a_roster();
    ASSERT_TRUE(write_roster(path, roster));
    const Result<std::optional<Roster>> read = read_roster(path);
    ASSERT_TRUE(read && *read);
    EXPECT_EQ((*read)->digest(), roster.digest());
    EXPECT_EQ((*read)->mesh(), roster.mesh());
    EXPECT_EQ(test::ids(**read), test::ids(roster));
}

TEST_F(RosterFile, ThatIsNotThereIsNoRoster) {
    const Result<std::optional<Roster>> read = read_roster(path);
    ASSERT_TRUE(read);
    EXPECT_FALSE(*read);
}

TEST_F(RosterFile, ThatIsDamagedAnywhereIsNamed) {
    ASSERT_TRUE(write_roster(path, a_roster()));
    const std::string whole = bytes();
    for (std::size_t at = 0; at < whole.size(); at += 37) {
        std::string other = whole;
        other[at] = static_cast<char>(other[at] ^ 4);
        for (const std::string& text : {other, whole.substr(0, at)}) {
            std::ofstream(path, std::ios::binary | std::ios::trunc) << text;
            const Result<std::optional<Roster>> read = read_roster(path);
            ASSERT_FALSE(read) << at;
            EXPECT_THAT(read.error().text, HasSubstr(path + " is damaged"));
        }
    }
}

}  // namespace
}  // namespace msw::roster
