#include "base/keys/host_keys.hpp"

#include "tests/support/forgetful_disk.hpp"
#include "tests/support/temp_folder.hpp"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include <filesystem>
#include <string>

namespace msw {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

std::string error_of(const KeyPlace& place) {
    const Result<HostKeys> keys = load_host_keys(place);
    return keys ? "none" : keys.error().text;
}

TEST(HostKeys, AreMadeAtTheFirstStartAndReadAtTheNext) {
    const test::TempFolder folder;
    const KeyPlace place = key_place(folder.path(), "");
    EXPECT_EQ(place.path, folder.path("host-key"));
    const Result<HostKeys> first = load_host_keys(place);
    ASSERT_TRUE(first) << first.error().text;
    struct stat info {};
    ASSERT_EQ(::stat(place.path.c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 07777U, 0600U);
    EXPECT_THAT(folder.read("host-key"), StartsWith("-----BEGIN PRIVATE KEY-----\n"));
    const Result<HostKeys> next = load_host_keys(place);
    ASSERT_TRUE(next) << next.error().text;
    EXPECT_EQ(digest_of(next->public_keys()), digest_of(first->public_keys()));
    EXPECT_TRUE(is_signed(first->sign.public_key(), "text", next->sign.sign("text")));
    EXPECT_NE(digest_of(HostKeys::make().public_keys()), digest_of(HostKeys::make().public_keys()));
}

TEST(HostKeys, WhatTheServiceManagerHandsOverComesFirstAndIsNeverWritten) {
    const test::TempFolder folder;
    const test::TempFolder credentials;
    EXPECT_FALSE(key_place(folder.path(), credentials.path()).credential);
    const HostKeys keys = HostKeys::make();
    credentials.write("mswd.host-key", to_pem(keys));
    std::filesystem::permissions(credentials.path("mswd.host-key"), std::filesystem::perms(0440));
    const KeyPlace place = key_place(folder.path(), credentials.path());
    ASSERT_TRUE(place.credential);
    const Result<HostKeys> read = load_host_keys(place);
    ASSERT_TRUE(read) << read.error().text;
    EXPECT_EQ(digest_of(read->public_keys()), digest_of(keys.public_keys()));
    EXPECT_FALSE(folder.has("host-key"));
    credentials.write("mswd.host-key", "");
    EXPECT_THAT(error_of(place), HasSubstr("begins with no private key"));
    std::filesystem::remove(place.path);
    EXPECT_THAT(error_of(place), HasSubstr("No such file"));
}

TEST(HostKeys, WhatIsWrongWithTheFileIsSaidAndNothingOverwritten) {
    const test::TempFolder folder;
    const KeyPlace place{folder.path("host-key"), false};
    const std::string good = to_pem(HostKeys::make());
    const std::size_t half = good.find("-----BEGIN", 1);
    const std::string sign = good.substr(0, half);
    const std::string seal = good.substr(half);
    struct Row {
        std::string text;
        std::string says;
    };
    for (const Row& row :
         {Row{"", "no private key"}, Row{"rubbish\n", "no private key"}, Row{sign, "the second is missing"},
          Row{seal + sign, "first key is not Ed25519"}, Row{sign + sign, "second key is not X25519"},
          Row{good.substr(0, good.size() - 40), "the second is missing"},
          Row{std::string(5000, 'x'), "File too large"}}) {
        folder.write("host-key", row.text);
        std::filesystem::permissions(place.path, std::filesystem::perms(0600));
        const std::string error = error_of(place);
        EXPECT_THAT(error, StartsWith(place.path)) << row.text;
        EXPECT_THAT(error, HasSubstr(row.says));
        EXPECT_EQ(folder.read("host-key"), row.text);
    }
    folder.write("host-key", good);
    std::filesystem::permissions(place.path, std::filesystem::perms(0640));
    EXPECT_THAT(error_of(place), HasSubstr("chmod 600"));
    EXPECT_THAT(error_of({folder.path(), false}), HasSubstr("can't be read"));
    EXPECT_THAT(error_of({folder.path("nothing/host-key"), false}), HasSubstr("can't be written"));
}

// A passphrase would be asked for on the terminal, which a service doesn't have.
TEST(HostKeys, AnEncryptedKeyIsNoneAndNobodyIsAsked) {
    constexpr std::string_view kEncrypted =
        "-----BEGIN ENCRYPTED PRIVATE KEY-----\n"
        "MIGbMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAgAAAAAAAAAAAICCAAw\n"
        "-----END ENCRYPTED PRIVATE KEY-----\n";
    EXPECT_THAT(host_keys(kEncrypted).error().text, HasSubstr("no private key"));
}

TEST(HostKeys, APowerCutLeavesAllOfThemOrNone) {
    std::size_t handed_out = 0;
    for (const test::Forget forget : {test::Forget::all, test::Forget::some, test::Forget::torn}) {
        for (std::uint64_t step = 1; step <= 8; ++step) {
            test::ForgetfulDisk disk;
            const KeyPlace place{"/d/host-key", false};
            disk.cut_at(step);
            const Result<HostKeys> keys = load_host_keys(place, disk);
            disk.restart(forget, step);
            const std::string text = disk.read_all(place.path);
            const Result<HostKeys> left = host_keys(text);
            EXPECT_TRUE(left || text.empty()) << "half a file would keep the next start from making others";
            if (!keys) continue;
            ++handed_out;
            ASSERT_TRUE(left) << "they were handed out, so they must last";
            EXPECT_EQ(digest_of(left->public_keys()), digest_of(keys->public_keys()));
        }
    }
    EXPECT_GT(handed_out, 0U);
}

}  // namespace
}  // namespace msw
