// What an admin gives to somebody who sets up a host: one line that admits it, once or a few times, for a while.
//
// It holds the one-time key itself, so whoever reads it can join in the host's place: it is shown to nobody and written
// nowhere by mswd. Source: docs/protocol.md, "Joining".
#pragma once

#include "base/roster/documents.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace msw::roster {

/// Thread: like its parts.
struct Token {
    static constexpr std::size_t kMostAddresses = 16;
    static constexpr std::size_t kLongestAddress = 255;

    SigningKey once;                     ///< the one-time key
    PublicKey acceptor{};                ///< that the accepting host signs with
    std::vector<std::string> addresses;  ///< `host:port`, where it is dialled
    SignedInvite invite;
};

/// @return `msw1_` and base64 for URLs (RFC 4648, 5): one line. @throws std::invalid_argument  if the key has no seed
[[nodiscard]] std::string to_text(const Token& token);

/// Blanks and line ends around it are no matter.
/// @return what is wrong with it, without a word of what it says
[[nodiscard]] Result<Token> read_token(std::string_view text);

}  // namespace msw::roster
