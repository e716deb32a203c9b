#include "mswctl/exit_code.hpp"

namespace mswctl {

Exit exit_of(msw::Code code) noexcept {
    switch (code) {
        case msw::Code::refused:
        case msw::Code::name_taken: return Exit::refused;
        case msw::Code::unreachable:
        case msw::Code::no_such_host:
        case msw::Code::no_such_role:
        case msw::Code::expired:
        case msw::Code::unconfirmed:
        case msw::Code::too_slow:
        case msw::Code::timeout: return Exit::unreachable;
        case msw::Code::bad_request:
        case msw::Code::too_large:
        case msw::Code::no_such_app:
        case msw::Code::no_such_file:
        case msw::Code::queue_full:
        case msw::Code::too_many_flows:
        case msw::Code::disk_full:
        case msw::Code::unsupported:
        case msw::Code::interrupted:
        case msw::Code::io:
        case msw::Code::closed: return Exit::failed;
    }
    return Exit::failed;
}

Exit exit_of_command(std::string_view code) noexcept { return code.empty() || code == "0" ? Exit::ok : Exit::failed; }

Exit both(Exit a, Exit b) noexcept {
    if (a == b || b == Exit::ok) return a;
    if (a == Exit::ok) return b;
    return a == Exit::no_daemon || b == Exit::no_daemon ? Exit::no_daemon : Exit::failed;
}

}  // namespace mswctl
