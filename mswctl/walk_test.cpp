#include "mswctl/trace.hpp"

#include <gmock/gmock.h>

#include <map>

namespace mswctl {
namespace {

using msw::Json;
using testing::ElementsAre;
using testing::HasSubstr;

/// Hosts that know their next ones: what each says to `route TARGET`.
class WalkTest : public testing::Test {
protected:
    void knows(const std::string& host, const std::string& target, const std::string& next, const char* more = "") {
        const std::string way = next.empty() ? R"("here")" : R"("direct")";
        said_[host + ' ' + target] = R"({"way":)" + way + R"(,"to":")" + target.substr(0, target.find(' ')) +
                                     R"(","next":")" + next + '"' + more + '}';
    }
    [[nodiscard]] Walk walk_to(const std::vector<std::string>& way, const std::string& app = {}) {
        return walk(way, app, "here", [this](const std::string& to, const std::string& a, const std::string& body) {
            asked_.push_back(to + '|' + a + '|' + body);
            const std::string host = to.empty() ? "here" : to.substr(to.rfind('&') + 1);
            const auto at = said_.find(host + ' ' + body.substr(body.find(' ') + 1));
            if (body.substr(0, 5) == "trace") return Asked{msw::Datapack("reply", "", traced_), 0, "f"};
            if (at == said_.end()) return Asked{msw::Error{fails_with_, "no answer"}, 0, "f-" + host};
            return Asked{msw::Datapack("reply", "", at->second), 1.5, "f"};
        });
    }
    static std::vector<std::string> hosts(const Walk& walk) {
        std::vector<std::string> out;
        for (const Hop& hop : walk.hops) out.push_back(hop.host);
        return out;
    }
    std::map<std::string, std::string> said_;
    std::vector<std::string> asked_;
    std::string traced_ = "[]";
    msw::Code fails_with_ = msw::Code::timeout;
};

TEST_F(WalkTest, AsksEachHostForTheNextOne) {
    knows("here", "luka shell", "rin", R"(,"flow":{"app":"shell","waiting":0})");
    knows("rin", "luka", "luka");
    knows("luka", "luka", "");
    const Walk walk = walk_to({"luka"}, "shell");
    EXPECT_TRUE(walk.reached);
    EXPECT_EQ(walk.to, "luka");
    EXPECT_THAT(hosts(walk), ElementsAre("here", "rin", "luka"));
    EXPECT_THAT(asked_, ElementsAre("|net|route luka shell", "rin|net|route luka", "luka|net|route luka"));
    for (const Hop& hop : walk.hops) {
        EXPECT_EQ(hop.ms, 1.5);
        EXPECT_EQ(hop.why, "");
    }
}

TEST_F(WalkTest, AForcedWayIsAskedTheSameWay) {
    knows("here", "rin", "miku");
    knows("miku", "rin", "rin");
    knows("rin", "luka", "len");
    knows("len", "luka", "luka");
    knows("luka", "luka", "");
    const Walk walk = walk_to({"rin", "luka"});
    EXPECT_TRUE(walk.reached);
    EXPECT_EQ(walk.to, "rin&luka");
    EXPECT_THAT(asked_, ElementsAre("|net|route rin", "miku|net|route rin", "rin|net|route luka",
                                    "rin&len|net|route luka", "rin&luka|net|route luka"));
}

TEST_F(WalkTest, ThisHostIsReachedAtOnce) {
    knows("here", "here shell", "");
    const Walk walk = walk_to({"here"}, "shell");
    EXPECT_TRUE(walk.reached);
    EXPECT_EQ(walk.to, "");
    EXPECT_THAT(hosts(walk), ElementsAre("here"));
}

TEST_F(WalkTest, EndsWhereThereIsNoWayAndSaysWhy) {
    knows("here", "luka", "rin");
    said_["rin luka"] = R"({"way":"none","why":"there is no way to luka"})";
    const Walk walk = walk_to({"luka"});
    EXPECT_FALSE(walk.reached);
    EXPECT_EQ(walk.error.code, msw::Code::unreachable);
    EXPECT_THAT(hosts(walk), ElementsAre("here", "rin"));
    EXPECT_EQ(walk.hops.back().why, "there is no way to luka");
}

TEST_F(WalkTest, WhoDoesNotAnswerIsNamedWithWhatIsKnownOfTheQuestion) {
    knows("here", "luka", "rin");
    traced_ = R"([{"why":"it was sent 3 times"}])";
    const Walk walk = walk_to({"luka"});
    EXPECT_FALSE(walk.reached);
    EXPECT_EQ(walk.error.code, msw::Code::timeout);
    EXPECT_EQ(asked_.back(), "|net|trace f-rin");
    EXPECT_EQ(walk.hops.back().host, "rin");
    EXPECT_EQ(walk.hops.back().ms, std::nullopt);
    EXPECT_EQ(walk.hops.back().why, "no answer: it was sent 3 times");
}

TEST_F(WalkTest, AnOlderHostIsSaidToBeOne) {
    knows("here", "luka", "rin");
    fails_with_ = msw::Code::bad_request;
    EXPECT_THAT(walk_to({"luka"}).error.text, HasSubstr("the mswd of rin is older"));
}

TEST_F(WalkTest, ACircleHasAnEnd) {
    knows("here", "luka", "rin");
    knows("rin", "luka", "len");
    knows("len", "luka", "RIN");
    knows("RIN", "luka", "len");
    const Walk walk = walk_to({"luka"});
    EXPECT_FALSE(walk.reached);
    EXPECT_THAT(walk.error.text, HasSubstr("circle"));
    EXPECT_THAT(hosts(walk), ElementsAre("here", "rin", "len", "RIN"));
}

TEST_F(WalkTest, ABadAnswerIsNone) {
    said_["here luka"] = "nonsense";
    EXPECT_EQ(walk_to({"luka"}).error.code, msw::Code::io);
}

TEST_F(WalkTest, AnOldHostIsTheEnd) {
    said_["here gumi"] = R"({"way":"old","to":"gumi","next":"gumi"})";
    const Walk walk = walk_to({"gumi"});
    EXPECT_TRUE(walk.reached && walk.old);
    EXPECT_THAT(walk.hops.back().why, HasSubstr("can't be asked"));
}

TEST_F(WalkTest, WhatIsWrongWithALinkIsSaidAndTheWayGoesOn) {
    knows("here", "luka shell", "luka",
          R"(,"state":"busy","room":false,"flow":{"app":"shell","waiting":3,"bytes":2048,"starved":true})");
    knows("luka", "luka", "");
    const Walk walk = walk_to({"luka"}, "shell");
    EXPECT_TRUE(walk.reached);
    EXPECT_EQ(walk.hops.front().why,
              "luka is busy: only its kernel answers; the link to luka has no room; "
              "shell on luka has yet to take what it was sent: 3 (2 KiB) wait here");
}

TEST(AppStates, SayWhetherAnAppTakesSomething) {
    const Json plugins = *Json::parse(R"([{"app":"shell","state":"running","queue":2,"queue_bytes":900},
        {"app":"bad","state":"waiting","last_error":"exit status 1"},{"app":"idle","state":"running","queue":0}])");
    const Json queue = *Json::parse(R"([{"app":"shell","limit_bytes":1000}])");
    EXPECT_EQ(app_state("idle", "rin", plugins, queue, 10).words, "running, nothing waits in its mailbox");
    const AppState some = app_state("shell", "rin", plugins, queue, 100);
    EXPECT_FALSE(some.bad);
    EXPECT_EQ(some.words, "running, 2 (900 B) wait in its mailbox");
    const AppState full = app_state("shell", "rin", plugins, queue, 101);
    EXPECT_EQ(full.bad->code, msw::Code::queue_full);
    EXPECT_THAT(full.words, HasSubstr("its mailbox is full"));
    EXPECT_EQ(app_state("bad", "rin", plugins, queue, 1).bad->text, "bad on rin: waiting: exit status 1");
    EXPECT_EQ(app_state("none", "rin", plugins, queue, 1).bad->code, msw::Code::no_such_app);
}

}  // namespace
}  // namespace mswctl
