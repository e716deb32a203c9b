#include "plugins/net/core/flow/questions.hpp"
#include "msw/host_id.hpp"

namespace msw::net {

std::string Questions::key_of(std::string_view flag, std::string_view host) {
    std::string key = id_key(host);  // holds no blank, as host ids hold none
    key.append(" ").append(flag);
    return key;
}

void Questions::forget(Open::value_type& question) {
    by_expiry_.erase({question.second.expires, question.second.serial});
    if (question.second.post) posts_.erase(question.second.serial);
    open_.erase(open_.find(question.first));
}

void Questions::one_less(Open::value_type& question) {
    if (--question.second.left == 0) forget(question);
}

void Questions::open(const Datapack& question, std::string_view host, std::int64_t expires_ms) {
    const std::string_view flag = question.get("flag");
    if (flag.empty() || question.get("from").empty()) return;  // nobody can be answered
    std::string key = key_of(flag, host);
    std::size_t left = 1;
    if (const auto before = open_.find(key); before != open_.end()) {
        if (before->second.asker == question.get("from")) left += before->second.left;
        forget(*before);
    }
    if (open_.size() >= kMost) {
        if (posts_.empty()) return;
        forget(*posts_.begin()->second);
    }
    Question q{question.app,
               std::string(question.get("from")),
               std::string(question.get("legacy")),
               question.get("stream") == "1",
               question.method != "get",
               expires_ms,
               ++serial_,
               left};
    Open::value_type& opened = *open_.emplace(std::move(key), std::move(q)).first;
    by_expiry_.emplace(std::pair(expires_ms, serial_), &opened);
    if (opened.second.post) posts_.emplace(serial_, &opened);
}

std::optional<std::string> Questions::admit(const Datapack& answer, std::string_view host) {
    const auto at = open_.find(key_of(answer.get("flag"), host));
    if (at == open_.end() || at->second.asker != answer.app) return std::nullopt;
    const bool more = at->second.streamed && answer.head.has("part") && answer.get("end") != "1";
    std::string legacy = at->second.legacy;
    if (!more) one_less(*at);
    return legacy;
}

std::vector<Questions::Waiting> Questions::find(std::string_view flag) const {
    std::vector<Waiting> found;
    for (const auto& [key, question] : open_) {
        const std::size_t blank = key.find(' ');
        if (std::string_view(key).substr(blank + 1) != flag) continue;
        found.push_back({key.substr(0, blank), question.app, question.asker, question.post, question.expires});
    }
    return found;
}

void Questions::close(std::string_view flag, std::string_view host) {
    const auto at = open_.find(key_of(flag, host));
    if (at != open_.end()) one_less(*at);
}

void Questions::expire(std::int64_t now_ms) {
    while (!by_expiry_.empty() && by_expiry_.begin()->first.first <= now_ms) forget(*by_expiry_.begin()->second);
}

}  // namespace msw::net
