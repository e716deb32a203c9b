// Bytes that are no handshake, or too much of one, and peers that abuse a connection once they have it.
#include "plugins/net/io/tls/tls_for_test.hpp"

#include <gtest/gtest.h>
#include <openssl/err.h>
#include <openssl/hmac.h>

#include <random>

namespace msw::net {
namespace {

using namespace std::string_literals;
using namespace std::string_view_literals;
using Event = TlsSession::Event;
using State = TlsSession::State;
using test::Certificate;
using test::End;
using test::make;
using test::Stranger;
using test::talk;

TEST(TlsHostile, WhatIsNoTlsIsToldFromItsFirstBytes) {
    constexpr std::string_view kClear = "it speaks no TLS (clear text on the port?)";
    struct Row {
        std::string_view bytes, why;
    };
    const Row rows[] = {
        {"post handshake msw/0.1\nid: a\n\n", kClear},
        {"GET / HTTP/1.1\r\n\r\n", kClear},
        {"\x16 is no handshake", kClear},
        {"\x80\x2e\x01\x03\x01"sv, "it speaks no TLS"},
        {"\x00"sv, "it speaks no TLS"},
        {"\x17\x03\x03\x00\x01x"sv, "it speaks no TLS"},
        {"\x16\x02"sv, "it speaks no TLS"},
    };
    for (const TlsRole role : {TlsRole::server, TlsRole::client}) {
        for (const Row& row : rows) {
            for (const bool bytewise : {false, true}) {
                End end(role, SigningKey::make());
                for (std::size_t at = 0; at < row.bytes.size(); at += bytewise ? 1 : row.bytes.size()) {
                    end.hear(bytewise ? row.bytes.substr(at, 1) : row.bytes);
                }
                ASSERT_EQ(end.last, Event::failed) << row.bytes;
                EXPECT_EQ(end.session.error().text, row.why);
                EXPECT_EQ(end.got, "");
            }
        }
    }
}

TEST(TlsHostile, GarbageFailsAndIsNeverPlaintext) {
    std::mt19937 random(1);  // NOLINT: the same each time
    for (int round = 0; round < 2000; ++round) {
        End end(round % 2 == 0 ? TlsRole::server : TlsRole::client, SigningKey::make());
        std::string bytes("\x16\x03\x03\x00", 4);
        bytes += static_cast<char>(random() % 200 + 1);
        if (random() % 2 == 0) bytes += round % 2 == 0 ? '\x01' : '\x02';
        while (bytes.size() < 400) bytes += static_cast<char>(random());
        end.hear(bytes);
        if (end.session.state() != State::failed) end.hear(std::string(20'000, '\x16'));
        ASSERT_EQ(end.session.state(), State::failed);
        ASSERT_NE(end.session.error().text, "");
        ASSERT_EQ(end.got, "");
        ASSERT_EQ(ERR_peek_error(), 0U);
    }
}

/// @return how many bytes of `bytes` a server reads before it fails
std::size_t read_before_failing(End& server, std::string_view bytes) {
    std::array<char, 100> buffer{};
    for (std::size_t at = 0; at < bytes.size(); ++at) {
        std::string_view one = bytes.substr(at, 1);
        std::size_t size = 0;
        if (server.session.read(one, buffer, size) == Event::failed) return at + 1;
    }
    return bytes.size();
}

TEST(TlsHostile, AMegabyteOfCertificateCostsNothing) {
    const SigningKey key = SigningKey::make();
    for (const std::size_t ballast : {std::size_t{1} << 20U, std::size_t{5000}}) {
        const Certificate certificate = make({.key = key.handle(), .ballast = ballast});
        End server(TlsRole::server, SigningKey::make());
        Stranger client(TlsRole::client, key.handle(), certificate.get());
        (void)server.hear(client.take());
        const std::string flight = client.hear(server.take());
        ASSERT_GT(flight.size(), ballast);
        EXPECT_LT(read_before_failing(server, flight), 17'000U) << "a record at most";
        EXPECT_EQ(server.session.error().text,
                  ballast == 5000 ? "a message of its handshake is too long" : "its handshake is too long");
        EXPECT_EQ(server.session.error().code, Code::too_large);
    }
    // A little above the bound its reader says so; for a client it is the same.
    for (const TlsRole role : {TlsRole::server, TlsRole::client}) {
        const std::size_t envelope = test::der_of(make({.key = key.handle(), .ballast = 200}).get()).size() - 200;
        const Certificate large = make({.key = key.handle(), .ballast = 4097 - envelope - 4});
        const std::string bytes = std::to_string(test::der_of(large.get()).size());
        End end(role, SigningKey::make());
        Stranger stranger(role == TlsRole::server ? TlsRole::client : TlsRole::server, key.handle(), large.get());
        talk(end, stranger);
        ASSERT_EQ(end.session.state(), State::failed) << bytes;
        EXPECT_EQ(end.session.error().text,
                  "its certificate is no msw envelope: it has " + bytes + " bytes, more than 4096");
    }
}

TEST(TlsHostile, AHandshakeWithoutEndFails) {
    // A hello of 64 KiB, in records of a byte each.
    End server(TlsRole::server, SigningKey::make());
    const std::string hello = std::string("\x01\x00\xff\xff\x03\x03", 6) + std::string(65'530, '\0');
    std::string flight;
    for (const char c : hello) flight += std::string("\x16\x03\x03\x00\x01", 5) + c;
    EXPECT_LE(read_before_failing(server, flight), TlsSession::kMostHandshake + 1);
    EXPECT_EQ(server.session.error().text, "its handshake is too long");
}

/// A host, and someone with whom it has a connection.
struct Established {
    explicit Established(TlsRole role, bool tickets = false)
        : end(role, SigningKey::make()),
          stranger(role == TlsRole::server ? TlsRole::client : TlsRole::server, key.handle(), envelope.get()) {
        SSL_CTX_set_num_tickets(stranger.context(), tickets ? 2 : 0);
        talk(end, stranger);
        EXPECT_EQ(end.session.state(), State::established);
    }
    /// The stranger says it, and its words come.
    Event say(std::string_view text) {
        EXPECT_EQ(SSL_write(stranger.ssl(), text.data(), static_cast<int>(text.size())), static_cast<int>(text.size()));
        return end.hear(stranger.take());
    }
    std::string change_key(int and_ours = SSL_KEY_UPDATE_NOT_REQUESTED) {
        EXPECT_EQ(SSL_key_update(stranger.ssl(), and_ours), 1);
        EXPECT_EQ(SSL_do_handshake(stranger.ssl()), 1);
        return stranger.take();
    }

    SigningKey key = SigningKey::make();
    Certificate envelope = make({key.handle()});
    End end;
    Stranger stranger;
};

TEST(TlsHostile, KeysMayBeChangedAsOftenAsThereIsSomethingToEncrypt) {
    Established pair(TlsRole::server);
    const std::string text(TlsSession::kBytesBetween / 16, 'x');
    std::size_t sent = 0;
    for (int round = 0; round < 200; ++round) {
        ASSERT_EQ(pair.end.hear(pair.change_key()), Event::more) << round;
        ASSERT_EQ(pair.say(text), Event::more) << round;
        sent += text.size();
    }
    EXPECT_EQ(pair.end.got.size(), sent);
    EXPECT_EQ(pair.end.session.peer_key_updates(), 200U);
}

TEST(TlsHostile, AFloodOfKeysEndsIt) {
    for (const int and_ours : {SSL_KEY_UPDATE_NOT_REQUESTED, SSL_KEY_UPDATE_REQUESTED}) {
        for (const bool with_bytes : {false, true}) {
            Established pair(TlsRole::server);
            std::string flood;
            for (int round = 0; round < 1000; ++round) {
                flood += pair.change_key(and_ours);
                if (with_bytes) {
                    EXPECT_EQ(SSL_write(pair.stranger.ssl(), "x", 1), 1);
                    flood += pair.stranger.take();
                }
            }
            EXPECT_EQ(pair.end.hear(flood), Event::failed);
            EXPECT_EQ(pair.end.session.error().text, "it sends messages of TLS and nothing else");
            EXPECT_EQ(pair.end.session.peer_key_updates(), TlsSession::kMostMessages + 1);
            EXPECT_LE(pair.end.session.waiting(), TlsSession::kMostMessages * 27U) << "an answer to each wish";
            EXPECT_EQ(pair.end.session.write("x"), 0U);
        }
    }
}

// It sends enough besides for its wishes to be granted, and doesn't read the answers.
TEST(TlsHostile, AnswersThatNobodyTakesAreBounded) {
    Established pair(TlsRole::server);
    ASSERT_GT(pair.end.session.write(std::string(std::size_t{1} << 20U, 'x')), 0U);
    const std::string text(TlsSession::kBytesBetween, 'x');
    for (int round = 0; round < 100 && pair.end.session.state() == State::established; ++round) {
        for (int wish = 0; wish < 30; ++wish) pair.end.hear(pair.change_key(SSL_KEY_UPDATE_REQUESTED));
        for (std::size_t at = 0; at < text.size(); at += 16'384) {
            SSL_write(pair.stranger.ssl(), text.data(), 16'384);
            pair.end.hear(pair.stranger.take());
        }
        ASSERT_LE(pair.end.session.waiting(), TlsSession::kMostWaiting + 33'000);
    }
    ASSERT_EQ(pair.end.session.state(), State::failed);
    EXPECT_EQ(pair.end.session.error().text, "it wants answers and takes none");
}

TEST(TlsHostile, AFloodOfTicketsEndsIt) {
    Established pair(TlsRole::client, true);
    for (int round = 0; round < 100 && pair.end.session.state() == State::established; ++round) {
        ASSERT_EQ(SSL_new_session_ticket(pair.stranger.ssl()), 1);
        ASSERT_EQ(SSL_do_handshake(pair.stranger.ssl()), 1);
        pair.end.hear(pair.stranger.take());
        EXPECT_LE(round, 32);
    }
    ASSERT_EQ(pair.end.session.state(), State::failed);
    EXPECT_EQ(pair.end.session.error().text, "it sends messages of TLS and nothing else");
}

/// Records as a client could send them that has thrown OpenSSL away: under its key, with anything inside.
class Forger {
public:
    /// @param secret  CLIENT_TRAFFIC_SECRET_0 of a connection with TLS_AES_128_GCM_SHA256, from which nothing was sent
    explicit Forger(const std::string& secret) : key_(expand(secret, "key", 16)), iv_(expand(secret, "iv", 12)) {}

    /// @param inner  content, its type, padding (RFC 8446, 5.2)
    std::string record(const std::string& inner) {
        std::string nonce = iv_;
        std::uint64_t number = sent_;
        for (auto at = nonce.rbegin(); number > 0; ++at, number >>= 8U)
            *at = static_cast<char>(static_cast<unsigned char>(*at) ^ (number & 0xffU));
        ++sent_;
        std::string all("\x17\x03\x03\x00", 4);
        all += static_cast<char>(inner.size() + 16);
        const openssl::CipherContext context(openssl::must(EVP_CIPHER_CTX_new()));
        openssl::must(EVP_EncryptInit_ex(context.get(), EVP_aes_128_gcm(), nullptr, bytes(key_), bytes(nonce)));
        int done = 0;
        openssl::must(EVP_EncryptUpdate(context.get(), nullptr, &done, bytes(all), 5));
        std::string sealed(inner.size() + 16, '\0');
        auto* out = reinterpret_cast<unsigned char*>(sealed.data());
        openssl::must(EVP_EncryptUpdate(context.get(), out, &done, bytes(inner), static_cast<int>(inner.size())));
        openssl::must(EVP_EncryptFinal_ex(context.get(), out + inner.size(), &done));
        openssl::must(EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_GET_TAG, 16, out + inner.size()));
        return all + sealed;
    }

private:
    static const unsigned char* bytes(const std::string& text) {
        return reinterpret_cast<const unsigned char*>(text.data());
    }
    /// HKDF-Expand-Label (RFC 8446, 7.1), for what needs one round of HMAC.
    static std::string expand(const std::string& secret, const std::string& label, std::size_t size) {
        std::string info = {'\0', static_cast<char>(size), static_cast<char>(6 + label.size())};
        info += "tls13 " + label + std::string("\0\x01", 2);
        std::array<unsigned char, 32> made{};
        unsigned length = 0;
        HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()), bytes(info), info.size(), made.data(),
             &length);
        return {reinterpret_cast<const char*>(made.data()), size};
    }

    std::string key_;
    std::string iv_;
    std::uint64_t sent_ = 0;
};

/// A host, and the Forger of a client that it trusts.
struct Forged {
    Forged() {
        SSL_CTX_set_ciphersuites(client.context(), "TLS_AES_128_GCM_SHA256");
        static std::string line;  // for a callback of C
        SSL_CTX_set_keylog_callback(client.context(), [](const SSL*, const char* text) {
            if (std::string_view(text).starts_with("CLIENT_TRAFFIC_SECRET_0 ")) line = text;
        });
        talk(end, client);
        EXPECT_EQ(end.session.state(), State::established);
        const std::string hex = line.substr(line.rfind(' ') + 1);
        for (std::size_t at = 0; at < hex.size(); at += 2) {
            secret += static_cast<char>(std::stoi(hex.substr(at, 2), nullptr, 16));
        }
    }

    SigningKey key = SigningKey::make();
    Certificate envelope = make({key.handle()});
    End end{TlsRole::server, SigningKey::make()};
    Stranger client{TlsRole::client, key.handle(), envelope.get()};
    std::string secret;
};

TEST(TlsHostile, AFloodOfEmptyRecordsEndsIt) {
    for (const std::size_t padding : {std::size_t{0}, std::size_t{100}}) {
        Forged pair;
        Forger forger(pair.secret);
        EXPECT_EQ(pair.end.hear(forger.record("first\x17")), Event::more);
        EXPECT_EQ(pair.end.got, "first") << "or this shows nothing";
        std::string flood;
        for (int n = 0; n < 1000; ++n) flood += forger.record("\x17" + std::string(padding, '\0'));
        EXPECT_EQ(pair.end.hear(flood), Event::failed);
        EXPECT_EQ(pair.end.got, "first");
    }
}

TEST(TlsHostile, AWordOfTheHandshakeAfterItEndsIt) {
    const std::string messages[] = {
        "\x01\x00\x00\x02\x03\x03"s,  // a new hello
        "\x0b\x00\x00\x04\x00\x00\x00\x00"s,
        "\x0d\x00\x00\x03\x00\x00\x00"s,
        "\x04\x00\x00\x05tickt"s,  // only servers have them
        "\x14\x00\x00\x01x"s,
        "\x18\x00\x00\x01\x07"s,
        "\x18\xff\xff\xff"s,
    };
    for (const std::string& message : messages) {
        Forged pair;
        Forger forger(pair.secret);
        EXPECT_EQ(pair.end.hear(forger.record(message + '\x16')), Event::failed) << message;
        EXPECT_NE(pair.end.session.error().text, "");
    }
}

TEST(TlsHostile, OurKeyIsChangedWhenItIsAskedFor) {
    Established pair(TlsRole::server);
    pair.end.hear(pair.change_key(SSL_KEY_UPDATE_REQUESTED));
    EXPECT_EQ(pair.end.session.write("text"), 4U);
    EXPECT_EQ(pair.end.session.own_key_updates(), 1U) << "before what is sent next (RFC 8446, 4.6.3)";
    (void)pair.stranger.hear(pair.end.take());
    EXPECT_EQ(pair.stranger.got, "text");
}

TEST(TlsHostile, AFragmentLengthOfTheirsIsKeptTo) {
    End server(TlsRole::server, SigningKey::make());
    const SigningKey key = SigningKey::make();
    const Certificate envelope = make({key.handle()});
    Stranger client(TlsRole::client, key.handle(), envelope.get());
    ASSERT_EQ(SSL_CTX_set_tlsext_max_fragment_length(client.context(), TLSEXT_max_fragment_length_512), 1);
    talk(server, client);
    ASSERT_EQ(server.session.state(), State::established);
    const std::string text(100'000, 'y');
    server.send(text, [&](const std::string& bytes) { (void)client.hear(bytes); });
    EXPECT_EQ(client.got, text);
}

TEST(TlsHostile, TheyCloseInTheMiddle) {
    Established pair(TlsRole::server);
    EXPECT_EQ(pair.say("last"), Event::more);
    SSL_shutdown(pair.stranger.ssl());
    EXPECT_EQ(pair.end.hear(pair.stranger.take()), Event::ended);
    EXPECT_EQ(pair.end.got, "last");
}

}  // namespace
}  // namespace msw::net
