// What one end wants of a handshake, and what it comes to: how the callbacks of a context know their connection.
#pragma once

#include "base/keys/public_keys.hpp"
#include "msw/error.hpp"

#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace msw::net {

/// Thread: one at a time.
struct TlsTerms {
    std::string protocols;  ///< names this end speaks, each behind its length, the best first (RFC 7301, 3.1)
    std::optional<PublicKey> expected;  ///< the one key that the peer may have
    std::optional<PublicKey> peer;      ///< of the peer, once its certificate has been read
    std::optional<Error> objection;     ///< why the peer, or its certificate, was refused
};

/// @param names  1 to 255 bytes each, at least one. @throws std::invalid_argument  if they are not
/// @return them as TlsTerms::protocols has them
[[nodiscard]] std::string protocol_list(std::span<const std::string_view> names);

/// @return the first of ours that is one of theirs; empty if there is none. Both as TlsTerms::protocols has them;
/// theirs may be anything. The view is of ours.
[[nodiscard]] std::string_view common_protocol(std::string_view ours, std::string_view theirs) noexcept;

}  // namespace msw::net
