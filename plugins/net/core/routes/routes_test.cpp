#include "plugins/net/core/routes/routes.hpp"

#include "plugins/net/core/routes/announce_for_test.hpp"

#include <gmock/gmock.h>

namespace msw::net {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

struct RoutesHost final : RoutesEdge {
    void send_routes(LinkId link, std::string body) override { sent.emplace_back(link, std::move(body)); }
    void dial(const std::string& member, const Address& /*address*/) override { dialled.push_back(member); }
    void drop_surplus(LinkId link) override { dropped.push_back(link); }
    void route_changed(const Announced& what) override { changed.push_back(what.said.member); }
    void raise_epoch(std::uint64_t epoch) override { epochs.push_back(epoch); }
    void two_runs() override { ++alarms; }
    void route_offence(LinkId link, std::string_view /*why*/) override { offenders.push_back(link); }

    void pass(Time time) {
        for (const Time end = now + time; now < end; now += Time(50)) routes.tick(now);
    }
    void hears(LinkId link, const AnnouncedPtr& what) {
        RouteFrame frame = RouteFrame::flood();
        ASSERT_TRUE(frame.add_announcement(*what));
        routes.frame_heard(link, std::move(frame).take(), now);
    }

    std::vector<std::pair<LinkId, std::string>> sent;
    std::vector<std::string> dialled;
    std::vector<LinkId> dropped;
    std::vector<std::string> changed;
    std::vector<std::uint64_t> epochs;
    std::vector<LinkId> offenders;
    int alarms = 0;
    Time now = seconds(100);
    Routes routes{{"miku", "a", 1, 7}, 1, *this};
};

TEST(Routes, AnnounceTheLinksThatAreUp) {
    RoutesHost host;
    host.routes.set_addresses({{"10.0.0.7", 3900}}, host.now);
    host.pass(seconds(1));
    ASSERT_NE(host.routes.table().said("a"), nullptr);
    host.routes.up({.id = 1, .member = "b"}, host.now);
    host.hears(1, says("b", {"a", "c"}));
    host.hears(1, says("c", {"b"}));
    EXPECT_THAT(host.changed, ElementsAre("b", "c"));
    EXPECT_EQ(host.routes.table().next_hop("c"), "b") << "before it is announced";
    host.pass(seconds(2));
    EXPECT_EQ(host.routes.table().said("a")->links, links_to({"b"}));
    EXPECT_FALSE(host.sent.empty());
    host.routes.set_busy(1, true, host.now);
    EXPECT_EQ(host.routes.table().next_hop("c"), "");
    host.routes.set_busy(1, false, host.now);
    host.routes.down(1, host.now);
    EXPECT_EQ(host.routes.table().next_hop("b"), "");
    host.pass(seconds(2));
    EXPECT_THAT(host.routes.table().said("a")->links, IsEmpty());
}

TEST(Routes, OfTwoLinksToOneMemberOneIsLeftWhenTheOtherGoes) {
    RoutesHost host;
    host.routes.up({.id = 1, .member = "b"}, host.now);
    host.routes.up({.id = 2, .member = "b", .cost = 5}, host.now);
    host.pass(seconds(2));
    EXPECT_THAT(host.routes.table().said("a")->links, ElementsAre(AnnouncedLink{"b", 5, false}));
    host.routes.down(2, host.now);
    host.pass(seconds(2));
    EXPECT_THAT(host.routes.table().said("a")->links, ElementsAre(AnnouncedLink{"b", 1, false}));
}

TEST(Routes, DialWhomTheyWant) {
    RoutesHost host;
    host.pass(seconds(1));
    host.routes.up({.id = 1, .member = "b"}, host.now);
    host.hears(1, says("c", {"b"}));
    host.pass(seconds(5));
    EXPECT_THAT(host.dialled, ElementsAre("c"));
    host.routes.dial_failed("c", host.now);
    host.pass(seconds(2));
    EXPECT_THAT(host.dialled, ElementsAre("c", "c"));
    host.routes.up({.id = 2, .member = "c", .we_dialled = true}, host.now);
    host.pass(minutes(1));
    EXPECT_THAT(host.dialled, SizeIs(2));
    EXPECT_THAT(host.dropped, IsEmpty());
}

TEST(Routes, GoPastAnotherRunAndSayWhenThereAreTwo) {
    RoutesHost host;
    host.pass(seconds(1));
    host.routes.up({.id = 1, .member = "b"}, host.now);
    for (std::uint64_t epoch = 5; epoch < 12; ++epoch) {
        host.hears(1, says("a", {}, {.edition = {epoch, 1}}));
        host.pass(seconds(1));
    }
    EXPECT_THAT(host.epochs, ElementsAre(5, 6, 7));
    EXPECT_EQ(host.routes.table().said("a")->edition, (Edition{7, 2}));
    EXPECT_EQ(host.alarms, 1);
}

TEST(Routes, TellWhoBreaksTheRules) {
    RoutesHost host;
    host.routes.up({.id = 1, .member = "b"}, host.now);
    host.routes.frame_heard(1, "nonsense\n", host.now);
    EXPECT_THAT(host.offenders, ElementsAre(1));
}

}  // namespace
}  // namespace msw::net
