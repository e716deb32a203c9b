#include "daemon/host/plugin_folder.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace msw {
namespace {

namespace fs = std::filesystem;

class PluginFolderTest : public testing::Test {
protected:
    PluginFolderTest() {
        std::string pattern = (fs::temp_directory_path() / "msw-plugins-XXXXXX").string();
        base_ = ::mkdtemp(pattern.data());
        for (const char* dir : {"shipped", "one", "two"}) fs::create_directory(base_ + "/" + dir);
    }
    ~PluginFolderTest() override { fs::remove_all(base_); }
    PluginFolderTest(const PluginFolderTest&) = delete;
    PluginFolderTest& operator=(const PluginFolderTest&) = delete;
    PluginFolderTest(PluginFolderTest&&) = delete;
    PluginFolderTest& operator=(PluginFolderTest&&) = delete;

    void put(const std::string& name, bool runnable) const {
        const std::string path = base_ + "/" + name;
        std::ofstream(path) << "#!/bin/sh\n";
        fs::permissions(path, fs::perms::owner_exec, runnable ? fs::perm_options::add : fs::perm_options::remove);
    }
    [[nodiscard]] timespec changed(const std::string& name) const {
        struct stat info {};
        EXPECT_EQ(::stat((base_ + "/" + name).c_str(), &info), 0);
        return info.st_ctim;
    }
    /// Write a file until its change is seen as later than that of another: file times move in ticks.
    void put_later(const std::string& name, const std::string& than) const {
        const timespec before = changed(than);
        timespec now{};
        do {
            put(name, true);
            now = changed(name);
        } while (now.tv_sec == before.tv_sec && now.tv_nsec <= before.tv_nsec);
    }
    [[nodiscard]] PluginScan scan() const { return scan_plugins(base_ + "/shipped", {base_ + "/one", base_ + "/two"}); }
    [[nodiscard]] std::string shown() const {
        std::string out;
        for (const FoundPlugin& p : scan().plugins) {
            out += p.app + (p.kind == FoundPlugin::Kind::module ? "(module)" : "") + (p.shipped ? "! " : " ");
        }
        return out;
    }
    std::string base_;
};

TEST_F(PluginFolderTest, TellsPluginsFromOtherFiles) {
    put("shipped/net.so", false);
    put("one/hello.py", false);
    put("one/tool.sh", true);
    put("one/plain", true);
    put("one/notes.txt", false);
    put("one/_helper.py", true);
    put("one/.hidden", true);
    put("one/__init__.py", false);
    fs::create_directory(base_ + "/one/folder");
    EXPECT_EQ(shown(), "hello net(module)! plain tool ");
}

TEST_F(PluginFolderTest, ShippedNamesAreReserved) {
    put("shipped/net.so", false);
    put("one/net.py", true);
    EXPECT_EQ(shown(), "net(module)! ");
    ASSERT_EQ(scan().complaints.size(), 1U);
    EXPECT_NE(scan().complaints[0].find("give yours another name"), std::string::npos);
}

TEST_F(PluginFolderTest, TheLaterChangeOfTheSameNameCounts) {
    put("one/hello.py", true);
    put_later("two/hello.py", "one/hello.py");
    EXPECT_EQ(scan().plugins.at(0).path, base_ + "/two/hello.py");
    put_later("one/hello.py", "two/hello.py");
    EXPECT_EQ(scan().plugins.at(0).path, base_ + "/one/hello.py");
}

TEST_F(PluginFolderTest, NamesThatMeanSomethingElseAreRefused) {
    for (const char* bad : {"mswd", "all", "handshake", "logger", "", "a&b", "@1", "a b"})
        EXPECT_FALSE(valid_app_name(bad));
    put("one/mswd", true);
    put("one/lib.so", false);
    EXPECT_EQ(shown(), "");
    EXPECT_EQ(scan().complaints.size(), 2U);
}

TEST_F(PluginFolderTest, AMissingFolderIsNoComplaint) {
    EXPECT_TRUE(scan_plugins(base_ + "/nothing", {base_ + "/nowhere"}).complaints.empty());
}

}  // namespace
}  // namespace msw
