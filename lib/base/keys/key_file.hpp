// Files that hold a key: small, and nobody's but their owner's.
#pragma once

#include "base/keys/secret.hpp"

#include <sys/types.h>
#include <string>

namespace msw {

/// Read such a file. @param mode  its permissions
/// @return 0 or an errno; ENOENT: there is none; EFBIG: larger than any key. Blocks on the disk. Thread: any.
[[nodiscard]] int read_key_file(const std::string& path, SecretText& text, mode_t& mode);

}  // namespace msw
