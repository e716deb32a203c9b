// Datapacks that make no sense, as a broken or hostile neighbour may send them.
#pragma once

#include "msw/datapack.hpp"

#include <cstdint>
#include <string_view>

namespace msw::sim {

/// @param which  of them
/// @param from, to  host ids of the two ends
[[nodiscard]] Datapack nonsense(std::uint64_t which, std::string_view from, std::string_view to);

}  // namespace msw::sim
