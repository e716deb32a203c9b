// Two hosts in memory: what one packs, the other installs.
#include "base/json.hpp"
#include "msw/plugin.h"
#include "plugins/update/archive_for_test.hpp"
#include "plugins/update/release_store.hpp"
#include "tests/support/fake_host.hpp"
#include "tests/support/temp_folder.hpp"

#include <gtest/gtest.h>

#include <fcntl.h>
#include <cstdlib>
#include <filesystem>

namespace msw::update {
namespace {

using test::FakeHost;
using test::RunningModule;
using test::TempFolder;

class UpdatePlugin : public ::testing::Test {
protected:
    UpdatePlugin() {
        ::setenv("MSW_LAUNCHER", "1", 1);
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

    static Datapack asked(const std::string& body, const std::string& update_to = {}, bool streamed = true) {
        Datapack d("post", "update", body);
        d.set("from", "mswctl");
        d.set("flag", "q1");
        d.set("update_to", update_to);
        if (streamed) d.set("stream", "1");
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
    /// Ask for an update of `*` and answer what net is asked. @return what comes next
    Datapack compress(const std::string& hosts = R"(["rin"])", bool streamed = true) {
        const Datapack who = ask(asked("compress", "*", streamed));
        EXPECT_EQ(who.app, "net");
        EXPECT_EQ(who.body, "targets *");
        Datapack answer("reply", "update", hosts);
        answer.set("flag", who.get("flag"));
        return ask(answer);
    }
    /// The same for an asker that streams. @return the file for the first host
    Datapack packed(const std::string& hosts = R"(["rin"])") {
        EXPECT_EQ(compress(hosts).get("part"), "0");
        return next();
    }
    static Datapack as_received(const Datapack& sent) {
        Datapack d = sent;
        d.head.remove("to");
        d.set("id", "miku");
        d.set("from", "update");
        return d;
    }
    static Datapack from(const std::string& host, const Datapack& file, const std::string& text) {
        Datapack reply("reply", "update", text);
        reply.set("id", host);
        reply.set("from", "update");
        reply.set("digest", file.get("digest"));
        reply.set("flag", file.get("flag"));
        return reply;
    }
    /// An mswd that comes after this one, with the same state, and runs `program`.
    void look_like_the_next(FakeHost& host, const std::string& program) const {
        for (const char* folder : {"state", "files"}) {
            host.set(std::string(folder) == "state" ? "state_dir" : "file_root", Json(temp_.path(folder)).dump());
        }
        host.set("program", Json(temp_.path(program)).dump());
    }

    TempFolder temp_;
    FakeHost host_;
};

TEST_F(UpdatePlugin, PacksAndSendsWhatRuns) {
    RunningModule module(host_, msw_plugin_entry());
    const Datapack about = compress(R"(["rin", "miku&luka"])");
    EXPECT_EQ(about.method, "reply");
    EXPECT_EQ(about.app, "mswctl");
    EXPECT_EQ(about.get("flag"), "q1");
    EXPECT_EQ(about.get("error"), "");
    EXPECT_EQ(about.get("update_to"), "rin+luka");
    EXPECT_NE(about.body.find("3 files"), std::string::npos) << about.body;
    const std::string digest(about.get("digest"));
    EXPECT_NE(about.body.find(digest.substr(0, 16)), std::string::npos);
    for (const char* way : {"rin", "miku&luka"}) {
        const Datapack file = next();
        EXPECT_EQ(file.method, "file");
        EXPECT_EQ(file.app, "update");
        EXPECT_EQ(file.get("to"), way);
        EXPECT_EQ(file.get("stream"), "1");
        EXPECT_EQ(file.get("digest"), digest);
        EXPECT_EQ(file.get("filename"), "updates/update-" + digest.substr(0, 16) + ".tar.zst");
        ASSERT_TRUE(file.file);
        EXPECT_EQ(sha256_of(temp_.read("files/" + std::string(file.get("filename")))), digest);
    }
}

TEST_F(UpdatePlugin, AnswersAPartForEachHostAsItComesToItsVerdict) {
    RunningModule module(host_, msw_plugin_entry());
    const Datapack rin = packed(R"(["rin", "luka"])");
    const Datapack luka = next();
    Datapack progress = from("luka", luka, "installed release x: 3 files; restarting");
    progress.set("part", "0");
    host_.receive(progress);
    Datapack refused = from("rin", rin, "no room");
    refused.set("error", "io");
    const Datapack first = ask(refused);
    EXPECT_EQ(first.get("host"), "rin");
    EXPECT_EQ(first.get("error"), "io");
    EXPECT_EQ(first.get("end"), "");
    Datapack runs = from("luka", luka, "runs release x");
    runs.set("part", "1");
    runs.set("end", "1");
    const Datapack last = ask(runs);
    EXPECT_EQ(last.get("flag"), "q1");
    EXPECT_EQ(last.get("host"), "luka");
    EXPECT_EQ(last.get("part"), "2");
    EXPECT_EQ(last.get("end"), "1");
    EXPECT_EQ(last.body, "runs release x\n");
}

TEST_F(UpdatePlugin, AnswersOnceIfNotAskedForParts) {
    RunningModule module(host_, msw_plugin_entry());
    const Datapack file = compress(R"(["rin"])", false);
    EXPECT_EQ(file.method, "file");
    const Datapack answer = ask(from("rin", file, "runs release x already"));
    EXPECT_EQ(answer.get("part"), "");
    EXPECT_EQ(answer.get("error"), "");
    EXPECT_NE(answer.body.find("on its way to rin\nrin: runs release x already\n"), std::string::npos) << answer.body;
}

TEST_F(UpdatePlugin, HostsThatDoNotAnswerRunIntoTheTimeout) {
    host_.set("update", R"({"timeout_s": 1})");
    RunningModule module(host_, msw_plugin_entry());
    (void)packed();
    const Datapack answer = next();
    EXPECT_EQ(answer.get("host"), "rin");
    EXPECT_EQ(answer.get("error"), "timeout");
    EXPECT_EQ(answer.get("end"), "1");
    EXPECT_EQ(answer.body, "no answer within 1 s\n");
}

TEST_F(UpdatePlugin, DoesNotUpdateTheHostThatItComesFrom) {
    RunningModule module(host_, msw_plugin_entry());
    EXPECT_EQ(compress(R"(["HMSY", "rin"])").get("part"), "0");
    const Datapack own = next();
    EXPECT_EQ(own.get("host"), "HMSY");
    EXPECT_EQ(own.get("error"), "");
    EXPECT_EQ(own.body, "runs it already: the release is made of what runs here\n");
    const Datapack file = next();
    EXPECT_EQ(file.get("to"), "rin");
    EXPECT_FALSE(host_.sent(FakeHost::Milliseconds(50)));
}

TEST_F(UpdatePlugin, SaysWhichHostsCanNotBeFound) {
    RunningModule module(host_, msw_plugin_entry());
    EXPECT_EQ(compress("[]").get("error"), "no-such-host");
    EXPECT_EQ(compress("who?").get("error"), "io");
    Datapack error("reply", "update", "there are no roles yet");
    error.set("flag", ask(asked("compress", "@all-of-them")).get("flag"));
    error.set("error", "no-such-role");
    const Datapack answer = ask(error);
    EXPECT_EQ(answer.get("error"), "no-such-role");
    EXPECT_EQ(answer.get("flag"), "q1");
}

TEST_F(UpdatePlugin, KeepsOnlyTheLastArchives) {
    RunningModule module(host_, msw_plugin_entry());
    for (const char* words : {"one", "two", "three", "four"}) {
        temp_.write("own/hello.py", words);
        (void)packed();
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

TEST_F(UpdatePlugin, DoesNothingTwiceThatAnInterruptionHid) {
    RunningModule module(host_, msw_plugin_entry());
    Datapack file = as_received(packed());
    for (Datapack again : {asked("compress"), std::move(file)}) {
        again.set("redelivered", "1");
        EXPECT_EQ(ask(again).get("error"), "interrupted");
    }
    Datapack harmless = asked("status");
    harmless.set("redelivered", "1");
    EXPECT_EQ(ask(harmless).get("error"), "");
}

TEST_F(UpdatePlugin, SaysWhyItCantPack) {
    set("file_root", "/proc/none");
    RunningModule module(host_, msw_plugin_entry());
    EXPECT_EQ(compress().get("error"), "io");
}

TEST_F(UpdatePlugin, InstallsWhatItReceivesAnswersAndRestarts) {
    RunningModule module(host_, msw_plugin_entry());
    Datapack file = as_received(packed());
    temp_.write("files/updates/theirs.tar.zst", "as it was received");
    file.set("filename", "updates/theirs.tar.zst");

    const Datapack answer = ask(file);
    EXPECT_EQ(answer.method, "reply");
    EXPECT_EQ(answer.app, "update");
    EXPECT_EQ(answer.get("to"), "miku");
    EXPECT_EQ(answer.get("flag"), file.get("flag"));
    EXPECT_EQ(answer.get("part"), "0");
    EXPECT_EQ(answer.get("end"), "");
    const std::string digest(file.get("digest"));
    EXPECT_EQ(answer.body, "installed release " + digest.substr(0, 16) + ": 3 files; restarting");
    const Datapack restart = next();
    EXPECT_EQ(restart.method, "post");
    EXPECT_EQ(restart.app, "mswd");
    EXPECT_EQ(restart.body, "restart");
    EXPECT_EQ(release::Store(temp_.path("state")).read().next, digest);
    EXPECT_EQ(temp_.read("state/releases/" + digest + "/plugins/hello.py"), "print('hello')\n");
    EXPECT_FALSE(temp_.has("files/updates/theirs.tar.zst"));
    // The word whether it runs is for the next mswd to say.
    module.stop();
    EXPECT_FALSE(host_.sent(FakeHost::Milliseconds(0)));
    EXPECT_TRUE(temp_.has("state/releases/owed"));
}

/// What the next mswd says about an update that was installed.
class AfterTheRestart : public UpdatePlugin {
protected:
    AfterTheRestart() {
        RunningModule module(host_, msw_plugin_entry());
        file_ = as_received(packed());
        digest_ = file_.get("digest");
        EXPECT_EQ(ask(file_).get("part"), "0");
        (void)next();
    }
    void run_release() { look_like_the_next(after_, "state/releases/" + digest_ + "/bin/mswd"); }

    Datapack file_;
    std::string digest_;
    FakeHost after_;
};

TEST_F(AfterTheRestart, TheReleaseItselfSaysThatItRuns) {
    run_release();
    RunningModule module(after_, msw_plugin_entry());
    const auto word = after_.sent();
    ASSERT_TRUE(word);
    EXPECT_EQ(word->get("to"), "miku");
    EXPECT_EQ(word->get("flag"), file_.get("flag"));
    EXPECT_EQ(word->get("end"), "1");
    EXPECT_EQ(word->get("error"), "");
    EXPECT_EQ(word->body.substr(0, 29), "runs release " + digest_.substr(0, 16));
    ASSERT_TRUE(after_.wait_idle());
    EXPECT_FALSE(temp_.has("state/releases/owed"));
}

TEST_F(AfterTheRestart, NothingIsSaidWhileItRunsOnTrial) {
    temp_.write("state/releases/trial", digest_ + " 1\n");
    std::filesystem::create_symlink(digest_, temp_.path("state/releases/current"));
    run_release();
    RunningModule module(after_, msw_plugin_entry());
    ASSERT_TRUE(after_.wait_idle());
    EXPECT_FALSE(after_.sent(FakeHost::Milliseconds(0)));
    EXPECT_TRUE(temp_.has("state/releases/owed"));
    std::filesystem::remove(temp_.path("state/releases/trial"));
    const auto word = after_.sent();
    ASSERT_TRUE(word);
    EXPECT_EQ(word->body.substr(0, 4), "runs");
}

TEST_F(AfterTheRestart, WhatRanBeforeSaysThatItWasGivenUp) {
    temp_.write("state/releases/failed", digest_ + " it did not come up\n");
    look_like_the_next(after_, "run/bin/mswd");
    RunningModule module(after_, msw_plugin_entry());
    const auto word = after_.sent();
    ASSERT_TRUE(word);
    EXPECT_EQ(word->get("error"), "unsupported");
    EXPECT_NE(word->body.find("was given up: it did not come up; the base program"), std::string::npos) << word->body;
}

TEST_F(AfterTheRestart, AnotherUpdateEndsTheTrialFirst) {
    temp_.write("state/releases/trial", digest_ + " 1\n");
    std::filesystem::create_symlink(digest_, temp_.path("state/releases/current"));
    run_release();
    RunningModule module(after_, msw_plugin_entry());
    const std::vector<TestEntry> entries = small_release("another");
    const std::string archive = write_archive(temp_, manifest_for(entries).to_json(), entries);
    Datapack other = file_;
    other.set("flag", "f2");
    other.set("digest", sha256_of(temp_.read("archive.tar.zst")));
    other.file = std::make_shared<const File>(::open(archive.c_str(), O_RDONLY | O_CLOEXEC),
                                              std::filesystem::file_size(archive), archive);
    after_.receive(other);
    EXPECT_EQ(after_.sent()->body.substr(0, 4), "runs");
    EXPECT_EQ(after_.sent()->get("flag"), "f2");
    EXPECT_EQ(after_.sent()->body, "restart");
}

TEST_F(UpdatePlugin, RefusesWhereNobodyWouldStartTheNewRelease) {
    ::unsetenv("MSW_LAUNCHER");
    ::setenv("INVOCATION_ID", "a shell has that, too", 1);
    RunningModule module(host_, msw_plugin_entry());
    const Datapack answer = ask(as_received(packed()));
    EXPECT_EQ(answer.get("error"), "unsupported");
    EXPECT_NE(answer.body.find("mswd-launcher"), std::string::npos);
    module.stop();
    EXPECT_FALSE(host_.sent(FakeHost::Milliseconds(0)));
    EXPECT_FALSE(temp_.has("state/releases"));
}

TEST_F(UpdatePlugin, RefusesABadOneAndRemembersWhy) {
    RunningModule module(host_, msw_plugin_entry());
    Datapack file = as_received(packed());
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

TEST_F(AfterTheRestart, DoesNotRestartIntoWhatRuns) {
    run_release();
    RunningModule module(after_, msw_plugin_entry());
    (void)after_.sent();
    after_.receive(file_);
    const auto answer = after_.sent();
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->get("part"), "");
    EXPECT_NE(answer->body.find(" already"), std::string::npos) << answer->body;
    module.stop();
    EXPECT_FALSE(after_.sent(FakeHost::Milliseconds(0)));
}

TEST_F(UpdatePlugin, TellsWhatTheOthersAnswered) {
    RunningModule module(host_, msw_plugin_entry());
    const Datapack a = packed(R"(["a", "b"])");
    Datapack refused = from("b", next(), "no room");
    refused.set("error", "io");
    (void)ask(from("a", a, "runs it"));
    (void)ask(refused);
    // One that comes when its question is no longer open, and one that is about no update.
    Datapack late = from("c", a, "runs it, too");
    late.set("flag", "before the restart");
    host_.receive(late);
    late.set("id", "d");
    late.set("digest", "");
    host_.receive(late);
    const Result<Json> status = Json::parse(ask(asked("status")).body);
    ASSERT_TRUE(status);
    const Json::Array& answers = (*status)["answers"].items();
    ASSERT_EQ(answers.size(), 3U);
    EXPECT_EQ(answers[0]["text"].as_string(), "runs it");
    EXPECT_EQ(answers[1]["error"].as_string(), "io");
    EXPECT_EQ(answers[2]["host"].as_string(), "c");
    EXPECT_TRUE(host_.line_with("b: no room (io)"));
}

}  // namespace
}  // namespace msw::update
