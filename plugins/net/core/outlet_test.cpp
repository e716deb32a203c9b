#include "plugins/net/core/outlet.hpp"

#include "msw/decoder.hpp"

#include <gmock/gmock.h>

namespace msw::net {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

Parcel parcel(const std::string& flag, std::size_t body = 3) {
    Parcel p;
    p.datapack = Datapack("post", "log", std::string(body, 'x'));
    p.datapack.set("flag", flag);
    return p;
}

Parcel file_parcel(const std::string& flag, std::uint64_t size) {
    Parcel p = parcel(flag, 0);
    p.datapack.method = "file";
    p.datapack.set("filename", "f");
    p.datapack.file = std::make_shared<const File>(-1, size, "");
    return p;
}

/// Let the outlet write at most `most` bytes. @return them
std::string write(Outlet& outlet, std::size_t most) {
    std::string bytes = outlet.piece(most);
    outlet.taken(bytes.size());
    return bytes;
}

std::string write_all(Outlet& outlet) {
    std::string all;
    for (std::string some = write(outlet, 1 << 20); !some.empty(); some = write(outlet, 1 << 20)) all += some;
    return all;
}

std::vector<std::string> flags_in(const std::string& bytes) {
    Decoder decoder;
    decoder.feed(bytes);
    std::vector<std::string> flags;
    while (decoder.next() == Decoder::Event::datapack) flags.emplace_back(decoder.datapack().get("flag"));
    EXPECT_TRUE(decoder.at_boundary());
    return flags;
}

std::vector<std::string> flags_of(const std::vector<Parcel>& parcels) {
    std::vector<std::string> flags;
    flags.reserve(parcels.size());
    for (const Parcel& p : parcels) flags.emplace_back(p.datapack.get("flag"));
    return flags;
}

TEST(Outlet, GathersInOrder) {
    Outlet outlet(Dialect::v1, false, 0);
    for (const char* flag : {"1", "2", "3"}) outlet.push(parcel(flag));
    outlet.push(parcel("4", 100'000));
    outlet.push(parcel("5"));
    EXPECT_THAT(flags_in(write(outlet, 1 << 20)), ElementsAre("1", "2", "3", "4", "5"));
    EXPECT_TRUE(outlet.idle());
    EXPECT_EQ(outlet.waiting_bytes(), 0U);
    EXPECT_EQ(outlet.sent(), 5U);
}

TEST(Outlet, AnyCutOfTheBytesGivesTheSame) {
    for (std::size_t cut = 1; cut < 200; cut += 7) {
        Outlet outlet(Dialect::v1, false, 0);
        for (const char* flag : {"1", "2", "3"}) outlet.push(parcel(flag, 5000));
        std::string all;
        while (!outlet.idle()) all += write(outlet, cut);
        EXPECT_THAT(flags_in(all), ElementsAre("1", "2", "3")) << cut;
    }
}

TEST(Outlet, KnowsWhatWasTakenWhole) {
    Outlet outlet(Dialect::v1, false, 0);
    for (const char* flag : {"1", "2", "3", "4"}) outlet.push(parcel(flag, 100));
    const std::size_t each = outlet.piece(1 << 20).size() / 4;
    (void)write(outlet, each + 1);
    EXPECT_TRUE(outlet.amid());
    EXPECT_EQ(outlet.sent(), 1U);
    EXPECT_THAT(flags_of(outlet.take_all()), ElementsAre("2", "3", "4"));
    EXPECT_TRUE(outlet.idle());
}

TEST(Outlet, FinishesWhatItHasBegunAndGivesBackTheRest) {
    Outlet outlet(Dialect::v1, false, 0);
    for (const char* flag : {"1", "2", "3", "4"}) outlet.push(parcel(flag, 5000));
    std::string all = write(outlet, 5500);
    outlet.push(parcel("5"));
    EXPECT_THAT(flags_of(outlet.take_unbegun()), ElementsAre("3", "4", "5"));
    all += write_all(outlet);
    EXPECT_THAT(flags_in(all), ElementsAre("1", "2"));
    EXPECT_TRUE(outlet.idle());
    EXPECT_EQ(outlet.waiting_bytes(), 0U);
}

TEST(Outlet, NothingBegunIsAllGivenBack) {
    Outlet outlet(Dialect::v1, false, 0);
    outlet.push(parcel("1"));
    outlet.push(parcel("2"));
    (void)outlet.parts();
    EXPECT_THAT(flags_of(outlet.take_unbegun()), ElementsAre("1", "2"));
    EXPECT_TRUE(outlet.idle());
    EXPECT_FALSE(outlet.amid());
}

TEST(Outlet, AFileStopsTheGatheringUntilItIsDone) {
    Outlet outlet(Dialect::v1, false, 0);
    outlet.push(parcel("1"));
    outlet.push(file_parcel("2", 7));
    outlet.push(parcel("3"));
    EXPECT_THAT(flags_in(write(outlet, 1 << 20)), ElementsAre("1"));
    const std::string head = write(outlet, 1 << 20);
    EXPECT_THAT(head, testing::HasSubstr("length: 7\n"));
    EXPECT_TRUE(outlet.file_due());
    EXPECT_THAT(outlet.parts(), IsEmpty());
    EXPECT_EQ(outlet.file_parcel().datapack.get("flag"), "2");
    outlet.file_done();
    EXPECT_THAT(flags_in(write(outlet, 1 << 20)), ElementsAre("3"));
    EXPECT_EQ(outlet.sent(), 3U);
    EXPECT_EQ(outlet.waiting_bytes(), 0U);
}

TEST(Outlet, AFileThatBreaksOffIsGivenBack) {
    Outlet outlet(Dialect::v1, false, 0);
    outlet.push(file_parcel("1", 7));
    outlet.push(parcel("2"));
    (void)write(outlet, 1 << 20);
    EXPECT_THAT(flags_of(outlet.take_unbegun()), ElementsAre("2"));
    EXPECT_THAT(flags_of(outlet.take_all()), ElementsAre("1"));
    EXPECT_EQ(outlet.waiting_bytes(), 0U);
}

TEST(Outlet, AnOldHostGetsOneAtATimeAndNothingItCannotRead) {
    Outlet outlet(Dialect::old_host, true, 4096);
    outlet.push(parcel("1"));
    outlet.push(parcel("2", 4096));
    Parcel colon = parcel("3");
    colon.datapack.set("note", "a: b");
    outlet.push(std::move(colon));
    outlet.push(file_parcel("4", 1 << 20));
    outlet.push(parcel("5"));
    EXPECT_THAT(flags_in(write(outlet, 1 << 20)), ElementsAre("1"));
    EXPECT_THAT(write(outlet, 1 << 20), testing::StartsWith("file log msw/0.1\n"));
    const auto unfit = outlet.take_unfit();
    ASSERT_EQ(unfit.size(), 2U);
    EXPECT_EQ(unfit[0].second.code, Code::too_large);
    EXPECT_EQ(unfit[1].second.code, Code::bad_request);
    EXPECT_THAT(outlet.take_unfit(), IsEmpty());
    outlet.file_done();
    EXPECT_THAT(flags_in(write_all(outlet)), ElementsAre("5"));
    EXPECT_EQ(outlet.waiting_bytes(), 0U);
}

Parcel frame(const std::string& flag, std::size_t body = 3) {
    Parcel p = parcel(flag, body);
    p.datapack.method = "link";
    return p;
}

TEST(Outlet, FramesGoBeforeWhatIsCarried) {
    Outlet outlet(Dialect::v1, false, 0);
    outlet.push(parcel("1", 1'000));
    outlet.push(parcel("2"));
    std::string bytes = write(outlet, 100);  // 1 and 2 are gathered
    outlet.push(parcel("3"));
    outlet.push(frame("f"));
    outlet.push(frame("g"));
    bytes += write_all(outlet);
    EXPECT_THAT(flags_in(bytes), ElementsAre("1", "2", "f", "g", "3"));
}

TEST(Outlet, HasRoomForFramesUpToABoundWhateverElseWaits) {
    Outlet outlet(Dialect::v1, false, 0);
    outlet.push(parcel("1", 2 * Outlet::kMostFrames));
    EXPECT_TRUE(outlet.has_room_for_frame());
    outlet.push(frame("f", Outlet::kMostFrames));
    EXPECT_FALSE(outlet.has_room_for_frame());
    EXPECT_GT(outlet.waiting_bytes(), outlet.carried_bytes());
    (void)write_all(outlet);
    EXPECT_TRUE(outlet.has_room_for_frame());
    EXPECT_EQ(outlet.waiting_bytes(), 0U);
}

TEST(Outlet, WhatIsTakenOutIsFramesFirst) {
    Outlet outlet(Dialect::v1, false, 0);
    outlet.push(parcel("1"));
    outlet.push(frame("f"));
    EXPECT_THAT(flags_of(outlet.take_unbegun()), ElementsAre("f", "1"));
    outlet.push(parcel("2"));
    outlet.push(frame("g"));
    EXPECT_THAT(flags_of(outlet.take_all()), ElementsAre("g", "2"));
    EXPECT_EQ(outlet.waiting_bytes(), 0U);
}

TEST(Outlet, CountsWhatIsCarriedApart) {
    Outlet outlet(Dialect::v1, false, 0);
    for (const char* flag : {"1", "2", "3"}) outlet.push(parcel(flag));
    outlet.push(frame("f"));
    EXPECT_EQ(outlet.carried_then(), 3U);
    EXPECT_EQ(outlet.carried(), 0U);
    (void)write_all(outlet);
    EXPECT_EQ(outlet.carried(), 3U);
    EXPECT_EQ(outlet.sent(), 4U);
    outlet.push(parcel("4"));
    EXPECT_EQ(outlet.carried_then(), 4U);
    EXPECT_EQ(outlet.take_all().size(), 1U);
    EXPECT_EQ(outlet.carried_then(), 3U);
}

}  // namespace
}  // namespace msw::net
