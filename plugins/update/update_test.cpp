// Two hosts in memory: what one packs, the other installs.
#include "base/json.hpp"
#include "msw/plugin.h"
#include "plugins/update/archive_for_test.hpp"
#include "plugins/update/release_store.hpp"
#include "tests/support/fake_host.hpp"
#include "tests/support/temp_folder.hpp"

#include <gtest/gtest.h>

#include <filesystem>

namespace msw::update {
namespace {

using test::FakeHost;
using test::RunningModule;
using test::TempFolder;

class UpdatePlugin : public ::testing::Test {
protected:
    UpdatePlugin() {
        temp_.write("run/bin/mswd", "#!/bin/sh\n", true);
        temp_.write("run/lib/mswd/plugins/log.so", "a module");
        temp_.write("own/hello.py", "print('hello')\n");
        for (const char* folder : {"state", "files"}) std::filesystem::create_directory(temp_.path(folder));
        set("program", temp_.path("run/bin/mswd"));
        set("file_root", temp_.path("files"));
        set("state_dir", temp_.path("state"));
        set("id", "hmsy");
        host_.set("own_plugin_dirs", "[\"" + temp_.path("own") + "\"]");
    }

    void set(const std::string& key, const std::string& text) { host_.set(key, Json(text).dump()); }

    static Datapack asked(const std::string& body, const std::string& update_to = {}) {
        Datapack d("post", "update", body);
        d.set("from", "mswctl");
        d.set("flag", "q1");
        d.set("update_to", update_to);
        return d;
    }
    Datapack next() {
        const auto d = host_.sent();
        if (!d) throw std::runtime_error("nothing was sent");
        return *d;
    }
    Datapack ask(const Datapack& d) {
        host_.receive(d);
        return next();
    }
    [[nodiscard]] Datapack as_received(const Datapack& sent) const {
        Datapack d = sent;
        d.head.remove("to");
        d.set("id", "miku");
        d.set("from", "update");
        return d;
    }

    TempFolder temp_;
    FakeHost host_;
};

TEST_F(UpdatePlugin, PacksAndSendsWhatRuns) {
    RunningModule module(host_, msw_plugin_entry());
    const Datapack file = ask(asked("compress", "*"));
    EXPECT_EQ(file.method, "file");
    EXPECT_EQ(file.app, "update");
    EXPECT_EQ(file.get("to"), "*");
    const std::string digest(file.get("digest"));
    EXPECT_EQ(file.get("filename"), "updates/update-" + digest.substr(0, 16) + ".tar.zst");
    ASSERT_TRUE(file.file);
    EXPECT_EQ(sha256_of(temp_.read("files/" + std::string(file.get("filename")))), digest);
    const Datapack answer = next();
    EXPECT_EQ(answer.method, "reply");
    EXPECT_EQ(answer.app, "mswctl");
    EXPECT_EQ(answer.get("flag"), "q1");
    EXPECT_EQ(answer.get("error"), "");
    EXPECT_NE(answer.body.find("3 files"), std::string::npos) << answer.body;
    EXPECT_NE(answer.body.find(digest.substr(0, 16)), std::string::npos);
}

TEST_F(UpdatePlugin, KeepsOnlyTheLastArchives) {
    RunningModule module(host_, msw_plugin_entry());
    for (const char* words : {"one", "two", "three", "four"}) {
        temp_.write("own/hello.py", words);
        (void)ask(asked("compress", "miku"));
        (void)next();
    }
    std::size_t archives = 0;
    for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(temp_.path("files/updates")))
        ++archives;
    EXPECT_EQ(archives, 2U);
}

TEST_F(UpdatePlugin, SaysWhatItDoesNotUnderstand) {
    RunningModule module(host_, msw_plugin_entry());
    EXPECT_NE(ask(asked("compress")).body.find("update_to:*"), std::string::npos);
    EXPECT_EQ(ask(asked("compress", "a++b")).get("error"), "bad-request");
    const Datapack unknown = ask(asked("decompress"));
    EXPECT_EQ(unknown.get("error"), "bad-request");
    EXPECT_NE(unknown.body.find("`compress`"), std::string::npos);
    Datapack empty("file", "update");
    empty.set("id", "miku");
    empty.set("from", "update");
    EXPECT_EQ(ask(empty).get("error"), "bad-request");
}

TEST_F(UpdatePlugin, SaysWhyItCantPack) {
    set("file_root", "/proc/none");
    RunningModule module(host_, msw_plugin_entry());
    EXPECT_EQ(ask(asked("compress", "*")).get("error"), "io");
}

TEST_F(UpdatePlugin, InstallsWhatItReceivesAnswersAndRestarts) {
    RunningModule module(host_, msw_plugin_entry());
    Datapack file = as_received(ask(asked("compress", "*")));
    (void)next();
    temp_.write("files/updates/theirs.tar.zst", "as it was received");
    file.set("filename", "updates/theirs.tar.zst");

    const Datapack answer = ask(file);
    EXPECT_EQ(answer.method, "reply");
    EXPECT_EQ(answer.app, "update");
    EXPECT_EQ(answer.get("to"), "miku");
    EXPECT_EQ(answer.get("flag"), file.get("flag"));
    const std::string digest(file.get("digest"));
    EXPECT_EQ(answer.body, "installed release " + digest.substr(0, 16) + ": 3 files; restarting");
    const Datapack restart = next();
    EXPECT_EQ(restart.method, "post");
    EXPECT_EQ(restart.app, "mswd");
    EXPECT_EQ(restart.body, "restart");
    EXPECT_EQ(release::Store(temp_.path("state")).read().next, digest);
    EXPECT_EQ(temp_.read("state/releases/" + digest + "/plugins/hello.py"), "print('hello')\n");
    EXPECT_FALSE(temp_.has("files/updates/theirs.tar.zst"));
}

TEST_F(UpdatePlugin, RefusesABadOneAndRemembersWhy) {
    RunningModule module(host_, msw_plugin_entry());
    Datapack file = as_received(ask(asked("compress", "*")));
    (void)next();
    file.set("digest", std::string(64, '0'));
    const Datapack answer = ask(file);
    EXPECT_EQ(answer.get("error"), "bad-request");
    EXPECT_NE(answer.body.find("digest"), std::string::npos);
    const Result<Json> status = Json::parse(ask(asked("status")).body);
    ASSERT_TRUE(status);
    EXPECT_NE((*status)["last_error"].as_string().find("from miku"), std::string::npos);
    EXPECT_EQ((*status)["running"].as_string(), "base");
    EXPECT_TRUE(release::Store(temp_.path("state")).read().next.empty());
}

TEST_F(UpdatePlugin, DoesNotRestartIntoWhatRuns) {
    Datapack file;
    {
        RunningModule module(host_, msw_plugin_entry());
        file = as_received(ask(asked("compress", "*")));
        (void)next();
        EXPECT_EQ(ask(file).body.substr(0, 9), "installed");
        (void)next();
    }
    FakeHost updated;
    updated.set("state_dir", Json(temp_.path("state")).dump());
    updated.set("file_root", Json(temp_.path("files")).dump());
    updated.set("program", Json(temp_.path("state/releases/" + std::string(file.get("digest")) + "/bin/mswd")).dump());
    RunningModule module(updated, msw_plugin_entry());
    updated.receive(file);
    const auto answer = updated.sent();
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->body.substr(0, 15), "already running");
    module.stop();
    EXPECT_FALSE(updated.sent(FakeHost::Milliseconds(0)));
}

TEST_F(UpdatePlugin, TellsWhatTheOthersAnswered) {
    RunningModule module(host_, msw_plugin_entry());
    const Datapack file = ask(asked("compress", "a+b"));
    (void)next();
    for (const char* host : {"a", "b"}) {
        Datapack reply("reply", "update", std::string("installed on ") + host);
        reply.set("id", host);
        reply.set("flag", file.get("flag"));
        if (*host == 'b') reply.set("error", "io");
        host_.receive(reply);
    }
    const Result<Json> status = Json::parse(ask(asked("status")).body);
    ASSERT_TRUE(status);
    const Json::Array& answers = (*status)["answers"].items();
    ASSERT_EQ(answers.size(), 2U);
    EXPECT_EQ(answers[0]["text"].as_string(), "installed on a");
    EXPECT_EQ(answers[1]["error"].as_string(), "io");
    EXPECT_TRUE(host_.line_with("b: io: installed on b"));
}

}  // namespace
}  // namespace msw::update
