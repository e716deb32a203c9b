#include "plugins/net/core/mesh.hpp"

#include "base/json.hpp"
#include "plugins/net/core/mesh_world_for_test.hpp"

#include <gmock/gmock.h>
#include <set>

namespace msw::net {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

/// The hosts that `host` can reach, as "id" or "id via proxy".
std::set<std::string> peers_of(HostForTest& host) {
    const Result<Json> rows = Json::parse(host.ask("peers").body);
    std::set<std::string> out;
    if (!rows) return {"no JSON"};
    for (const Json& row : rows->items()) {
        const std::string& via = row["via"].as_string();
        out.insert(row["id"].as_string() + (via.empty() ? "" : " via " + via));
    }
    return out;
}

using Ids = std::set<std::string>;

/// @return the link of `host` with a neighbour
LinkId link_of(const HostForTest& host, std::string_view neighbour) {
    for (const auto& [link, peer] : host.known) {
        if (peer.id == neighbour) return link;
    }
    return 0;
}

/// A host of the Python system connects; what is written to it is in written_to_old.
LinkId old_peer(HostForTest& host, const char* id, Time now) {
    const LinkId link = 1'000'000;
    EXPECT_TRUE(host.mesh.accepted(link, "127.0.0.1", now, Speaks::v0_1));
    Datapack word("post", "handshake");
    word.set("id", id);
    word.set("flag", "f");
    host.mesh.heard(link, word, now);
    EXPECT_TRUE(host.mesh.is_established(link));
    return link;
}

TEST(Mesh, OneAddressIsEnoughForAllToMeet) {
    World world;
    HostForTest& a = world.add("a");
    HostForTest& b = world.add("b", {1});
    HostForTest& c = world.add("c", {1});
    HostForTest& d = world.add("d", {3});
    world.pass(4 * kRound);
    EXPECT_EQ(peers_of(a), (Ids{"b", "c", "d"}));
    EXPECT_EQ(peers_of(b), (Ids{"a", "c", "d"}));
    EXPECT_EQ(peers_of(c), (Ids{"a", "b", "d"}));
    EXPECT_EQ(peers_of(d), (Ids{"a", "b", "c"}));
}

TEST(Mesh, BothDialAtOnceAndOneConnectionStays) {
    World world;
    HostForTest& a = world.add("a", {2});
    HostForTest& b = world.add("b", {1});
    world.pass(kRound);
    EXPECT_EQ(peers_of(a), (Ids{"b"}));
    const Result<Json> at_a = Json::parse(a.ask("peers").body);
    const Result<Json> at_b = Json::parse(b.ask("peers").body);
    EXPECT_EQ(at_a->items()[0]["direction"].as_string(), "out");
    EXPECT_EQ(at_b->items()[0]["direction"].as_string(), "in");
}

TEST(Mesh, ADatapackCrossesAndItsAnswerComesBack) {
    World world;
    HostForTest& a = world.add("a");
    HostForTest& b = world.add("b", {1});
    world.pass(kRound);
    b.send("get", "echo", "A", "hi");
    world.settle();
    ASSERT_THAT(a.bodies(), ElementsAre("hi"));
    EXPECT_EQ(a.delivered[0].get("to"), "");
    Datapack answer = a.delivered[0].reply();
    answer.set("id", "a");
    answer.set("from", "echo");
    a.mesh.submit(answer, world.now);
    world.settle();
    ASSERT_THAT(b.delivered, SizeIs(1));
    EXPECT_EQ(b.delivered[0].app, "tester");
    EXPECT_EQ(b.delivered[0].get("flag"), "f-hi");
}

TEST(Mesh, EveryTargetOnceAndNeverOneself) {
    World world;
    HostForTest& a = world.add("a");
    HostForTest& b = world.add("b", {1});
    HostForTest& c = world.add("c", {1});
    world.pass(2 * kRound);
    a.send("post", "log", "*", "1");
    a.send("post", "log", "b+*", "2");
    a.send("post", "log", "b+B+c+a", "3");
    world.settle();
    EXPECT_THAT(b.bodies(), ElementsAre("1", "2", "3"));
    EXPECT_THAT(c.bodies(), ElementsAre("1", "2", "3"));
    EXPECT_THAT(a.bodies(), ElementsAre("3"));
    EXPECT_EQ(a.ask("targets c+*").body, R"(["c","b"])");
}

TEST(Mesh, AForcedWayIsTakenHopByHop) {
    World world;
    HostForTest& a = world.add("a");
    HostForTest& b = world.add("b", {1});
    HostForTest& c = world.add("c", {1, 2});
    world.pass(kRound);
    a.send("post", "log", "b&c", "round");
    a.send("post", "log", "b&c&b", "there and back");
    a.send("post", "log", "b&c&a", "home");
    world.settle();
    ASSERT_THAT(c.bodies(), ElementsAre("round"));
    EXPECT_EQ(c.delivered[0].get("hops"), "");
    EXPECT_EQ(c.delivered[0].get("via"), "");
    EXPECT_THAT(b.bodies(), ElementsAre("there and back"));
    EXPECT_THAT(a.bodies(), ElementsAre("home"));
    EXPECT_EQ(b.mesh.counters().of(Count::relayed), 2U);
    EXPECT_EQ(c.mesh.counters().of(Count::relayed), 1U);
}

TEST(Mesh, AForcedWayMayBeginHere) {
    World world;
    HostForTest& a = world.add("a");
    HostForTest& b = world.add("b", {1});
    world.pass(kRound);
    a.send("post", "log", "a&b", "from here");
    a.send("post", "log", "A&a&b", "and again");
    a.send("post", "log", "b", "not held up");
    world.settle();
    EXPECT_THAT(b.bodies(), ElementsAre("from here", "and again", "not held up"));
}

TEST(Mesh, TargetsThatMeanNobodyAreErrors) {
    World world;
    HostForTest& a = world.add("a");
    const struct {
        const char* to;
        const char* error;
    } cases[] = {{"*", "no-such-host"}, {"@control", "no-such-role"}, {"a b", "bad-request"}, {"b&*", "bad-request"}};
    for (const auto& c : cases) {
        a.send("get", "echo", c.to);
        ASSERT_FALSE(a.delivered.empty()) << c.to;
        EXPECT_EQ(a.delivered.back().get("error"), c.error) << c.to;
        EXPECT_EQ(a.delivered.back().app, "tester");
    }
    a.delivered.clear();
    a.send("reply", "echo", "@control");
    EXPECT_THAT(a.delivered, IsEmpty());
    EXPECT_EQ(a.mesh.counters().of(Count::bad_target), 5U);
    EXPECT_EQ(a.ask("targets *").body, "[]");
}

TEST(Mesh, APeerThatComesUpLateGetsWhatWaitsInOrder) {
    World world;
    HostForTest& a = world.add("a", {2});
    world.enrol("b");
    world.pass(Time(1000));
    for (const char* body : {"1", "2", "3"}) a.send("post", "log", "b", body);
    EXPECT_THAT(a.ask("queue").body, HasSubstr(R"({"to":"b","app":"log","flag":"f-1","bytes":1,"tries":0})"));
    world.pass(Time(100'000));
    HostForTest& b = world.add("b");
    world.pass(Time(61'000));  // the longest back-off
    EXPECT_THAT(b.bodies(), ElementsAre("1", "2", "3"));
    EXPECT_EQ(a.ask("queue").body, "[]");
}

TEST(Mesh, ForAHostThatWasNeverSeenItsTimeIsOverWhenItSays) {
    World world;
    HostForTest& a = world.add("a");
    world.enrol("b");
    const auto send = [&](const char* flag, const std::string& expires) {
        Datapack d("get", "echo", "x");
        d.set("id", "a");
        d.set("from", "tester");
        d.set("to", "b");
        d.set("flag", flag);
        d.set("expires", expires);
        a.mesh.submit(std::move(d), world.now);
    };
    const std::int64_t now_s = world.now.count() / 1000;
    send("wrong", "soon");
    ASSERT_THAT(a.delivered, SizeIs(1));
    EXPECT_EQ(a.delivered[0].get("error"), "bad-request");
    send("soon", std::to_string(now_s + 10));
    send("late", std::to_string(now_s + 1000));
    world.pass(Time(12'000));
    ASSERT_THAT(a.delivered, SizeIs(2));
    EXPECT_EQ(a.delivered[1].get("flag"), "soon");
    world.pass(Time(900'000));
    EXPECT_THAT(a.delivered, SizeIs(2));
    world.pass(Time(100'000));
    ASSERT_THAT(a.delivered, SizeIs(3));
    EXPECT_EQ(a.delivered[2].get("flag"), "late");
}

TEST(Mesh, AfterTheLastTryTheAskerIsTold) {
    World world;
    HostForTest& a = world.add("a");
    world.enrol("b");
    a.send("get", "echo", "b", "q");
    a.send("reply", "echo", "b", "r");
    world.pass(Time(151'000));
    EXPECT_THAT(a.delivered, IsEmpty());
    world.pass(Time(2'000));
    ASSERT_THAT(a.delivered, SizeIs(1));
    EXPECT_EQ(a.delivered[0].get("error"), "unreachable");
    EXPECT_EQ(a.delivered[0].get("flag"), "f-q");
    EXPECT_EQ(a.mesh.counters().of(Count::unreachable), 2U);
    EXPECT_TRUE(std::any_of(a.lines.begin(), a.lines.end(), [](const auto& line) { return line.flag == "f-r"; }));
}

TEST(Mesh, AGatewayTellsTheOriginThatAnOldHostIsAway) {
    World world;
    HostForTest& a = world.add("a");
    (void)world.add("b", {1});
    world.pass(kRound);
    a.send("get", "echo", "b&snake");
    world.pass(Time(160'000));
    ASSERT_THAT(a.delivered, SizeIs(1));
    EXPECT_EQ(a.delivered[0].get("error"), "unreachable");
    EXPECT_EQ(a.delivered[0].get("id"), "b");
}

TEST(Mesh, AHostThatIsNoMemberIsToldOfAtOnce) {
    World world;
    HostForTest& a = world.add("a");
    (void)world.add("b", {1});
    world.pass(kRound);
    a.send("get", "echo", "x");
    ASSERT_THAT(a.delivered, SizeIs(1));
    EXPECT_EQ(a.delivered[0].get("error"), "no-such-host");
    EXPECT_THAT(a.delivered[0].body, HasSubstr("`mswctl roster`"));
    a.send("get", "echo", "b&x");
    world.settle();
    ASSERT_THAT(a.delivered, SizeIs(2));
    EXPECT_EQ(a.delivered[1].get("error"), "no-such-host");
    EXPECT_EQ(a.delivered[1].get("id"), "b");
}

TEST(Mesh, AHostBehindItsOnlyProxy) {
    World world;
    HostForTest& p = world.add("p");
    HostForTest& a = world.add("a", {1});
    HostForTest& w = world.add("w", {1, 2}, "p");
    world.pass(2 * kRound);
    EXPECT_EQ(peers_of(p), (Ids{"a", "w"}));
    EXPECT_EQ(peers_of(a), (Ids{"p", "w via p"}));
    EXPECT_EQ(peers_of(w), (Ids{"p", "a via p"}));
    a.send("post", "log", "w", "there");
    w.send("post", "log", "a", "back");
    w.send("post", "log", "*", "all");
    world.settle();
    EXPECT_THAT(w.bodies(), ElementsAre("there"));
    EXPECT_THAT(a.bodies(), ElementsAre("back", "all"));
    EXPECT_THAT(p.bodies(), ElementsAre("all"));
}

TEST(Mesh, TwoProxiesBetween) {
    World world;
    (void)world.add("p");
    (void)world.add("q", {1});
    HostForTest& x = world.add("x", {1}, "p");
    HostForTest& y = world.add("y", {2}, "q");
    world.pass(3 * kRound);
    x.send("post", "log", "y", "far");
    y.send("post", "log", "x", "away");
    world.settle();
    EXPECT_THAT(y.bodies(), ElementsAre("far"));
    EXPECT_THAT(x.bodies(), ElementsAre("away"));
}

TEST(Mesh, AProxyIsUsedWhileThereIsNoConnection) {
    World world;
    HostForTest& p = world.add("p");
    HostForTest& h = world.add("h", {1}, "", "p");
    (void)p;
    world.pass(kRound);
    HostForTest& a = world.add("a", {1});
    world.pass(Time(2'000));
    EXPECT_TRUE(peers_of(a).contains("h via p") || peers_of(a).contains("h"));
    a.send("post", "log", "h", "hello");
    world.settle();
    EXPECT_THAT(h.bodies(), ElementsAre("hello"));
}

TEST(Mesh, ADatapackIsPassedOnABoundedNumberOfTimes) {
    World world;
    HostForTest& a = world.add("a");
    (void)world.add("b", {1});
    HostForTest& c = world.add("c", {1});
    world.pass(kRound);
    const LinkId from_b = link_of(a, "b");
    Datapack d("post", "log");
    for (const auto& [name, value] : {std::pair("id", "b"), std::pair("from", "tester"), std::pair("to", "c")}) {
        d.set(name, value);
    }
    for (const char* hops : {"0", "x", "99999999999999999999"}) {
        d.set("hops", hops);
        a.mesh.heard(from_b, d, world.now);
    }
    EXPECT_EQ(a.mesh.counters().of(Count::relay_dropped), 3U);
    EXPECT_EQ(a.mesh.counters().of(Count::relayed), 0U);
    d.set("hops", "1");
    a.mesh.heard(from_b, d, world.now);
    EXPECT_EQ(a.mesh.counters().of(Count::relayed), 1U);
    d.set("to", "nobody");
    a.mesh.heard(from_b, d, world.now);
    d.set("to", "b");  // not back to where it came from
    a.mesh.heard(from_b, d, world.now);
    EXPECT_EQ(a.mesh.counters().of(Count::relay_dropped), 5U);
    world.settle();
    EXPECT_THAT(c.delivered, IsEmpty()) << "it had no envelope";
    EXPECT_EQ(c.mesh.counters().of(Count::bad_envelope), 1U);
}

TEST(Mesh, AStarFromAnOldHostIsForUsAlone) {
    World world;
    HostForTest& a = world.add("a");
    HostForTest& b = world.add("b", {1});
    world.pass(kRound);
    const LinkId old = old_peer(a, "snake", world.now);
    Datapack d("post", "log", "star");
    d.set("id", "snake");
    d.set("to", "*");
    a.mesh.heard(old, d, world.now);
    world.settle();
    EXPECT_THAT(a.bodies(), ElementsAre("star"));
    EXPECT_THAT(b.bodies(), IsEmpty());
    a.mesh.heard(link_of(a, "b"), d, world.now);
    EXPECT_THAT(a.bodies(), ElementsAre("star")) << "from others it is no target";
    EXPECT_EQ(a.mesh.counters().of(Count::bad_envelope), 1U);
}

TEST(Mesh, AnAnswerNeverGoesToAnIdThatNamesSeveral) {
    World world;
    HostForTest& a = world.add("a");
    const LinkId old = old_peer(a, "snake", world.now);
    Datapack d("get", "echo");
    d.set("id", "*");
    a.mesh.heard(old, d, world.now);
    ASSERT_THAT(a.delivered, SizeIs(1));
    EXPECT_EQ(a.delivered[0].get("id"), "snake");
}

TEST(Mesh, AnOldHostsQuestionGoesOnInOurNameAndItsAnswerComesBack) {
    World world;
    HostForTest& a = world.add("a");
    HostForTest& b = world.add("b", {1});
    world.pass(kRound);
    const LinkId old = old_peer(a, "snake", world.now);
    Datapack d("get", "echo", "hiss");
    d.set("id", "snake");
    d.set("from", "plugin");
    d.set("flag", "s1");
    d.set("to", "b");
    a.mesh.heard(old, d, world.now);
    world.settle();
    ASSERT_THAT(b.bodies(), ElementsAre("hiss"));
    EXPECT_EQ(b.delivered[0].get("id"), "a");
    EXPECT_EQ(b.delivered[0].get("legacy"), "snake");
    Datapack answer = b.delivered[0].reply();
    answer.set("id", "b");
    answer.set("from", "echo");
    b.mesh.submit(answer, world.now);
    world.settle();
    EXPECT_THAT(a.delivered, IsEmpty());
    ASSERT_FALSE(a.written_to_old.empty());
    EXPECT_EQ(a.written_to_old.back().app, "plugin");
    EXPECT_EQ(a.written_to_old.back().get("flag"), "s1");
}

TEST(Mesh, ThroughAGatewayToAnOldHost) {
    World world;
    HostForTest& a = world.add("a");
    HostForTest& b = world.add("b", {1});
    world.pass(kRound);
    const LinkId old = old_peer(a, "snake", world.now);
    b.send("get", "echo", "a&snake", "hello");
    world.settle();
    ASSERT_FALSE(a.written_to_old.empty());
    EXPECT_EQ(a.written_to_old.back().body, "hello");
    EXPECT_EQ(a.written_to_old.back().get("id"), "b");
    Datapack answer = a.written_to_old.back().reply();
    answer.set("id", "snake");
    answer.set("from", "echo");
    a.mesh.heard(old, answer, world.now);
    world.settle();
    ASSERT_THAT(b.delivered, SizeIs(1));
    EXPECT_EQ(b.delivered[0].get("legacy"), "snake");
    EXPECT_EQ(b.delivered[0].get("id"), "a");
}

TEST(Mesh, AnAnswerThatNobodyAskedForIsDropped) {
    World world;
    HostForTest& a = world.add("a");
    HostForTest& b = world.add("b", {1});
    world.pass(kRound);
    b.send("reply", "tester", "a", "no question");
    world.settle();
    EXPECT_THAT(a.delivered, IsEmpty());
    EXPECT_EQ(a.mesh.counters().of(Count::unasked), 1U);
    world.pass(Time(5'000));
    EXPECT_EQ(b.mesh.waiting(), 0U) << "it arrived all the same";
}

TEST(Mesh, FieldsOfFlowsAreNotForPlugins) {
    World world;
    HostForTest& a = world.add("a");
    Datapack d("get", "echo");
    for (const auto& [name, value] : {std::pair("id", "a"), std::pair("from", "tester"), std::pair("to", "b")}) {
        d.set(name, value);
    }
    d.set("n", "1");
    a.mesh.submit(d, world.now);
    ASSERT_THAT(a.delivered, SizeIs(1));
    EXPECT_EQ(a.delivered[0].get("error"), "bad-request");
    EXPECT_THAT(a.delivered[0].body, HasSubstr("`n`"));
}

TEST(Mesh, ItsOwnAddressIsDialledOnce) {
    World world;
    HostForTest& a = world.add("a", {1});
    world.pass(10 * kRound);
    EXPECT_THAT(a.ask("status").body, HasSubstr("127.0.0.1:1 this host"));
    EXPECT_EQ(a.ask("mht").body, R"({"mht":[],"proxy":{}})");
    EXPECT_FALSE(a.said("two hosts"));
    EXPECT_FALSE(a.said("refused"));
}

TEST(Mesh, ACopyOfAHostIsSaidAloud) {
    World world;
    HostForTest& a = world.add("a");
    (void)world.add("A", {1});
    world.pass(Time(1000));
    EXPECT_TRUE(a.said("two hosts run with the keys of a: this one stays"));
    EXPECT_EQ(peers_of(a), Ids{});
}

TEST(Mesh, OfTwoHostsWithOneKeyTheFirstStays) {
    // The third host has the lowest id, and dials; then the highest, and is dialled.
    for (const char* third : {"a", "z"}) {
        const bool dials = third[0] == 'a';
        World world;
        HostForTest& b = world.add("b");
        HostForTest& t = dials ? world.add(third, {1, 3}) : world.add(third, {1});
        world.pass(Time(1000));
        EXPECT_EQ(peers_of(t), Ids{"b"});
        HostForTest& copy = dials ? world.add("b") : world.add("b", {2});
        world.pass(4 * kRound);
        for (int i = 0; i < 20; ++i) {
            t.send("post", "log", "b", std::to_string(i));
            world.pass(Time(500));
        }
        EXPECT_THAT(b.delivered, SizeIs(20)) << third;
        EXPECT_THAT(copy.delivered, IsEmpty()) << third;
        EXPECT_TRUE(t.said("two hosts run with the keys of b: the one at 127.0.0.1:1 stays")) << third;
        EXPECT_LE(std::count_if(t.lines.begin(), t.lines.end(),
                                [](const auto& l) { return l.text.find("two hosts") != std::string::npos; }),
                  20)
            << third;
        if (!dials) {
            EXPECT_TRUE(copy.said("another host that is connected has the keys of this one, b"));
        }
        // Its place is free as soon as the first is gone.
        world.kill(b);
        world.pass(Time(70'000));
        EXPECT_EQ(peers_of(t), Ids{"b"}) << third;
    }
}

TEST(Mesh, WhoSaysNothingIsClosedAfterTenSeconds) {
    World world;
    HostForTest& a = world.add("a");
    EXPECT_TRUE(a.mesh.accepted(1000, "127.0.0.1", world.now));
    world.pass(Time(9'500));
    EXPECT_FALSE(a.said("was closed"));
    world.pass(Time(1'000));
    EXPECT_TRUE(a.said("it has not said who it is within 10 s"));
}

TEST(Mesh, UnknownConnectionsAreBounded) {
    World world;
    HostForTest& a = world.add("a");
    for (LinkId i = 0; i < Mesh::kMostUnknown; ++i) EXPECT_TRUE(a.mesh.accepted(1000 + i, "127.0.0.1", world.now));
    EXPECT_FALSE(a.mesh.accepted(5000, "127.0.0.1", world.now));
    EXPECT_TRUE(a.said("too many"));
    world.pass(Time(11'000));
    EXPECT_TRUE(a.mesh.accepted(5001, "127.0.0.1", world.now));
}

TEST(Mesh, NoMoreAreEstablishedThanTheBoundHoweverManyAreUnderWay) {
    World world;
    std::vector<OldHost> many{{"late", {{"127.0.0.1", 0}}}};
    for (LinkId i = 2; i < Mesh::kMostLinks + 2; ++i) many.push_back({"h" + std::to_string(i), {{"127.0.0.1", 0}}});
    world.old_hosts = OldHosts(many);
    HostForTest& a = world.add("a");
    const auto says = [&](LinkId link, const std::string& id) {
        Datapack word("post", "handshake");
        word.set("id", id);
        a.mesh.heard(link, word, world.now);
    };
    EXPECT_TRUE(a.mesh.accepted(1, "127.0.0.1", world.now, Speaks::v0_1));
    for (LinkId i = 2; i < Mesh::kMostLinks + 2; ++i) {
        ASSERT_TRUE(a.mesh.accepted(i, "127.0.0.1", world.now, Speaks::v0_1));
        says(i, "h" + std::to_string(i));
    }
    EXPECT_THAT(peers_of(a), SizeIs(Mesh::kMostLinks));
    says(1, "late");
    EXPECT_FALSE(a.mesh.is_established(1));
    EXPECT_THAT(peers_of(a), SizeIs(Mesh::kMostLinks));
    EXPECT_TRUE(a.said("too many"));
}

TEST(Mesh, AKilledPeerIsDialledAgain) {
    World world;
    HostForTest& a = world.add("a", {2, 3});
    HostForTest& b = world.add("b");
    world.pass(kRound);
    EXPECT_EQ(peers_of(a), (Ids{"b"}));
    world.kill(b);
    EXPECT_EQ(peers_of(a), Ids{});
    HostForTest& again = world.add("b");  // on the next port
    a.send("post", "log", "b", "again");
    world.pass(Time(61'000));
    EXPECT_THAT(again.bodies(), ElementsAre("again"));
}

TEST(Mesh, ALinkWithoutRoomFillsTheOutboxToItsBound) {
    World world;
    HostForTest& a = world.add("a");
    HostForTest& b = world.add("b", {1});
    world.pass(kRound);
    a.room = false;
    for (int i = 0; i < 17; ++i) a.send("post", "log", "b", std::string(1024 * 1024, 'x'));
    ASSERT_FALSE(a.delivered.empty());
    EXPECT_EQ(a.delivered[0].get("error"), "queue-full");
    world.settle();
    EXPECT_EQ(b.delivered.size(), 0U);
    a.room = true;
    a.mesh.has_room_again(world.now);
    world.pass(Time(5'000));
    EXPECT_EQ(b.delivered.size(), 15U);
}

TEST(Mesh, WhoSendsMoreThanIsTakenIsHeldUntilItIs) {
    World world;
    HostForTest& a = world.add("a");
    HostForTest& b = world.add("b", {1});
    world.pass(kRound);
    a.room = false;
    for (int i = 0; i < 3; ++i) a.send("post", "log", "b", std::string(1024 * 1024, 'x'));
    EXPECT_THAT(a.held, IsEmpty());
    a.send("reply", "log", "b", std::string(1024 * 1024, 'x'));
    EXPECT_THAT(a.held, IsEmpty()) << "a reply holds nobody";
    a.send("post", "log", "b", std::string(1024 * 1024, 'x'));
    EXPECT_THAT(a.held, ElementsAre("tester"));
    EXPECT_EQ(a.mesh.counters().of(Count::held_back), 1U);
    EXPECT_THAT(a.ask("status").body, HasSubstr("held back, as they send more than is taken: tester\n"));
    a.room = true;
    a.mesh.has_room_again(world.now);
    world.pass(Time(5'000));
    EXPECT_EQ(b.delivered.size(), 4U);
    EXPECT_THAT(a.held, IsEmpty());
}

TEST(Mesh, WhoIsHeldForAHostThatGoesAwayIsLetGo) {
    World world;
    HostForTest& a = world.add("a");
    HostForTest& b = world.add("b", {1});
    world.pass(kRound);
    a.room = false;
    for (int i = 0; i < 5; ++i) a.send("post", "log", "b", std::string(1024 * 1024, 'x'));
    ASSERT_THAT(a.held, ElementsAre("tester"));
    world.kill(b);
    world.pass(Time(5'000));
    EXPECT_THAT(a.held, IsEmpty());
}

TEST(Mesh, AListOfHostsThatAreAwayFillsTheOutboxToItsBound) {
    World world;
    std::vector<OldHost> many{{"h0", {}}};
    std::string to = "h0";
    for (int i = 1; i < 100; ++i) {
        many.push_back({"h" + std::to_string(i), {}});
        to += "+" + many.back().id;
    }
    world.old_hosts = OldHosts(many);
    HostForTest& a = world.add("a");
    a.send("post", "log", to.c_str(), std::string(1024 * 1024, 'x'));
    const std::size_t taken = Outbox::kMostInAll / (1024 * 1024) - 1;  // heads count too
    EXPECT_EQ(a.mesh.waiting(), taken);
    EXPECT_THAT(a.delivered, SizeIs(100 - taken));
    for (const Datapack& d : a.delivered) EXPECT_EQ(d.get("error"), "queue-full");
}

TEST(Mesh, VerbsThatAreNotKnownListThoseThatAre) {
    World world;
    HostForTest& a = world.add("a");
    for (const char* body : {"", "dance", "targets", "peers now", "targets a b"}) {
        const Datapack answer = a.ask(body);
        EXPECT_EQ(answer.get("error"), "bad-request") << body;
    }
    EXPECT_THAT(a.ask("dance").body,
                HasSubstr("net knows: amend, found, join, key, leave, mht, new-keys, peers, queue, records, roster, "
                          "route HOST [APP], status, targets TARGETS, trace FLAG"));
    EXPECT_THAT(a.ask(" status\n").body, HasSubstr("Online:"));
}

TEST(Mesh, LikeLinesAreCountedButNotAllWritten) {
    World world;
    HostForTest& a = world.add("a");
    for (int i = 0; i < 100; ++i) a.send("reply", "x", "@role");
    EXPECT_EQ(a.mesh.counters().of(Count::bad_target), 100U);
    EXPECT_EQ(a.lines.size(), Counters::kLines);
    world.pass(Time(11'000));
    EXPECT_TRUE(a.said("80 more of the kind \"bad-target\""));
}

}  // namespace
}  // namespace msw::net
