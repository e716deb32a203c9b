#include "plugins/net/core/host_states.hpp"
#include "msw/host_id.hpp"

#include <utility>

namespace msw::net {

std::string_view name_of(HostState::Kind kind) noexcept {
    switch (kind) {
        case HostState::Kind::up: return "up";
        case HostState::Kind::busy: return "busy";
        case HostState::Kind::down: return "down";
    }
    return "";
}

void HostStates::update(std::vector<HostState> all, Time now) {
    ++updates_;
    for (HostState& state : all) {
        const auto [at, is_new] = rows_.try_emplace(id_key(state.host));
        Row& row = at->second;
        row.seen = updates_;
        const bool same_kind = !is_new && row.state.kind == state.kind;
        const bool same = same_kind && row.state.via == state.via && row.state.old == state.old;
        state.since = same_kind ? row.state.since : now;
        row.state = std::move(state);
        if (!same) changed(row);
    }
    for (auto at = rows_.begin(); at != rows_.end();) {
        Row& row = at->second;
        const bool gone = row.seen != updates_;
        if (gone && row.state.kind != HostState::Kind::down) {
            row.state = {row.state.host, HostState::Kind::down, {}, row.state.old, std::nullopt, now};
            changed(row);
        }
        if (gone && (now - row.state.since >= kForget || rows_.size() > kMost)) {
            changes_.erase(row.serial);
            at = rows_.erase(at);
        } else {
            ++at;
        }
    }
}

void HostStates::changed(Row& row) {
    changes_.erase(row.serial);
    row.serial = ++serial_;
    changes_.emplace(row.serial, &row);
}

void HostStates::changed_since(std::uint64_t serial,
                               const std::function<bool(std::uint64_t, const HostState&)>& give) const {
    for (auto at = changes_.upper_bound(serial); at != changes_.end(); ++at) {
        if (!give(at->first, at->second->state)) return;
    }
}

const HostState* HostStates::find(std::string_view host) const {
    const auto at = rows_.find(id_key(host));
    return at == rows_.end() ? nullptr : &at->second.state;
}

}  // namespace msw::net
