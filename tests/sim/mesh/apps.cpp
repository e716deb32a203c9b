#include "tests/sim/mesh/apps.hpp"

#include <algorithm>
#include <utility>

namespace msw::sim {

std::optional<std::size_t> Apps::number_of(std::string_view app) {
    if (app.size() != 2 || app.front() != 'p') return std::nullopt;
    const auto number = static_cast<std::size_t>(app.back() - '0');
    return number < kApps ? std::optional(number) : std::nullopt;
}

void Apps::put(std::size_t app, Waiting waiting) {
    boxes_[app].bytes += waiting.bytes;
    boxes_[app].waiting.push_back(std::move(waiting));
}

Apps::Waiting Apps::take(std::size_t app) {
    Waiting first = std::move(boxes_[app].waiting.front());
    boxes_[app].waiting.pop_front();
    boxes_[app].bytes -= first.bytes;
    return first;
}

bool Apps::empty() const {
    return std::all_of(boxes_.begin(), boxes_.end(), [](const Box& box) { return box.waiting.empty(); });
}

}  // namespace msw::sim
