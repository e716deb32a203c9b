// What each end of a new link says first, once TLS has shown who it is: `link hello`. Nothing is carried before both
// have, and have the same roster. Source: docs/protocol.md, "Links".
#pragma once

#include "msw/datapack.hpp"
#include "msw/result.hpp"
#include "plugins/net/core/run.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace msw::net {

/// Thread: like a std::string.
struct Hello {
    std::string id;                       ///< host id
    std::uint64_t epoch = 0;              ///< how often it was started
    Run run = kNoRun;                     ///< of this start
    std::uint16_t listen_port = 0;        ///< 0: it doesn't listen
    std::string only_proxy;               ///< host id of the only one that may connect to it; empty: any member may
    std::string roster;                   ///< digest of its copy of the roster, 64 hex digits
    std::optional<std::uint64_t> routes;  ///< digest of what it knows about routes
    std::int64_t time_ms = 0;             ///< its clock, since 1970
    std::vector<std::string> can;         ///< capabilities by name: what isn't there it can't

    [[nodiscard]] bool knows(std::string_view word) const;
};

[[nodiscard]] Datapack to_datapack(const Hello& hello);
/// @return Code::bad_request and the field that is missing or makes no sense
[[nodiscard]] Result<Hello> parse_hello(const Datapack& datapack);

}  // namespace msw::net
