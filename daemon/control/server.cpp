#include "daemon/control/server.hpp"

#include "base/descriptors.hpp"
#include "daemon/control/socket_file.hpp"

#include <unistd.h>
#include <algorithm>

namespace msw {

ControlServer::~ControlServer() {
    if (!path_.empty()) ::unlink(path_.c_str());
}

Result<void> ControlServer::listen(const std::string& path) {
    Result<Fd> fd = listen_unix(path);
    if (!fd) return fd.error();
    Result<uv::Listener> listener = uv::Listener::unix_socket(
        services_.loop, std::move(fd).value(), [this](uv::Stream stream) { accepted(std::move(stream)); });
    if (!listener) return listener.error();
    listener_ = std::move(listener).value();
    path_ = path;
    return {};
}

void ControlServer::accepted(uv::Stream stream) {
    const bool no_descriptors = descriptors_run_out(stream.fd());
    const bool room = !no_descriptors && clients_.size() < kMostClients;
    if (!room && !turned_away_) {
        services_.log.write(Priority::warning, "mswd",
                            std::to_string(clients_.size()) + " programs are connected, more are turned away: " +
                                (no_descriptors ? kDescriptorsRunOut : "that is the most"));
    }
    turned_away_ = !room;
    if (no_descriptors || clients_.size() >= kMostClients + kMostTurnedAway) return;
    const std::uint64_t number = ++last_number_;
    auto client = std::make_unique<AttachedClient>(services_, std::move(stream), number, reserved_, [this, number] {
        services_.post(anchor_.guard([this, number] { clients_.erase(number); }));
    });
    if (!room) {
        client->turn_away({Code::queue_full, std::to_string(kMostClients) +
                                                 " programs are connected to this mswd, the most it takes; try again "
                                                 "when one of them has left"});
    }
    clients_.emplace(number, std::move(client));
}

void ControlServer::close_intake() {
    listener_.reset();
    for (const auto& [number, client] : clients_) client->stop_reading();
}

bool ControlServer::idle() const {
    return std::all_of(clients_.begin(), clients_.end(), [](const auto& c) { return c.second->idle(); });
}

std::vector<PluginState> ControlServer::rows() const {
    std::vector<PluginState> all;
    for (const auto& [number, client] : clients_) {
        if (client->attached()) all.push_back(client->state());
    }
    return all;
}

}  // namespace msw
