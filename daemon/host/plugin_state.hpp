// What can be said of a plugin, whatever its way to be one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace msw {

/// A row of `mswctl plugins`.
struct PluginState {
    std::string app;
    std::string_view kind;   ///< module, executable, client, self
    std::string_view state;  ///< running, waiting (to be started again), stopped, failed
    int pid = 0;             ///< 0: none of its own
    std::uint64_t restarts = 0;
    std::string path;
    std::string last_error;
};

}  // namespace msw
