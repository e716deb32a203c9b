#include "plugins/net/io/tls/tls_fault.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/sslerr.h>
#include <algorithm>
#include <string>

namespace msw::net {
namespace {

struct Row {
    int reason;
    Code code;
    const char* text;
};

constexpr const char* kOldTls = "it offers TLS 1.2 at most";
constexpr const char* kNoProtocol = "no common protocol";
constexpr const char* kNothingCommon = "it offers no cipher, group or signature that this host takes";

constexpr Row kRows[] = {
    {SSL_R_UNSUPPORTED_PROTOCOL, Code::unsupported, kOldTls},
    {SSL_R_WRONG_SSL_VERSION, Code::unsupported, kOldTls},
    {SSL_R_TLSV1_ALERT_PROTOCOL_VERSION, Code::unsupported, "it refuses TLS 1.3"},
    {SSL_R_NO_APPLICATION_PROTOCOL, Code::unsupported, kNoProtocol},
    {SSL_R_CALLBACK_FAILED, Code::unsupported, kNoProtocol},  // ours for a client's hello, which looks at nothing else
    {SSL_R_TLSV1_ALERT_NO_APPLICATION_PROTOCOL, Code::unsupported, "it says: no common protocol"},
    {SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE, Code::refused, "it shows no certificate"},
    {SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED, Code::refused, "it saw no certificate of this host"},
    {SSL_R_EXCESSIVE_MESSAGE_SIZE, Code::too_large, "a message of its handshake is too long"},
    {SSL_R_NO_SHARED_CIPHER, Code::unsupported, kNothingCommon},
    {SSL_R_NO_SUITABLE_KEY_SHARE, Code::unsupported, kNothingCommon},
    {SSL_R_NO_SUITABLE_SIGNATURE_ALGORITHM, Code::unsupported, kNothingCommon},
    {SSL_R_NO_SUITABLE_GROUPS, Code::unsupported, kNothingCommon},
    {SSL_R_BAD_SIGNATURE, Code::refused, "it doesn't have the key that it shows"},
    {SSL_R_DECRYPTION_FAILED_OR_BAD_RECORD_MAC, Code::bad_request, "its bytes were changed on the way, or are no TLS"},
};

/// Reasons from here on are alerts of the peer (tls1.h, ssl3.h).
constexpr int kAlerts = SSL_AD_REASON_OFFSET;

}  // namespace

void forget_tls_faults() noexcept { ERR_clear_error(); }

Error take_tls_fault() {
    const unsigned long oldest = ERR_get_error();
    ERR_clear_error();
    if (oldest == 0) return {Code::bad_request, "TLS came to an end without a reason"};
    const int reason = ERR_GET_REASON(oldest);
    if (reason == ERR_R_MALLOC_FAILURE) return {Code::io, "this host has no memory left"};
    if (ERR_GET_LIB(oldest) == ERR_LIB_SSL) {
        const auto* row =
            std::find_if(std::begin(kRows), std::end(kRows), [reason](const Row& r) { return r.reason == reason; });
        if (row != std::end(kRows)) return {row->code, row->text};
        if (reason > kAlerts && reason <= kAlerts + 255) {
            return {Code::refused,
                    std::string("it refused this host: ") + SSL_alert_desc_string_long(reason - kAlerts)};
        }
    }
    const char* text = ERR_reason_error_string(oldest);
    return {Code::bad_request, std::string("it breaks the rules of TLS: ") + (text == nullptr ? "unknown" : text)};
}

}  // namespace msw::net
