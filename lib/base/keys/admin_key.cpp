#include "base/keys/admin_key.hpp"

#include "base/keys/key_file.hpp"
#include "base/replace_file.hpp"
#include "base/system_error.hpp"

#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/x509.h>
#include <sys/stat.h>
#include <array>
#include <cerrno>
#include <cstring>
#include <optional>

namespace msw {
namespace {

using Info = std::unique_ptr<PKCS8_PRIV_KEY_INFO, openssl::Freed<PKCS8_PRIV_KEY_INFO_free>>;
using Envelope = std::unique_ptr<X509_SIG, openssl::Freed<X509_SIG_free>>;

SecretText pem_of(const SigningKey& key, const SecretText& passphrase) {
    const openssl::Bio out(openssl::must(BIO_new(BIO_s_secmem())));
    if (passphrase.text.empty()) {
        openssl::must(PEM_write_bio_PKCS8PrivateKey(out.get(), key.handle(), nullptr, nullptr, 0, nullptr, nullptr));
    } else {
        constexpr std::uint64_t kCost = 1U << 14U;
        constexpr std::uint64_t kBlock = 8;
        constexpr std::uint64_t kTimes = 5;
        const Info info(openssl::must(EVP_PKEY2PKCS8(key.handle())));
        X509_ALGOR* how = PKCS5_pbe2_set_scrypt(EVP_aes_256_cbc(), nullptr, 0, nullptr, kCost, kBlock, kTimes);
        const Envelope sealed(openssl::must(PKCS8_set0_pbe(
            passphrase.text.data(), static_cast<int>(passphrase.text.size()), info.get(), openssl::must(how))));
        openssl::must(PEM_write_bio_PKCS8(out.get(), sealed.get()));
    }
    char* bytes = nullptr;
    const long size = BIO_get_mem_data(out.get(), &bytes);
    return SecretText(std::string(bytes, static_cast<std::size_t>(size)));
}

/// What the callback of OpenSSL asks, and what came of it.
struct Asking {
    const std::function<Result<SecretText>()>& ask;
    bool asked = false;
    std::optional<Error> failed;
};

int give_passphrase(char* into, int room, int, void* self) {
    auto& asking = *static_cast<Asking*>(self);
    asking.asked = true;
    const Result<SecretText> passphrase = asking.ask();
    if (!passphrase) {
        asking.failed = passphrase.error();
        return -1;
    }
    const std::string& text = passphrase->text;
    if (text.size() > static_cast<std::size_t>(room)) return -1;
    std::memcpy(into, text.data(), text.size());
    return static_cast<int>(text.size());
}

}  // namespace

Result<SigningKey> make_admin_key(const std::string& path, const SecretText& passphrase, FileCalls& files) {
    struct stat info {};
    if (::stat(path.c_str(), &info) == 0) {
        return Error{Code::name_taken, path + " is there already; nothing is overwritten"};
    }
    SigningKey key = SigningKey::make();
    const SecretText pem = pem_of(key, passphrase);
    if (const int error = replace_file(path, pem.text, 0600, files); error != 0) return io_error(path, error);
    return key;
}

Result<SigningKey> read_admin_key(const std::string& path, const std::function<Result<SecretText>()>& passphrase) {
    SecretText pem;
    mode_t mode = 0;
    const int error = read_key_file(path, pem, mode);
    if (error == ENOENT) return Error{Code::no_such_file, path + ": there is no such file"};
    if (error == EACCES) return Error{Code::refused, path + ": only its owner may read it; try it with sudo"};
    if (error != 0) return io_error(path, error);
    if ((mode & 077U) != 0) {
        return Error{Code::refused,
                     path + ": others than its owner may read or change this key; if none has, `chmod 600` it"};
    }
    const openssl::Bio in(openssl::must(BIO_new_mem_buf(pem.text.data(), static_cast<int>(pem.text.size()))));
    Asking asking{passphrase, false, {}};
    openssl::Key key(PEM_read_bio_PrivateKey_ex(in.get(), nullptr, give_passphrase, &asking, nullptr, nullptr));
    if (asking.failed) return *asking.failed;
    if (!key && asking.asked) return Error{Code::refused, path + ": that passphrase doesn't open it"};
    if (!key) return Error{Code::bad_request, path + " is damaged: it is no private key in PEM"};
    Result<SigningKey> signing = SigningKey::from(std::move(key));
    if (!signing) return Error{Code::bad_request, path + ": it is not an Ed25519 key"};
    return signing;
}

}  // namespace msw
