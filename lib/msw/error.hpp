// Errors a caller must handle, and their names on the wire: the one list of both.
#pragma once

#include <string>
#include <string_view>

namespace msw {

/// Why something could not be done. Each has a stable name on the wire (`error: NAME` in the head of a reply).
enum class Code {
    bad_request,  ///< malformed bytes, an unknown word, a missing or impossible field
    too_large,    ///< beyond a limit of head, fields or body
    no_such_app,
    no_such_host,
    no_such_role,
    no_such_file,
    unreachable,  ///< no way to the host for as long as the Datapack lived
    expired,
    unconfirmed,     ///< it was sent, and no word came that it arrived
    too_many_flows,  ///< one host sends to more apps of another than it may
    too_slow,        ///< the asker did not take its answer in time
    queue_full,      ///< a bounded queue had no room; try again later
    disk_full,       ///< the disk that durable Datapacks are kept on has no room
    refused,         ///< policy, ownership or a reserved name says no
    name_taken,
    unsupported,  ///< a known wish that this build, host or peer can't fulfil
    interrupted,  ///< a restart or a crash came between
    timeout,
    io,      ///< the operating system said no
    closed,  ///< the other side, or this one, is going away
};

/// @return the name of `code` on the wire, e.g. "no-such-app".
[[nodiscard]] std::string_view wire_name(Code code) noexcept;

/// @return the code with that wire name; Code::bad_request for a name this version does not know.
[[nodiscard]] Code code_from_wire(std::string_view name) noexcept;

/// A code for programs and a sentence for people.
struct Error {
    Code code = Code::bad_request;
    std::string text;
};

}  // namespace msw
