#include "base/keys/public_keys.hpp"

#include "base/keys/sha256.hpp"
#include "base/octets.hpp"

namespace msw {

KeyDigest digest_of(const PublicKeys& keys) {
    constexpr std::string_view kDomain{"msw/1 host keys\0", 16};
    return sha256({kDomain, text_of(keys.sign), text_of(keys.seal)});
}

}  // namespace msw
