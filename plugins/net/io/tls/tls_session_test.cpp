#include "plugins/net/io/tls/tls_session.hpp"

#include "plugins/net/io/tls/tls_for_test.hpp"

#include <gtest/gtest.h>
#include <openssl/err.h>

#include <algorithm>
#include <random>

namespace msw::net {
namespace {

using namespace std::string_view_literals;
using Event = TlsSession::Event;
using State = TlsSession::State;
using test::End;
using test::kLink;
using test::talk;

/// Two hosts with a connection that may be established.
struct Pair {
    explicit Pair(std::uint64_t records_per_key = TlsSession::kRecordsPerKey)
        : client(TlsRole::client, client_key, kLink, std::nullopt, records_per_key),
          server(TlsRole::server, server_key, kLink, std::nullopt, records_per_key) {}

    SigningKey client_key = SigningKey::make();
    SigningKey server_key = SigningKey::make();
    End client;
    End server;
};

std::string noise(std::size_t size) {
    std::string text(size, '\0');
    std::mt19937 random(7);  // NOLINT: the same each time
    std::generate(text.begin(), text.end(), [&random] { return static_cast<char>(random()); });
    return text;
}

TEST(TlsSession, TwoHostsTalk) {
    for (const std::size_t cut : {1U << 20U, 1U, 7U}) {
        Pair hosts;
        EXPECT_EQ(hosts.client.session.state(), State::handshake);
        EXPECT_GT(hosts.client.session.waiting(), 0U) << "the client begins";
        EXPECT_EQ(hosts.server.session.waiting(), 0U);
        talk(hosts.client, hosts.server, cut);
        for (const End* end : {&hosts.client, &hosts.server}) {
            EXPECT_EQ(end->session.state(), State::established);
            EXPECT_EQ(end->established, 1U);
            EXPECT_EQ(end->session.protocol(), "msw/1");
        }
        EXPECT_EQ(hosts.client.session.peer_key(), hosts.server_key.public_key());
        EXPECT_EQ(hosts.server.session.peer_key(), hosts.client_key.public_key());

        EXPECT_EQ(hosts.client.session.write("get shell"), 9U);
        EXPECT_EQ(hosts.server.session.write("reply"), 5U);
        EXPECT_EQ(hosts.client.session.write(""), 0U);
        talk(hosts.client, hosts.server, cut);
        EXPECT_EQ(hosts.server.got, "get shell");
        EXPECT_EQ(hosts.client.got, "reply");
        EXPECT_EQ(ERR_peek_error(), 0U);
    }
}

TEST(TlsSession, NothingIsKnownBeforeItIsEstablished) {
    Pair hosts;
    EXPECT_EQ(hosts.client.session.write("early"), 0U);
    EXPECT_EQ(hosts.server.session.write("early"), 0U);
    (void)hosts.server.hear(hosts.client.take());
    EXPECT_EQ(hosts.server.session.state(), State::handshake);
    EXPECT_EQ(hosts.server.session.write("early"), 0U);
    EXPECT_FALSE(hosts.server.session.peer_key());
    EXPECT_EQ(hosts.server.session.protocol(), "");
    EXPECT_FALSE(hosts.server.session.exporter("EXPORTER-msw", 32));
}

// A client may send as soon as it is done: what stands behind its last word of the handshake waits until the server's
// owner has seen whose it is.
TEST(TlsSession, EstablishedIsSaidBeforeAnyPlaintext) {
    Pair hosts;
    (void)hosts.server.hear(hosts.client.take());
    (void)hosts.client.hear(hosts.server.take());
    ASSERT_EQ(hosts.client.session.state(), State::established);
    EXPECT_EQ(hosts.client.session.write("first"), 5U);
    const std::string all = hosts.client.take();
    std::string_view rest = all;
    std::string buffer(100, '\0');
    std::size_t size = 0;
    EXPECT_EQ(hosts.server.session.read(rest, buffer, size), Event::established);
    EXPECT_EQ(size, 0U);
    EXPECT_EQ(rest.size(), 5U + 1 + 16 + 5) << "one record is left";
    EXPECT_EQ(hosts.server.session.peer_key(), hosts.client_key.public_key());
    EXPECT_EQ(hosts.server.session.read(rest, buffer, size), Event::plaintext);
    EXPECT_EQ(buffer.substr(0, size), "first");
    EXPECT_EQ(hosts.server.session.read(rest, buffer, size), Event::more);
}

TEST(TlsSession, TheExpectedKeyIsTaken) {
    const SigningKey a = SigningKey::make();
    const SigningKey b = SigningKey::make();
    End client(TlsRole::client, a, kLink, b.public_key());
    End server(TlsRole::server, b, kLink, a.public_key());
    talk(client, server);
    EXPECT_EQ(client.session.state(), State::established);
    EXPECT_EQ(server.session.state(), State::established);
}

TEST(TlsSession, AnotherKeyThanExpectedIsRefused) {
    const SigningKey a = SigningKey::make();
    const SigningKey b = SigningKey::make();
    {
        End client(TlsRole::client, a, kLink, a.public_key());
        End server(TlsRole::server, b);
        talk(client, server);
        ASSERT_EQ(client.session.state(), State::failed);
        EXPECT_EQ(client.session.error().text, "it has another key than expected");
        EXPECT_EQ(client.session.error().code, Code::refused);
        EXPECT_FALSE(client.session.peer_key());
        ASSERT_EQ(server.session.state(), State::failed);
        EXPECT_EQ(server.session.error().text, "it refused this host: bad certificate");
    }
    End client(TlsRole::client, a);
    End server(TlsRole::server, b, kLink, b.public_key());
    talk(client, server);
    ASSERT_EQ(server.session.state(), State::failed);
    EXPECT_EQ(server.session.error().text, "it has another key than expected");
    ASSERT_EQ(client.session.state(), State::failed) << "established at first";
    EXPECT_EQ(client.session.error().text, "it refused this host: bad certificate");
}

TEST(TlsSession, TheServerChoosesTheProtocol) {
    constexpr std::array kServer{"msw/1"sv, "msw-lane/1"sv, "msw-join/1"sv};
    constexpr std::array kClient{"msw-join/1"sv, "msw-lane/1"sv};
    const SigningKey key = SigningKey::make();
    End client(TlsRole::client, key, kClient);
    End server(TlsRole::server, key, kServer);
    talk(client, server);
    EXPECT_EQ(client.session.protocol(), "msw-lane/1");
    EXPECT_EQ(server.session.protocol(), "msw-lane/1");
}

TEST(TlsSession, WithoutACommonProtocolItFails) {
    constexpr std::array kLane{"msw-lane/1"sv};
    const SigningKey key = SigningKey::make();
    End client(TlsRole::client, key, kLane);
    End server(TlsRole::server, key);
    talk(client, server);
    ASSERT_EQ(server.session.state(), State::failed);
    EXPECT_EQ(server.session.error().text, "no common protocol");
    ASSERT_EQ(client.session.state(), State::failed);
    EXPECT_EQ(client.session.error().text, "it says: no common protocol");
}

TEST(TlsSession, BothEndsAndNoOtherConnectionHaveTheSameExporter) {
    Pair hosts;
    talk(hosts.client, hosts.server);
    const auto export_of = [](const End& end, std::string_view label = "EXPORTER-msw-join", std::size_t size = 32) {
        const Result<std::string> bytes = end.session.exporter(label, size);
        EXPECT_TRUE(bytes);
        return bytes ? *bytes : "";
    };
    const std::string ours = export_of(hosts.client);
    EXPECT_EQ(ours.size(), 32U);
    EXPECT_EQ(ours, export_of(hosts.server));
    EXPECT_NE(ours, export_of(hosts.client, "EXPORTER-msw-other"));
    EXPECT_EQ(export_of(hosts.client, "EXPORTER-msw-join", 20).size(), 20U);

    End client(TlsRole::client, hosts.client_key);
    End server(TlsRole::server, hosts.server_key);
    talk(client, server);
    EXPECT_NE(ours, export_of(client)) << "of the same hosts";
}

TEST(TlsSession, MuchComesInOrder) {
    Pair hosts;
    talk(hosts.client, hosts.server);
    const std::string text = noise(std::size_t{16} * 1024 * 1024);
    hosts.server.room = 65536;
    hosts.client.send(text, [&](const std::string& bytes) { hosts.server.hear(bytes); });
    EXPECT_TRUE(hosts.server.got == text);
    EXPECT_EQ(hosts.client.session.peer_key_updates(), 0U);
}

TEST(TlsSession, HoweverItIsCut) {
    const std::string text = noise(200'000);
    for (unsigned seed = 1; seed <= 20; ++seed) {
        std::mt19937 random(seed);
        Pair hosts;
        const auto carry = [&random](std::string_view bytes, End& to) {
            while (!bytes.empty()) {
                const std::size_t cut = 1 + random() % (random() % 2 == 0 ? 50 : 40'000);
                to.room = 1 + random() % 30'000;
                to.hear(bytes.substr(0, cut));
                bytes.remove_prefix(std::min(cut, bytes.size()));
            }
        };
        std::size_t from_client = 0;
        std::size_t from_server = 0;
        for (int round = 0; round < 1000 && (from_client < text.size() || from_server < text.size()); ++round) {
            from_client += hosts.client.session.write(std::string_view(text).substr(from_client, random() % 20'000));
            from_server += hosts.server.session.write(std::string_view(text).substr(from_server, random() % 20'000));
            carry(hosts.client.take(), hosts.server);
            carry(hosts.server.take(), hosts.client);
        }
        ASSERT_TRUE(hosts.server.got == text) << seed;
        ASSERT_TRUE(hosts.client.got == text) << seed;
        EXPECT_FALSE(hosts.server.early || hosts.client.early);
    }
}

TEST(TlsSession, WhatWaitsIsBounded) {
    Pair hosts;
    talk(hosts.client, hosts.server);
    const std::string text = noise(std::size_t{1024} * 1024);
    const std::size_t taken = hosts.client.session.write(text);
    EXPECT_GE(taken, TlsSession::kMostWaiting - 17'000);
    EXPECT_LE(taken, TlsSession::kMostWaiting + 17'000);
    EXPECT_LE(hosts.client.session.waiting(), TlsSession::kMostWaiting + 17'000);
    EXPECT_EQ(hosts.client.session.write("more"), 0U);
    hosts.server.hear(hosts.client.take());
    EXPECT_EQ(hosts.client.session.write("more"), 4U);
    hosts.server.hear(hosts.client.take());
    EXPECT_TRUE(hosts.server.got == text.substr(0, taken) + "more");
}

TEST(TlsSession, TheBufferGoesRound) {
    Pair hosts;
    talk(hosts.client, hosts.server);
    std::string buffer;
    const std::string text(100'000, 'x');
    for (int round = 0; round < 4; ++round) {
        ASSERT_EQ(hosts.client.session.write(text), text.size());
        hosts.client.session.take_output(buffer);
        hosts.server.hear(buffer);
    }
    const char* const memory = buffer.data();
    for (int round = 0; round < 2; ++round) {
        ASSERT_EQ(hosts.client.session.write(text), text.size());
        hosts.client.session.take_output(buffer);
    }
    EXPECT_EQ(buffer.data(), memory) << "two buffers take turns";
}

TEST(TlsSession, KeysChangeAfterSoManyRecords) {
    constexpr std::uint64_t kRecords = 4;
    Pair hosts(kRecords);
    talk(hosts.client, hosts.server);
    const std::string text = noise(16'384 * 10 + 5);
    const auto to_server = [&](const std::string& bytes) { hosts.server.hear(bytes); };
    hosts.client.send(std::string_view(text).substr(0, 16'384), to_server);
    const std::uint64_t before = hosts.client.session.own_key_updates();
    hosts.client.send(text, to_server);
    EXPECT_TRUE(hosts.server.got == text.substr(0, 16'384) + text);
    const std::uint64_t changes = hosts.client.session.own_key_updates();
    EXPECT_GE(changes - before, 2U);
    EXPECT_LE(changes - before, 4U);
    EXPECT_EQ(hosts.server.session.peer_key_updates(), changes);
    EXPECT_EQ(hosts.server.session.own_key_updates(), 0U) << "each end changes its own";

    hosts.server.send(text, [&](const std::string& bytes) { hosts.client.hear(bytes); });
    EXPECT_TRUE(hosts.client.got == text);
    EXPECT_GE(hosts.server.session.own_key_updates(), 2U);
    EXPECT_EQ(hosts.client.session.own_key_updates(), changes);
    EXPECT_EQ(hosts.client.session.peer_key_updates(), hosts.server.session.own_key_updates());
}

TEST(TlsSession, OneEndSaysThatNothingMoreComes) {
    Pair hosts;
    talk(hosts.client, hosts.server);
    ASSERT_EQ(hosts.client.session.write("last"), 4U);
    hosts.client.session.close();
    EXPECT_EQ(hosts.client.session.write("later"), 0U);
    EXPECT_EQ(hosts.server.hear(hosts.client.take()), Event::ended);
    EXPECT_EQ(hosts.server.got, "last");
    hosts.server.session.end_of_wire();
    EXPECT_EQ(hosts.server.session.state(), State::ended) << "the connection may go now";

    // The other direction is still open.
    ASSERT_EQ(hosts.server.session.write("and you"), 7U);
    hosts.server.session.close();
    EXPECT_EQ(hosts.client.hear(hosts.server.take()), Event::ended);
    EXPECT_EQ(hosts.client.got, "and you");
    EXPECT_EQ(hosts.client.hear("whatever"), Event::ended) << "RFC 8446, 6.1: ignored";
    hosts.client.session.close();
    EXPECT_EQ(hosts.client.session.waiting(), 0U) << "said once";
}

TEST(TlsSession, WhatIsCutOffIsNoEnd) {
    Pair hosts;
    talk(hosts.client, hosts.server);
    ASSERT_EQ(hosts.client.session.write("last"), 4U);
    hosts.server.hear(hosts.client.take());
    hosts.server.session.end_of_wire();
    EXPECT_EQ(hosts.server.session.state(), State::failed);
    EXPECT_EQ(hosts.server.session.error().text, "the connection was cut off");
    EXPECT_EQ(hosts.server.session.error().code, Code::closed);
    EXPECT_EQ(hosts.server.session.write("x"), 0U);

    End client(TlsRole::client, hosts.client_key);
    client.session.end_of_wire();
    EXPECT_EQ(client.session.state(), State::failed);
    EXPECT_EQ(client.session.error().text, "the connection ended in the middle of the handshake");
    client.session.end_of_wire();
    client.session.close();
    EXPECT_EQ(client.session.error().text, "the connection ended in the middle of the handshake");
}

TEST(TlsSession, ClosedBeforeItWasEstablished) {
    const SigningKey key = SigningKey::make();
    End client(TlsRole::client, key);
    client.session.close();
    EXPECT_EQ(client.session.state(), State::failed);
    EXPECT_EQ(client.session.error().text, "it was closed before the handshake was done");
    EXPECT_EQ(ERR_peek_error(), 0U);
}

TEST(TlsSession, AChangedByteEndsIt) {
    Pair hosts;
    talk(hosts.client, hosts.server);
    ASSERT_EQ(hosts.client.session.write("first"), 5U);
    ASSERT_EQ(hosts.client.session.write("other"), 5U);
    std::string bytes = hosts.client.take();
    bytes.back() = static_cast<char>(bytes.back() ^ 1);
    EXPECT_EQ(hosts.server.hear(bytes), Event::failed);
    EXPECT_EQ(hosts.server.got, "first");
    EXPECT_EQ(hosts.server.session.error().text, "its bytes were changed on the way, or are no TLS");
    EXPECT_EQ(hosts.client.hear(hosts.server.take()), Event::failed) << "it is told";
    EXPECT_EQ(hosts.server.hear("more"), Event::failed);
    EXPECT_EQ(ERR_peek_error(), 0U);
}

// What another part of the program left in OpenSSL's queue is not blamed on a peer.
TEST(TlsSession, ErrorsOfOthersDontMatter) {
    Pair hosts;
    const auto leave_one = [] { ERR_raise(ERR_LIB_SSL, SSL_R_BAD_SIGNATURE); };
    leave_one();
    talk(hosts.client, hosts.server);
    leave_one();
    EXPECT_EQ(hosts.client.session.write("text"), 4U);
    leave_one();
    EXPECT_EQ(hosts.server.hear(hosts.client.take()), Event::more);
    leave_one();
    EXPECT_EQ(hosts.server.hear(""), Event::more);
    EXPECT_EQ(hosts.server.got, "text");
    leave_one();
    hosts.client.session.close();
    EXPECT_EQ(ERR_peek_error(), 0U);
    EXPECT_EQ(hosts.server.hear(hosts.client.take()), Event::ended);
}

TEST(TlsSession, NoRecordPerKeyIsNoSetting) {
    const TlsContext context(SigningKey::make());
    EXPECT_THROW(TlsSession(context, TlsRole::server, kLink, std::nullopt, 0), std::invalid_argument);
}

}  // namespace
}  // namespace msw::net
