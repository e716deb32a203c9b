#include "daemon/forwarder.hpp"

#include <gtest/gtest.h>

#include <array>

namespace msw {
namespace {

using Verdict = Forwarded::Verdict;

class ForwarderTest : public testing::Test {
protected:
    std::shared_ptr<Mailbox> add(const std::string& app, Forwarder::Kind kind = Forwarder::Kind::plugin,
                                 std::size_t limit = 1 << 20) {
        auto box = std::make_shared<Mailbox>(limit, limit);
        EXPECT_TRUE(forwarder_.add(app, box, kind));
        return box;
    }
    Forwarded send(Datapack d, const Sender& sender) {
        forwarder_.stamp(d, sender);
        return forwarder_.forward(DatapackRef(std::move(d)), sender);
    }
    /// What waits in a mailbox, a line each: "method app body|error".
    static std::vector<std::string> taken(Mailbox& box) {
        std::vector<Mail> all;
        box.take_all(all);
        std::vector<std::string> out;
        for (const Mail& m : all) {
            const Datapack& d = *m.datapack;
            out.push_back(d.method + ' ' + d.app + ' ' +
                          (d.get("error").empty() ? d.body : std::string(d.get("error"))));
        }
        return out;
    }
    using Lines = std::vector<std::string>;

    Log log_{static_cast<Priority>(0)};  // silent
    Forwarder forwarder_{"here", log_};
    const Sender asker_{"asker", "uid:1000"};
};

TEST_F(ForwarderTest, RoutesByApp) {
    const auto shell = add("shell");
    EXPECT_EQ(send(Datapack("post", "shell", "x"), asker_).verdict, Verdict::done);
    EXPECT_EQ(taken(*shell), Lines{"post shell x"});
}

TEST_F(ForwarderTest, StampsWhatTheSenderCantBeTrustedWith) {
    Datapack d("post", "shell");
    for (const char* field : {"id", "from", "by"}) d.set(field, "forged");
    forwarder_.stamp(d, asker_);
    EXPECT_EQ(d.get("id"), "here");
    EXPECT_EQ(d.get("from"), "asker");
    EXPECT_EQ(d.get("by"), "uid:1000");
    EXPECT_EQ(d.get("flag").size(), 16U);
    d.set("flag", "mine");
    forwarder_.stamp(d, asker_);
    EXPECT_EQ(d.get("flag"), "mine");
}

TEST_F(ForwarderTest, AToThatMeansThisHostIsNone) {
    const auto shell = add("shell");
    Datapack d("post", "shell", "x");
    d.set("to", "HERE");
    EXPECT_EQ(send(d, asker_).verdict, Verdict::done);
    EXPECT_EQ(taken(*shell), Lines{"post shell x"});
}

TEST_F(ForwarderTest, EverythingElseWithAToGoesToTheTransport) {
    const auto net = add("net");
    forwarder_.set_transport("net");
    for (const char* to : {"miku", "*", "a+b", "here&miku", "@web"}) {
        Datapack d("post", "shell", to);
        d.set("to", to);
        EXPECT_EQ(send(d, asker_).verdict, Verdict::done);
        EXPECT_EQ(taken(*net), Lines{"post shell " + std::string(to)});
    }
}

TEST_F(ForwarderTest, WithoutATransportNothingLeaves) {
    const auto asker = add("asker");
    Datapack d("get", "shell");
    d.set("to", "miku");
    (void)send(d, asker_);
    EXPECT_EQ(taken(*asker), Lines{"reply asker unreachable"});
}

TEST_F(ForwarderTest, AnUnknownAppIsToldToTheAsker) {
    const auto asker = add("asker");
    (void)send(Datapack("get", "nope"), asker_);
    EXPECT_EQ(taken(*asker), Lines{"reply asker no-such-app"});
    EXPECT_EQ(forwarder_.counters().no_such_app.load(), 1U);
}

TEST_F(ForwarderTest, SaysWhyAPluginIsNotThere) {
    const auto asker = add("asker");
    forwarder_.set_absent("net", "it declined");
    (void)send(Datapack("get", "net"), asker_);
    std::vector<Mail> all;
    asker->take_all(all);
    ASSERT_EQ(all.size(), 1U);
    EXPECT_EQ(all[0].datapack->body, "the plugin \"net\" on here is not running: it declined");
}

TEST_F(ForwarderTest, NothingMakesAnErrorOutOfAReply) {
    const auto asker = add("asker");
    (void)send(Datapack("reply", "nope"), asker_);
    EXPECT_TRUE(taken(*asker).empty());
    EXPECT_EQ(forwarder_.counters().dropped.load(), 1U);
    (void)send(Datapack("reply", "@7"), asker_);
    EXPECT_EQ(forwarder_.counters().asker_gone.load(), 1U);
}

TEST_F(ForwarderTest, AnErrorAboutAnotherHostsDatapackGoesBackThere) {
    const auto net = add("net");
    forwarder_.set_transport("net");
    Datapack d("get", "nope");
    d.set("id", "miku");
    d.set("from", "@3");
    (void)forwarder_.forward(DatapackRef(d), Sender{"net", ""});
    std::vector<Mail> all;
    net->take_all(all);
    ASSERT_EQ(all.size(), 1U);
    EXPECT_EQ(all[0].datapack->get("to"), "miku");
    EXPECT_EQ(all[0].datapack->app, "@3");
    EXPECT_EQ(all[0].datapack->get("id"), "here");
}

TEST_F(ForwarderTest, CopiesToEachOnceAndNamesTheMissing) {
    const auto asker = add("asker");
    const auto a = add("a");
    const auto b = add("b");
    (void)send(Datapack("post", "a&b&a&c", "x"), asker_);
    EXPECT_EQ(taken(*a), Lines{"post a&b&a&c x"});
    EXPECT_EQ(taken(*b), Lines{"post a&b&a&c x"});
    EXPECT_EQ(taken(*asker), Lines{"reply asker no-such-app"});
}

TEST_F(ForwarderTest, AllMeansPluginsButNotTheSenderNorClients) {
    const auto a = add("a");
    const auto b = add("b");
    const auto client = add("@1", Forwarder::Kind::attached);
    (void)send(Datapack("post", "all", "x"), Sender{"a", "plugin:a"});
    EXPECT_TRUE(taken(*a).empty());
    EXPECT_EQ(taken(*b).size(), 1U);
    EXPECT_TRUE(taken(*client).empty());
}

TEST_F(ForwarderTest, ACopyIsAllOrNothing) {
    const auto a = add("a");
    const auto b = add("b", Forwarder::Kind::plugin, 1);
    (void)send(Datapack("post", "b"), asker_);
    const Forwarded done = send(Datapack("post", "a&b"), asker_);
    EXPECT_EQ(done.verdict, Verdict::full);
    EXPECT_EQ(done.mailbox, b);
    EXPECT_TRUE(taken(*a).empty());
    EXPECT_EQ(a->numbers().bytes, 0U) << "the reservation was given back";
}

TEST_F(ForwarderTest, AFullMailboxIsTheSendersToWaitFor) {
    const auto slow = add("slow", Forwarder::Kind::plugin, 1);
    EXPECT_EQ(send(Datapack("post", "slow"), asker_).verdict, Verdict::done);
    const Forwarded done = send(Datapack("post", "slow"), asker_);
    EXPECT_EQ(done.verdict, Verdict::full);
    EXPECT_EQ(done.mailbox, slow);
}

TEST_F(ForwarderTest, AnAnswerNeverWaits) {
    const auto slow = add("@1", Forwarder::Kind::attached, 1);
    EXPECT_EQ(send(Datapack("reply", "@1"), asker_).verdict, Verdict::done);
    EXPECT_EQ(send(Datapack("reply", "@1"), asker_).verdict, Verdict::done);
    EXPECT_EQ(forwarder_.counters().too_slow.load(), 1U);
    EXPECT_EQ(taken(*slow).size(), 1U);
}

TEST_F(ForwarderTest, AnAnswerToSeveralNeverWaitsEither) {
    const auto quick = add("quick");
    const auto slow = add("slow", Forwarder::Kind::attached, 1);
    EXPECT_EQ(send(Datapack("reply", "quick&slow"), asker_).verdict, Verdict::done);
    EXPECT_EQ(send(Datapack("reply", "quick&slow"), asker_).verdict, Verdict::done);
    EXPECT_EQ(taken(*quick).size(), 2U);
    EXPECT_EQ(taken(*slow).size(), 1U);
    EXPECT_EQ(forwarder_.counters().too_slow.load(), 1U);
}

TEST_F(ForwarderTest, WhoTheTransportHoldsFindsNoRoomToOtherHosts) {
    const auto net = add("net");
    const auto shell = add("shell");
    forwarder_.set_transport("net");
    forwarder_.hold("asker", true);
    const auto to_there = [](const char* method) {
        Datapack d(method, "shell", "x");
        d.set("to", "there");
        return d;
    };
    const Forwarded full = send(to_there("post"), asker_);
    ASSERT_EQ(full.verdict, Verdict::full);
    EXPECT_EQ(send(Datapack("post", "shell", "x"), asker_).verdict, Verdict::done) << "here it may send on";
    EXPECT_EQ(send(to_there("reply"), asker_).verdict, Verdict::done) << "an answer never waits";
    Datapack durable = to_there("post");
    durable.set("durable", "1");
    EXPECT_EQ(send(std::move(durable), asker_).verdict, Verdict::done) << "that waits on the disk";
    EXPECT_EQ(send(to_there("post"), Sender{"other", "uid:1000"}).verdict, Verdict::done) << "so may others";
    int again = 0;
    full.mailbox->when_room(this, 1, [&] { ++again; });
    EXPECT_EQ(again, 0);
    forwarder_.hold("asker", false);
    EXPECT_EQ(again, 1);
    EXPECT_EQ(send(to_there("post"), asker_).verdict, Verdict::done);
    EXPECT_EQ(taken(*net).size(), 4U);
}

TEST_F(ForwarderTest, WithTheTransportItsHoldsEnd) {
    const auto net = add("net");
    forwarder_.set_transport("net");
    forwarder_.hold("asker", true);
    Datapack d("post", "shell");
    d.set("to", "there");
    const Forwarded full = send(d, asker_);
    ASSERT_EQ(full.verdict, Verdict::full);
    int again = 0;
    full.mailbox->when_room(this, 1, [&] { ++again; });
    forwarder_.remove("net");
    EXPECT_EQ(again, 1);
    EXPECT_EQ(send(std::move(d), asker_).verdict, Verdict::done) << "it is refused, and said";
}

TEST_F(ForwarderTest, LoggerIsAnotherNameOfLog) {
    const auto log = add("log");
    (void)send(Datapack("post", "logger", "x"), asker_);
    EXPECT_EQ(taken(*log).size(), 1U);
}

TEST_F(ForwarderTest, AnAppHasOneOwner) {
    (void)add("a");
    EXPECT_FALSE(forwarder_.add("a", std::make_shared<Mailbox>(1, 1), Forwarder::Kind::plugin));
}

/// Writes down which deliveries have left their mailboxes.
class Left final : public DeliveryListener {
public:
    void left(void* name, std::size_t bytes) noexcept override {
        EXPECT_GT(bytes, 0U);
        names.push_back(*static_cast<int*>(name));
    }
    std::vector<int> names;
};

TEST_F(ForwarderTest, TheTransportHearsWhatHasLeftItsMailbox) {
    const auto shell = add("shell");
    const auto log = add("log");
    const auto left = std::make_shared<Left>();
    std::array<int, 5> names = {0, 1, 2, 3, 4};
    const auto hand_in = [&](int name, const char* app, const char* method = "post") {
        return forwarder_.forward(DatapackRef(Datapack(method, app)),
                                  Sender{"net", "", left, &names.at(static_cast<std::size_t>(name))});
    };
    EXPECT_TRUE(hand_in(0, "shell").waits);
    EXPECT_TRUE(hand_in(1, "shell&log").waits);
    EXPECT_FALSE(hand_in(2, "nobody").waits) << "that ended at once";
    (void)send(Datapack("post", "shell"), asker_);
    EXPECT_EQ(left->names, std::vector<int>{});
    EXPECT_EQ(taken(*shell).size(), 3U);
    EXPECT_EQ(left->names, (std::vector<int>{0, 1}));
    EXPECT_EQ(taken(*log).size(), 1U);
    EXPECT_EQ(left->names, (std::vector<int>{0, 1, 1})) << "a copy each";

    const auto small = std::make_shared<Mailbox>(1, 1);
    ASSERT_TRUE(forwarder_.add("small", small, Forwarder::Kind::plugin));
    EXPECT_TRUE(hand_in(3, "small").waits);
    EXPECT_EQ(hand_in(4, "small").verdict, Verdict::full);
    EXPECT_EQ(left->names.size(), 3U) << "it has not begun";
    (void)taken(*small);
    EXPECT_EQ(left->names.back(), 3);
    EXPECT_TRUE(hand_in(3, "small", "reply").waits);
    EXPECT_FALSE(hand_in(4, "small", "reply").waits) << "too slow";
    EXPECT_EQ(left->names.size(), 4U);
    forwarder_.remove("small");
}

TEST_F(ForwarderTest, ARememberedWayEndsWithItsApp) {
    Forwarder::Recent recent;
    const auto go = [&](std::string body) {
        DatapackRef d(Datapack("post", "shell", std::move(body)));
        d.own().set("from", "asker");
        return forwarder_.forward(d, asker_, &recent).verdict;
    };
    const auto asker = add("asker", Forwarder::Kind::attached);
    const auto old = add("shell");
    EXPECT_EQ(go("1"), Verdict::done);
    EXPECT_EQ(go("2"), Verdict::done);
    EXPECT_EQ(taken(*old), (Lines{"post shell 1", "post shell 2"}));
    forwarder_.remove("shell");
    EXPECT_EQ(go("3"), Verdict::done);
    EXPECT_TRUE(taken(*old).empty());
    EXPECT_EQ(taken(*asker), Lines{"reply asker no-such-app"});
    const auto next = add("shell");
    EXPECT_EQ(go("4"), Verdict::done);
    EXPECT_EQ(taken(*next), Lines{"post shell 4"});
}

TEST_F(ForwarderTest, OneOfTwoThatIsMissingIsToldStill) {
    const auto asker = add("asker", Forwarder::Kind::attached);
    const auto shell = add("shell");
    EXPECT_EQ(send(Datapack("post", "shell&nobody", "x"), asker_).verdict, Verdict::done);
    EXPECT_EQ(taken(*shell), Lines{"post shell&nobody x"});
    EXPECT_EQ(taken(*asker), Lines{"reply asker no-such-app"});
}

}  // namespace
}  // namespace msw
