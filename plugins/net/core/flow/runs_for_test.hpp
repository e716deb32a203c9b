// The runs of the hosts in tests of flows.
#pragma once

#include "plugins/net/core/run.hpp"

namespace msw::net {

constexpr Run kOwn = 0xa;
constexpr Run kThere = 0xb;
constexpr Run kThereAgain = 0xc;

}  // namespace msw::net
