#include "base/file_root.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace msw {
namespace {

namespace fs = std::filesystem;

class FileRootTest : public testing::Test {
protected:
    FileRootTest() {
        std::string pattern = (fs::temp_directory_path() / "msw-root-XXXXXX").string();
        base_ = ::mkdtemp(pattern.data());
        root_.emplace(std::move(FileRoot::open(base_ + "/top").value()));
    }
    ~FileRootTest() override { fs::remove_all(base_); }
    FileRootTest(const FileRootTest&) = delete;
    FileRootTest& operator=(const FileRootTest&) = delete;
    FileRootTest(FileRootTest&&) = delete;
    FileRootTest& operator=(FileRootTest&&) = delete;

    void put(const std::string& name, const std::string& text) const { std::ofstream(base_ + "/" + name) << text; }
    [[nodiscard]] std::string read(const std::string& name) const {
        std::ifstream in(base_ + "/" + name);
        return {std::istreambuf_iterator<char>(in), {}};
    }
    Code code_of(const Result<std::shared_ptr<const File>>& r) { return r ? Code::closed : r.error().code; }

    std::string base_;
    std::optional<FileRoot> root_;
};

TEST_F(FileRootTest, RefusesNamesThatCouldLeadOut) {
    for (const std::string& bad :
         {std::string(), std::string("/etc/passwd"), std::string(".."), std::string("../x"), std::string("a/../b"),
          std::string("a//b"), std::string("a/"), std::string("./a"), std::string("a\0b", 3), std::string(".msw-x"),
          std::string("d/.msw-x"), std::string(300, 'n'), std::string(4097, 'a')}) {
        EXPECT_FALSE(check_file_name(bad).ok()) << bad;
        EXPECT_FALSE(root_->receive(bad, 0).ok()) << bad;
        EXPECT_EQ(code_of(root_->open_file(bad)), Code::bad_request) << bad;
    }
    for (const char* good : {"a", "a/b/c", "..a", "a b", "\xe6\x96\x87"})
        EXPECT_TRUE(check_file_name(good).ok()) << good;
}

TEST_F(FileRootTest, AFileAppearsOnlyWhenItIsWhole) {
    Result<FileRoot::Incoming> incoming = root_->receive("d/e/f.txt", 5);
    ASSERT_TRUE(incoming.ok()) << incoming.error().text;
    ASSERT_EQ(::write(incoming->fd(), "hello", 5), 5);
    EXPECT_FALSE(fs::exists(base_ + "/top/d/e/f.txt"));
    const Result<std::shared_ptr<const File>> file = incoming->publish();
    ASSERT_TRUE(file.ok()) << file.error().text;
    EXPECT_EQ((*file)->size(), 5U);
    EXPECT_EQ((*file)->path(), root_->path() + "/d/e/f.txt");
    EXPECT_EQ(read("top/d/e/f.txt"), "hello");
    EXPECT_EQ((*root_->open_file("d/e/f.txt"))->size(), 5U);
}

TEST_F(FileRootTest, AnAbandonedFileLeavesNothing) {
    { ASSERT_TRUE(root_->receive("x", 1).ok()); }
    EXPECT_TRUE(fs::is_empty(base_ + "/top"));
}

TEST_F(FileRootTest, CleansUpAfterACrash) {
    fs::create_directories(base_ + "/top/d");
    put("top/.msw-incoming-1", "x");
    put("top/d/.msw-incoming-2", "x");
    put("top/d/kept", "x");
    EXPECT_EQ(root_->clean_up(), 2U);
    EXPECT_TRUE(fs::exists(base_ + "/top/d/kept"));
}

TEST_F(FileRootTest, FollowsNoSymbolicLink) {
    fs::create_directories(base_ + "/outside");
    put("outside/secret", "s");
    fs::create_directory_symlink(base_ + "/outside", base_ + "/top/link");
    fs::create_symlink(base_ + "/outside/secret", base_ + "/top/file");
    EXPECT_EQ(code_of(root_->open_file("link/secret")), Code::refused);
    EXPECT_EQ(code_of(root_->open_file("file")), Code::refused);
    EXPECT_FALSE(root_->receive("link/new", 1).ok());
    Result<FileRoot::Incoming> over = root_->receive("file", 1);
    ASSERT_TRUE(over.ok());
    ASSERT_TRUE(over->publish().ok());
    EXPECT_EQ(read("outside/secret"), "s") << "the link is replaced, not what it leads to";
}

TEST_F(FileRootTest, TakesRegularFilesOnly) {
    fs::create_directories(base_ + "/top/dir");
    ASSERT_EQ(::mkfifo((base_ + "/top/fifo").c_str(), 0600), 0);
    EXPECT_EQ(code_of(root_->open_file("dir")), Code::refused);
    EXPECT_EQ(code_of(root_->open_file("fifo")), Code::refused);
    EXPECT_EQ(code_of(root_->open_file("nothing")), Code::no_such_file);
    Result<FileRoot::Incoming> over = root_->receive("dir", 1);
    ASSERT_TRUE(over.ok());
    EXPECT_FALSE(over->publish().ok());
}

TEST_F(FileRootTest, RefusesWhatTheDiskCantHold) {
    const Result<FileRoot::Incoming> huge = root_->receive("x", UINT64_MAX / 2);
    ASSERT_FALSE(huge.ok());
    EXPECT_NE(huge.error().text.find("no room"), std::string::npos);
}

}  // namespace
}  // namespace msw
