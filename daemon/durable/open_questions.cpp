#include "daemon/durable/open_questions.hpp"

#include "daemon/durable/stored.hpp"

#include <utility>

namespace msw::durable {

std::string OpenQuestions::key_of(std::string_view app, std::string_view asker, std::string_view host,
                                  std::string_view flag) {
    std::string key(app);
    for (const std::string_view part : {asker, host, flag}) key.append("\n").append(part);
    return key;
}

void OpenQuestions::open(std::string_view app, const Datapack& question, spool::RowId row) {
    if (question.method != "get" || question.get("flag").empty()) return;
    const std::string_view id = question.get("id");
    std::string key = key_of(app, question.get("from"), id, question.get("flag"));
    const std::lock_guard lock(mutex_);
    open_[key] = Question{row, {}, 0};
    by_row_[row] = std::move(key);
    count_.store(open_.size(), std::memory_order_relaxed);
}

std::vector<Datapack> OpenQuestions::close(spool::RowId row) {
    const std::lock_guard lock(mutex_);
    auto named = by_row_.extract(row);
    if (named.empty()) return {};
    const auto at = open_.find(named.mapped());
    if (at == open_.end() || at->second.row != row) return {};
    std::vector<Datapack> answers = std::move(at->second.answers);
    if (answers.empty()) {
        // One that is done with it first may still answer.
        at->second = {};
        late_.push_back(std::move(named.mapped()));
        if (late_.size() > kMostLate) {
            if (const auto oldest = open_.find(late_.front()); oldest != open_.end() && oldest->second.row == 0) {
                open_.erase(oldest);
            }
            late_.pop_front();
        }
    } else {
        open_.erase(at);
    }
    count_.store(open_.size(), std::memory_order_relaxed);
    return answers;
}

void OpenQuestions::forget(spool::RowId row) {
    const std::lock_guard lock(mutex_);
    const auto named = by_row_.extract(row);
    if (named.empty()) return;
    const auto at = open_.find(named.mapped());
    if (at != open_.end() && at->second.row == row) open_.erase(at);
    count_.store(open_.size(), std::memory_order_relaxed);
}

OpenQuestions::Held OpenQuestions::hold(std::string_view app, Datapack& answer) {
    const std::string_view to = answer.get("to");
    const std::string key = key_of(app, answer.app, to.empty() ? own_host_ : to, answer.get("flag"));
    const std::lock_guard lock(mutex_);
    const auto at = open_.find(key);
    if (at == open_.end()) return Held::no;
    Question& question = at->second;
    if (question.row == 0) {
        if (!more_follow(answer)) open_.erase(at);
        count_.store(open_.size(), std::memory_order_relaxed);
        return Held::late;
    }
    const std::size_t bytes = answer.weight();
    if (!question.answers.empty() && question.bytes + bytes > kMostHeld) return Held::too_much;
    question.bytes += bytes;
    question.answers.push_back(std::move(answer));
    return Held::yes;
}

}  // namespace msw::durable
