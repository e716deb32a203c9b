// Questions that went out together, and their answers as they come.
#pragma once

#include "mswctl/answers.hpp"
#include "mswctl/questions.hpp"
#include "mswctl/session.hpp"
#include "mswctl/verdicts.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace mswctl {

/// Thread: one at a time.
class Round {
public:
    /// @param app   whom the questions are for
    /// @param wait  how long a target has for its verdict
    Round(Output& out, Form form, std::vector<Question> questions, std::string app, Milliseconds wait);

    /// Send all of them; the time runs from here.
    /// @return the daemon's or the encoder's error; nothing more is sent after it
    msw::Result<void> send(Session& session);

    /// Take a Datapack that arrived and print it if it answers one of these.
    /// @return whether it did
    bool take(const msw::Datapack& d);

    [[nodiscard]] bool complete() const noexcept { return verdicts_.complete(); }
    [[nodiscard]] Clock::time_point deadline() const noexcept { return deadline_; }
    [[nodiscard]] Exit exit() const noexcept { return verdicts_.exit(); }

    /// Name those who didn't answer.
    void give_up();

    /// Wait until each target has its verdict or the time is up, printing what comes.
    /// @return what it amounts to
    Exit finish(Session& session);

private:
    Output& out_;
    std::vector<Question> questions_;
    Verdicts verdicts_;
    AnswerPrinter printer_;
    Milliseconds wait_;
    Clock::time_point deadline_;
};

}  // namespace mswctl
