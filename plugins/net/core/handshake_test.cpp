// Conversations: what the other side says, what we answer, and how it ends.
#include "plugins/net/core/handshake.hpp"

#include "msw/decoder.hpp"
#include "msw/encoder.hpp"

#include <gmock/gmock.h>

namespace msw::net {
namespace {

using Side = Handshake::Side;
using State = Handshake::State;

Datapack said(const std::string& text) {
    Decoder decoder;
    decoder.feed(text + "length: 0\n\n");
    EXPECT_EQ(decoder.next(), Decoder::Event::datapack) << text;
    return decoder.datapack();
}

std::string shown(const std::optional<Datapack>& d) {
    if (!d) return "";
    const Result<std::string> text = encode(*d, Dialect::old_host);
    return text ? *text : text.error().text;
}

struct Conversation {  // NOLINT(clang-analyzer-optin.performance.Padding): it reads as it goes
    const char* title;
    Side side;
    const char* only_proxy;  ///< ours
    const char* they_say;
    State ends;
    const char* we_answer;  ///< to what they say; empty: nothing
    const char* because;    ///< part of why it was refused
};

constexpr const char* kOurWord =
    "post handshake msw/0.1\nid: hmsy\nfrom: net\nflag: f1\nlisten_port: 3900\nlength: 0\n\n";

const Conversation kConversations[] = {
    {"it dials us", Side::accepted, "", "post handshake msw/0.1\nid: miku\nfrom: net\nflag: f1\nlisten_port: 3901\n",
     State::ready, kOurWord, ""},
    {"we dialled, it answers", Side::dialled, "", "post handshake msw/0.1\nid: miku\n", State::ready, "", ""},
    {"fields of the future are ignored", Side::dialled, "", "post handshake msw/1\nid: miku\ncan: fly msw/2\nx-y: 1\n",
     State::ready, "", ""},
    {"it says something else first", Side::accepted, "", "get net msw/0.1\nid: miku\n", State::refused, "",
     "no handshake"},
    {"it answers instead of speaking", Side::accepted, "", "reply handshake msw/0.1\nid: miku\n", State::refused, "",
     "no handshake"},
    {"it has no id", Side::accepted, "", "post handshake msw/0.1\nfrom: net\n", State::refused, "", "no `id`"},
    {"its id is no host id", Side::dialled, "", "post handshake msw/0.1\nid: all\n", State::refused, "", "no host id"},
    {"its id leads out of a line", Side::dialled, "", "post handshake msw/1\nid: a%0Ab\n", State::refused, "",
     "\"a?b\" is no host id"},
    {"its flag leads out of a line", Side::accepted, "", "post handshake msw/1\nid: miku\nflag: a%0Ab\n",
     State::refused, "", "\"a?b\", can't be said back"},
    {"its flag can't be read by an old host", Side::accepted, "", "post handshake msw/1\nid: miku\nflag: a: b\n",
     State::refused, "", "can't be said back"},
    {"it is us", Side::accepted, "", "post handshake msw/0.1\nid: HMSY\n", State::refused, "", "our own id"},
    {"it may be reached through us only", Side::accepted, "",
     "post handshake msw/0.1\nid: miku\nflag: f1\nonlyuseproxy: hmsy\n", State::ready, kOurWord, ""},
    {"it may be reached through another only", Side::accepted, "",
     "post handshake msw/0.1\nid: miku\nonlyuseproxy: lain\n", State::refused, "", "through lain only"},
    {"we may be reached through it only", Side::dialled, "miku", "post handshake msw/0.1\nid: Miku\n", State::ready, "",
     ""},
    {"we may be reached through another only", Side::accepted, "lain", "post handshake msw/0.1\nid: miku\n",
     State::refused, "", "through lain only, and this is miku"},
};

TEST(Handshake, Conversations) {
    for (const Conversation& c : kConversations) {
        SCOPED_TRACE(c.title);
        Handshake handshake({"hmsy", 3900, c.only_proxy}, c.side);
        EXPECT_EQ(handshake.begin("f1").has_value(), c.side == Side::dialled);
        EXPECT_EQ(handshake.state(), State::waiting);
        EXPECT_EQ(shown(handshake.hear(said(c.they_say))), c.we_answer);
        EXPECT_EQ(handshake.state(), c.ends);
        EXPECT_THAT(handshake.why(), testing::HasSubstr(c.because));
    }
}

TEST(Handshake, OurWordNamesTheOnlyProxy) {
    const Handshake handshake({"hmsy", 0, "miku"}, Side::dialled);
    EXPECT_EQ(shown(handshake.begin("f1")),
              "post handshake msw/0.1\nid: hmsy\nfrom: net\nflag: f1\nlisten_port: 0\nonlyuseproxy: miku\n"
              "length: 0\n\n");
}

TEST(Handshake, WhatThePeerSaidIsKept) {
    Handshake handshake({"hmsy", 3900, ""}, Side::dialled);
    (void)handshake.hear(said("post handshake msw/0.1\nid: miku\nlisten_port: 3901\n"));
    EXPECT_EQ(handshake.peer().id, "miku");
    EXPECT_EQ(handshake.peer().listen_port, 3901);
    EXPECT_FALSE(handshake.peer().modern);
}

TEST(Handshake, APortThatIsNoneIsNone) {
    for (const char* port : {"x", "70000", "-1", "39 00"}) {
        Handshake handshake({"hmsy", 3900, ""}, Side::dialled);
        (void)handshake.hear(said(std::string("post handshake msw/0.1\nid: miku\nlisten_port: ") + port + "\n"));
        EXPECT_EQ(handshake.peer().listen_port, 0) << port;
    }
}

}  // namespace
}  // namespace msw::net
