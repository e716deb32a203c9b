// What is to happen in virtual time, in order, and in the order of its coming where it is at one time.
#pragma once

#include "plugins/net/core/time.hpp"

#include <cstddef>
#include <map>
#include <utility>
#include <vector>

namespace msw::sim {

/// A wheel of milliseconds, and a map for what lies beyond one turn of it.
/// Thread: one at a time.
template <class Event>
class EventQueue {
public:
    [[nodiscard]] net::Time now() const noexcept { return now_; }

    /// @param at  not in the past
    void add(net::Time at, Event event) {
        if (at - now_ < net::Time(kWheel)) {
            slot(at).push_back(std::move(event));
        } else {
            later_.emplace(at, std::move(event));
        }
    }

    /// Let a millisecond's events happen, those that they cause within it too, and go on to the next.
    template <class Happen>
    void step(const Happen& happen) {
        std::vector<Event>& events = slot(now_);
        for (std::size_t i = 0; i < events.size(); ++i) {  // happen() may add to them
            const Event event = std::move(events[i]);
            happen(event);
        }
        events.clear();
        if (events.capacity() > kKeep) std::vector<Event>().swap(events);
        ++now_;
        while (!later_.empty() && later_.begin()->first - now_ < net::Time(kWheel)) {
            slot(later_.begin()->first).push_back(std::move(later_.begin()->second));
            later_.erase(later_.begin());
        }
    }

private:
    static constexpr std::size_t kWheel = 4096;
    static constexpr std::size_t kKeep = 1024;

    std::vector<Event>& slot(net::Time at) { return wheel_[static_cast<std::size_t>(at.count()) % kWheel]; }

    net::Time now_{0};
    std::vector<std::vector<Event>> wheel_{kWheel};
    std::multimap<net::Time, Event> later_;
};

}  // namespace msw::sim
