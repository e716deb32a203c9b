#include "plugins/net/core/routes/routes.hpp"

#include <algorithm>
#include <utility>

namespace msw::net {

Routes::Routes(const OwnName& name, std::uint32_t seed, RoutesEdge& edge, RouteExchange::Read read)
    : edge_(edge),
      table_(name.member),
      announcer_(name),
      exchange_(table_, hubs_, *this, std::move(read)),
      plan_(name.member, seed) {}

void Routes::up(NewLink link, Time now) {
    now_ = now;
    plan_.answered(link.member);
    exchange_.up(link.id, link.member, link.root, now);
    const LinkId id = link.id;
    links_.insert_or_assign(id, OneLink{std::move(link), false, now});
    links_changed(now);
}

void Routes::down(LinkId link, Time now) {
    now_ = now;
    const auto at = links_.find(link);
    if (at == links_.end()) return;
    const std::string member = std::move(at->second.link.member);
    links_.erase(at);
    exchange_.down(link, now);
    links_changed(now);
    if (std::none_of(planned_.begin(), planned_.end(), [&](const PlannedLink& l) { return l.member == member; })) {
        plan_.lost(member, now);
    }
}

void Routes::set_busy(LinkId link, bool busy, Time now) {
    const auto at = links_.find(link);
    if (at == links_.end() || at->second.busy == busy) return;
    at->second.busy = busy;
    links_changed(now);
}

void Routes::root_heard(LinkId link, std::uint64_t root, Time now) {
    now_ = now;
    exchange_.root_heard(link, root, now);
}

void Routes::frame_heard(LinkId link, std::string_view body, Time now) {
    now_ = now;
    exchange_.frame_heard(link, body, now);
}

void Routes::links_changed(Time now) {
    next_plan_ = now;
    // Of several links to one member the newest is told of.
    std::map<std::string_view, const OneLink*> newest;
    for (const auto& [id, link] : links_) newest[link.link.member] = &link;
    std::vector<AnnouncedLink> up;
    planned_.clear();
    for (const auto& [member, link] : newest) {
        up.push_back({std::string(member), link->link.cost, link->busy});
        planned_.push_back({std::string(member), link->link.we_dialled, link->link.configured, link->since});
    }
    table_.set_links(up);
    announcer_.set_links(std::move(up), now);
}

void Routes::tick(Time now) {
    now_ = now;
    exchange_.tick(now);
    if (now < next_look_) return;
    next_look_ = now + kLook;
    hubs_.look(table_, now);
    announce(now);
    (void)table_.sweep(now);
    if (now < next_plan_) return;
    next_plan_ = now + kPlan;
    for (const DialPlan::Dial& dial : plan_.due(table_, hubs_, planned_, now)) edge_.dial(dial.member, dial.address);
    drop_surplus(now);
}

void Routes::announce(Time now) {
    std::optional<Announcement> due = announcer_.due(table_, hubs_, now);
    if (!due) return;
    AnnouncedPtr own = edge_.sign(std::move(*due));
    table_.set_own(own, now);
    exchange_.announce(std::move(own), now);
}

void Routes::drop_surplus(Time now) {
    const std::string member = plan_.surplus(table_, planned_, now);
    if (member.empty()) return;
    std::vector<LinkId> links;
    for (const auto& [id, link] : links_) {
        if (link.link.member == member) links.push_back(id);
    }
    for (const LinkId link : links) edge_.drop_surplus(link);
}

void Routes::own_newer(const Edition& theirs) {
    switch (announcer_.jump_past(theirs, now_)) {
        case Announcer::Jump::made: edge_.raise_epoch(announcer_.epoch()); break;
        case Announcer::Jump::behind: break;
        case Announcer::Jump::too_many:
            if (alarmed_ && now_ - *alarmed_ < kAlarm) break;
            alarmed_ = now_;
            edge_.two_runs();
            break;
    }
}

}  // namespace msw::net
