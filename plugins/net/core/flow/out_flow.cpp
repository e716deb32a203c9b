#include "plugins/net/core/flow/out_flow.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace msw::net {

std::uint64_t OutFlow::add(Held held) {
    held.n = next_;
    load(std::move(held));
    return next_ - 1;
}

void OutFlow::load(Held held) {
    next_ = held.n + 1;
    bytes_ += held.charge;
    first_expires_ = std::min(first_expires_, held.expires);
    held_.push_back(std::move(held));
}

std::vector<Held> OutFlow::meet(Run destination) {
    std::vector<Held> unconfirmed;
    if (destination == destination_) return unconfirmed;
    destination_ = destination;
    credit_ = kFirstCredit;
    next_at_ = 0;
    mark_ = 0;
    rewind();
    std::deque<Held> kept;
    for (Held& h : held_) {
        if (class_ == FlowClass::ordinary && h.sent_for != kNoRun) {
            bytes_ -= h.charge;
            unconfirmed.push_back(std::move(h));
            continue;
        }
        h.placed = h.seen = h.passed = false;
        h.sent = 0;
        kept.push_back(std::move(h));
    }
    held_ = std::move(kept);
    return unconfirmed;
}

bool OutFlow::is_under_way(std::size_t i) const noexcept { return i < cursor_ && !held_[i].seen && !held_[i].lost; }

std::size_t OutFlow::first_to_send() const noexcept {
    std::size_t i = cursor_;
    if (lost_ > 0) {
        i = 0;
        while (i < held_.size() && !held_[i].lost) ++i;
    }
    while (i < held_.size() && held_[i].seen) ++i;
    return i;
}

const Held* OutFlow::next() const noexcept {
    if (destination_ == kNoRun) return nullptr;
    const std::size_t i = first_to_send();
    if (i == held_.size()) return nullptr;
    const Held& h = held_[i];
    if (class_ == FlowClass::durable && h.sent_for != destination_) return nullptr;
    const std::uint64_t at = h.placed ? h.at : next_at_;
    if (at + h.charge <= credit_) return &h;
    // One larger than any credit goes alone, once all before it has been taken.
    return h.charge > kFirstCredit && under_way_ == 0 && credit_ >= at + kFirstCredit ? &h : nullptr;
}

bool OutFlow::starved() const noexcept {
    const std::size_t i = first_to_send();
    return destination_ != kNoRun && i < held_.size() && next() == nullptr &&
           (class_ == FlowClass::ordinary || held_[i].sent_for == destination_);
}

OutFlow::Standing OutFlow::standing(std::size_t i) const noexcept {
    if (held_[i].seen) return Standing::seen;
    if (is_under_way(i)) return Standing::under_way;
    return i == first_to_send() ? Standing::first : Standing::behind;
}

Envelope OutFlow::send(Time now) {
    const std::size_t i = first_to_send();
    Held& h = held_[i];
    if (!h.placed) {
        h.placed = true;
        h.at = next_at_;
        next_at_ += h.charge;
    }
    if (h.lost) {
        h.lost = false;
        --lost_;
    } else {
        cursor_ = i + 1;
    }
    under_way_ += h.charge;
    h.sent_for = destination_;
    h.sent_at = now;
    ++h.sent;
    return {class_, run_, destination_, h.n, low(), h.at, h.redelivered};
}

std::size_t OutFlow::index_of(std::uint64_t n) const noexcept {
    const auto at =
        std::lower_bound(held_.begin(), held_.end(), n, [](const Held& h, std::uint64_t m) { return h.n < m; });
    return at != held_.end() && at->n == n ? static_cast<std::size_t>(at - held_.begin()) : held_.size();
}

Held OutFlow::take(std::size_t i) {
    if (is_under_way(i)) under_way_ -= held_[i].charge;
    if (held_[i].lost) --lost_;
    if (i < cursor_) --cursor_;
    bytes_ -= held_[i].charge;
    Held h = std::move(held_[i]);
    held_.erase(held_.begin() + static_cast<std::ptrdiff_t>(i));
    return h;
}

OutFlow::Receipt OutFlow::receipt(std::uint64_t mark, std::string_view beyond, Time now) {
    Receipt out;
    // Nothing is received that was not sent to the run that says so.
    while (!held_.empty() && held_.front().n <= mark && held_.front().sent_for == destination_) {
        out.acked += held_.front().charge;
        out.received.push_back(take(0));
    }
    if (!out.received.empty()) received_at_ = now;
    mark_ = std::max(mark_, std::min(mark, low() - 1));
    note_seen(mark, beyond, out);
    return out;
}

void OutFlow::note_seen(std::uint64_t mark, std::string_view beyond, Receipt& out) {
    std::size_t highest = 0;
    for (std::size_t bit = 0; bit < beyond.size() * 8; ++bit) {
        const unsigned byte = static_cast<unsigned char>(beyond[bit / 8]);
        if ((byte >> (bit % 8) & 1U) == 0) continue;
        const std::size_t i = index_of(mark + 1 + bit);
        if (i == held_.size() || !held_[i].placed || held_[i].seen) continue;
        if (is_under_way(i)) under_way_ -= held_[i].charge;
        if (held_[i].lost) {
            held_[i].lost = false;
            --lost_;
        }
        held_[i].seen = true;
        out.acked += held_[i].charge;
        highest = i;
    }
    for (std::size_t i = 0; i < highest; ++i) {
        if (!is_under_way(i) || held_[i].passed) continue;
        under_way_ -= held_[i].charge;
        held_[i].passed = held_[i].lost = true;
        ++lost_;
        out.gap = true;
    }
}

bool OutFlow::credit(std::uint64_t offset) noexcept {
    const bool was_starved = starved();
    credit_ = std::max(credit_, offset);
    return was_starved && next() != nullptr;
}

void OutFlow::rewind() noexcept {
    for (Held& h : held_) h.lost = false;
    lost_ = 0;
    cursor_ = 0;
    under_way_ = 0;
}

void OutFlow::forget_seen() noexcept {
    for (std::size_t i = 0; i < held_.size(); ++i) {
        if (held_[i].seen && i < cursor_) under_way_ += held_[i].charge;
        held_[i].seen = false;
    }
}

std::vector<Held> OutFlow::expire(std::int64_t now_ms) {
    std::vector<Held> out;
    if (now_ms < first_expires_) return out;
    first_expires_ = INT64_MAX;
    std::deque<Held> kept;
    std::size_t cursor = cursor_;
    for (std::size_t i = 0; i < held_.size(); ++i) {
        Held& h = held_[i];
        if (h.expires > now_ms) {
            first_expires_ = std::min(first_expires_, h.expires);
            kept.push_back(std::move(h));
            continue;
        }
        if (is_under_way(i)) under_way_ -= h.charge;
        if (h.lost) --lost_;
        if (i < cursor_) --cursor;
        bytes_ -= h.charge;
        out.push_back(std::move(h));
    }
    held_ = std::move(kept);
    cursor_ = cursor;
    return out;
}

std::optional<Held> OutFlow::remove(std::uint64_t n) {
    const std::size_t i = index_of(n);
    if (i == held_.size()) return std::nullopt;
    return take(i);
}

std::uint64_t OutFlow::low_at() const noexcept {
    return held_.empty() || !held_.front().placed ? next_at_ : held_.front().at;
}

Time OutFlow::file_until() const noexcept {
    constexpr Time kLeast{60'000};
    constexpr std::uint64_t kSlowest = 256;  // bytes in a ms
    Time until = Time::min();
    for (std::size_t i = 0; i < cursor_; ++i) {
        const Held& h = held_[i];
        if (!h.datapack->file || !is_under_way(i)) continue;
        until = std::max(until, h.sent_at + kLeast + Time{static_cast<Time::rep>(h.datapack->file->size() / kSlowest)});
    }
    return until;
}

const Held* OutFlow::unheard() const noexcept {
    for (std::size_t i = 0; i < held_.size() && (i < cursor_ || held_[i].seen); ++i) {
        if (!held_[i].lost) return &held_[i];
    }
    return nullptr;
}

}  // namespace msw::net
