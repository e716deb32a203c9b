// A stranger, or somebody in the middle, against the TLS engine: a server and a client of ours, each with an honest
// peer whose bytes it gets changed, cut, delayed, mixed with others, or not at all; and any bytes as a certificate.
//
//     >x [h]       bytes are a certificate; as hex digits with h
//     >s  >c       a new connection: a server, a client is under attack (a server is at the start)
//     >a [h][/CUT] bytes come that are not the peer's, CUT at a time
//     >p N [/CUT]  the peer's bytes that are under way come, N of them (0: all)
//     >f N M       the Nth of those is changed, by M
//     >d N         the first N of them are lost
//     >r           they come again, behind themselves
//     >w N         the peer says N times 100 bytes
//     >o N         the one under attack says N times 100 bytes
//     >q           its output goes to the peer
//     >k           the peer says that nothing more comes
//     >e           the connection ends
#include "base/hex.hpp"
#include "base/keys/signing_key.hpp"
#include "plugins/net/io/tls/certificate.hpp"
#include "plugins/net/io/tls/tls_session.hpp"
#include "tests/fuzz/script.hpp"

#include <openssl/err.h>
#include <openssl/rand.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace msw::net {
namespace {

using fuzz::require;
using Event = TlsSession::Event;
using State = TlsSession::State;

/// The same "random" bytes in each run, so that what was found is found again.
class SameBytes {
public:
    static void use() {
        static const RAND_METHOD kMethod{nullptr, give, nullptr, nullptr, give, ready};
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"  // in favour of a provider: 100 lines for the same
        require(RAND_set_rand_method(&kMethod) == 1);
#pragma GCC diagnostic pop
        state = 1;
    }

private:
    static int give(unsigned char* into, int size) {
        std::generate_n(into, size, [] {
            state = state * 6364136223846793005U + 1442695040888963407U;
            return static_cast<unsigned char>(state >> 56U);
        });
        return 1;
    }
    static int ready() { return 1; }
    static inline std::uint64_t state = 1;
};

constexpr std::array<std::string_view, 2> kProtocols{"msw/1", "msw-lane/1"};

struct Hosts {
    SigningKey our_key = SigningKey::from_seed({1});
    SigningKey peer_key = SigningKey::from_seed({2});
    TlsContext ours{our_key};
    TlsContext peers{peer_key};
};

const Hosts& hosts() {
    static const Hosts kHosts;
    return kHosts;
}

void read_certificate(std::string_view der) {
    const Result<PublicKey> key = key_in_certificate(der);
    require(ERR_peek_error() == 0);
    require(key || !key.error().text.empty());
    require(!key || der.size() <= kMostCertificate);
}

/// One of our ends, honest or not its peer.
struct End {
    End(const TlsContext& context, TlsRole role)
        : session(context, role, kProtocols, std::nullopt, 8) {}  // keys change often

    void hear(std::string_view bytes) {
        const State before = session.state();
        std::array<char, 3000> buffer{};
        Event event = Event::plaintext;
        while (event == Event::plaintext || event == Event::established) {
            std::size_t size = 0;
            event = session.read(bytes, buffer, size);
            require((size > 0) == (event == Event::plaintext));
            require(event != Event::established || !std::exchange(established, true));
            require(size == 0 || established);
            got.append(buffer.data(), size);
            check();
        }
        require(bytes.empty());
        require(before != State::failed || event == Event::failed);
    }

    void check() const {
        require(ERR_peek_error() == 0);
        require(session.waiting() <= TlsSession::kMostWaiting + std::size_t{32} * 1024);
        require(session.state() != State::failed || !session.error().text.empty());
        require(session.peer_key().has_value() == !session.protocol().empty());
        if (session.state() == State::handshake) require(!session.peer_key() && !session.exporter("EXPORTER-x", 8));
    }

    void say(std::size_t hundreds) {
        const std::string text(hundreds * 100, static_cast<char>('a' + said.size() % 26));
        const std::size_t taken = session.write(text);
        require(taken == 0 || session.state() == State::established || session.state() == State::ended);
        said += text.substr(0, taken);
        check();
    }

    TlsSession session;
    std::string got;
    std::string said;
    bool established = false;
};

/// The one under attack, its peer, and what is between them.
class Scene {
public:
    void take(const fuzz::Step& step) {
        std::string_view words = step.words;
        const std::size_t n = next(words);
        switch (step.what) {
            case 'x': read_certificate(bytes_of(step)); break;
            case 's': begin(TlsRole::server); break;
            case 'c': begin(TlsRole::client); break;
            case 'a': come(bytes_of(step), step.words); break;
            case 'p': {
                to_us_ += take_output(*peer_);
                const std::size_t size = n == 0 ? to_us_.size() : std::min(n, to_us_.size());
                come(to_us_.substr(0, size), step.words);
                to_us_.erase(0, size);
                break;
            }
            case 'f':
                to_us_ += take_output(*peer_);
                if (!to_us_.empty()) {
                    char& byte = to_us_.at(n % to_us_.size());
                    byte = static_cast<char>(static_cast<unsigned char>(byte) ^ (next(words) & 0xffU));
                }
                break;
            case 'd':
                to_us_ += take_output(*peer_);
                to_us_.erase(0, n);
                break;
            case 'r':
                to_us_ += take_output(*peer_);
                if (to_us_.size() < 100'000) to_us_ += std::string(to_us_);
                break;
            case 'w': peer_->say(n); break;
            case 'o': us_->say(n); break;
            case 'q': peer_->hear(take_output(*us_)); break;
            case 'k': peer_->session.close(); break;
            case 'e': us_->session.end_of_wire(); break;
            default: break;
        }
        us_->check();
        // Whatever came between: what was taken as the peer's is the beginning of what the peer said.
        require(us_->got.empty() || us_->session.peer_key() == hosts().peer_key.public_key());
        require(peer_->said.starts_with(us_->got));
        require(us_->said.starts_with(peer_->got));
    }

private:
    static std::size_t next(std::string_view& words) {
        words.remove_prefix(std::min(words.find_first_not_of(' '), words.size()));
        return fuzz::take_number(words);
    }

    /// `h` in the words: the bytes are given as hex digits, for people.
    static std::string bytes_of(const fuzz::Step& step) {
        if (step.words.find('h') == std::string_view::npos) return std::string(step.bytes);
        std::string raw;
        unsigned byte = 0;
        unsigned digits = 0;
        for (const char c : step.bytes) {
            const std::size_t digit = kHexDigits.find(c);
            if (digit == std::string_view::npos) continue;
            byte = (byte << 4U | static_cast<unsigned>(digit)) & 0xffU;
            if (++digits % 2 == 0) raw += static_cast<char>(byte);
        }
        return raw;
    }

    static std::string take_output(End& end) {
        std::string bytes;
        end.session.take_output(bytes);
        return bytes;
    }

    void begin(TlsRole role) {
        us_.emplace(hosts().ours, role);
        peer_.emplace(hosts().peers, role == TlsRole::server ? TlsRole::client : TlsRole::server);
        to_us_.clear();
    }

    void come(std::string_view bytes, std::string_view words) {
        const std::size_t cut = fuzz::cut_of(words, bytes.size());
        for (; !bytes.empty(); bytes.remove_prefix(std::min(cut, bytes.size()))) us_->hear(bytes.substr(0, cut));
    }

    std::optional<End> us_{std::in_place, hosts().ours, TlsRole::server};
    std::optional<End> peer_{std::in_place, hosts().peers, TlsRole::client};
    std::string to_us_;
};

}  // namespace
}  // namespace msw::net

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    (void)msw::net::hosts();
    msw::net::SameBytes::use();
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    msw::net::Scene scene;
    msw::fuzz::play(text, scene, 60);
    return 0;
}
