// What every way to be a plugin needs of the daemon.
#pragma once

#include "base/file_root.hpp"
#include "base/log.hpp"
#include "daemon/forwarder.hpp"
#include "daemon/wakeups.hpp"
#include "uv/loop.hpp"

#include <functional>
#include <optional>
#include <string>

namespace msw {

namespace durable {
class Durable;
}

/// References to what outlives all plugins. Thread: the members say.
struct Services {
    uv_loop_t* loop;
    uv::Post& post;
    Wakeups& wakeups;
    Log& log;
    Forwarder& forwarder;
    const FileRoot& files;
    /// A value of the configuration as JSON text, or nothing. Thread: any.
    std::function<std::optional<std::string>(std::string_view key)> setting;
    std::function<void()> start_again;    ///< end, and then start anew. Thread: the loop's
    durable::Durable* durable = nullptr;  ///< there before the first plugin. Thread: the loop's
};

/// Bytes of answers that may wait for one app: an asker's 16 questions of 256 KiB each.
inline constexpr std::size_t kAnswerRoom = 4 * 1024 * 1024;

}  // namespace msw
