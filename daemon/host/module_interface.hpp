// The functions that mswd offers to a module: thin C doors to Module, Log and the shared Datapack.
#pragma once

#include "msw/plugin.h"

namespace msw {

class Module;

/// Thread: see plugin.h.
struct ModuleInterface {
    /// @return the table for `module`, which must outlive it
    [[nodiscard]] static msw_host_v1 make(Module& module) noexcept;

private:
    static const msw_outbox_v1 kOutbox;
};

}  // namespace msw
