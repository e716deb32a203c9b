// How each Datapack that was not delivered ended.
#pragma once

#include <atomic>
#include <cstdint>

namespace msw {

/// Thread: any.
struct Counters {
    using Count = std::atomic<std::uint64_t>;
    Count delivered{0};       ///< put into a mailbox, a copy each
    Count to_transport{0};    ///< handed to the transport
    Count answered_error{0};  ///< answered with an error by the forwarder
    Count no_such_app{0};     ///< for an app that isn't there
    Count too_slow{0};        ///< answers that their asker had no room for
    Count asker_gone{0};      ///< answers to an attached program that has left
    Count dropped{0};         ///< everything else that could not be handed on; the journal says why
};

}  // namespace msw
