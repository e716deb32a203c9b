// What must never be unpacked.
#include "plugins/update/unpack.hpp"

#include "plugins/update/archive_for_test.hpp"

#include <gtest/gtest.h>

#include <sys/stat.h>
#include <filesystem>
#include <functional>

namespace msw::update {
namespace {

using test::TempFolder;

class UnpackTest : public ::testing::Test {
protected:
    /// @return "fine", or the code and the sentence of the refusal
    std::string try_file(const std::string& path, const Limits& limits = {}, std::string digest = {}) {
        const Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
        if (digest.empty()) digest = sha256_of(fd.get()).value();
        std::filesystem::remove_all(temp_.path("out"));
        std::filesystem::create_directory(temp_.path("out"));
        const Result<Manifest> manifest = unpack(fd.get(), digest, temp_.path("out"), limits);
        return manifest ? "fine" : std::string(wire_name(manifest.error().code)) + ": " + manifest.error().text;
    }
    std::string try_entries(const std::vector<TestEntry>& entries, const Limits& limits = {}) {
        return try_file(write_archive(temp_, manifest_for(small_release()).to_json(), entries), limits);
    }
    /// The small release and one entry more, of which release.json knows nothing.
    std::string try_with(const TestEntry& more) {
        std::vector<TestEntry> entries = small_release();
        entries.push_back(more);
        return try_entries(entries);
    }
    /// All that exists beside the folder to unpack into.
    [[nodiscard]] bool nothing_outside() const {
        std::size_t others = 0;
        for (const auto& entry : std::filesystem::directory_iterator(temp_.path())) {
            const std::string name = entry.path().filename().string();
            others += name != "out" && name != "archive.tar.zst" ? 1U : 0U;
        }
        return others == 0;
    }

    TempFolder temp_;
};

void expect_begins(const std::string& text, const std::string& beginning, const std::string& holds) {
    EXPECT_EQ(text.substr(0, beginning.size()), beginning) << text;
    EXPECT_NE(text.find(holds), std::string::npos) << text;
}

TEST_F(UnpackTest, TakesAGoodOneWithOrWithoutFolders) {
    EXPECT_EQ(try_entries(small_release()), "fine");
    std::vector<TestEntry> entries{{"bin/", "", 0755, AE_IFDIR}, {"plugins", "", 0755, AE_IFDIR}};
    for (const TestEntry& e : small_release()) entries.push_back(e);
    EXPECT_EQ(try_entries(entries), "fine");
}

TEST_F(UnpackTest, RefusesHostileEntries) {
    expect_begins(try_with({"../evil", "x"}), "refused", "..");
    expect_begins(try_with({"plugins/../../evil", "x"}), "refused", "..");
    expect_begins(try_with({"/tmp/evil", "x"}), "refused", "relative");
    expect_begins(try_with({"etc/evil", "x"}), "refused", "no place");
    expect_begins(try_with({"plugins/link", "", 0777, AE_IFLNK, "/etc/passwd"}), "refused", "neither");
    expect_begins(try_with({"plugins/link", "", 0644, AE_IFREG, "", "bin/mswd"}), "refused", "neither");
    expect_begins(try_with({"plugins/null", "", 0666, AE_IFCHR}), "refused", "neither");
    expect_begins(try_with({"plugins/disk", "", 0666, AE_IFBLK}), "refused", "neither");
    expect_begins(try_with({"plugins/fifo", "", 0666, AE_IFIFO}), "refused", "neither");
    expect_begins(try_with({"../evil", "", 0755, AE_IFDIR}), "refused", "..");
    expect_begins(try_with({"etc", "", 0755, AE_IFDIR}), "refused", "no place");
    EXPECT_TRUE(nothing_outside());
}

TEST_F(UnpackTest, RefusesALinkInPlaceOfAListedFile) {
    expect_begins(try_entries({small_release()[0], {"plugins/hello.py", "", 0777, AE_IFLNK, "/etc/passwd"}}), "refused",
                  "neither");
    expect_begins(try_entries({small_release()[0], {"plugins/hello.py", "", 0644, AE_IFREG, "", "bin/mswd"}}),
                  "refused", "neither");
}

TEST_F(UnpackTest, RefusesWhatTheManifestDoesNotSay) {
    expect_begins(try_with({"plugins/more.py", "x"}), "bad-request", "is not in release.json");
    expect_begins(try_with(small_release()[1]), "bad-request", "twice");
    expect_begins(try_entries({small_release()[0]}), "bad-request", "\"plugins/hello.py\" is missing");
    expect_begins(try_entries({}), "bad-request", "missing");
    std::vector<TestEntry> changed = small_release();
    changed[1].data[0] = 'P';
    expect_begins(try_entries(changed), "bad-request", "does not have the digest");
    changed = small_release();
    changed[1].data += 'x';
    expect_begins(try_entries(changed), "bad-request", "another size");
    changed = small_release();
    changed[0].mode = 0644;
    expect_begins(try_entries(changed), "bad-request", "another size or mode");
}

TEST_F(UnpackTest, RefusesWithoutItsManifestInFront) {
    expect_begins(try_file(write_archive(temp_, "", small_release())), "bad-request", "first entry");
    std::vector<TestEntry> late = small_release();
    late.push_back({"release.json", manifest_for(small_release()).to_json()});
    expect_begins(try_file(write_archive(temp_, "", late)), "bad-request", "first entry");
    expect_begins(try_file(write_archive(temp_, "{}", small_release())), "unsupported", "format 1");
    const std::vector<TestEntry> linked{{"release.json", "", 0777, AE_IFLNK, "/etc/passwd"}};
    expect_begins(try_file(write_archive(temp_, "", linked)), "bad-request", "first entry");
}

TEST_F(UnpackTest, RefusesAReleaseForAnotherMachine) {
    Manifest m = manifest_for(small_release());
    m.arch = "pdp11";
    expect_begins(try_file(write_archive(temp_, m.to_json(), small_release())), "unsupported", "pdp11");
}

TEST_F(UnpackTest, RefusesTooMuch) {
    const std::string archive = write_archive(temp_, manifest_for(small_release()).to_json(), small_release());
    EXPECT_EQ(try_file(archive, {.entries = 3}), "fine");
    expect_begins(try_file(archive, {.entries = 2}), "too-large", "files");
    expect_begins(try_file(archive, {.manifest = 20}), "too-large", "release.json");
    std::vector<TestEntry> folders = small_release();
    for (int i = 0; i < 10; ++i) folders.push_back({"plugins/f" + std::to_string(i), "", 0755, AE_IFDIR});
    expect_begins(try_entries(folders, {.entries = 10}), "too-large", "entries");
}

TEST_F(UnpackTest, ABombStopsAtWhatItMayUnpackTo) {
    // 64 MiB of zeros in some kilobytes. The manifest is honest: too large. Or it lies: another size.
    std::vector<TestEntry> bomb = small_release();
    bomb[1].data.assign(64 * 1024 * 1024, '\0');
    const std::string honest = write_archive(temp_, manifest_for(bomb).to_json(), bomb);
    EXPECT_LT(std::filesystem::file_size(honest), 100000U);
    expect_begins(try_file(honest, {.total = 1024 * 1024}), "too-large", "bytes");
    expect_begins(try_entries(bomb), "bad-request", "another size");
    EXPECT_FALSE(temp_.has("out/plugins/hello.py"));
}

TEST_F(UnpackTest, RefusesAnotherDigest) {
    const std::string archive = write_archive(temp_, manifest_for(small_release()).to_json(), small_release());
    expect_begins(try_file(archive, {}, std::string(64, '0')), "bad-request", "digest");
    EXPECT_FALSE(temp_.has("out/release.json"));
}

TEST_F(UnpackTest, RefusesWhatIsCutShortAnywhere) {
    const std::string archive = write_archive(temp_, manifest_for(small_release()).to_json(), small_release());
    const std::string whole = temp_.read("archive.tar.zst");
    for (std::size_t size = 0; size < whole.size(); size += 7) {
        temp_.write("archive.tar.zst", whole.substr(0, size));
        EXPECT_NE(try_file(archive), "fine") << size;
    }
}

TEST_F(UnpackTest, RefusesWhatIsDamagedAnywhere) {
    const std::string archive = write_archive(temp_, manifest_for(small_release()).to_json(), small_release());
    const std::string whole = temp_.read("archive.tar.zst");
    const std::string digest = sha256_of(whole);
    for (std::size_t at = 0; at < whole.size(); at += 5) {
        std::string damaged = whole;
        damaged[at] = static_cast<char>(damaged[at] ^ 0x40);
        temp_.write("archive.tar.zst", damaged);
        EXPECT_NE(try_file(archive, {}, digest), "fine") << at;
        (void)try_file(archive);  // with the digest of the damage: whatever it says, it must not crash
    }
}

TEST_F(UnpackTest, RefusesOtherFormats) {
    for (const std::string& bytes : {std::string(), std::string("hello"), std::string(100000, '\0')}) {
        EXPECT_NE(try_file(temp_.write("archive.tar.zst", bytes)), "fine");
    }
}

}  // namespace
}  // namespace msw::update
