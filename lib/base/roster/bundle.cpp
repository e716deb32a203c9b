#include "base/roster/bundle.hpp"

#include "base/keys/sha256.hpp"
#include "base/octets.hpp"
#include "base/replace_file.hpp"
#include "base/system_error.hpp"

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <iterator>

namespace msw::roster {
namespace {

constexpr std::string_view kFirstLine = "msw roster 1\n";
constexpr std::size_t kDigest = std::tuple_size_v<Digest>;
constexpr mode_t kMode = 0600;

Error damaged(const std::string& path) {
    return {Code::bad_request, path +
                                   " is damaged. Put back a copy of it, or move it away and let this host join again "
                                   "(mswctl join); its id is then another member's until an admin gives it back "
                                   "(mswctl invite --id ID --replace)"};
}

}  // namespace

void append_to_bundle(std::string& bundle, std::string_view document) {
    for (unsigned shift = 32; shift > 0;) bundle += static_cast<char>(document.size() >> (shift -= 8));
    bundle += document;
}

std::optional<std::vector<std::string>> split_bundle(std::string_view bundle) {
    constexpr std::size_t kLength = 4;
    std::vector<std::string> documents;
    while (!bundle.empty()) {
        if (bundle.size() < kLength) return std::nullopt;
        std::size_t size = 0;
        for (std::size_t i = 0; i < kLength; ++i) size = size << 8U | static_cast<std::uint8_t>(bundle[i]);
        bundle.remove_prefix(kLength);
        if (size == 0 || size > bundle.size()) return std::nullopt;
        documents.emplace_back(bundle.substr(0, size));
        bundle.remove_prefix(size);
    }
    return documents;
}

std::string bundle_of(const Roster& roster) {
    std::string bundle;
    for (const auto& [name, bytes] : roster.documents()) append_to_bundle(bundle, bytes);
    return bundle;
}

std::vector<Checked> check_documents(const std::vector<std::string>& documents) {
    std::vector<Checked> checked;
    for (const std::string& bytes : documents) {
        Result<Document> document = decode_document(bytes);
        if (!document) continue;
        if (std::optional<Checked> one = Checked::check(std::move(document).value()))
            checked.push_back(std::move(*one));
    }
    return checked;
}

Result<void> write_roster(const std::string& path, const Roster& roster, FileCalls& files) {
    std::string bytes(kFirstLine);
    bytes += text_of(roster.mesh());
    bytes += bundle_of(roster);
    const Digest digest = sha256({bytes});
    bytes += text_of(digest);
    if (const int error = replace_file(path, bytes, kMode, files); error != 0) {
        return Error{Code::io, path + " can't be written: " + system_says(error)};
    }
    return {};
}

Result<std::optional<Roster>> read_roster(const std::string& path) {
    errno = 0;
    std::ifstream in(path, std::ios::binary);
    if (!in && errno == ENOENT) return std::optional<Roster>();
    if (!in) return Error{Code::io, path + " can't be read: " + system_says(errno)};
    const std::string bytes{std::istreambuf_iterator<char>(in), {}};
    std::string_view rest = bytes;
    if (rest.size() < kFirstLine.size() + 2 * kDigest || rest.substr(0, kFirstLine.size()) != kFirstLine) {
        return damaged(path);
    }
    const Digest digest = sha256({rest.substr(0, rest.size() - kDigest)});
    if (rest.substr(rest.size() - kDigest) != text_of(digest)) return damaged(path);
    rest.remove_suffix(kDigest);
    rest.remove_prefix(kFirstLine.size());
    Digest mesh{};
    std::transform(rest.begin(), rest.begin() + kDigest, mesh.begin(),
                   [](char c) { return static_cast<std::uint8_t>(c); });
    const std::optional<std::vector<std::string>> documents = split_bundle(rest.substr(kDigest));
    if (!documents) return damaged(path);
    std::vector<Checked> all;
    for (const std::string& one : *documents) {
        Result<Document> document = decode_document(one);
        if (!document) return damaged(path);
        all.push_back(Checked::known(std::move(document).value()));
    }
    Roster roster(mesh);
    (void)roster.merge(all);
    if (!roster.view().root) return damaged(path);
    return std::optional<Roster>(std::move(roster));
}

}  // namespace msw::roster
