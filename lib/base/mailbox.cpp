#include "base/mailbox.hpp"

#include <algorithm>
#include <utility>

namespace msw {
namespace {

void call_all(const std::vector<std::function<void()>>& functions) {
    for (const std::function<void()>& f : functions) f();
}

Room room_of(const Datapack& d) noexcept { return d.method == "reply" ? Room::answer : Room::ordinary; }

}  // namespace

Mailbox::Put Mailbox::put(Mail& mail) {
    mail.weight = mail.datapack->weight();
    mail.room = room_of(*mail.datapack);
    bool first = false;
    {
        const std::lock_guard lock(mutex_);
        if (closed_) return Put::closed;
        Quota& q = quota(mail.room);
        if (!q.fits(mail.weight)) return Put::full;
        q.held += mail.weight;
        first = queue_.empty();
        queue_.push_back(std::move(mail));
    }
    tell(first);
    return Put::taken;
}

void Mailbox::tell(bool first) {
    if (ready_) {
        if (first) ready_();
    } else {
        arrived_.notify_one();
    }
}

Mailbox::Put Mailbox::reserve(std::size_t bytes, Room room) {
    const std::lock_guard lock(mutex_);
    if (closed_) return Put::closed;
    Quota& q = quota(room);
    if (!q.fits(bytes)) return Put::full;
    q.held += bytes;
    return Put::taken;
}

void Mailbox::put_reserved(Mail mail) {
    mail.weight = mail.datapack->weight();
    mail.room = room_of(*mail.datapack);
    bool first = false;
    {
        const std::lock_guard lock(mutex_);
        first = queue_.empty();
        queue_.push_back(std::move(mail));
    }
    tell(first);
}

void Mailbox::release(std::size_t bytes, Room room) {
    Calls granted;
    {
        const std::lock_guard lock(mutex_);
        granted = freed(bytes, room);
    }
    call_all(granted);
}

Mailbox::Calls Mailbox::freed(std::size_t bytes, Room room) {
    quota(room).held -= bytes;
    Calls granted;
    // Not at the first free byte: whoever was stopped goes on once a good part of the room is there.
    const Quota& ordinary = quota(Room::ordinary);
    if (ordinary.held > ordinary.limit / 2 && !closed_) return granted;
    if (room_waiters_ > 0) room_.notify_all();
    const auto keep = std::stable_partition(wishes_.begin(), wishes_.end(),
                                            [&](const Wish& w) { return !closed_ && !ordinary.fits(w.bytes); });
    for (auto w = keep; w != wishes_.end(); ++w) granted.push_back(std::move(w->again));
    wishes_.erase(keep, wishes_.end());
    return granted;
}

Mailbox::Calls Mailbox::account(const Mail& mail) {
    ++taken_;
    return freed(mail.weight, mail.room);
}

bool Mailbox::wait_for_room(std::size_t bytes, Clock::time_point deadline) {
    std::unique_lock lock(mutex_);
    ++room_waiters_;
    const auto can_put = [&] { return closed_ || quota(Room::ordinary).fits(bytes); };
    bool in_time = true;
    if (deadline == Clock::time_point::max()) {
        room_.wait(lock, can_put);
    } else {
        in_time = room_.wait_until(lock, deadline, can_put);
    }
    --room_waiters_;
    return in_time;
}

void Mailbox::when_room(const void* who, std::size_t bytes, std::function<void()> again) {
    {
        const std::lock_guard lock(mutex_);
        if (!closed_ && !quota(Room::ordinary).fits(bytes)) {
            const auto at = std::find_if(wishes_.begin(), wishes_.end(), [&](const Wish& w) { return w.who == who; });
            if (at != wishes_.end()) wishes_.erase(at);
            wishes_.push_back({who, bytes, std::move(again)});
            return;
        }
    }
    again();
}

void Mailbox::forget(const void* who) {
    const std::lock_guard lock(mutex_);
    wishes_.erase(std::remove_if(wishes_.begin(), wishes_.end(), [&](const Wish& w) { return w.who == who; }),
                  wishes_.end());
}

Mailbox::Get Mailbox::get(Mail& out, Clock::time_point deadline) {
    Calls granted;
    {
        std::unique_lock lock(mutex_);
        const auto something = [&] { return closed_ || !queue_.empty(); };
        if (deadline == Clock::time_point::max()) {
            arrived_.wait(lock, something);
        } else if (!arrived_.wait_until(lock, deadline, something)) {
            return Get::timeout;
        }
        if (queue_.empty()) return Get::closed;
        out = std::move(queue_.front());
        queue_.pop_front();
        granted = account(out);
    }
    call_all(granted);
    return Get::taken;
}

void Mailbox::take_all(std::vector<Mail>& out, std::size_t limit_bytes) {
    Calls granted;
    {
        const std::lock_guard lock(mutex_);
        std::size_t bytes = 0;
        while (!queue_.empty() && bytes < limit_bytes) {
            bytes += queue_.front().weight;
            out.push_back(std::move(queue_.front()));
            queue_.pop_front();
            Calls some = account(out.back());
            granted.insert(granted.end(), std::make_move_iterator(some.begin()), std::make_move_iterator(some.end()));
        }
    }
    call_all(granted);
}

void Mailbox::close() {
    Calls granted;
    {
        const std::lock_guard lock(mutex_);
        if (closed_) return;
        closed_ = true;
        granted = freed(0, Room::ordinary);
    }
    arrived_.notify_all();
    room_.notify_all();
    call_all(granted);
}

Mailbox::Numbers Mailbox::numbers() const {
    const std::lock_guard lock(mutex_);
    return {queue_.size(), rooms_[0].held + rooms_[1].held, rooms_[0].limit, taken_};
}

}  // namespace msw
