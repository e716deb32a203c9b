#include "base/roster/roster.hpp"

#include "base/keys/sha256.hpp"
#include "base/octets.hpp"

#include <utility>

namespace msw::roster {
namespace {

constexpr std::size_t kMostSaid = 1'000;

}  // namespace

Roster::Merged Roster::merge(const std::vector<Checked>& documents) {
    bool changed = false;
    for (const Checked& one : documents) changed |= holdings_.add(one.document());
    Merged merged;
    if (!changed) return merged;
    view_ = judge(mesh_, holdings_);
    const std::map<Digest, std::string> before = std::exchange(documents_, {});
    count_documents();
    for (const auto& [name, bytes] : documents_) {
        if (!before.contains(name)) merged.fresh.push_back(name);
    }
    for (const std::string& alarm : view_.alarms) {
        if (said_.size() < kMostSaid && said_.insert(alarm).second) merged.alarms.push_back(alarm);
    }
    return merged;
}

void Roster::count_documents() {
    for (const Document& document : holdings_.all()) {
        std::string bytes = encode_document(document);
        const Digest name = sha256({bytes});
        documents_.emplace(name, std::move(bytes));
    }
    std::string names;
    for (const auto& [name, bytes] : documents_) names += text_of(name);
    digest_ = sha256({names});
}

}  // namespace msw::roster
