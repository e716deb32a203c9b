#include "base/roster/token.hpp"

#include "base/base64.hpp"
#include "base/keys/secret.hpp"
#include "base/octets.hpp"

#include <algorithm>
#include <stdexcept>

namespace msw::roster {
namespace {

constexpr std::string_view kPrefix = "msw1_";
constexpr std::size_t kChecksum = 8;  // bytes

/// What a token's bytes say; the seed is wiped when it goes.
struct Content {
    std::array<std::uint8_t, 32> seed{};
    PublicKey acceptor{};
    std::vector<std::string> addresses;
    std::string invite;

    Content() = default;
    Content(const Content&) = delete;
    Content& operator=(const Content&) = delete;
    Content(Content&&) = delete;
    Content& operator=(Content&&) = delete;
    ~Content() { OPENSSL_cleanse(seed.data(), seed.size()); }
};

constexpr std::size_t kLongestInvite = 4096;

template <class Archive, Some<Content> Given>
void fields(Archive& archive, Given& content) {
    archive.tag("msw/1 token");
    archive.bytes("one-time key", content.seed);
    archive.bytes("accepting host's key", content.acceptor);
    // In the order in which they are dialled, so they can't be a list, which ascends.
    std::uint64_t count = content.addresses.size();
    archive.number("addresses", count, 0, Token::kMostAddresses);
    if constexpr (!std::is_const_v<Given>) content.addresses.resize(count);
    for (auto& address : content.addresses) archive.text("address", address, Token::kLongestAddress);
    archive.text("invite", content.invite, kLongestInvite);
}

std::string checksum(std::string_view bytes) {
    const Digest digest = sha256({bytes});
    return std::string(text_of(digest).substr(0, kChecksum));
}

Error bad(std::string why) {
    return {Code::bad_request, "the token " + std::move(why) +
                                   ". It is one line that begins with msw1_; ask for a new "
                                   "one if it was lost (mswctl invite)"};
}

std::string_view trimmed(std::string_view text) {
    constexpr std::string_view kBlank = " \t\r\n";
    const std::size_t from = text.find_first_not_of(kBlank);
    if (from == std::string_view::npos) return {};
    return text.substr(from, text.find_last_not_of(kBlank) - from + 1);
}

}  // namespace

std::string to_text(const Token& token) {
    Content content;
    std::size_t size = content.seed.size();
    if (EVP_PKEY_get_raw_private_key(token.once.handle(), content.seed.data(), &size) != 1) {
        throw std::invalid_argument("a one-time key without a seed");
    }
    content.acceptor = token.acceptor;
    content.addresses = token.addresses;
    content.invite = encode_invite(token.invite);
    CanonicalWriter out;
    fields(out, std::as_const(content));
    SecretText bytes(out.take());
    bytes.text += checksum(bytes.text);
    std::string text = to_base64(bytes.text);
    text.erase(text.find_last_not_of('=') + 1);
    std::replace(text.begin(), text.end(), '+', '-');
    std::replace(text.begin(), text.end(), '/', '_');
    return std::string(kPrefix) + text;
}

Result<Token> read_token(std::string_view given) {
    std::string_view text = trimmed(given);
    if (text.empty()) return bad("is empty");
    if (text.substr(0, kPrefix.size()) != kPrefix) return bad("does not begin with msw1_");
    text.remove_prefix(kPrefix.size());
    SecretText letters{std::string(text)};
    std::replace(letters.text.begin(), letters.text.end(), '-', '+');
    std::replace(letters.text.begin(), letters.text.end(), '_', '/');
    letters.text.append((4 - letters.text.size() % 4) % 4, '=');
    std::optional<std::string> decoded = read_base64(letters.text);
    if (!decoded || decoded->size() <= kChecksum) return bad("is cut off or mistyped");
    const SecretText bytes(std::move(*decoded));
    const std::string_view said = std::string_view(bytes.text).substr(0, bytes.text.size() - kChecksum);
    if (checksum(said) != std::string_view(bytes.text).substr(said.size())) return bad("is cut off or mistyped");
    CanonicalReader in(said);
    Content content;
    fields(in, content);
    if (!in.whole()) return bad("makes no sense; it may be of another version of mswd");
    Result<SignedInvite> invite = decode_invite(content.invite);
    if (!invite) return bad("makes no sense; it may be of another version of mswd");
    Token token{SigningKey::from_seed(content.seed), content.acceptor, std::move(content.addresses),
                std::move(invite).value()};
    if (token.once.public_key() != token.invite.invite.once) return bad("has another key than its invite");
    return token;
}

}  // namespace msw::roster
