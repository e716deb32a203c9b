// The key of a person: an admin's, or the recovery key. It lies in a file of root's, or on a stick; mswd never reads
// it.
#pragma once

#include "base/file_calls.hpp"
#include "base/keys/secret.hpp"
#include "base/keys/signing_key.hpp"
#include "msw/result.hpp"

#include <functional>
#include <string>

namespace msw {

/// Make a key and write it down: PKCS #8 in PEM (RFC 7468), mode 0600, synced. With a passphrase it is encrypted with
/// AES-256 under a key that scrypt makes of it (RFC 7914; N 2^14, r 8, p 5: 16 MiB, as much as OpenSSL reads again).
/// @param passphrase  empty: not encrypted
/// @return Code::name_taken if there is such a file: nothing is overwritten. Blocks on the disk. Thread: any.
[[nodiscard]] Result<SigningKey> make_admin_key(const std::string& path, const SecretText& passphrase,
                                                FileCalls& files = system_files());

/// @param passphrase  asked if the key is encrypted
/// @return Code::no_such_file; Code::refused if others may read it, or the passphrase is wrong; or what is wrong with
/// it
[[nodiscard]] Result<SigningKey> read_admin_key(const std::string& path,
                                                const std::function<Result<SecretText>()>& passphrase);

}  // namespace msw
