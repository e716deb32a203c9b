// Which durable questions were asked by programs that have attached since this mswd was started. Their names are given
// anew by the next one: what is for `@3` of before must not reach another program.
#pragma once

#include <cstddef>
#include <deque>
#include <mutex>
#include <set>
#include <string>
#include <string_view>

namespace msw::durable {

/// Thread: any.
class Asked {
public:
    static constexpr std::size_t kMost = 65'536;  ///< beyond it the oldest are forgotten

    void add(std::string_view app, std::string_view flag) {
        const std::lock_guard lock(mutex_);
        std::string key = key_of(app, flag);
        if (!all_.insert(key).second) return;
        order_.push_back(std::move(key));
        if (order_.size() <= kMost) return;
        all_.erase(order_.front());
        order_.pop_front();
    }

    [[nodiscard]] bool has(std::string_view app, std::string_view flag) const {
        const std::lock_guard lock(mutex_);
        return all_.contains(key_of(app, flag));
    }

private:
    [[nodiscard]] static std::string key_of(std::string_view app, std::string_view flag) {
        return std::string(app).append("\n").append(flag);
    }

    mutable std::mutex mutex_;
    std::set<std::string> all_;
    std::deque<std::string> order_;
};

}  // namespace msw::durable
