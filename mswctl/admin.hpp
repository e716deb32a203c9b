// The admin's key of a command: where it lies, and who opens it.
#pragma once

#include "base/keys/signing_key.hpp"
#include "msw/result.hpp"
#include "mswctl/arguments.hpp"
#include "mswctl/output.hpp"

#include <string>

namespace mswctl {

/// @return the admin's key of --admin-key; its passphrase is asked on the terminal, or read from --passphrase-file
[[nodiscard]] msw::Result<msw::SigningKey> admin_key(const AdminWish& wish, Output& out);

/// Make a key as the command line says: with a passphrase if --passphrase or --passphrase-file is given.
[[nodiscard]] msw::Result<msw::SigningKey> new_key(const std::string& path, const AdminWish& wish, Output& out);

/// @return seconds of `90s`, `15m`, `1h` or `7d`, at most 30 days; or what is wrong with it
[[nodiscard]] msw::Result<std::uint64_t> seconds_of(std::string_view text);

}  // namespace mswctl
