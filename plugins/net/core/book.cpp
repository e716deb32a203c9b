#include "plugins/net/core/book.hpp"

#include "msw/host_id.hpp"

#include <algorithm>

namespace msw::net {

std::string_view name_of(Source source) noexcept {
    switch (source) {
        case Source::configured: return "configured";
        case Source::incoming: return "incoming";
        case Source::exchanged: return "exchanged";
    }
    return "?";
}

void AddressBook::configure(const std::vector<Address>& addresses, Time now) {
    for (auto it = entries_.begin(); it != entries_.end();) {
        const bool gone = it->second.source == Source::configured &&
                          std::find(addresses.begin(), addresses.end(), it->first) == addresses.end();
        it = gone ? entries_.erase(it) : std::next(it);
    }
    for (const Address& address : addresses) {
        Entry& entry = entries_[address];
        entry.source = Source::configured;
        entry.failures = 0;
        entry.next = now;
    }
    learned_ = static_cast<std::size_t>(std::count_if(
        entries_.begin(), entries_.end(), [](const auto& e) { return e.second.source != Source::configured; }));
}

bool AddressBook::learn(const Address& address, Source source, Time now) {
    const auto known = entries_.find(address);
    if (known != entries_.end()) {
        known->second.source = std::min(known->second.source, source);
        return true;
    }
    if (learned_ == kMostLearned) {
        // Room is made by who was heard of, but never met.
        const auto never_met = std::find_if(entries_.begin(), entries_.end(), [](const auto& e) {
            return e.second.source == Source::exchanged && e.second.id.empty() && !e.second.dialling &&
                   e.second.failures > 3;
        });
        if (never_met == entries_.end()) return false;
        entries_.erase(never_met);
        --learned_;
    }
    Entry entry;
    entry.source = source;
    entry.next = now;
    entries_.emplace(address, std::move(entry));
    ++learned_;
    return true;
}

std::vector<Address> AddressBook::due(Time now, const std::function<bool(std::string_view)>& connected, bool learned) {
    std::vector<Address> out;
    for (auto& [address, entry] : entries_) {
        if (entry.self || entry.dialling || entry.next > now) continue;
        if (entry.source != Source::configured && !learned) continue;
        if (!entry.id.empty() && connected(entry.id)) continue;
        entry.dialling = true;
        out.push_back(address);
    }
    return out;
}

void AddressBook::failed(const Address& address, std::string why, Time now) {
    const auto it = entries_.find(address);
    if (it == entries_.end()) return;
    Entry& entry = it->second;
    entry.dialling = false;
    entry.last_error = std::move(why);
    const unsigned doublings = std::min(entry.failures, 7U);  // 0.5 s * 2^7 is more than the longest
    ++entry.failures;
    const unsigned most = entry.id.empty() ? kMostFailuresUnmet : kMostFailuresMet;
    if (entry.source != Source::configured && entry.failures >= most) {
        entries_.erase(it);
        --learned_;
        return;
    }
    entry.next = now + jittered(std::min(kFirstDelay * (1U << doublings), kLongestDelay));
}

void AddressBook::unwelcome(const Address& address, std::string why, Time now) {
    const auto it = entries_.find(address);
    if (it == entries_.end()) return;
    it->second.failures = std::max(it->second.failures, 7U);
    failed(address, std::move(why), now);
}

bool AddressBook::answered(const Address& address, std::string_view id) {
    const auto it = entries_.find(address);
    if (it == entries_.end()) return false;
    Entry& entry = it->second;
    entry.dialling = false;
    entry.failures = 0;
    entry.last_error.clear();
    entry.id = id;
    return entry.source == Source::configured;
}

void AddressBook::self(const Address& address) {
    const auto it = entries_.find(address);
    if (it == entries_.end()) return;
    it->second.dialling = false;
    it->second.self = true;
}

void AddressBook::lost(std::string_view id, Time now) {
    for (auto& [address, entry] : entries_) {
        if (!entry.dialling && same_host_id(entry.id, id)) entry.next = now + jittered(kFirstDelay);
    }
}

std::vector<Address> AddressBook::known() const {
    std::vector<Address> out;
    for (const Source source : {Source::configured, Source::incoming, Source::exchanged}) {
        for (const auto& [address, entry] : entries_) {
            if (entry.source != source || entry.self) continue;
            // Hearsay goes no further: an address that was once wrong would wander about for ever.
            if (source == Source::configured || !entry.id.empty()) out.push_back(address);
        }
    }
    return out;
}

Time AddressBook::jittered(Time delay) {
    // 75 to 125 of 100 parts.
    const auto part = static_cast<std::int64_t>(75 + random_() % 51);
    return std::clamp(Time(delay.count() * part / 100), kFirstDelay, kLongestDelay);
}

}  // namespace msw::net
