#include "plugins/net/io/tls/tls_wire.hpp"

#include "base/keys/openssl.hpp"

#include <openssl/bio.h>
#include <algorithm>
#include <cstring>
#include <exception>

namespace msw::net {
namespace {

using openssl::must;

TlsWire& wire_of(BIO* bio) noexcept { return *static_cast<TlsWire*>(BIO_get_data(bio)); }

int read_some(BIO* bio, char* into, std::size_t most, std::size_t* done) noexcept {
    TlsWire& wire = wire_of(bio);
    BIO_clear_retry_flags(bio);
    *done = 0;
    if (wire.stopped || wire.read >= wire.most_read) return 0;
    if (wire.in.empty()) {
        BIO_set_retry_read(bio);
        return 0;
    }
    *done = std::min({most, wire.in.size(), wire.most_read - wire.read});
    std::memcpy(into, wire.in.data(), *done);
    wire.in.remove_prefix(*done);
    wire.read += *done;
    return 1;
}

int write_all(BIO* bio, const char* bytes, std::size_t size, std::size_t* done) noexcept {
    TlsWire& wire = wire_of(bio);
    BIO_clear_retry_flags(bio);
    *done = 0;
    wire.overflowed |= size > wire.most_out() - std::min(wire.most_out(), wire.out.size());
    if (wire.stopped || wire.overflowed) return 0;
    try {
        wire.out.append(bytes, size);
    } catch (const std::exception&) {
        return 0;
    }
    *done = size;
    return 1;
}

long control(BIO* /*bio*/, int what, long /*number*/, void* /*pointer*/) noexcept {
    return what == BIO_CTRL_FLUSH ? 1 : 0;
}

const BIO_METHOD* method() {
    using Method = std::unique_ptr<BIO_METHOD, openssl::Freed<BIO_meth_free>>;
    static const Method kMethod = [] {
        Method made(must(BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "msw TLS wire")));
        must(BIO_meth_set_read_ex(made.get(), read_some));
        must(BIO_meth_set_write_ex(made.get(), write_all));
        must(BIO_meth_set_ctrl(made.get(), control));
        return made;
    }();
    return kMethod.get();
}

}  // namespace

void TlsWire::Free::operator()(BIO* bio) const noexcept { BIO_free(bio); }

TlsWire::TlsWire(std::size_t most_out) : most_out_(most_out), bio_(must(BIO_new(method()))) {
    BIO_set_data(bio_.get(), this);
    BIO_set_init(bio_.get(), 1);
}

}  // namespace msw::net
