#include "msw/error.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace msw {
namespace {

constexpr std::array<std::pair<Code, std::string_view>, 20> kNames{{
    {Code::bad_request, "bad-request"},
    {Code::too_large, "too-large"},
    {Code::no_such_app, "no-such-app"},
    {Code::no_such_host, "no-such-host"},
    {Code::no_such_role, "no-such-role"},
    {Code::no_such_file, "no-such-file"},
    {Code::unreachable, "unreachable"},
    {Code::expired, "expired"},
    {Code::unconfirmed, "unconfirmed"},
    {Code::too_many_flows, "too-many-flows"},
    {Code::too_slow, "too-slow"},
    {Code::queue_full, "queue-full"},
    {Code::disk_full, "disk-full"},
    {Code::refused, "refused"},
    {Code::name_taken, "name-taken"},
    {Code::unsupported, "unsupported"},
    {Code::interrupted, "interrupted"},
    {Code::timeout, "timeout"},
    {Code::io, "io"},
    {Code::closed, "closed"},
}};

}  // namespace

std::string_view wire_name(Code code) noexcept {
    const auto* found = std::find_if(kNames.begin(), kNames.end(), [&](const auto& n) { return n.first == code; });
    return found == kNames.end() ? std::string_view("bad-request") : found->second;
}

Code code_from_wire(std::string_view name) noexcept {
    const auto* found = std::find_if(kNames.begin(), kNames.end(), [&](const auto& n) { return n.second == name; });
    return found == kNames.end() ? Code::bad_request : found->first;
}

}  // namespace msw
