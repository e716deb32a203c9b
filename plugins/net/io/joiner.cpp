#include "plugins/net/io/joiner.hpp"

#include "base/keys/openssl_thread.hpp"
#include "base/roster/admission.hpp"
#include "base/roster/bundle.hpp"
#include "msw/encoder.hpp"
#include "plugins/net/core/printable.hpp"
#include "plugins/net/io/protocols.hpp"

#include <algorithm>
#include <utility>

namespace msw::net {
namespace {

constexpr std::size_t kWire = std::size_t{64} * 1024;

/// What a bundle makes of this host. Slow.
Result<roster::Roster> read_roster(const std::string& bundle, const roster::Digest& mesh, const HostKeys& keys,
                                   const std::string& id) {
    const auto wrong = [](const char* what) { return Error{Code::refused, std::string("its answer ") + what}; };
    const std::optional<std::vector<std::string>> documents = roster::split_bundle(bundle);
    if (!documents) return wrong("is no roster");
    roster::Roster roster(mesh);
    (void)roster.merge(roster::check_documents(*documents));
    const roster::Belongs* own = roster.view().with_key(keys.sign.public_key());
    if (!roster.view().root) return wrong("is no roster of the mesh that the token is of");
    if (own == nullptr) return wrong("is a roster in which this host is no member");
    if (own->keys != keys.public_keys() || own->id != id) return wrong("is a roster in which this host is another one");
    return roster;
}

}  // namespace

Joiner::Joiner(uv_loop_t* loop, std::shared_ptr<const TlsContext> tls, std::shared_ptr<const HostKeys> keys,
               roster::Token token, std::string id, Done done)
    : loop_(loop),
      tls_(std::move(tls)),
      keys_(std::move(keys)),
      token_(std::move(token)),
      id_(std::move(id)),
      done_(std::move(done)),
      wire_(kWire),
      patience_(loop, [this] { fail("no answer within 15 s"); }) {
    dial();
}

void Joiner::dial() {
    patience_.start(kPatience);
    channel_.reset();
    decoder_.reset();
    old_dialer_ = std::move(dialer_);
    Result<Address> address = next_ < token_.addresses.size()
                                  ? parse_address(token_.addresses[next_])
                                  : Error{Code::unreachable, "the token names no address where it leads"};
    if (!address) {
        uv::work(
            loop_, [] {}, anchor_.guard([this, why = address.error().text] { fail(why); }));
        return;
    }
    dialer_ = std::make_unique<Dialer>(loop_, std::move(address).value(),
                                       [this](Dialer::Outcome outcome) { connected(std::move(outcome)); });
}

void Joiner::connected(Dialer::Outcome outcome) {
    if (!outcome.stream) {
        fail(outcome.why);
        return;
    }
    decoder_.emplace();
    channel_.emplace(std::move(*outcome.stream),
                     std::make_unique<TlsSession>(*tls_, TlsRole::client, kJoinOnly, token_.acceptor));
    channel_->stream().start_reading(*this);
}

void Joiner::received(std::size_t bytes) {
    std::string_view wire(wire_.data(), bytes);
    for (;;) {
        std::size_t size = 0;
        switch (channel_->read(wire, decoder_->room(), size)) {
            case TlsSession::Event::more: return;
            case TlsSession::Event::established: ask(); break;
            case TlsSession::Event::plaintext:
                decoder_->commit(size);
                if (!hear()) return;
                break;
            case TlsSession::Event::ended: fail("it closed the connection without an answer"); return;
            case TlsSession::Event::failed: fail(channel_->error()); return;
        }
    }
}

void Joiner::ended(int status) {
    const std::string cut_off = channel_->end_of_wire();
    fail(status != UV_EOF || cut_off.empty() ? uv::error_text(status) : cut_off);
}

void Joiner::ask() {
    const Result<std::string> exported = channel_->tls()->exporter(kJoinExporter, std::tuple_size_v<roster::Digest>);
    roster::Digest session{};
    std::transform(exported->begin(), exported->end(), session.begin(),
                   [](char c) { return static_cast<std::uint8_t>(c); });
    Datapack question("post", "join");
    question.body = roster::encode_request(
        roster::make_request(token_.invite, token_.once, keys_->sign, keys_->public_keys(), id_, session));
    (void)channel_->write(*encode(question, Dialect::v1), anchor_.guard([](int) {}));
}

bool Joiner::hear() {
    switch (decoder_->next()) {
        case Decoder::Event::more: return true;
        case Decoder::Event::datapack: break;
        default: fail("its answer makes no sense"); return false;
    }
    Datapack& answer = decoder_->datapack();
    channel_->stream().stop_reading();
    if (answer.method != "reply" || answer.app != "join") {
        fail("its answer makes no sense");
    } else if (const std::string_view error = answer.get("error"); !error.empty()) {
        end(Error{code_from_wire(error), printable(answer.body, 1024)});
    } else {
        take(std::move(answer.body));
    }
    return false;
}

void Joiner::take(std::string bundle) {
    patience_.stop();
    struct Judged {
        std::optional<Result<roster::Roster>> roster;
    };
    auto judged = std::make_shared<Judged>();
    uv::work(
        loop_,
        [judged, bundle = std::move(bundle), mesh = token_.invite.invite.mesh, keys = keys_, id = id_] {
            const OpensslThread thread;
            judged->roster = read_roster(bundle, mesh, *keys, id);
        },
        anchor_.guard([this, judged] { end(std::move(*judged->roster)); }));
}

void Joiner::fail(const std::string& why) {
    patience_.stop();
    if (next_ < token_.addresses.size()) {
        failures_ += (failures_.empty() ? "" : "; ") + token_.addresses[next_] + ": " + why;
    } else if (failures_.empty()) {
        failures_ = why;
    }
    if (++next_ < token_.addresses.size()) {
        // Not from within a callback of what is dropped then.
        uv::work(
            loop_, [] {}, anchor_.guard([this] { dial(); }));
        if (channel_) channel_->stream().stop_reading();
        return;
    }
    end(Error{Code::unreachable, "the host that the token names can't be reached: " + failures_});
}

void Joiner::end(Result<roster::Roster> outcome) {
    patience_.stop();
    if (channel_) channel_->stream().stop_reading();
    if (const Done done = std::exchange(done_, nullptr)) done(std::move(outcome));
}

}  // namespace msw::net
