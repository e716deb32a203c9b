// Makes a failing plan small: steps are left out, many at first, then one by one, as long as the same promise is
// broken.
#pragma once

#include "tests/sim/mesh/plan.hpp"

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

namespace msw::sim {

/// @param fails  whether a plan with these steps of it, by number, breaks the same promise
/// @return the steps that are needed, by number
[[nodiscard]] std::vector<std::size_t> shrink(std::size_t steps,
                                              const std::function<bool(const std::vector<std::size_t>&)>& fails);

/// @return a plan with some of its steps, by number
[[nodiscard]] Plan with_only(const Plan& plan, const std::vector<std::size_t>& steps);

}  // namespace msw::sim
