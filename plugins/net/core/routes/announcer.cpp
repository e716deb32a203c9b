#include "plugins/net/core/routes/announcer.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

namespace msw::net {
namespace {

bool before_member(const AnnouncedLink& link, const std::string& member) { return link.member < member; }

/// @param links  sorted by member
bool names(const std::vector<AnnouncedLink>& links, const std::string& member) {
    const auto at = std::lower_bound(links.begin(), links.end(), member, before_member);
    return at != links.end() && at->member == member;
}

}  // namespace

/// What a link counts for among those to be announced.
struct Announcer::Choice {
    const AnnouncedLink* link = nullptr;
    bool to_hub = false;
    bool needed = false;     // the far end names this host, and no hub else
    bool hardly = false;     // the far end is no hub, names this host, and hardly another
    bool named = false;      // the far end names this host
    bool announced = false;  // this host named it last time
    std::uint64_t key = 0;

    /// @return whether `a` is announced before `b` where not all can be.
    [[nodiscard]] static bool before(const Choice& a, const Choice& b) {
        const auto rank = [](const Choice& c) { return std::tuple(!c.hardly, !c.named, !c.announced, c.key); };
        return rank(a) < rank(b);
    }
};

void Announcer::changed(Time now) {
    look_ = true;
    if (!changed_at_) changed_at_ = now;
}

void Announcer::rename(std::string host, Time now) {
    if (host == name_.host) return;
    name_.host = std::move(host);
    changed(now);
}

void Announcer::set_addresses(std::vector<Address> addresses, Time now) {
    if (addresses.size() > Announcement::kMostAddresses) addresses.resize(Announcement::kMostAddresses);
    if (addresses == addresses_) return;
    addresses_ = std::move(addresses);
    changed(now);
}

void Announcer::set_links(std::vector<AnnouncedLink> up, Time now) {
    std::sort(up.begin(), up.end());
    if (up == up_) return;
    up_ = std::move(up);
    up_keys_.clear();
    for (const AnnouncedLink& link : up_) up_keys_.push_back(key_of(link.member));
    urgent_ = std::any_of(last_.links.begin(), last_.links.end(), [&](const AnnouncedLink& link) {
        const auto at = std::lower_bound(up_.begin(), up_.end(), link.member, before_member);
        return at == up_.end() || at->member != link.member || at->busy != link.busy;
    });
    changed(now);
}

Announcer::Choice Announcer::weigh(const RouteTable& table, std::size_t link) const {
    const std::string& member = up_[link].member;
    Choice choice;
    choice.link = &up_[link];
    choice.key = up_keys_[link];
    choice.announced = names(last_.links, member);
    const RouteEntry* far = table.find(member, choice.key);
    if (far == nullptr) return choice;
    choice.to_hub = far->hub;
    const Announced& what = *far->what;
    choice.named = names(what.said.links, name_.member);
    if (!choice.named) return choice;
    choice.hardly = !far->hub && what.said.links.size() <= kAttachments;
    choice.needed = std::none_of(what.link_keys.begin(), what.link_keys.end(),
                                 [&](std::uint64_t other) { return other != key_ && table.is_hub(other); });
    return choice;
}

std::vector<AnnouncedLink> Announcer::chosen(const RouteTable& table, bool large, bool hub) const {
    std::vector<Choice> choices;
    choices.reserve(up_.size());
    if (large || up_.size() > Announcement::kMostLinks) {
        for (std::size_t link = 0; link < up_.size(); ++link) choices.push_back(weigh(table, link));
        std::sort(choices.begin(), choices.end(), Choice::before);
    } else {
        for (const AnnouncedLink& link : up_) choices.push_back({.link = &link});
    }
    const bool attached = std::any_of(choices.begin(), choices.end(), [](const Choice& c) { return c.to_hub; });
    std::size_t attachments = 0;
    std::vector<AnnouncedLink> links;
    for (const Choice& choice : choices) {
        if (links.size() == Announcement::kMostLinks) break;
        bool wanted = !large || choice.needed || (hub && choice.named);
        if (large && choice.to_hub) wanted = hub || attachments++ < kAttachments || choice.needed;
        if (large && !hub && !attached) wanted = true;
        if (wanted) links.push_back(*choice.link);
    }
    std::sort(links.begin(), links.end());
    return links;
}

bool Announcer::gathering(Time now) const {
    return changed_at_ && (now - *changed_at_ < kGather || (!urgent_ && now - *made_at_ < spacing_));
}

std::optional<Announcement> Announcer::due(const RouteTable& table, const Hubs& hubs, Time now) {
    if (table.version() != looked_at_) {
        looked_at_ = table.version();
        look_ = true;
    }
    if (ever_ && !jumped_ && (!look_ || gathering(now))) return std::nullopt;
    look_ = false;
    Announcement next;
    next.host = name_.host;
    next.member = name_.member;
    next.run = name_.run;
    next.addresses = addresses_;
    next.hub = hubs.should_be(key_, !addresses_.empty());
    next.links = chosen(table, hubs.large(), next.hub);
    next.edition = last_.edition;
    if (ever_ && !jumped_) {
        if (next == last_) {
            changed_at_.reset();
            return std::nullopt;
        }
        if (!changed_at_) {  // what others said has changed what this host says
            changed(now);
            return std::nullopt;
        }
    }
    edition_ = past(edition_);
    next.edition = edition_;
    hub_ = next.hub;
    spacing_ = ever_ && now - *made_at_ < kCalm ? std::min(2 * spacing_, kLongestGather) : kGather;
    made_at_ = now;
    ever_ = true;
    jumped_ = false;
    urgent_ = false;
    changed_at_.reset();
    last_ = next;
    return next;
}

Announcer::Jump Announcer::jump_past(const Edition& theirs, Time now) {
    if (theirs < edition_) return Jump::behind;
    std::erase_if(jumps_, [&](Time at) { return now - at >= kJumps; });
    if (jumps_.size() == kMostJumps || theirs.epoch >= kLargestCount) return Jump::too_many;
    jumps_.push_back(now);
    edition_ = theirs;  // the next one is past it
    jumped_ = true;
    return Jump::made;
}

}  // namespace msw::net
