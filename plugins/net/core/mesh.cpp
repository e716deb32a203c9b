#include "plugins/net/core/mesh.hpp"

#include "msw/host_id.hpp"

#include <algorithm>

namespace msw::net {
Mesh::Mesh(MeshSettings settings, Edge& edge, std::uint32_t seed)
    : settings_(std::move(settings)),
      around_{settings_.id, only_proxy(),
              [this](std::string_view id) {
                  const Link* link = peers_.to(id);
                  return link != nullptr && !link->modern();
              },
              [this](std::string_view id) { return proxies_.of(id); }},
      edge_(edge),
      members_(settings_.members ? settings_.members : std::make_shared<const Membership>()),
      roster_(*this),
      book_(seed),
      old_book_(seed),
      peers_(settings_.id),
      routes_({settings_.id, settings_.member, settings_.epoch, settings_.run}, seed, *this,
              [this](std::string_view text) { return read_route(text); }),
      detours_(routes_.table()),
      custody_(settings_.run, settings_.custody, *this),
      shelf_(settings_.run, settings_.epoch, custody_),
      arrivals_(*this),
      watchers_(*this) {
    roster_.changed(members_, {}, 0);
    old_book_.configure(settings_.old_hosts.addresses(), Time(0));
}

Time Mesh::pace() const noexcept {
    constexpr Time kBusy{50};
    constexpr Time kIdle{250};
    return custody_.size() > 0 || arrivals_.held() > 0 || arrivals_.has_to_tell() ? kBusy : kIdle;
}

void Mesh::tick(Time now) {
    now_ = now;
    roster_.tick(now);
    watch_links(now);
    compare_clocks(now);
    routes_.tick(now);
    after_roster(now);
    custody_.tick(now, wall(now));
    flush_received();
    shelf_.pump(now);
    arrivals_.try_again(now);
    arrivals_.tick(now);
    questions_.expire(wall(now));
    std::vector<LinkId> late;
    for (const auto& [link, pending] : pending_) {
        if (now >= pending.deadline) late.push_back(link);
    }
    for (const LinkId link : late) close(link, "it has not said who it is within 10 s", MSW_NOTICE, now);
    for (const LinkId link : peers_.silent(now)) close(link, "not a byte came or went for 60 s", MSW_NOTICE, now);

    const auto connected = [this](std::string_view id) { return peers_.connected(id); };
    if (peers_.size() < kMostLinks) {
        if (members_->roster() != nullptr) {
            for (const Address& address : book_.due(now, connected, sessions_.empty())) {
                edge_.dial(address, Speaks::v1);
            }
        }
        for (const Address& address : old_book_.due(now, connected)) edge_.dial(address, Speaks::v0_1);
    }

    if (now >= next_gossip_) {
        next_gossip_ = now + kGossip;
        ++gossip_turn_;
        for (const Link* link : peers_.all()) {
            if (!link->modern()) ask_for_gossip(*link);
        }
    }

    for (const Parcel& parcel : outbox_.expire(now, [this](const Parcel& p) {
             return find_route(p.way, around_, p.came_from).kind != Route::Kind::wait;
         })) {
        const std::string why = parcel.ends ? " was not reached before its time ran out"
                                            : " could not be reached in " + std::to_string(Outbox::kMostTries) +
                                                  " tries over two and a half minutes";
        failed(parcel.datapack, parcel.ends ? Count::expired : Count::unreachable,
               {Code::unreachable, parcel.way.back() + why}, now);
    }
    pump(now);
    look_at_hosts(now);
    for (std::size_t i = 0; i < kCounts; ++i) {
        const auto count = static_cast<Count>(i);
        if (const auto n = counters_.left_out(count, now)) {
            edge_.log(MSW_WARNING,
                      std::to_string(*n) + " more of the kind \"" + std::string(name_of(count)) +
                          "\" were counted without a line of their own",
                      nullptr);
        }
    }
}

}  // namespace msw::net
