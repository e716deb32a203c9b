#include "base/keys/host_keys.hpp"

#include "base/keys/key_file.hpp"
#include "base/replace_file.hpp"

#include <openssl/pem.h>
#include <unistd.h>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

namespace msw {
namespace {

Error damaged(const std::string& what) { return {Code::bad_request, what}; }

openssl::Key next_key(BIO* from) {
    // No word for a passphrase: without one OpenSSL would ask the terminal.
    const auto no_passphrase = [](char*, int, int, void*) { return -1; };
    return openssl::Key(PEM_read_bio_PrivateKey_ex(from, nullptr, no_passphrase, nullptr, nullptr, nullptr));
}

Result<HostKeys> make_and_keep(const KeyPlace& place, FileCalls& files) {
    HostKeys keys = HostKeys::make();
    const SecretText pem{to_pem(keys)};
    if (const int error = replace_file(place.path, pem.text, 0600, files); error != 0) {
        return Error{Code::io, place.path + ": the host's keys can't be written: " + std::strerror(error)};
    }
    return keys;
}

}  // namespace

HostKeys HostKeys::make() { return {SigningKey::make(), ExchangeKey::make()}; }

std::string to_pem(const HostKeys& keys) {
    const openssl::Bio out(openssl::must(BIO_new(BIO_s_secmem())));
    for (EVP_PKEY* key : {keys.sign.handle(), keys.seal.handle()}) {
        openssl::must(PEM_write_bio_PKCS8PrivateKey(out.get(), key, nullptr, nullptr, 0, nullptr, nullptr));
    }
    char* bytes = nullptr;
    const long size = BIO_get_mem_data(out.get(), &bytes);
    return {bytes, static_cast<std::size_t>(size)};
}

Result<HostKeys> host_keys(std::string_view pem) {
    const openssl::Bio in(openssl::must(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()))));
    openssl::Key first = next_key(in.get());
    if (!first) return damaged("it begins with no private key in PEM");
    Result<SigningKey> sign = SigningKey::from(std::move(first));
    if (!sign) return damaged("its first key is not Ed25519");
    openssl::Key second = next_key(in.get());
    if (!second) return damaged("it holds one key, the second is missing");
    Result<ExchangeKey> seal = ExchangeKey::from(std::move(second));
    if (!seal) return damaged("its second key is not X25519");
    return HostKeys{std::move(sign).value(), std::move(seal).value()};
}

KeyPlace key_place(const std::string& state_dir, const std::string& credentials_dir) {
    if (!credentials_dir.empty()) {
        std::string path = credentials_dir + "/mswd.host-key";
        if (::access(path.c_str(), F_OK) == 0) return {std::move(path), true};
    }
    return {state_dir + "/host-key", false};
}

Result<HostKeys> load_host_keys(const KeyPlace& place, FileCalls& files) {
    SecretText pem;
    mode_t mode = 0;
    const int error = read_key_file(place.path, pem, mode);
    if (error == ENOENT && !place.credential) return make_and_keep(place, files);
    if (error != 0) return Error{Code::io, place.path + ": the host's keys can't be read: " + std::strerror(error)};
    if (!place.credential && (mode & 077U) != 0) {
        return Error{Code::refused, place.path +
                                        ": others than its owner may read or change the host's keys; if none has, "
                                        "`chmod 600` it, else remove it and join the mesh anew"};
    }
    Result<HostKeys> keys = host_keys(pem.text);
    if (!keys) {
        return Error{Code::bad_request,
                     place.path + " is damaged: " + keys.error().text +
                         "; put it back from a backup, or remove it: then this host is a new one and must join anew"};
    }
    return keys;
}

}  // namespace msw
