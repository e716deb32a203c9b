// Durable questions that a plugin here has, and the answers that wait until it is done with them: both are written down
// in one go, so that a question is answered once whatever happens in between.
#pragma once

#include "base/spool/rows.hpp"
#include "msw/datapack.hpp"

#include <atomic>
#include <cstddef>
#include <deque>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace msw::durable {

/// Thread: any.
class OpenQuestions {
public:
    static constexpr std::size_t kMostHeld = std::size_t{32} * 1024 * 1024;  ///< bytes of answers to one question
    static constexpr std::size_t kMostLate = 4096;                           ///< questions done with, unanswered so far

    /// @param own_host  id of this host, which asks without naming itself
    explicit OpenQuestions(std::string own_host) : own_host_(std::move(own_host)) {}

    /// `app` is handed a question.
    void open(std::string_view app, const Datapack& question, spool::RowId row);
    /// It is done with it. @return the answers that were held
    [[nodiscard]] std::vector<Datapack> close(spool::RowId row);
    /// It has gone without being done: what it answered was nothing.
    void forget(spool::RowId row);

    enum class Held {
        no,        ///< it answers no durable question
        yes,       ///< kept until the question is done with; moved from
        late,      ///< that is done with already: to be written down now
        too_much,  ///< more than kMostHeld
    };
    /// `app` answers.
    [[nodiscard]] Held hold(std::string_view app, Datapack& answer);

    /// @return whether there is nothing that could be answered
    [[nodiscard]] bool none() const noexcept { return count_.load(std::memory_order_relaxed) == 0; }

private:
    struct Question {
        spool::RowId row = 0;  // 0: done with
        std::vector<Datapack> answers;
        std::size_t bytes = 0;
    };
    [[nodiscard]] static std::string key_of(std::string_view app, std::string_view asker, std::string_view host,
                                            std::string_view flag);

    const std::string own_host_;
    std::mutex mutex_;
    std::unordered_map<std::string, Question> open_;
    std::unordered_map<spool::RowId, std::string> by_row_;
    std::deque<std::string> late_;  // the oldest first
    std::atomic<std::size_t> count_{0};
};

}  // namespace msw::durable
