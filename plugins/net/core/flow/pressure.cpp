#include "plugins/net/core/flow/pressure.hpp"

#include <algorithm>
#include <utility>

namespace msw::net {

bool Pressure::too_much(const Sender& sender, std::size_t waiting, const Room& room, std::size_t share) {
    if (!room.for_host) return false;
    // As many hosts may fill the room that all share before any of them has its part.
    return waiting > *room.for_host / share || sender.in_all > room.in_all * kShare / share;
}

bool Pressure::took(std::string_view app, const std::string& member, std::size_t bytes, const Room& room) {
    auto at = senders_.find(app);
    if (at == senders_.end()) at = senders_.emplace(app, Sender{}).first;
    Sender& sender = at->second;
    std::size_t& waiting = sender.waiting[member];
    waiting += bytes;
    sender.in_all += bytes;
    if (sender.held || !too_much(sender, waiting, room, kShare)) return false;
    sender.held = true;
    sender.because = member;
    ++held_;
    return true;
}

void Pressure::ended(std::string_view app, const std::string& member, std::size_t bytes) {
    const auto at = senders_.find(app);
    if (at == senders_.end()) return;
    Sender& sender = at->second;
    const auto waiting = sender.waiting.find(member);
    if (waiting == sender.waiting.end()) return;
    sender.in_all -= bytes;
    waiting->second -= bytes;
    if (waiting->second == 0) sender.waiting.erase(waiting);
    if (sender.waiting.empty() && !sender.held) senders_.erase(at);
}

bool Pressure::stays_held(Sender& sender, const std::function<Room(const std::string&)>& room_for) {
    const auto still = [&](const auto& waiting) {
        return too_much(sender, waiting.second, room_for(waiting.first), 2 * kShare);
    };
    if (const auto same = sender.waiting.find(sender.because); same != sender.waiting.end() && still(*same))
        return true;
    const auto other = std::find_if(sender.waiting.begin(), sender.waiting.end(), still);
    if (other == sender.waiting.end()) return false;
    sender.because = other->first;
    return true;
}

std::vector<std::string> Pressure::let_go(const std::function<Room(const std::string&)>& room_for) {
    std::vector<std::string> free;
    for (auto at = senders_.begin(); held_ > 0 && at != senders_.end();) {
        Sender& sender = at->second;
        if (!sender.held || stays_held(sender, room_for)) {
            ++at;
            continue;
        }
        sender.held = false;
        --held_;
        free.push_back(at->first);
        at = sender.waiting.empty() ? senders_.erase(at) : std::next(at);
    }
    return free;
}

std::vector<std::string> Pressure::held() const {
    std::vector<std::string> all;
    for (const auto& [app, sender] : senders_) {
        if (sender.held) all.push_back(app);
    }
    return all;
}

}  // namespace msw::net
