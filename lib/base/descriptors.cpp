#include "base/descriptors.hpp"

#include <sys/resource.h>

namespace msw {

bool descriptors_run_out(int fd) noexcept {
    rlimit limit{};
    if (fd < 0 || ::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return false;
    return static_cast<rlim_t>(fd) + kSpareDescriptors >= limit.rlim_cur;
}

}  // namespace msw
