// What the origin's net writes on a Datapack so that it arrives once, and in order. Source: docs/protocol.md, "Flows".
#pragma once

#include "msw/datapack.hpp"
#include "msw/result.hpp"
#include "plugins/net/core/run.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace msw::net {

enum class FlowClass : std::uint8_t {
    ordinary,  ///< ends with its origin's daemon, or with the destination's
    durable,   ///< on disk at both ends
};

/// @return how a class stands on the wire
[[nodiscard]] constexpr char letter(FlowClass c) noexcept { return c == FlowClass::durable ? 'd' : 'o'; }

/// More than any flow counts to, and small enough to calculate with: a greater number makes no sense.
inline constexpr std::uint64_t kMostNumber = std::uint64_t{1} << 62U;

/// The fields of a carried Datapack that number it in its flow.
struct Envelope {
    FlowClass flow_class = FlowClass::ordinary;
    Run run = kNoRun;          ///< of the origin, when it took the Datapack
    Run destination = kNoRun;  ///< `for`: the destination's run that it is sent to
    std::uint64_t n = 0;       ///< number in the flow, from 1
    std::uint64_t low = 1;     ///< the least number that the origin still holds
    std::uint64_t at = 0;      ///< bytes of the flow that were sent to that run of the destination before it
    bool redelivered = false;  ///< an earlier run of the destination may have had it

    friend bool operator==(const Envelope&, const Envelope&) = default;
};

/// Read and remove the envelope's fields.
/// @return Code::bad_request and the field that is missing or makes no sense; `head` is then without some of them
[[nodiscard]] Result<Envelope> take_envelope(Fields& head);

/// Append an envelope as lines of a head.
void write_envelope(const Envelope& e, std::string& out);

/// @return the name of a field that only net may write, if `head` has one; else an empty view
[[nodiscard]] std::string_view reserved_field(const Fields& head) noexcept;

/// @return bytes that a Datapack counts for in the window of its flow: the same at both ends, whatever the way.
/// @param datapack  without envelope, `to`, `via` and `hops`
[[nodiscard]] std::size_t charge_of(const Datapack& datapack) noexcept;

}  // namespace msw::net
