#include "plugins/net/io/tls/tls_session.hpp"

#include "base/keys/openssl.hpp"
#include "plugins/net/io/tls/tls_fault.hpp"

#include <openssl/ssl.h>
#include <algorithm>
#include <stdexcept>
#include <utility>

namespace msw::net {
namespace {

using openssl::must;

constexpr std::size_t kRecord = SSL3_RT_MAX_PLAIN_LENGTH;

/// Beyond TlsSession::kMostWaiting: a record that is written when there is just room, a change of key, an alert.
constexpr std::size_t kLastWords = std::size_t{32} * 1024;

bool is_text(char c) noexcept { return (c >= ' ' && c <= '~') || c == '\n' || c == '\r' || c == '\t'; }

}  // namespace

void TlsSession::Free::operator()(SSL* ssl) const noexcept { SSL_free(ssl); }

TlsSession::TlsSession(const TlsContext& context, TlsRole role, std::span<const std::string_view> protocols,
                       std::optional<PublicKey> expected, std::uint64_t records_per_key)
    : terms_{protocol_list(protocols), expected, {}, {}},
      wire_(kMostWaiting + kLastWords),
      ssl_(must(SSL_new(context.handle()))),
      records_per_key_(records_per_key) {
    if (records_per_key == 0) throw std::invalid_argument("a key that is good for no record");
    SSL* const ssl = ssl_.get();
    SSL_set_app_data(ssl, &terms_);
    SSL_set_msg_callback(ssl, saw_message);
    SSL_set_msg_callback_arg(ssl, this);
    must(BIO_up_ref(wire_.bio()));
    SSL_set_bio(ssl, wire_.bio(), wire_.bio());
    wire_.most_read = kMostHandshake;
    if (role == TlsRole::server) {
        SSL_set_accept_state(ssl);
        return;
    }
    // 0 is success here, unlike elsewhere (SSL_set_alpn_protos(3)).
    must(SSL_set_alpn_protos(ssl, reinterpret_cast<const unsigned char*>(terms_.protocols.data()),
                             static_cast<unsigned>(terms_.protocols.size())) == 0
             ? 1
             : 0);
    SSL_set_connect_state(ssl);
    shake_hands();
}

TlsSession::Event TlsSession::read(std::string_view& wire, std::span<char> into, std::size_t& size) {
    size = 0;
    if (state_ == State::handshake && looks_like_tls(wire)) {
        wire_.in = wire;
        shake_hands();
        wire = std::exchange(wire_.in, {});
    }
    if (state_ == State::established && !std::exchange(told_, true)) return Event::established;
    if (state_ == State::established) {
        wire_.in = wire;
        size = decrypt(into);
        wire = std::exchange(wire_.in, {});
        if (size > 0) return Event::plaintext;
    }
    if (state_ == State::ended || state_ == State::failed) wire = {};
    switch (state_) {
        case State::ended: return Event::ended;
        case State::failed: return Event::failed;
        default: return Event::more;
    }
}

/// What is no TLS at all is told from its first two bytes: the type of the first record, which is a handshake or an
/// alert, and the version that all of them show (RFC 8446, 5.1).
bool TlsSession::looks_like_tls(std::string_view wire) {
    for (const char c : wire.substr(0, 2 - std::min<std::size_t>(looked_at_, 2))) {
        const auto byte = static_cast<unsigned char>(c);
        const bool good =
            looked_at_ == 0 ? byte == SSL3_RT_HANDSHAKE || byte == SSL3_RT_ALERT : byte == SSL3_VERSION_MAJOR;
        if (!good) {
            fail({Code::bad_request, is_text(c) ? "it speaks no TLS (clear text on the port?)" : "it speaks no TLS"});
            return false;
        }
        ++looked_at_;
    }
    return true;
}

void TlsSession::shake_hands() {
    forget_tls_faults();
    const int result = SSL_do_handshake(ssl_.get());
    if (result == 1) {
        establish();
    } else {
        judge(result);
    }
}

void TlsSession::establish() {
    wire_.most_read = static_cast<std::size_t>(-1);
    protocol_ = agreed_protocol(*ssl_, terms_.protocols);
    forget_tls_faults();
    if (protocol_.empty() || !terms_.peer) {
        return fail({Code::refused, "it came through the handshake without showing who it is"});
    }
    state_ = State::established;
}

std::size_t TlsSession::decrypt(std::span<char> into) {
    std::size_t done = 0;
    while (done < into.size() && state_ == State::established) {
        std::size_t came = 0;
        forget_tls_faults();
        const int result = SSL_read_ex(ssl_.get(), into.data() + done, into.size() - done, &came);
        if (result != 1) {
            judge(result);
            break;
        }
        done += came;
        count_plaintext(came);
    }
    return done;
}

std::size_t TlsSession::write(std::string_view plaintext) {
    std::size_t done = 0;
    while (done < plaintext.size() && waiting() < kMostWaiting) {
        const std::string_view record = plaintext.substr(done, kRecord);
        if (!encrypt(record)) break;
        done += record.size();
    }
    return done;
}

bool TlsSession::encrypt(std::string_view record) {
    if (closed_ || (state_ != State::established && state_ != State::ended)) return false;
    forget_tls_faults();
    if (records_ >= records_per_key_) {
        records_ = 0;
        (void)SSL_key_update(ssl_.get(), SSL_KEY_UPDATE_NOT_REQUESTED);  // goes out before the record
    }
    std::size_t done = 0;
    const int result = SSL_write_ex(ssl_.get(), record.data(), record.size(), &done);
    if (result != 1) judge(result);
    forget_tls_faults();
    return result == 1;
}

void TlsSession::close() {
    if (std::exchange(closed_, true)) return;
    if (state_ == State::handshake) return fail({Code::closed, "it was closed before the handshake was done"});
    if (state_ == State::failed) return;
    forget_tls_faults();
    (void)SSL_shutdown(ssl_.get());  // 0 or 1: sent; whether the peer said the same shows when it is read
    forget_tls_faults();
}

void TlsSession::end_of_wire() {
    if (state_ == State::handshake) fail({Code::closed, "the connection ended in the middle of the handshake"});
    if (state_ == State::established) fail({Code::closed, "the connection was cut off"});
}

void TlsSession::take_output(std::string& buffer) noexcept {
    buffer.clear();
    buffer.swap(wire_.out);
}

Result<std::string> TlsSession::exporter(std::string_view label, std::size_t size) const {
    if (protocol_.empty()) return Error{Code::closed, "the handshake is not done"};
    std::string bytes(size, '\0');
    must(SSL_export_keying_material(ssl_.get(), reinterpret_cast<unsigned char*>(bytes.data()), size, label.data(),
                                    label.size(), nullptr, 0, 0));
    return bytes;
}

void TlsSession::saw_message(int sent, int /*version*/, int type, const void* bytes, std::size_t size, SSL* /*ssl*/,
                             void* self) noexcept {
    if (size > 0) {
        static_cast<TlsSession*>(self)->count_message(sent != 0, type, *static_cast<const unsigned char*>(bytes));
    }
}

void TlsSession::count_message(bool sent, int type, unsigned first_byte) noexcept {
    if (sent && type == SSL3_RT_HEADER) ++records_;
    if (type != SSL3_RT_HANDSHAKE || state_ == State::handshake) return;
    if (first_byte == SSL3_MT_KEY_UPDATE) ++(sent ? own_updates_ : peer_updates_);
    if (!sent && ++messages_ > kMostMessages) wire_.stopped = true;
}

void TlsSession::count_plaintext(std::size_t size) noexcept {
    bytes_between_ += size;
    if (bytes_between_ < kBytesBetween) return;
    bytes_between_ = 0;
    messages_ = 0;
}

/// A call of OpenSSL did not do it: it waits for more, or that is the end.
void TlsSession::judge(int result) {
    switch (SSL_get_error(ssl_.get(), result)) {
        case SSL_ERROR_WANT_READ: break;
        case SSL_ERROR_ZERO_RETURN: state_ = State::ended; break;
        default:
            if (wire_.stopped) {
                fail({Code::refused, "it sends messages of TLS and nothing else"});
            } else if (wire_.overflowed) {
                fail({Code::too_slow, "it wants answers and takes none"});
            } else if (state_ == State::handshake && wire_.read >= wire_.most_read) {
                fail({Code::too_large, "its handshake is too long"});
            } else if (terms_.objection) {
                fail(*std::exchange(terms_.objection, std::nullopt));
            } else {
                fail(take_tls_fault());
            }
    }
    forget_tls_faults();
}

void TlsSession::fail(Error error) {
    state_ = State::failed;
    error_ = std::move(error);
    wire_.stopped = true;
}

}  // namespace msw::net
