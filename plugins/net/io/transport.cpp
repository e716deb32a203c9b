#include "plugins/net/io/transport.hpp"

#include "base/descriptors.hpp"
#include "msw/encoder.hpp"
#include "plugins/net/io/endpoint.hpp"
#include "plugins/net/io/identity.hpp"
#include "plugins/net/io/own_addresses.hpp"
#include "plugins/net/io/protocols.hpp"
#include "plugins/net/io/vitals.hpp"

#include <algorithm>
#include <chrono>
#include <random>
#include <utility>

namespace msw::net {
namespace {

std::int64_t wall_ms() {
    return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch())
        .count();
}

constexpr std::size_t kWire = std::size_t{64} * 1024;   // bytes read at once
constexpr std::size_t kMostHeldHere = 4 * 1024 * 1024;  // bytes made here for this host that may wait for a mailbox

/// A number where the interface has a pointer that only its giver looks at.
void* as_pointer(std::uintptr_t number) noexcept {
    return reinterpret_cast<void*>(number);  // NOLINT(performance-no-int-to-ptr)
}

std::size_t weight_of(const plugin::Handle& datapack) { return datapack.body().size() + 1024; }

}  // namespace

Result<std::unique_ptr<Transport>> Transport::start(const msw_host_v1* host) {
    Result<Settings> read = read_settings(plugin::Host(host));
    if (!read) return read.error();
    auto settings = std::make_unique<Settings>(std::move(read).value());
    if (Result<void> begun = begin_run(settings->state_dir, settings->mesh); !begun) return begun.error();
    Result<Standing> standing = read_standing(*settings);
    if (!standing) return standing.error();
    Result<FileRoot> files = FileRoot::open(settings->file_root);
    if (!files) return Error{files.error().code, "the file root can't be used: " + files.error().text};
    auto shared = std::make_shared<const FileRoot>(std::move(files).value());
    std::unique_ptr<Transport> transport(
        new Transport(host, std::move(settings), std::move(standing).value(), std::move(shared)));
    if (Result<void> listening = transport->listen(); !listening) return listening.error();
    if (Result<void> listening = transport->listen_for_old_hosts(); !listening) return listening.error();
    if (transport->disk_.works()) transport->mesh_.set_store(&transport->disk_);
    transport->reloaded();
    transport->mesh_.remember(read_known_addresses(transport->settings_->state_dir), transport->now());
    transport->announce_addresses();
    transport->tick();
    return transport;
}

Transport::Transport(const msw_host_v1* host, std::unique_ptr<Settings> settings, Standing standing,
                     std::shared_ptr<const FileRoot> files)
    : host_(host),
      loop_(host->loop(host->self)),
      settings_(std::move(settings)),
      files_(std::move(files)),
      mesh_(settings_->mesh, *this, std::random_device{}()),
      desk_(loop_, *settings_, std::move(standing), mesh_, host_),
      disk_(host_, loop_),
      wire_(kWire),
      tick_(loop_, [this] { tick(); }),
      turn_(loop_, [this] { end_of_turn(); }) {}

Transport::~Transport() {
    mesh_.stop();
    end_of_turn();
    std::size_t unsent = mesh_.waiting();
    for (const auto& [id, connection] : connections_) {
        for (const Parcel& parcel : connection->close()) unsent += parcel.for_link ? 0 : 1;
    }
    if (unsent == 0) return;
    host_.log(MSW_WARNING,
              std::to_string(unsent) + " Datapacks for other hosts were not sent before mswd stopped; they are gone");
}

void Transport::tick() {
    mesh_.set_clock(wall_ms(), now());
    if (is_wildcard(settings_->listen) && now() >= next_look_) {
        next_look_ = now() + kLookAtAddresses;
        announce_addresses();
    }
    if (now() >= next_note_) note_addresses();
    mesh_.tick(now());
    offer_held();
    next_tick_ = now() + mesh_.pace();
    tick_.start(mesh_.pace());
}

void Transport::note_addresses() {
    next_note_ = now() + kNote;
    std::vector<Address> addresses = mesh_.memorable(kMostNoted);
    // Nobody is no news: those of before may be back.
    if (addresses.empty() || addresses == noted_) return;
    noted_ = addresses;
    uv::work(
        loop_,
        [dir = settings_->state_dir, addresses = std::move(addresses)] { (void)write_known_addresses(dir, addresses); },
        [] {});
}

void Transport::announce_addresses() {
    if (settings_->mesh.only_proxy) return;
    mesh_.set_addresses(own_addresses(settings_->listen, listener_->port()), now());
}

Result<uv::Listener> Transport::listener_at(const sockaddr_storage& address, Speaks speaks, const char* keys) {
    const auto* raw = reinterpret_cast<const sockaddr*>(&address);
    Result<uv::Listener> listener = uv::Listener::tcp(
        loop_, raw, settings_->backlog, [this, speaks](uv::Stream stream) { accepted(std::move(stream), speaks); });
    if (listener) return listener;
    return Error{listener.error().code, "can't listen on " + ip_text(address) + " port " +
                                            std::to_string(port_of(address)) + ": " + listener.error().text +
                                            ". Does another mswd run there? \"" + keys +
                                            "\" in the configuration chooses another port"};
}

Result<void> Transport::listen() {
    Result<uv::Listener> listener = listener_at(settings_->listen, Speaks::v1, "listen_port");
    if (!listener) return listener.error();
    listener_ = std::move(listener).value();
    mesh_.set_listen_port(listener_->port());
    const std::string where = settings_->listen_anywhere ? "all addresses, port " + std::to_string(listener_->port())
                                                         : to_text({ip_text(settings_->listen), listener_->port()});
    host_.log(MSW_INFO, "listening on " + where);
    return {};
}

Result<void> Transport::listen_for_old_hosts() {
    if (settings_->mesh.old_hosts.empty()) return {};
    std::string where = "they are dialled only";
    if (settings_->mesh.legacy_port != 0) {
        Result<uv::Listener> listener = listener_at(settings_->legacy_listen, Speaks::v0_1, "legacy.listen_port");
        if (!listener) return listener.error();
        old_listener_ = std::move(listener).value();
        where = "at " + to_text({ip_text(settings_->legacy_listen), old_listener_->port()});
    }
    host_.log(MSW_WARNING, "this host is a gateway for old hosts (" + where +
                               "): what goes to and from them is neither encrypted nor proven");
    return {};
}

void Transport::reloaded() { mesh_.configure(read_addresses(host_, settings_->config_dir), now()); }

// Connections.

Connection& Transport::add(uv::Stream stream, Speaks speaks, TlsRole role) {
    const LinkId id = ++last_link_;
    std::unique_ptr<TlsSession> tls;
    if (speaks == Speaks::v1) {
        tls = role == TlsRole::client ? std::make_unique<TlsSession>(*desk_.tls(), role, kLinkOnly)
                                      : std::make_unique<TlsSession>(*desk_.tls(), role, kServerProtocols);
    }
    auto connection =
        std::make_unique<Connection>(loop_, id, Channel(std::move(stream), std::move(tls)), wire_, files_, *this);
    return *connections_.emplace(id, std::move(connection)).first->second;
}

const Connection* Transport::find(LinkId link) const {
    const auto it = connections_.find(link);
    return it == connections_.end() ? nullptr : it->second.get();
}

Connection* Transport::find(LinkId link) {
    const auto it = connections_.find(link);
    return it == connections_.end() ? nullptr : it->second.get();
}

void Transport::accepted(uv::Stream stream, Speaks speaks) {
    const sockaddr_storage remote = remote_of(stream.fd());
    if (remote.ss_family == AF_UNSPEC) return;
    if (descriptors_run_out(stream.fd())) {
        mesh_.turned_away(ip_text(remote), kDescriptorsRunOut, now());
        return;
    }
    if (!mesh_.accepted(last_link_ + 1, ip_text(remote), now(), speaks)) return;
    add(std::move(stream), speaks, TlsRole::server).start();
}

void Transport::proved(Connection& c) {
    const TlsSession& tls = *c.tls();
    if (tls.protocol() == kJoinProtocol) {
        mesh_.joins(c.id(), now());
    } else {
        mesh_.proved(c.id(), *tls.peer_key(), now());
    }
}

void Transport::join(LinkId link, const Datapack& question) {
    const Connection* connection = find(link);
    if (connection == nullptr) return;
    const Result<std::string> exported = connection->tls()->exporter(kJoinExporter, std::tuple_size_v<roster::Digest>);
    roster::Digest session{};
    if (exported) {
        std::transform(exported->begin(), exported->end(), session.begin(),
                       [](char c) { return static_cast<std::uint8_t>(c); });
    }
    desk_.admit(question, session, [this, link](const Datapack& answer) {
        Connection* asks = find(link);
        const Result<std::string> bytes = encode(answer, Dialect::v1);
        if (asks != nullptr && bytes) asks->writer().say(*bytes);
    });
}

void Transport::merge_documents(LinkId link, std::vector<std::string> documents, bool asked) {
    desk_.merge(link, std::move(documents), asked);
}

void Transport::dial(const Address& address, Speaks speaks) {
    if (dialers_.contains({address, speaks})) return;  // its end is the end of this one, too
    dialers_[{address, speaks}] = std::make_unique<Dialer>(
        loop_, address,
        [this, address, speaks](Dialer::Outcome outcome) { dial_ended(address, speaks, std::move(outcome)); });
}

void Transport::dial_ended(const Address& address, Speaks speaks, Dialer::Outcome outcome) {
    const auto dialer = dialers_.extract({address, speaks});
    if (!dialer.empty()) ended_dialers_.push_back(std::move(dialer.mapped()));
    if (outcome.stream) {
        Connection& connection = add(std::move(*outcome.stream), speaks, TlsRole::client);
        connection.start();
        mesh_.dialled(connection.id(), address, now(), speaks);
    } else {
        mesh_.dial_failed(address, std::move(outcome.why), now(), speaks);
    }
}

void Transport::ended(const Connection& c, const std::string& why) {
    const LinkId id = c.id();
    mesh_.lost(id, why, take_away(id), now());
}

std::vector<Parcel> Transport::take_away(LinkId link) {
    auto node = connections_.extract(link);
    if (node.empty()) return {};
    dirty_.erase(link);
    std::vector<Parcel> unsent = node.mapped()->close();
    if (const plugin::Handle& held = node.mapped()->held()) {
        held_here_bytes_ += weight_of(held);  // it came whole, and its link is not needed any more
        held_here_.push_back(held);
    }
    closed_.push_back(std::move(node.mapped()));
    return unsent;
}

// Edge.

void Transport::say(LinkId link, const Datapack& word) {
    Connection* connection = find(link);
    if (connection == nullptr) return;
    const bool old = connection->tls() == nullptr;
    const Result<std::string> bytes = encode(word, old ? Dialect::old_host : Dialect::v1);
    if (bytes) connection->writer().say(*bytes);
}

void Transport::established(LinkId link, const PeerInfo& peer) {
    if (Connection* connection = find(link)) connection->established(peer, settings_->mesh.old_room);
}

bool Transport::has_room(LinkId link) const {
    const Connection* connection = find(link);
    return connection != nullptr && connection->writer().has_room();
}

bool Transport::has_room_for_frame(LinkId link) const {
    const Connection* connection = find(link);
    return connection != nullptr && connection->writer().has_room_for_frame();
}

Time Transport::delivered_until(LinkId link) {
    Connection* connection = find(link);
    return connection == nullptr ? now() : connection->writer().delivered_until();
}

void Transport::write(LinkId link, Parcel parcel) {
    Connection* connection = find(link);
    if (connection == nullptr) return;
    connection->writer().push(std::move(parcel));
    dirty_.insert(link);
}

std::pair<std::size_t, std::size_t> Transport::waiting(LinkId link) const {
    const Connection* connection = find(link);
    return connection == nullptr ? std::pair<std::size_t, std::size_t>{0, 0} : connection->writer().waiting();
}

std::vector<Parcel> Transport::close(LinkId link) { return take_away(link); }

std::vector<Parcel> Transport::retire(LinkId link) {
    Connection* connection = find(link);
    if (connection == nullptr) return {};
    dirty_.insert(link);
    return connection->writer().finish();
}

void Transport::log(msw_priority priority, std::string_view text, const Datapack* about) {
    if (about == nullptr) {
        host_.log(priority, text);
    } else {
        host_.log(priority, text,
                  {{"MSW_FLAG", about->get("flag")}, {"MSW_FROM", about->get("from")}, {"MSW_ID", about->get("id")}});
    }
}

// Delivery.

void Transport::deliver(LinkId from, Datapack datapack) {
    plugin::Handle handle = host_.make(datapack);
    if (!handle) {
        mesh_.undeliverable(datapack, {Code::bad_request, "mswd can't make a Datapack of it"}, now());
        return;
    }
    Connection* connection = find(from);
    if (connection != nullptr) {
        if (!settle(handle)) connection->hold(std::move(handle));
        return;
    }
    if (held_here_.empty() && settle(handle)) return;
    if (held_here_bytes_ > kMostHeldHere) {
        mesh_.undeliverable(datapack,
                            {Code::queue_full, "the app " + datapack.app + " does not take what waits for it"}, now());
        return;
    }
    held_here_bytes_ += weight_of(handle);
    held_here_.push_back(std::move(handle));
}

Arrivals::Handed Transport::hand(const Datapack& datapack, std::uint64_t name) {
    const plugin::Handle handle = host_.make(datapack);
    if (!handle) {
        mesh_.undeliverable(datapack, {Code::bad_request, "mswd can't make a Datapack of it"}, now());
        return Arrivals::Handed::ended;
    }
    const msw_host_v1* raw = host_.raw();
    switch (raw->deliver(raw->self, handle.raw(), {nullptr, 0}, {nullptr, 0}, nullptr, as_pointer(name))) {
        case MSW_OK: return Arrivals::Handed::waits;
        case MSW_FULL: return Arrivals::Handed::full;
        case MSW_ENDED: return Arrivals::Handed::ended;
        case MSW_CLOSED: mesh_.undeliverable(datapack, {Code::closed, "mswd is stopping"}, now()); break;
        default: mesh_.undeliverable(datapack, {Code::bad_request, "mswd refused it"}, now()); break;
    }
    return Arrivals::Handed::ended;
}

void Transport::hold(std::string_view app, bool held) {
    const msw_host_v1* raw = host_.raw();
    if (raw->size > offsetof(msw_host_v1, hold)) raw->hold(raw->self, {app.data(), app.size()}, held ? 1 : 0);
}

Vitals Transport::vitals(LinkId link) const {
    const Connection* connection = find(link);
    return connection == nullptr ? Vitals{} : vitals_of(connection->fd());
}

void Transport::raise_epoch(std::uint64_t epoch) { keep_epoch(settings_->state_dir, epoch, host_); }

bool Transport::hand_in(const plugin::Handle& datapack) {
    const msw_host_v1* raw = host_.raw();
    void* const name = as_pointer(Patience::name_of(datapack.app()));
    const int status = raw->deliver(raw->self, datapack.raw(), {nullptr, 0}, {nullptr, 0}, nullptr, name);
    if (status == MSW_FULL) return false;
    if (status != MSW_OK && status != MSW_ENDED) {
        const bool stopping = status == MSW_CLOSED;
        mesh_.undeliverable(
            datapack.copy(),
            stopping ? Error{Code::closed, "mswd is stopping"} : Error{Code::bad_request, "mswd refused it"}, now());
    }
    return true;
}

bool Transport::settle(const plugin::Handle& datapack) {
    if (hand_in(datapack)) {
        patience_.begin_anew(Patience::name_of(datapack.app()));
        return true;
    }
    if (!patience_.is_over(Patience::name_of(datapack.app()), now())) return false;
    mesh_.undeliverable(
        datapack.copy(),
        {Code::queue_full, "the app " + std::string(datapack.app()) + " takes nothing of what waits for it"}, now());
    return true;
}

void Transport::offer_held() {
    while (!held_here_.empty() && settle(held_here_.front())) {
        held_here_bytes_ -= weight_of(held_here_.front());
        held_here_.pop_front();
    }
    std::vector<LinkId> held;
    for (const auto& [id, connection] : connections_) {
        if (connection->held()) held.push_back(id);
    }
    for (const LinkId id : held) {
        Connection* connection = find(id);
        if (connection != nullptr && settle(connection->held())) connection->release();
    }
}

FileIn::Use Transport::use_of(const Connection&, const Datapack& head) {
    if (mesh_.passes_through(head)) return FileIn::Use::pass_on;
    return head.app == "net" ? FileIn::Use::drain : FileIn::Use::keep;
}

void Transport::file_refused(Connection& c, const Datapack& head, const Error& why) {
    mesh_.refuse_file(c.id(), head, why, now());
}

void Transport::end_of_turn() {
    mesh_.end_of_turn(now());
    if (next_tick_ > now() + mesh_.pace()) {
        next_tick_ = now() + mesh_.pace();
        tick_.start(mesh_.pace());
    }
    while (!dirty_.empty()) {
        const LinkId id = dirty_.extract(dirty_.begin()).value();
        if (Connection* connection = find(id)) connection->writer().flush();
    }
    closed_.clear();
    ended_dialers_.clear();
}

}  // namespace msw::net
