// What the system says of an errno.
#pragma once

#include "msw/error.hpp"

#include <string>
#include <system_error>

namespace msw {

/// @param error errno
/// @return the system's sentence for it. Any thread: unlike strerror(3), it has no buffer that others write
inline std::string system_says(int error) { return std::generic_category().message(error); }

/// @param what what it was about: most often a path
/// @param error errno
inline Error io_error(const std::string& what, int error) { return {Code::io, what + ": " + system_says(error)}; }

}  // namespace msw
