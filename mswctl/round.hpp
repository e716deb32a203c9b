// Questions that went out together, and their answers as they come.
#pragma once

#include "mswctl/answers.hpp"
#include "mswctl/questions.hpp"
#include "mswctl/receipts.hpp"
#include "mswctl/session.hpp"
#include "mswctl/verdicts.hpp"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace mswctl {

/// Thread: one at a time.
class Round {
public:
    /// @param app   whom the questions are for
    /// @param wait  how long a target has for its verdict
    Round(Output& out, Form form, std::vector<Question> questions, std::string app, Milliseconds wait);

    /// Send all of them; the time runs from here. After a file goes a question whose answer tells that it arrived.
    /// @return the daemon's or the encoder's error; nothing more is sent after it
    msw::Result<void> send(Session& session);

    /// Take a Datapack that arrived and print it if it answers one of these.
    /// @return whether it did
    bool take(const msw::Datapack& d);

    /// Questions that are on disk count as queued where no answer came: give_up() says so.
    void when_up() noexcept { when_up_ = true; }

    [[nodiscard]] bool complete() const noexcept { return verdicts_.complete(); }
    [[nodiscard]] Clock::time_point deadline() const noexcept { return deadline_; }
    /// @return when look() or give_up() has something to do
    [[nodiscard]] Clock::time_point wake() const noexcept { return std::min(deadline_, look_at_); }
    [[nodiscard]] Exit exit() const noexcept { return verdicts_.exit(); }

    /// Once it is time: say which of those who are silent aren't even in reach.
    void look(Session& session);

    /// Name those who didn't answer.
    void give_up();

    /// Wait until each target has its verdict or the time is up, printing what comes.
    /// @return what it amounts to
    Exit finish(Session& session);

private:
    [[nodiscard]] bool take_accepted(const msw::Datapack& d);

    Output& out_;
    std::vector<Question> questions_;
    std::string file_;                                             // the name of the file that they send, if they do
    std::vector<std::pair<std::string, std::string>> first_hops_;  // a host that is asked, and whom it takes
    Receipts receipts_;
    Verdicts verdicts_;
    AnswerPrinter printer_;
    Milliseconds wait_;
    Clock::time_point deadline_;
    Clock::time_point look_at_;
    bool when_up_ = false;
    std::vector<std::string> queued_;  // flags of those on disk
};

}  // namespace mswctl
