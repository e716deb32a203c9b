#include "mswctl/round.hpp"

#include "mswctl/reach.hpp"
#include "mswctl/text.hpp"

#include <algorithm>

namespace mswctl {
namespace {

Verdicts expecting(const std::vector<Question>& questions) {
    Verdicts verdicts;
    for (const Question& q : questions) verdicts.expect(std::string(q.datapack.get("flag")), q.host);
    return verdicts;
}

std::string file_of(const std::vector<Question>& questions) {
    if (questions.empty() || questions.front().datapack.method != "file") return {};
    return std::string(questions.front().datapack.get("filename"));
}

}  // namespace

Round::Round(Output& out, Form form, std::vector<Question> questions, std::string app, Milliseconds wait)
    : out_(out),
      questions_(std::move(questions)),
      file_(file_of(questions_)),
      verdicts_(expecting(questions_)),
      printer_(out, form, verdicts_.widest_host(), std::move(app)),
      wait_(wait),
      deadline_(Clock::now() + wait),
      look_at_(Clock::time_point::max()) {}

msw::Result<void> Round::send(Session& session) {
    deadline_ = Clock::now() + wait_;
    look_at_ = Clock::now() + kSilence;
    const auto put = [&](const msw::Datapack& d) {
        return session.send(d, std::max(std::chrono::ceil<Milliseconds>(deadline_ - Clock::now()), Milliseconds(0)));
    };
    for (const Question& q : questions_) {
        if (msw::Result<void> sent = put(q.datapack); !sent) return sent;
        if (!file_.empty()) {
            if (msw::Result<void> sent = put(receipts_.question_after(q)); !sent) return sent;
        }
        const std::string_view to = q.datapack.get("to");
        if (!to.empty()) {
            first_hops_.emplace_back(q.host, to.substr(0, to.find('&')));
        } else {
            // An update that this host sends waits for those. It is looked at once: soon they restart.
            for (std::string& hop : first_hops(q.datapack.get("update_to"))) {
                first_hops_.emplace_back(q.host, std::move(hop));
                look_at_ = Clock::now();
            }
        }
    }
    questions_.clear();  // their bodies are not needed any more
    return {};
}

// `want: accept`: "HOST spooled", or "HOST refused CODE SENTENCE".
bool Round::take_accepted(const msw::Datapack& d) {
    if (!when_up_ || d.method != "reply" || d.get("want") != "accept" || verdicts_.host_of(d).empty()) return false;
    const std::string host(verdicts_.host_of(d));
    constexpr std::string_view kRefused = "refused ";
    std::string_view word = d.body;
    word.remove_prefix(std::min(word.find(' ') + 1, word.size()));
    while (!word.empty() && word.back() == '\n') word.remove_suffix(1);
    if (word.substr(0, kRefused.size()) != kRefused) {
        queued_.emplace_back(d.get("flag"));
        return true;
    }
    word.remove_prefix(kRefused.size());
    msw::Datapack error("reply", "", std::string(word.substr(std::min(word.find(' ') + 1, word.size()))));
    error.set("flag", d.get("flag"));
    error.set("error", word.substr(0, word.find(' ')));
    verdicts_.feed(error);
    printer_.print(host, error);
    return true;
}

bool Round::take(const msw::Datapack& d) {
    if (take_accepted(d)) return true;
    if (const std::optional<msw::Datapack> about = receipts_.about_file(d)) return take(*about);
    const Verdicts::Seen seen = verdicts_.feed(d);
    if (seen == Verdicts::Seen::foreign) return false;
    if (seen != Verdicts::Seen::late) printer_.print(verdicts_.host_of(d), d);
    return true;
}

void Round::look(Session& session) {
    if (complete() || Clock::now() < look_at_) return;
    look_at_ = Clock::time_point::max();
    const std::vector<std::string> missing = verdicts_.missing();
    std::vector<std::string> silent;
    for (const auto& [host, first_hop] : first_hops_) {
        if (std::find(missing.begin(), missing.end(), host) != missing.end()) silent.push_back(first_hop);
    }
    say_who_is_unknown(session, out_, silent,
                       when_up_ ? std::string("it gets this when it is back")
                                : "it is waited for, " + wait_words(wait_.count()) + " in all");
}

void Round::give_up() {
    for (const std::string& flag : std::exchange(queued_, {})) {
        msw::Datapack d("reply", "");
        d.set("flag", flag);
        const std::string host(verdicts_.host_of(d));
        const std::vector<std::string> missing = verdicts_.missing();
        if (std::find(missing.begin(), missing.end(), host) == missing.end()) continue;
        printer_.print_queued(host, flag);
        (void)verdicts_.feed(d);
    }
    const std::string text = file_.empty()
                                 ? "no answer in " + wait_words(wait_.count())
                                 : "no word in " + wait_words(wait_.count()) + " whether " + file_ + " is there";
    for (const std::string& host : verdicts_.missing()) printer_.print_missing(host, text);
}

Exit Round::finish(Session& session) {
    while (!complete()) {
        const auto left = std::chrono::ceil<Milliseconds>(wake() - Clock::now());
        const msw::Result<std::optional<msw::Datapack>> d = session.next(std::max(left, Milliseconds(0)));
        if (!d) {
            out_.talk("mswctl: " + d.error().text);
            return Exit::no_daemon;
        }
        if (d.value().has_value()) {
            take(*d.value());
        } else if (Clock::now() >= deadline_) {
            give_up();
            break;
        } else {
            look(session);
        }
    }
    return exit();
}

}  // namespace mswctl
