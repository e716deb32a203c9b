// Where a Datapack stands in the custody, for who asks about it.
#include "plugins/net/core/flow/custody.hpp"

namespace msw::net {

CustodyPlace::Waits Custody::what_it_waits_for(const Destination& to, const OutFlow& flow, std::size_t i) const {
    using Waits = CustodyPlace::Waits;
    const OutFlow::Standing standing = flow.standing(i);
    if (standing == OutFlow::Standing::seen) return Waits::gap;
    if (standing == OutFlow::Standing::under_way) return Waits::receipt;
    const Way way = output_.way_to(to.member);
    if (way == Way::none) return Waits::no_way;
    if (to.run == kNoRun) return Waits::run;
    if (standing == OutFlow::Standing::behind) return Waits::others;
    const Held& held = flow.held()[i];
    if (flow.flow_class() == FlowClass::durable && held.sent_for != to.run) return Waits::disk;
    if (flow.starved()) return Waits::credit;
    const bool windowed = way == Way::relayed || to.silent;
    return windowed && !to.window.has_room(under_way(to)) ? Waits::window : Waits::room;
}

std::vector<CustodyPlace> Custody::find(std::string_view flag) const {
    std::vector<CustodyPlace> places;
    for (const auto& [member, to] : destinations_) {
        for (const auto& [name, flow] : to.flows) {
            for (std::size_t i = 0; i < flow.held().size(); ++i) {
                const Held& held = flow.held()[i];
                if (held.datapack->get("flag") != flag) continue;
                CustodyPlace place;
                place.host = to.host;
                place.member = member;
                place.app = held.datapack->app;
                place.durable = name.first == FlowClass::durable;
                place.row = held.row;
                place.bytes = held.datapack->file ? held.datapack->file->size() : held.datapack->body.size();
                place.ahead = i;
                place.sent = held.sent;
                place.sent_at = held.sent_at;
                place.expires = held.expires;
                place.way = output_.way_to(member) != Way::none;
                place.waits = what_it_waits_for(to, flow, i);
                places.push_back(std::move(place));
            }
        }
    }
    return places;
}

Custody::FlowNumbers Custody::flow_numbers(const std::string& member, const std::string& app) const {
    const auto to = destinations_.find(member);
    if (to == destinations_.end()) return {};
    const auto at = to->second.flows.find({FlowClass::ordinary, app});
    if (at == to->second.flows.end()) return {};
    return {at->second.held().size(), at->second.bytes(), at->second.starved()};
}

}  // namespace msw::net
