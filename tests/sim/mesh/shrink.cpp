#include "tests/sim/mesh/shrink.hpp"

#include <algorithm>
#include <numeric>

namespace msw::sim {

std::vector<std::size_t> shrink(std::size_t steps, const std::function<bool(const std::vector<std::size_t>&)>& fails) {
    std::vector<std::size_t> needed(steps);
    std::iota(needed.begin(), needed.end(), std::size_t{0});
    std::size_t group = std::max<std::size_t>(steps / 2, 1);
    for (;;) {
        bool smaller = false;
        for (std::size_t from = 0; from < needed.size();) {
            std::vector<std::size_t> rest(needed.begin(), needed.begin() + static_cast<std::ptrdiff_t>(from));
            const std::size_t to = std::min(from + group, needed.size());
            rest.insert(rest.end(), needed.begin() + static_cast<std::ptrdiff_t>(to), needed.end());
            if (fails(rest)) {
                needed = std::move(rest);
                smaller = true;
            } else {
                from = to;
            }
        }
        if (group == 1 && !smaller) return needed;
        group = std::max<std::size_t>(group / 2, 1);
    }
}

Plan with_only(const Plan& plan, const std::vector<std::size_t>& steps) {
    Plan some = plan;
    some.steps.clear();
    for (const std::size_t step : steps) {
        if (step < plan.steps.size()) some.steps.push_back(plan.steps[step]);
    }
    return some;
}

}  // namespace msw::sim
