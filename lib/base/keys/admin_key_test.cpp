// A person's key in a file, with and without a passphrase.
#include "base/keys/admin_key.hpp"

#include "tests/support/temp_folder.hpp"

#include <gmock/gmock.h>

#include <sys/stat.h>
#include <fstream>
#include <iterator>

namespace msw {
namespace {

using testing::HasSubstr;

Result<SecretText> nobody() { return Error{Code::refused, "nobody is there to ask"}; }

struct AdminKey : testing::Test {
    [[nodiscard]] std::string text() const {
        std::ifstream in(path);
        return {std::istreambuf_iterator<char>(in), {}};
    }
    [[nodiscard]] Result<SigningKey> open(const char* passphrase) const {
        return read_admin_key(path, [passphrase] { return Result<SecretText>(SecretText(passphrase)); });
    }
    test::TempFolder folder;
    std::string path = folder.path("admin.key");
};

TEST_F(AdminKey, IsReadAsItWasWrittenAndNobodyElsesToRead) {
    const Result<SigningKey> made = make_admin_key(path, SecretText());
    ASSERT_TRUE(made) << made.error().text;
    struct stat info {};
    ASSERT_EQ(::stat(path.c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 0777U, 0600U);
    const Result<SigningKey> read = read_admin_key(path, nobody);
    ASSERT_TRUE(read) << read.error().text;
    EXPECT_EQ(read->public_key(), made->public_key());
}

TEST_F(AdminKey, WithAPassphraseOpensWithThatAlone) {
    const Result<SigningKey> made = make_admin_key(path, SecretText("correct horse"));
    ASSERT_TRUE(made) << made.error().text;
    EXPECT_THAT(text(), HasSubstr("BEGIN ENCRYPTED PRIVATE KEY"));
    const Result<SigningKey> read = open("correct horse");
    ASSERT_TRUE(read) << read.error().text;
    EXPECT_EQ(read->public_key(), made->public_key());
    EXPECT_THAT(open("wrong").error().text, HasSubstr("that passphrase doesn't open it"));
    EXPECT_EQ(read_admin_key(path, nobody).error().text, "nobody is there to ask");
}

TEST_F(AdminKey, OverwritesNothing) {
    ASSERT_TRUE(make_admin_key(path, SecretText()));
    const std::string before = text();
    EXPECT_EQ(make_admin_key(path, SecretText()).error().code, Code::name_taken);
    EXPECT_EQ(text(), before);
}

TEST_F(AdminKey, SaysWhatIsWrongWithAFile) {
    EXPECT_EQ(read_admin_key(path, nobody).error().code, Code::no_such_file);
    ASSERT_TRUE(make_admin_key(path, SecretText()));
    ASSERT_EQ(::chmod(path.c_str(), 0640), 0);
    EXPECT_THAT(read_admin_key(path, nobody).error().text, HasSubstr("chmod 600"));
    ASSERT_EQ(::chmod(path.c_str(), 0600), 0);
    const std::string whole = text();
    for (const std::size_t cut : {0U, 10U, 60U, 100U}) {
        std::ofstream(path, std::ios::trunc) << whole.substr(0, cut);
        EXPECT_THAT(read_admin_key(path, nobody).error().text, HasSubstr("is damaged")) << cut;
    }
    std::ofstream(path, std::ios::trunc) << std::string(10'000, 'x');
    EXPECT_FALSE(read_admin_key(path, nobody));
}

}  // namespace
}  // namespace msw
