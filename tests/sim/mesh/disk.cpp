#include "tests/sim/mesh/disk.hpp"

#include <algorithm>
#include <iterator>

namespace msw::sim {

Disk::Disk(std::size_t host, Events& events, std::uint64_t seed, Watch watch, std::function<void()> poke)
    : host_(host), events_(events), dice_(seed), watch_(std::move(watch)), poke_(std::move(poke)) {}

void Disk::write(Changes changes, std::function<void(const Written&)> done) {
    queue_.push_back({std::move(changes), std::move(done), {}});
    begin();
}

void Disk::read(std::function<std::function<void()>(const Tables*)> look) {
    queue_.push_back({{}, {}, std::move(look)});
    begin();
}

void Disk::begin() {
    if (!group_.empty() || queue_.empty()) return;
    const auto last = queue_.begin() + static_cast<std::ptrdiff_t>(std::min(queue_.size(), kMostInGroup));
    std::move(queue_.begin(), last, std::back_inserter(group_));
    queue_.erase(queue_.begin(), last);
    const Time takes =
        slow_ > 0 ? dice_.within(Time(200), Time(1'500)) : dice_.within(Time(0), Time(dice_.chance(10) ? 60 : 8));
    events_.add(events_.now() + takes, {Event::Kind::synced, host_, ++group_number_, 0, 0});
}

Disk::Written Disk::carry_out(const Changes& changes) {
    if (failing_ > 0) return Error{Code::io, "the disk failed"};
    if (full_ == 0) return tables_.apply(changes, watch_);
    const std::size_t adds = rows_added(changes);
    const std::size_t removes = rows_removed(changes);
    // What makes room for as much as it takes goes on: answers end their questions.
    if (adds > removes + room_) return Error{Code::disk_full, "the disk is full"};
    Written written = tables_.apply(changes, watch_);
    if (written) room_ += removes - adds;
    return written;
}

void Disk::synced(std::uint64_t group) {
    if (group != group_number_ || group_.empty()) return;
    std::vector<Request> all = std::exchange(group_, {});
    for (Request& one : all) {
        if (one.look) continue;
        Written written = carry_out(one.changes);
        if (one.done) {
            posted_.emplace_back([done = std::move(one.done), result = std::move(written)] { done(result); });
        }
    }
    for (const Request& one : all) {
        if (one.look) posted_.push_back(one.look(failing_ > 0 ? nullptr : &tables_));
    }
    if (!posted_.empty()) poke_();
    begin();
}

void Disk::run_posted() {
    for (const std::function<void()>& what : std::exchange(posted_, {})) what();
}

void Disk::crash(bool survives) {
    const std::vector<Request> all = std::exchange(group_, {});
    for (const Request& one : all) {
        if (survives && !one.look) (void)carry_out(one.changes);
    }
    queue_.clear();
    posted_.clear();
}

}  // namespace msw::sim
