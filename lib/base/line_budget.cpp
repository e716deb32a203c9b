#include "base/line_budget.hpp"

#include <algorithm>

namespace msw {

bool LineBudget::grant(std::string_view app, int priority, Time now) {
    const auto [at, fresh] = windows_.try_emplace({std::string(app), priority});
    Window& window = at->second;
    if (fresh) {
        window.ends = now + kWindow;
        next_end_ = std::min(next_end_, window.ends);
    }
    if (window.lines == kLines) {
        ++window.left_out;
        return false;
    }
    ++window.lines;
    return true;
}

std::vector<LineBudget::LeftOut> LineBudget::settle(Time now) {
    std::vector<LeftOut> out;
    if (now < next_end_) return out;
    next_end_ = Time::max();
    for (auto it = windows_.begin(); it != windows_.end();) {
        if (now < it->second.ends) {
            next_end_ = std::min(next_end_, it->second.ends);
            ++it;
            continue;
        }
        if (it->second.left_out > 0) out.push_back({it->first.first, it->first.second, it->second.left_out});
        it = windows_.erase(it);
    }
    return out;
}

std::vector<LineBudget::LeftOut> LineBudget::settle_all() { return settle(Time::max()); }

}  // namespace msw
