#include "plugins/net/core/routes/route_exchange.hpp"

#include <algorithm>
#include <utility>

namespace msw::net {

// --- Neighbours.

void RouteExchange::up(LinkId link, std::string member, std::optional<std::uint64_t> root, Time now) {
    Neighbour& neighbour = neighbours_[link];
    neighbour.key = key_of(member);
    neighbour.member = std::move(member);
    neighbour.root = root;
    // So that it needn't ask who we are.
    if (const RouteEntry* own = root == this->root() ? nullptr : table_.find(table_.own())) {
        RouteFrame frame = RouteFrame::flood();
        (void)frame.add_announcement(*own->what);
        edge_.send_routes(link, std::move(frame).take());
        ++counts_.flooded;
    }
    consider_pull(link, neighbour, true, now);
}

void RouteExchange::down(LinkId link, Time now) {
    if (pull_ && pull_->link == link) end_pull(true, now);
    neighbours_.erase(link);
    if (heard() >= kHeard) return;
    const auto quiet =
        std::find_if(neighbours_.begin(), neighbours_.end(), [](const auto& n) { return !n.second.heard; });
    if (quiet != neighbours_.end()) wake(quiet->first, quiet->second);
}

void RouteExchange::root_heard(LinkId link, std::uint64_t root, Time now) {
    const auto at = neighbours_.find(link);
    if (at == neighbours_.end()) return;
    const bool first = !at->second.root;
    at->second.root = root;
    consider_pull(link, at->second, first, now);
}

void RouteExchange::frame_heard(LinkId link, std::string_view body, Time now) {
    const auto at = neighbours_.find(link);
    if (at == neighbours_.end()) return;
    Neighbour& neighbour = at->second;
    if (!neighbour.read.has_some(now)) {
        ++counts_.over;
        return;
    }
    neighbour.read.spend(body.size());
    from_hub_ = hubs_.large() && table_.is_hub(neighbour.key);
    Result<RouteFrameReader> reader = RouteFrameReader::open(body);
    if (!reader) {
        edge_.route_offence(link, reader.error().text);
        return;
    }
    switch (reader->title()) {
        case RouteFrameReader::Title::ask: answer(link, neighbour, *reader, now); break;
        case RouteFrameReader::Title::answer: hear_answer(link, *reader, now); break;
        case RouteFrameReader::Title::flood: hear_flood(link, neighbour, *reader, now); break;
        case RouteFrameReader::Title::hush: neighbour.hears = false; break;
        case RouteFrameReader::Title::wake: neighbour.hears = true; break;
    }
}

void RouteExchange::tick(Time now) {
    if (pull_ && now >= pull_->answer_by && pull_->tries < kTries) ask(now);
    if (pull_ && (now >= pull_->answer_by || now >= pull_->end_by)) end_pull(true, now);
    if (const std::optional<Time> due = flood_due(); due && now >= *due) flood(now);
}

std::optional<Time> RouteExchange::next_due() const {
    std::optional<Time> due = flood_due();
    if (pull_) due = std::min(due.value_or(Time::max()), std::min(pull_->answer_by, pull_->end_by));
    return due;
}

// --- Taking in, and flooding.

void RouteExchange::hear_flood(LinkId link, Neighbour& neighbour, RouteFrameReader& reader, Time now) {
    RouteItem item;
    Result<bool> more = reader.next(item);
    for (; more && *more; more = reader.next(item)) {
        if (item.kind != RouteItem::Kind::announcement) continue;
        const AnnouncementTitle title = title_of(item.text);
        const bool first = take(link, item.text, title, false, now);
        if (title.member == neighbour.member) continue;  // of itself it always tells
        neighbour.late = std::max(neighbour.late + (first ? -1 : 1), -kLate);
    }
    if (!more) edge_.route_offence(link, more.error().text);
    consider_hush(link, neighbour);
}

void RouteExchange::consider_hush(LinkId link, Neighbour& neighbour) {
    if (neighbour.late < kLate || (neighbour.heard && heard() <= kHeard)) return;
    neighbour.late = 0;  // should the word be lost, it will be late again
    neighbour.heard = false;
    edge_.send_routes(link, RouteFrame::hush().take());
}

void RouteExchange::wake(LinkId link, Neighbour& neighbour) {
    neighbour.late = 0;
    neighbour.heard = true;
    edge_.send_routes(link, RouteFrame::wake().take());
}

std::size_t RouteExchange::heard() const {
    return static_cast<std::size_t>(
        std::count_if(neighbours_.begin(), neighbours_.end(), [](const auto& n) { return n.second.heard; }));
}

bool RouteExchange::take(LinkId link, std::string_view text, const AnnouncementTitle& title, bool pulled, Time now) {
    // Most of what comes is known: that costs a look into the table and a comparison, nothing is decoded or verified.
    if (const RouteEntry* entry = table_.find(title.member)) {
        const bool same = entry->what->text == text;
        if (same || title.edition < entry->what->said.edition) {
            ++counts_.duplicates;
            const auto waiting = same ? pending_.find(entry->key) : pending_.end();
            if (waiting != pending_.end()) waiting->second.have_it.push_back(link);
            return false;
        }
    }
    Result<AnnouncedPtr> read = read_(text);
    if (!read) {
        ++counts_.refused;
        edge_.route_offence(link, read.error().text);
        return false;
    }
    const AnnouncedPtr what = std::move(read).value();
    const Heard heard = table_.hear(what, now);
    switch (heard.verdict) {
        case Heard::Verdict::fresh: break;
        case Heard::Verdict::own_newer: edge_.own_newer(what->said.edition); return false;
        case Heard::Verdict::refused: ++counts_.refused; return false;
        case Heard::Verdict::known:
        case Heard::Verdict::stale: ++counts_.duplicates; return false;
    }
    ++counts_.fresh;
    if (!pulled) news_at_ = now;
    Time due = now + kBatch;
    if (heard.since_last < kPerMember) due = std::max(due, now - heard.since_last + kPerMember);
    // What a new host is told in one go its neighbours know: their next ping says so.
    if (pulled && pull_ && pull_->gained >= kFew) due = std::max(due, now + kPerMember);
    flood_later(link, from_hub_, what, due);
    edge_.route_changed(*what);
    return true;
}

void RouteExchange::announce(AnnouncedPtr own, Time now) { flood_later(0, false, std::move(own), now); }

void RouteExchange::flood_later(LinkId from, bool from_hub, AnnouncedPtr what, Time due) {
    const std::uint64_t key = what->key;
    const auto [at, added] = pending_.try_emplace(key);
    Pending& pending = at->second;
    // Where an older one of the member waits, this one takes its place and its turn: who changes its mind all the time
    // can't put off being heard.
    if (!added) {
        due = std::min(due, pending.due);
        turns_.erase({pending.due, key});
    }
    turns_.emplace(due, key);
    pending.due = due;
    pending.from_hub = from_hub;
    pending.own = from == 0;
    pending.have_it.clear();
    if (from != 0) pending.have_it.push_back(from);
    pending.what = std::move(what);
}

std::optional<Time> RouteExchange::flood_due() const {
    if (turns_.empty()) return std::nullopt;
    return std::max(turns_.begin()->first, flooded_at_ + kBatch);
}

void RouteExchange::flood(Time now) {
    std::vector<Pending> due;
    flooded_at_ = now;
    for (; !turns_.empty() && turns_.begin()->first <= now; turns_.erase(turns_.begin())) {
        const auto at = pending_.find(turns_.begin()->second);
        due.push_back(std::move(at->second));
        pending_.erase(at);
    }
    if (due.empty()) return;
    const bool to_all = !hubs_.large() || table_.is_hub(key_of(table_.own()));
    const bool has_hub = !to_all && std::any_of(neighbours_.begin(), neighbours_.end(),
                                                [&](const auto& n) { return table_.is_hub(n.second.key); });
    for (const auto& [link, neighbour] : neighbours_) {
        if (neighbour.root == root()) continue;
        const bool hub = !to_all && table_.is_hub(neighbour.key);
        const bool dependent = !to_all && !hub && depends_on_us(neighbour);
        RouteFrame frame = RouteFrame::flood();
        for (const Pending& pending : due) {
            const bool meant = to_all || dependent || (!pending.from_hub && (hub || !has_hub));
            if (!meant || (!neighbour.hears && !pending.own) ||
                std::find(pending.have_it.begin(), pending.have_it.end(), link) != pending.have_it.end()) {
                continue;
            }
            ++counts_.flooded;
            if (frame.add_announcement(*pending.what)) continue;
            edge_.send_routes(link, std::exchange(frame, RouteFrame::flood()).take());
            (void)frame.add_announcement(*pending.what);
        }
        if (!frame.empty()) edge_.send_routes(link, std::move(frame).take());
    }
}

bool RouteExchange::depends_on_us(const Neighbour& neighbour) const {
    const RouteEntry* entry = table_.find(neighbour.member, neighbour.key);
    return entry == nullptr || std::none_of(entry->what->link_keys.begin(), entry->what->link_keys.end(),
                                            [&](std::uint64_t key) { return table_.is_hub(key); });
}

// --- Pulling.

void RouteExchange::consider_pull(LinkId link, Neighbour& neighbour, bool at_once, Time now) {
    if (!neighbour.root || *neighbour.root == root()) {
        neighbour.differs_since.reset();
        return;
    }
    if (!neighbour.differs_since) neighbour.differs_since = now;
    if (pull_ || now - *neighbour.differs_since < patience(at_once, now)) return;
    const bool settled = neighbour.settled == neighbour.root;
    if (now < neighbour.not_before + (settled ? kSettled : Time(0))) return;
    if (!at_once && !neighbour.heard) wake(link, neighbour);
    ++counts_.pulls;
    pull_.emplace();
    pull_->link = link;
    pull_->end_by = now + kPull;
    pull_->root = *neighbour.root;
    pull_->compare.emplace_back();
    ask_next(now);
}

Time RouteExchange::patience(bool at_once, Time now) const {
    const bool storm = hubs_.large() && caught_up_ && now - news_at_ < kDiffers;
    if (storm) return kDiffers + kStorm * table_.size();
    return at_once ? Time(0) : kDiffers;
}

void RouteExchange::ask_next(Time now) {
    RoutePull& pull = *pull_;
    if (pull.compare.empty() && pull.want.empty()) {
        end_pull(pull.gained == 0, now);
        return;
    }
    pull.number = ++asked_;
    pull.tries = 0;
    RouteFrame frame = RouteFrame::ask(pull.number);
    for (std::size_t n = 0; n < kComparesAtOnce && !pull.compare.empty(); ++n) {
        (void)frame.add_compare(pull.compare.front(), table_.digests().children(pull.compare.front()));
        pull.compare.pop_front();
    }
    // First all that differs, then what is wanted of it.
    if (frame.empty()) {
        for (auto at = pull.want.begin(); at != pull.want.end() && pull.asked.size() < kWantsAtOnce; ++at) {
            (void)frame.add_want(at->first);
            pull.asked.push_back(at->first);
        }
    }
    pull.question = std::move(frame).take();
    ask(now);
}

void RouteExchange::ask(Time now) {
    ++pull_->tries;
    pull_->answer_by = now + kAnswer;
    edge_.send_routes(pull_->link, pull_->question);
}

void RouteExchange::end_pull(bool in_vain, Time now) {
    const auto at = neighbours_.find(pull_->link);
    if (at != neighbours_.end()) {
        Neighbour& neighbour = at->second;
        neighbour.not_before = in_vain ? now + kInVain : now;
        neighbour.settled.reset();
        if (pull_->whole && pull_->compare.empty() && pull_->want.empty() && now < pull_->answer_by) {
            neighbour.settled = pull_->root;
            caught_up_ = true;
            neighbour.not_before = now;
        }
        neighbour.differs_since.reset();
    }
    pull_.reset();
}

void RouteExchange::hear_answer(LinkId link, RouteFrameReader& reader, Time now) {
    if (!pull_ || pull_->link != link || pull_->number != reader.number()) return;  // too late, or never asked for
    bool cut = false;
    std::size_t came = 0;
    RouteItem item;
    Result<bool> more = reader.next(item);
    for (; more && *more; more = reader.next(item)) {
        switch (item.kind) {
            case RouteItem::Kind::node: compare_node(item.node, item.digests); break;
            case RouteItem::Kind::held: consider_held(item); break;
            case RouteItem::Kind::cut: cut = true; break;
            case RouteItem::Kind::announcement:
                if (!take(link, item.text, title_of(item.text), true, now)) break;
                ++came;
                ++pull_->gained;
                ++counts_.pulled;
                break;
            case RouteItem::Kind::compare:
            case RouteItem::Kind::want: break;
        }
    }
    if (!more) {
        edge_.route_offence(link, more.error().text);
        pull_->whole = false;
        end_pull(true, now);
        return;
    }
    settle_asked(cut, came);
    ask_next(now);
}

void RouteExchange::settle_asked(bool cut, std::size_t came) {
    RoutePull& pull = *pull_;
    // What an answer had no room for is asked for again, unless it had room for nothing.
    const bool again = cut && came > 0;
    if (cut && !again) pull.whole = false;
    for (const std::string& member : pull.asked) {
        const auto at = pull.want.find(member);
        if (at == pull.want.end()) continue;
        const RouteEntry* entry = table_.find(member);
        const bool have = entry != nullptr && std::pair(entry->what->said.edition, entry->what->digest) >=
                                                  std::pair(at->second.edition, at->second.digest);
        if (have || !again) pull.want.erase(at);
    }
    pull.asked.clear();
}

void RouteExchange::compare_node(const DigestNode& node, const DigestTree::Children& theirs) {
    for (unsigned digit = 0; digit < DigestTree::kWidth; ++digit) {
        const DigestNode child = node.child(digit);
        // No more than there are, however often it is said.
        if (theirs.at(digit) == table_.digests().of(child) || pull_->compare.size() >= 256) continue;
        pull_->compare.push_back(child);
    }
}

void RouteExchange::consider_held(const RouteItem& item) {
    const RouteEntry* entry = table_.find(item.member);
    if (entry != nullptr &&
        std::pair(entry->what->said.edition, entry->what->digest) >= std::pair(item.edition, item.digest)) {
        return;
    }
    if (pull_->want.size() < RouteTable::kMostHosts) {
        pull_->want.insert_or_assign(std::string(item.member), RoutePull::Want{item.edition, item.digest});
    }
}

// --- Answering.

void RouteExchange::answer(LinkId link, Neighbour& neighbour, RouteFrameReader& reader, Time now) {
    ++counts_.answers;
    RouteFrame frame = RouteFrame::answer(reader.number());
    bool whole = neighbour.answers.has_some(now) && answers_.has_some(now);
    if (whole) {
        std::vector<bool> leaves;
        RouteItem item;
        Result<bool> more = reader.next(item);
        for (; more && *more && whole; more = reader.next(item)) whole = answer_item(item, frame, leaves);
        if (!more) {
            edge_.route_offence(link, more.error().text);
            return;
        }
        if (!leaves.empty()) whole = list_leaves(leaves, frame) && whole;
    } else {
        ++counts_.over;
    }
    if (!whole) frame.add_cut();
    neighbour.answers.spend(frame.size() + kAskCosts);
    answers_.spend(frame.size() + kAskCosts);
    edge_.send_routes(link, std::move(frame).take());
}

bool RouteExchange::answer_item(const RouteItem& item, RouteFrame& frame, std::vector<bool>& leaves) const {
    const DigestTree& tree = table_.digests();
    if (item.kind == RouteItem::Kind::want) {
        const RouteEntry* entry = table_.find(item.member);
        return entry == nullptr || entry->withheld || frame.add_announcement(*entry->what);
    }
    if (item.kind != RouteItem::Kind::compare) return true;
    for (unsigned digit = 0; digit < DigestTree::kWidth; ++digit) {
        const DigestNode child = item.node.child(digit);
        if (tree.of(child) == item.digests.at(digit)) continue;
        if (child.level == 1 && !frame.add_node(child, tree.children(child))) return false;
        if (child.level == DigestTree::kLeafLevel) {
            leaves.resize(DigestTree::kLeaves);
            leaves[child.prefix] = true;
        }
    }
    return true;
}

bool RouteExchange::list_leaves(const std::vector<bool>& leaves, RouteFrame& frame) const {
    return std::all_of(table_.entries().begin(), table_.entries().end(), [&](const RouteEntry& entry) {
        return entry.withheld || !leaves[DigestTree::leaf_of(entry.key)] || frame.add_held(*entry.what);
    });
}

}  // namespace msw::net
