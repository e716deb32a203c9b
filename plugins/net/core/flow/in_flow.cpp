#include "plugins/net/core/flow/in_flow.hpp"

#include <algorithm>
#include <utility>

namespace msw::net {

InFlow::~InFlow() {
    for (auto& [n, item] : behind_) release(item);
    for (Item& item : ready_) release(item);
    for (Place& place : committing_) release(place);
    for (Place& place : with_plugin_) release(place);
}

void InFlow::release(Place& place) noexcept {
    if (place.large) {
        pool_.give_large(app_);
    } else {
        pool_.give(place.charge);
    }
    place.large = false;
    place.charge = 0;
}

std::uint64_t InFlow::least_here() const noexcept {
    if (!with_plugin_.empty()) return with_plugin_.front().n;
    if (!committing_.empty()) return committing_.front().n;
    if (!ready_.empty()) return ready_.front().n;
    return behind_.empty() ? UINT64_MAX : behind_.begin()->first;
}

InFlow::Arrival InFlow::arrive(const Envelope& e, Datapack& datapack, Time now) {
    last_arrival_ = now;
    const std::size_t charge = charge_of(datapack);
    const std::uint64_t end = e.at + charge;
    if (e.low > low_) {
        low_ = e.low;
        if (known_) advance();
    }
    if (known_ && e.n < next_) {
        if (e.n < least_here()) consumed(end, now);
        urgent_ = true;  // its receipt was lost, or late
        return Arrival::duplicate;
    }
    if (behind_.contains(e.n)) {
        urgent_ = true;
        return Arrival::duplicate;
    }
    bool large = false;
    if (end > granted_) {
        large = charge > kFirstCredit && idle() && pool_.take_large(app_);
        // Or it counts like others: its origin can't know whether those before it were taken.
        const bool begins_within = charge > kFirstCredit && e.at + kFirstCredit <= granted_;
        if (!large && !(begins_within && pool_.take(charge))) return Arrival::no_room;
    } else if (!pool_.take(charge)) {
        return Arrival::no_room;
    }
    urgent_ |= datapack.file != nullptr;  // its origin has nothing else under way while that is
    behind_.emplace(e.n, Item{{e.n, end, charge, large}, std::move(datapack)});
    if (known_) advance();
    something_to_tell(class_ == FlowClass::ordinary ? charge : 0, now);
    return Arrival::taken;
}

void InFlow::recall(std::uint64_t mark, Time now) {
    known_ = true;
    next_ = mark + 1;
    while (!behind_.empty() && behind_.begin()->first < next_) {
        Item& item = behind_.begin()->second;
        release(item);
        const std::uint64_t end = item.end;
        behind_.erase(behind_.begin());
        consumed(end, now);
        urgent_ = true;
    }
    advance();
}

void InFlow::advance() {
    while (!behind_.empty() && (behind_.begin()->first == next_ || behind_.begin()->first < low_)) {
        next_ = behind_.begin()->first + 1;
        ready_.push_back(std::move(behind_.begin()->second));
        behind_.erase(behind_.begin());
    }
    if (next_ >= low_) return;
    next_ = low_;
    advance();
}

void InFlow::pass(std::uint64_t low, std::uint64_t at, Time now) {
    low_ = std::max(low_, low);
    if (known_) advance();
    if (idle()) consumed(at, now);
    urgent_ = true;
}

const Datapack* InFlow::front() const noexcept {
    if (ready_.empty() || committing_.size() >= kMostCommitting) return nullptr;
    return &ready_.front().datapack;
}

void InFlow::handed(bool waits, Time now) {
    Place place = ready_.front();
    ready_.pop_front();
    if (place.large) release(place);  // its mailbox counts it
    with_plugin_.push_back(place);
    if (!waits) taken(now);
}

std::uint64_t InFlow::committing() {
    committing_.push_back(ready_.front());
    ready_.pop_front();
    return generation_;
}

void InFlow::committed(std::uint64_t token, bool ok, Time now) {
    if (token != generation_) return;  // one before it failed, and it with that
    if (ok) {
        const Place place = committing_.front();
        committing_.pop_front();
        with_plugin_.push_back(place);
        something_to_tell(place.charge, now);
        if (++committed_untold_ >= kTellAfter) urgent_ = true;
        return;
    }
    ++generation_;
    next_ = committing_.front().n;
    for (Place& place : committing_) release(place);
    for (Item& item : ready_) release(item);
    for (auto& [n, item] : behind_) release(item);
    committing_.clear();
    ready_.clear();
    behind_.clear();
}

void InFlow::taken(Time now) {
    if (with_plugin_.empty()) return;
    Place place = with_plugin_.front();
    with_plugin_.pop_front();
    release(place);
    consumed(place.end, now);
}

void InFlow::consumed(std::uint64_t offset, Time now) noexcept {
    if (offset <= consumed_) return;
    something_to_tell(offset - consumed_, now);
    consumed_ = offset;
}

void InFlow::something_to_tell(std::size_t bytes, Time now) noexcept {
    untold_ += bytes;
    if (!tell_since_) tell_since_ = now;
    // Half of what the origin may have under way: it shall not come to a halt for want of a word.
    const std::uint64_t window = granted_ > consumed_ ? granted_ - consumed_ : 0;
    if (untold_ >= window / 2) urgent_ = true;
}

std::vector<InFlow::Found> InFlow::find(std::string_view flag) const {
    std::vector<Found> found;
    for (std::size_t i = 0; i < ready_.size(); ++i) {
        if (ready_[i].datapack.get("flag") == flag) found.push_back({&ready_[i].datapack, i, false});
    }
    std::size_t ahead = ready_.size();
    for (const auto& [n, item] : behind_) {
        if (item.datapack.get("flag") == flag) found.push_back({&item.datapack, ahead, true});
        ++ahead;
    }
    return found;
}

std::uint64_t InFlow::mark() const noexcept {
    if (!known_) return 0;
    if (class_ == FlowClass::durable) {
        if (!committing_.empty()) return committing_.front().n - 1;
        if (!ready_.empty()) return ready_.front().n - 1;
    }
    return next_ - 1;
}

std::string InFlow::beyond() const {
    std::string bits;
    const std::uint64_t first = mark() + 1;
    const auto add = [&](std::uint64_t n) {
        if (n < first || n - first >= kMostBeyond) return;
        const std::size_t bit = n - first;
        if (bits.size() <= bit / 8) bits.resize(bit / 8 + 1, '\0');
        bits[bit / 8] = static_cast<char>(static_cast<unsigned char>(bits[bit / 8]) | 1U << (bit % 8));
    };
    if (class_ == FlowClass::durable) {
        for (const Place& place : committing_) add(place.n);
        for (const Item& item : ready_) add(item.n);
    }
    for (const auto& [n, item] : behind_) add(n);
    return bits;
}

std::uint64_t InFlow::credit() noexcept {
    granted_ = std::max(granted_, consumed_ + pool_.window());
    return granted_;
}

bool InFlow::must_tell(Time now) const noexcept {
    return known_ && (urgent_ || (tell_since_ && now - *tell_since_ >= kReceiptDelay));
}

std::optional<Time> InFlow::tell_at() const noexcept {
    if (!known_ || !tell_since_) return std::nullopt;
    return *tell_since_ + kReceiptDelay;
}

void InFlow::told() noexcept {
    untold_ = committed_untold_ = 0;
    urgent_ = false;
    tell_since_.reset();
}

}  // namespace msw::net
