#include "plugins/net/io/tls/tls_fault.hpp"

#include <gtest/gtest.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

namespace msw::net {
namespace {

Error after(int library, int reason) {
    ERR_raise(library, reason);
    ERR_raise(ERR_LIB_SSL, SSL_R_UNSUPPORTED_PROTOCOL);  // what follows from it
    const Error error = take_tls_fault();
    EXPECT_EQ(ERR_peek_error(), 0U);
    return error;
}

TEST(TlsFault, TheFirstErrorIsToldAndNoneIsLeft) {
    ASSERT_EQ(OPENSSL_init_ssl(OPENSSL_INIT_LOAD_SSL_STRINGS, nullptr), 1);  // as the first context does
    EXPECT_EQ(after(ERR_LIB_SSL, SSL_R_NO_APPLICATION_PROTOCOL).text, "no common protocol");
    EXPECT_EQ(after(ERR_LIB_SSL, SSL_R_TLSV1_ALERT_INTERNAL_ERROR).text, "it refused this host: internal error");
    EXPECT_EQ(after(ERR_LIB_SSL, SSL_R_BAD_EXTENSION).text, "it breaks the rules of TLS: bad extension");
    EXPECT_EQ(after(ERR_LIB_X509, ERR_R_MALLOC_FAILURE).code, Code::io);
    EXPECT_NE(take_tls_fault().text, "") << "also where there is nothing to tell";
    ERR_raise(ERR_LIB_SSL, SSL_R_BAD_EXTENSION);
    forget_tls_faults();
    EXPECT_EQ(ERR_peek_error(), 0U);
}

// The numbers of another library's reasons mean something else.
TEST(TlsFault, ReasonsBelongToTheirLibrary) {
    EXPECT_EQ(after(ERR_LIB_USER, SSL_R_NO_APPLICATION_PROTOCOL).text.find("no common protocol"), std::string::npos);
}

}  // namespace
}  // namespace msw::net
