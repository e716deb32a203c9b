// What the launcher reads of mswd's arguments.
#pragma once

#include <string>

namespace msw::launcher {

struct Options {
    std::string state_dir;
    bool only_once = false;  ///< mswd is asked something and ends: nothing to supervise, nothing to try
};

/// @param argv  mswd's arguments, ended by a null pointer
[[nodiscard]] Options read_options(const char* const* argv);

}  // namespace msw::launcher
