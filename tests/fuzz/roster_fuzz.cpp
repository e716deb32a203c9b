// Records of a roster, as others give them, and what follows from them. Whatever they say, what is read has no other
// bytes, what counts counts again, and all keeps to its bounds.
//
//     >d        the bytes, but for the line end behind them, are a document; its signatures are not looked at
//     >j        judged, as when all that came at once has been taken
#include "base/keys/sha256.hpp"
#include "base/roster/view.hpp"
#include "tests/fuzz/script.hpp"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace msw;
using fuzz::require;

std::vector<std::string> bytes_of(const roster::Holdings& holdings) {
    std::vector<std::string> all;
    for (const roster::Document& document : holdings.all()) all.push_back(roster::encode_document(document));
    return all;
}

class Copy {
public:
    void step(const fuzz::Step& step) {
        if (step.what == 'j') return judge();
        std::string_view bytes = step.bytes;
        if (bytes.substr(std::max<std::size_t>(bytes.size(), 1) - 1) == "\n") bytes.remove_suffix(1);
        const Result<roster::Document> document = roster::decode_document(bytes);
        if (!document) return require(!document.error().text.empty());
        require(roster::encode_document(document.value()) == bytes);
        if (const auto* root = std::get_if<roster::SignedRoot>(&document.value()); root != nullptr && !mesh_) {
            if (root->root.version == 1) mesh_ = roster::digest_of(root->root);
        }
        (void)holdings_.add(document.value());
    }

    void judge() {
        if (!mesh_) return;
        const roster::View view = roster::judge(*mesh_, holdings_);
        for (const auto& [id, member] : view.by_id) {
            const roster::Belongs* named = view.named(id);
            require(named == nullptr || named->member == member);
        }
        for (const auto& [digest, member] : view.members) {
            require(member.ended || view.named(member.id) == &member);
            require(member.ended || view.with_key(member.keys.sign) == &member);
        }
        const std::vector<std::string> kept = bytes_of(holdings_);
        const roster::View again = roster::judge(*mesh_, holdings_);
        require(bytes_of(holdings_) == kept);
        require(again.members.size() == view.members.size() && again.frozen == view.frozen);
    }

private:
    std::optional<roster::Digest> mesh_;
    roster::Holdings holdings_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::Script script(std::string_view(reinterpret_cast<const char*>(data), size));
    Copy copy;
    for (fuzz::Step step; script.next(step);) copy.step(step);
    copy.judge();
    return 0;
}
