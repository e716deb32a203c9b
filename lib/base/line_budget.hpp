// How many lines of one kind may stand in the journal: enough for each event of a bad day, too few to fill a disk.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace msw {

/// Grants each kind of line (whose it is, and how urgent) kLines in kWindow, and counts those beyond.
/// Thread: one at a time.
class LineBudget {
public:
    using Time = std::chrono::milliseconds;
    static constexpr unsigned kLines = 1000;
    static constexpr Time kWindow{10'000};

    /// @return whether a line of that kind may be written
    [[nodiscard]] bool grant(std::string_view app, int priority, Time now);

    struct LeftOut {
        std::string app;
        int priority;
        std::uint64_t lines;
    };
    /// @return what was left out in windows that are over; each is told once
    [[nodiscard]] std::vector<LeftOut> settle(Time now);
    /// @return what was left out in windows that are still open
    [[nodiscard]] std::vector<LeftOut> settle_all();

private:
    struct Window {
        Time ends{0};
        unsigned lines = 0;
        std::uint64_t left_out = 0;
    };
    std::map<std::pair<std::string, int>, Window, std::less<>> windows_;
    Time next_end_ = Time::max();
};

}  // namespace msw
