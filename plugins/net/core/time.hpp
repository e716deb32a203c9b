// Time as the core sees it: handed in, never asked for.
#pragma once

#include <chrono>

namespace msw::net {

/// Milliseconds of a clock that never goes back, from a beginning that means nothing.
using Time = std::chrono::milliseconds;

}  // namespace msw::net
