// What is collected, and that it comes out of the archive as it went in.
#include "plugins/update/pack.hpp"

#include "base/fd.hpp"
#include "plugins/update/unpack.hpp"
#include "tests/support/temp_folder.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <filesystem>
#include <map>

namespace msw::update {
namespace {

using test::TempFolder;
using ::testing::ElementsAre;

std::vector<std::string> names(const Collection& all) {
    std::vector<std::string> out;
    for (const SourceFile& f : all.files) out.push_back(f.name);
    return out;
}

/// Return once a file that changes now is later than all that `temp` holds: times on disk advance in steps.
void wait_for_the_clock(const TempFolder& temp) {
    const auto changed = [&] {
        struct stat info {};
        (void)::stat(temp.write("clock", "tick").c_str(), &info);
        return std::pair(info.st_ctim.tv_sec, info.st_ctim.tv_nsec);
    };
    for (const auto before = changed(); changed() == before;) {
    }
}

/// A tree as mswd runs from: an installed one, or a build folder with its other products.
void make_tree(const TempFolder& temp) {
    temp.write("run/bin/mswd", "the daemon", true);
    temp.write("run/bin/mswctl", "the tool", true);
    temp.write("run/bin/some_test", "not part of it", true);
    temp.write("run/lib/libmsw.a", "nor is this");
    temp.write("run/lib/mswd/mswd-exec", "exec", true);
    temp.write("run/lib/mswd/plugins/net.so", std::string(300000, 'n'));
    temp.write("run/lib/mswd/python/msw/__init__.py", "part of the SDK");
    temp.write("run/lib/mswd/python/__pycache__/msw.pyc", "filtered");
    temp.write("run/config.json", "{}");
    // What is written later wins.
    temp.write("shared/hello.py", "hidden by a later one");
    temp.write("shared/other.py", "theirs");
    temp.write("shared/empty/below", "hidden by a file of that name");
    wait_for_the_clock(temp);
    temp.write("own/hello.py", "mine", true);
    temp.write("own/插件.py", "a name beyond ASCII");
    temp.write("own/" + std::string(120, 'd') + '/' + std::string(120, 'f'), "a long name");
    temp.write("own/empty", "");
}

TEST(Collect, TakesWhatRunsAndTheUsersPlugins) {
    const TempFolder temp;
    make_tree(temp);
    const Result<Collection> all =
        collect(temp.path("run"), {temp.path("own"), temp.path("shared"), temp.path("nowhere")}, {});
    ASSERT_TRUE(all) << all.error().text;
    EXPECT_THAT(names(*all), ElementsAre("bin/mswctl", "bin/mswd", "lib/mswd/mswd-exec", "lib/mswd/plugins/net.so",
                                         "lib/mswd/python/msw/__init__.py",
                                         "plugins/" + std::string(120, 'd') + '/' + std::string(120, 'f'),
                                         "plugins/empty", "plugins/hello.py", "plugins/other.py", "plugins/插件.py"));
    EXPECT_EQ(all->files[7].path, temp.path("own/hello.py"));
    EXPECT_TRUE(all->left_out.empty());
}

TEST(Collect, OfOneNameTakesWhatWasChangedLast) {
    const TempFolder temp;
    temp.write("run/bin/mswd", "x", true);
    const auto taken = [&] {
        std::vector<std::string> read;
        for (const auto& folders : {std::vector{temp.path("release"), temp.path("own")},
                                    std::vector{temp.path("own"), temp.path("release")}}) {
            const Result<Collection> all = collect(temp.path("run"), folders, {});
            read.push_back(std::filesystem::relative(all->files.back().path, temp.path()).string());
        }
        return read;
    };
    temp.write("own/sub/hello.py", "as it was");
    wait_for_the_clock(temp);
    temp.write("release/sub/hello.py", "news");
    EXPECT_THAT(taken(), ElementsAre("release/sub/hello.py", "release/sub/hello.py"));
    wait_for_the_clock(temp);
    temp.write("own/sub/hello.py", "edited here");
    EXPECT_THAT(taken(), ElementsAre("own/sub/hello.py", "own/sub/hello.py"));
    // Its ctime counts: a copy with an old date is news too.
    wait_for_the_clock(temp);
    std::filesystem::last_write_time(temp.path("release/sub/hello.py"), std::filesystem::file_time_type());
    EXPECT_THAT(taken(), ElementsAre("release/sub/hello.py", "release/sub/hello.py"));
    // A file and a folder of one name: the same.
    wait_for_the_clock(temp);
    temp.write("own/zoo.py/below", "a folder");
    temp.write("own/zoo.py/beside", "a folder");
    wait_for_the_clock(temp);
    temp.write("release/zoo.py", "a file");
    EXPECT_THAT(taken(), ElementsAre("release/zoo.py", "release/zoo.py"));
}

TEST(Collect, AppliesTheFilters) {
    const TempFolder temp;
    temp.write("run/bin/mswd", "x", true);
    for (const char* file : {"__init__.py", "addrlist.txt", "config.json", "logger.log", "update.tar.xz", "kept.py"}) {
        temp.write("own/" + std::string(file), "x");
        temp.write("own/sub/" + std::string(file), "x");
    }
    for (const char* folder : {".git", ".idea", "__pycache__", "resources", "tmp", "res"}) {
        temp.write("own/" + std::string(folder) + "/x.py", "x");
        temp.write("own/sub/" + std::string(folder) + "/x.py", "x");
    }
    const Result<Collection> all = collect(temp.path("run"), {temp.path("own")}, {});
    ASSERT_TRUE(all);
    EXPECT_THAT(names(*all), ElementsAre("bin/mswd", "plugins/kept.py", "plugins/sub/kept.py"));
}

TEST(Collect, LeavesOutWhatIsNoFileAndSaysSo) {
    const TempFolder temp;
    temp.write("run/bin/mswd", "x", true);
    temp.write("own/real.py", "x");
    temp.write("secret", "x");
    std::filesystem::create_symlink(temp.path("secret"), temp.path("own/link.py"));
    ::mkfifo(temp.path("own/fifo").c_str(), 0600);
    const Result<Collection> all = collect(temp.path("run"), {temp.path("own")}, {});
    ASSERT_TRUE(all);
    EXPECT_THAT(names(*all), ElementsAre("bin/mswd", "plugins/real.py"));
    EXPECT_EQ(all->left_out.size(), 2U);
}

TEST(Collect, KeepsTheLimits) {
    const TempFolder temp;
    temp.write("run/bin/mswd", "12345", true);
    temp.write("run/bin/mswctl", "12345", true);
    EXPECT_TRUE(collect(temp.path("run"), {}, {.entries = 3, .total = 10, .file = 5}));
    EXPECT_FALSE(collect(temp.path("run"), {}, {.entries = 2}));
    EXPECT_FALSE(collect(temp.path("run"), {}, {.total = 9}));
    EXPECT_FALSE(collect(temp.path("run"), {}, {.file = 4}));
}

class PackTest : public ::testing::Test {
protected:
    static Result<Collection> all_of(const TempFolder& temp) {
        return collect(temp.path("run"), {temp.path("own"), temp.path("shared")}, {});
    }
    Result<Packed> pack_to(const std::string& name) {
        const Result<Collection> all = all_of(temp_);
        fd_ = Fd(::open(temp_.path(name).c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
        return pack({"0.1.0", this_arch(), {}}, *all, fd_.get());
    }
    TempFolder temp_;
    Fd fd_;
};

TEST_F(PackTest, UnpacksToTheSameTree) {
    make_tree(temp_);
    const Result<Packed> packed = pack_to("a");
    ASSERT_TRUE(packed) << packed.error().text;
    EXPECT_EQ(packed->bytes, std::filesystem::file_size(temp_.path("a")));
    std::filesystem::create_directory(temp_.path("out"));
    const Result<Manifest> manifest = unpack(fd_.get(), packed->digest, temp_.path("out"));
    ASSERT_TRUE(manifest) << manifest.error().text;
    EXPECT_EQ(manifest->files, packed->manifest.files);
    EXPECT_EQ(temp_.read("out/bin/mswd"), "the daemon");
    EXPECT_EQ(temp_.read("out/lib/mswd/plugins/net.so"), std::string(300000, 'n'));
    EXPECT_EQ(temp_.read("out/plugins/hello.py"), "mine");
    EXPECT_EQ(temp_.read("out/plugins/插件.py"), "a name beyond ASCII");
    EXPECT_EQ(temp_.read("out/plugins/" + std::string(120, 'd') + '/' + std::string(120, 'f')), "a long name");
    EXPECT_EQ(temp_.read("out/release.json"), packed->manifest.to_json());
    EXPECT_EQ(std::filesystem::status(temp_.path("out/bin/mswd")).permissions(), std::filesystem::perms(0755));
    EXPECT_EQ(std::filesystem::status(temp_.path("out/plugins/other.py")).permissions(), std::filesystem::perms(0644));
    std::size_t files = 0;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(temp_.path("out"))) {
        files += entry.is_regular_file() ? 1U : 0U;
    }
    EXPECT_EQ(files, manifest->files.size() + 1);
}

TEST_F(PackTest, TheSameFilesGiveTheSameDigest) {
    make_tree(temp_);
    const Result<Packed> first = pack_to("a");
    ASSERT_TRUE(first);
    std::filesystem::last_write_time(temp_.path("own/hello.py"), std::filesystem::file_time_type::clock::now());
    std::filesystem::permissions(temp_.path("own/hello.py"), std::filesystem::perms(0700));
    const Result<Packed> second = pack_to("b");
    ASSERT_TRUE(second);
    EXPECT_EQ(first->digest, second->digest);
    temp_.write("own/hello.py", "changed", true);
    EXPECT_NE(pack_to("c")->digest, first->digest);
}

TEST_F(PackTest, TheSameTreeGivesTheSameDigestOnAnotherHost) {
    make_tree(temp_);
    const Result<Packed> here = pack_to("a");
    const TempFolder there;
    make_tree(there);
    const Fd fd(::open(there.path("b").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    const Result<Packed> copy = pack({"0.1.0", this_arch(), {}}, *all_of(there), fd.get());
    ASSERT_TRUE(here && copy);
    EXPECT_EQ(here->digest, copy->digest);
}

TEST_F(PackTest, SaysThatAFileCantBeReadOrChanged) {
    make_tree(temp_);
    Result<Collection> all = collect(temp_.path("run"), {}, {});
    ASSERT_TRUE(all);
    temp_.write("run/bin/mswd", "another size", true);
    const Fd fd(::open(temp_.path("a").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    const Result<Packed> packed = pack({"0.1.0", this_arch(), {}}, *all, fd.get());
    ASSERT_FALSE(packed);
    EXPECT_NE(packed.error().text.find("changed"), std::string::npos);
    std::filesystem::remove(temp_.path("run/bin/mswd"));
    EXPECT_FALSE(pack({"0.1.0", this_arch(), {}}, *all, fd.get()));
}

}  // namespace
}  // namespace msw::update
