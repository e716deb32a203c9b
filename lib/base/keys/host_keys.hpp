// The two keys of a host: one signs (Ed25519; TLS and announcements), one is for seals (X25519).
#pragma once

#include "base/file_calls.hpp"
#include "base/keys/exchange_key.hpp"
#include "base/keys/public_keys.hpp"
#include "base/keys/signing_key.hpp"
#include "msw/result.hpp"

#include <string>
#include <string_view>

namespace msw {

/// Thread: like its parts.
struct HostKeys {
    SigningKey sign;
    ExchangeKey seal;

    [[nodiscard]] static HostKeys make();
    [[nodiscard]] PublicKeys public_keys() const noexcept { return {sign.public_key(), seal.public_key()}; }
};

/// The file they lie in: two private keys in PEM (PKCS #8, RFC 7468), the signing key first. Wiped by who has it.
[[nodiscard]] std::string to_pem(const HostKeys& keys);
/// @return what is wrong with it
[[nodiscard]] Result<HostKeys> host_keys(std::string_view pem);

/// Where a host's keys lie.
struct KeyPlace {
    std::string path;
    bool credential = false;  ///< handed over by the service manager (systemd.exec(5), LoadCredential=): never written
};

/// @param credentials_dir  $CREDENTIALS_DIRECTORY, or empty
/// @return `credentials_dir`/mswd.host-key if there is such a file, else `state_dir`/host-key
[[nodiscard]] KeyPlace key_place(const std::string& state_dir, const std::string& credentials_dir);

/// Read the keys, or make them and write them down (0600, synced) where there are none and they may be written.
/// @return what is wrong with the file, and the way out; nothing is overwritten then
/// Blocks on the disk. Thread: any, one at a time.
[[nodiscard]] Result<HostKeys> load_host_keys(const KeyPlace& place, FileCalls& files = system_files());

}  // namespace msw
