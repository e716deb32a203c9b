#include "mswctl/round.hpp"

#include <algorithm>

namespace mswctl {
namespace {

Verdicts expecting(const std::vector<Question>& questions) {
    Verdicts verdicts;
    for (const Question& q : questions) verdicts.expect(std::string(q.datapack.get("flag")), q.host);
    return verdicts;
}

}  // namespace

Round::Round(Output& out, Form form, std::vector<Question> questions, std::string app, Milliseconds wait)
    : out_(out),
      questions_(std::move(questions)),
      verdicts_(expecting(questions_)),
      printer_(out, form, verdicts_.widest_host(), std::move(app)),
      wait_(wait),
      deadline_(Clock::now() + wait) {}

msw::Result<void> Round::send(Session& session) {
    deadline_ = Clock::now() + wait_;
    for (const Question& q : questions_) {
        const auto left = std::chrono::ceil<Milliseconds>(deadline_ - Clock::now());
        if (msw::Result<void> sent = session.send(q.datapack, std::max(left, Milliseconds(0))); !sent) return sent;
    }
    questions_.clear();  // their bodies are not needed any more
    return {};
}

bool Round::take(const msw::Datapack& d) {
    const Verdicts::Seen seen = verdicts_.feed(d);
    if (seen == Verdicts::Seen::foreign) return false;
    if (seen != Verdicts::Seen::late) printer_.print(verdicts_.host_of(d), d);
    return true;
}

void Round::give_up() {
    for (const std::string& host : verdicts_.missing()) printer_.print_missing(host, wait_.count());
}

Exit Round::finish(Session& session) {
    while (!complete()) {
        const auto left = std::chrono::ceil<Milliseconds>(deadline_ - Clock::now());
        const msw::Result<std::optional<msw::Datapack>> d = session.next(std::max(left, Milliseconds(0)));
        if (!d) {
            out_.talk("mswctl: " + d.error().text);
            return Exit::no_daemon;
        }
        if (d.value().has_value()) {
            take(*d.value());
        } else if (left <= Milliseconds(0)) {
            give_up();
            break;
        }
    }
    return exit();
}

}  // namespace mswctl
