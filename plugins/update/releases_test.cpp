#include "plugins/update/releases.hpp"

#include "plugins/update/archive_for_test.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>

namespace msw::update {
namespace {

namespace fs = std::filesystem;
using release::State;
using release::Store;
using test::TempFolder;

class ReleasesTest : public ::testing::Test {
protected:
    ReleasesTest() { temp_.write("base/bin/mswd", "#!/bin/sh\n", true); }

    /// @return the digest of an archive whose program holds `words`
    std::string make(const std::string& words) {
        const std::vector<TestEntry> entries = small_release(words);
        archive_ =
            Fd(::open(write_archive(temp_, manifest_for(entries).to_json(), entries).c_str(), O_RDONLY | O_CLOEXEC));
        return sha256_of(archive_.get()).value();
    }
    [[nodiscard]] Releases base() const { return {temp_.path("state"), temp_.path("base/bin/mswd")}; }
    [[nodiscard]] std::size_t count() const {
        std::size_t n = 0;
        for (const auto& entry : fs::directory_iterator(store_.folder()))
            n += fs::is_directory(entry.symlink_status()) ? 1U : 0U;
        return n;
    }

    TempFolder temp_;
    Store store_{temp_.path("state")};
    Fd archive_;
};

TEST_F(ReleasesTest, InstallsAndNamesItTheNext) {
    const std::string digest = make("one");
    Releases releases = base();
    EXPECT_EQ(releases.running(), "");
    const auto done = releases.install(archive_.get(), digest);
    ASSERT_TRUE(done) << done.error().text;
    EXPECT_FALSE(done->runs_already);
    EXPECT_EQ(done->files, 2U);
    EXPECT_EQ(store_.read(), (State{"", "", digest, {}}));
    EXPECT_EQ(temp_.read("state/releases/" + digest + "/bin/mswd"), "one");
    EXPECT_EQ(temp_.read("base/bin/mswd"), "#!/bin/sh\n");
    EXPECT_EQ(count(), 1U);
}

TEST_F(ReleasesTest, ChangesNothingIfItRunsAlready) {
    const std::string digest = make("one");
    ASSERT_TRUE(base().install(archive_.get(), digest));
    fs::remove(store_.folder() + "/next");
    fs::create_symlink(digest, store_.folder() + "/current");
    Releases releases(temp_.path("state"), store_.folder() + "/current/bin/mswd");
    EXPECT_EQ(releases.running(), digest);
    const auto done = releases.install(archive_.get(), digest);
    ASSERT_TRUE(done);
    EXPECT_TRUE(done->runs_already);
    EXPECT_EQ(store_.read().next, "");
}

TEST_F(ReleasesTest, UsesAgainWhatIsThere) {
    const std::string digest = make("one");
    ASSERT_TRUE(base().install(archive_.get(), digest));
    temp_.write("state/releases/" + digest + "/mark", "not unpacked anew");
    ASSERT_TRUE(base().install(archive_.get(), digest));
    EXPECT_TRUE(temp_.has("state/releases/" + digest + "/mark"));
}

TEST_F(ReleasesTest, AFailureLeavesEverythingAsItWas) {
    const std::string good = make("one");
    ASSERT_TRUE(base().install(archive_.get(), good));
    EXPECT_FALSE(base().install(archive_.get(), std::string(64, '0')));
    EXPECT_FALSE(base().install(archive_.get(), "../" + good));
    EXPECT_FALSE(base().install(archive_.get(), ""));
    EXPECT_EQ(store_.read().next, good);
    EXPECT_EQ(count(), 1U);
}

TEST_F(ReleasesTest, KeepsTheNewestAndThoseInUse) {
    std::vector<std::string> digests;
    for (int i = 0; i < 7; ++i) {
        digests.push_back(make("number " + std::to_string(i)));
        ASSERT_TRUE(base().install(archive_.get(), digests.back()));
        // A day older each, the first the oldest.
        fs::last_write_time(store_.folder_of(digests.back()),
                            fs::file_time_type::clock::now() - std::chrono::hours(24 * (10 - i)));
        if (i == 0) fs::create_symlink(digests[0], store_.folder() + "/current");
        if (i == 1) fs::create_symlink(digests[1], store_.folder() + "/previous");
    }
    base().clean_up();
    // current, previous and next (0, 1, 6), and of the others the newest three (3, 4, 5).
    for (const int kept : {0, 1, 3, 4, 5, 6})
        EXPECT_TRUE(store_.runnable(digests[static_cast<std::size_t>(kept)])) << kept;
    EXPECT_EQ(count(), 6U);
}

TEST_F(ReleasesTest, RemovesWhatACrashLeftBehind) {
    temp_.write("state/releases/.incoming-abcdef/bin/mswd", "half", true);
    base().clean_up();
    EXPECT_EQ(count(), 0U);
    base().clean_up();
    EXPECT_TRUE(fs::remove_all(temp_.path("state")) > 0);
    base().clean_up();  // nothing there is fine too
}

TEST_F(ReleasesTest, TellsItsState) {
    const std::string digest = make("one");
    ASSERT_TRUE(base().install(archive_.get(), digest));
    temp_.write("state/releases/failed", std::string(64, 'f') + " it did not come up\n");
    const Json status = base().status();
    EXPECT_EQ(status["running"].as_string(), "base");
    EXPECT_EQ(status["next"].as_string(), digest);
    ASSERT_EQ(status["releases"].items().size(), 1U);
    EXPECT_EQ(status["releases"].items()[0]["version"].as_string(), "0.1.0");
    EXPECT_EQ(base().failed(), "ffffffffffffffff: it did not come up");
    EXPECT_EQ(status["failed"].as_string(), std::string(64, 'f') + " it did not come up");
}

}  // namespace
}  // namespace msw::update
