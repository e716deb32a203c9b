#include "plugins/net/core/outbox.hpp"
#include "msw/host_id.hpp"

#include <algorithm>

namespace msw::net {

Result<void> Outbox::room_for(const Way& way, std::size_t weight) const {
    const auto it = queues_.find(id_key(way.front()));
    const std::size_t held = it == queues_.end() ? 0 : it->second.bytes;
    // One larger than all the room goes in alone.
    if (held > 0 && held + weight > kMostPerHost) {
        return Error{Code::queue_full, "too much waits for " + way.front() + " already (" + std::to_string(held) +
                                           " of " + std::to_string(kMostPerHost) + " bytes)"};
    }
    if (bytes_ + weight > kMostInAll) {
        return Error{Code::queue_full, "too much waits for other hosts already (" + std::to_string(bytes_) + " of " +
                                           std::to_string(kMostInAll) + " bytes)"};
    }
    return {};
}

Result<void> Outbox::add(Parcel& parcel, Time now) {
    const std::size_t weight = parcel.weight();
    if (Result<void> room = room_for(parcel.way, weight); !room) return room;
    const std::string key = id_key(parcel.way.front());
    parcel.next_try = now + kBetweenTries;
    Queue& queue = queues_[key];
    queue.parcels.push_back(std::move(parcel));
    queue.bytes += weight;
    bytes_ += weight;
    ++size_;
    return {};
}

void Outbox::put_back(std::vector<Parcel> parcels, Time now) {
    while (!parcels.empty()) {
        Parcel parcel = std::move(parcels.back());
        parcels.pop_back();
        const std::size_t weight = parcel.weight();
        parcel.next_try = now + kBetweenTries;
        Queue& queue = queues_[id_key(parcel.way.front())];
        queue.parcels.push_front(std::move(parcel));
        queue.bytes += weight;
        bytes_ += weight;
        ++size_;
    }
}

void Outbox::offer(const std::function<bool(Parcel&)>& take) {
    for (auto it = queues_.begin(); it != queues_.end();) {
        Queue& queue = it->second;
        while (!queue.parcels.empty()) {
            const std::size_t weight = queue.parcels.front().weight();
            if (!take(queue.parcels.front())) break;
            remove_front(queue, weight);
        }
        it = queue.parcels.empty() ? queues_.erase(it) : std::next(it);
    }
}

bool Outbox::fails(Parcel& p, Time now, const std::function<bool(const Parcel&)>& reachable) {
    if (p.ends) return *p.ends <= now;
    if (p.next_try > now) return false;
    p.next_try += kBetweenTries;
    if (p.next_try <= now) p.next_try = now + kBetweenTries;  // we stood still for long: one failure
    return !reachable(p) && ++p.tries >= kMostTries;
}

std::vector<Parcel> Outbox::expire(Time now, const std::function<bool(const Parcel&)>& reachable) {
    std::vector<Parcel> failed;
    for (auto it = queues_.begin(); it != queues_.end();) {
        Queue& queue = it->second;
        for (auto p = queue.parcels.begin(); p != queue.parcels.end();) {
            if (!fails(*p, now, reachable)) {
                ++p;
                continue;
            }
            const std::size_t weight = p->weight();
            failed.push_back(std::move(*p));
            p = queue.parcels.erase(p);
            queue.bytes -= weight;
            bytes_ -= weight;
            --size_;
        }
        it = queue.parcels.empty() ? queues_.erase(it) : std::next(it);
    }
    return failed;
}

bool Outbox::holds(const Way& way) const { return queues_.contains(id_key(way.front())); }

std::vector<Outbox::Row> Outbox::rows() const {
    std::vector<Row> out;
    out.reserve(size_);
    for (const auto& [key, queue] : queues_) {
        for (const Parcel& parcel : queue.parcels) out.push_back({to_text(parcel.way), &parcel});
    }
    return out;
}

std::pair<std::size_t, std::size_t> Outbox::waiting_for(std::string_view id) const {
    const auto it = queues_.find(id_key(id));
    if (it == queues_.end()) return {0, 0};
    return {it->second.parcels.size(), it->second.bytes};
}

void Outbox::remove_front(Queue& queue, std::size_t weight) noexcept {
    queue.parcels.pop_front();
    queue.bytes -= weight;
    bytes_ -= weight;
    --size_;
}

}  // namespace msw::net
