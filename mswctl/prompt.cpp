// The prompt: the same words as `send`, with the answers above the line that is being edited.
#include "mswctl/commands.hpp"
#include "mswctl/control.hpp"
#include "mswctl/editor.hpp"
#include "mswctl/info.hpp"
#include "mswctl/lines.hpp"
#include "mswctl/send.hpp"
#include "mswctl/shortcuts.hpp"
#include "mswctl/text.hpp"

#include <algorithm>
#include <list>

namespace mswctl {
namespace {

constexpr Milliseconds kLookForDaemon{1'000};
constexpr Milliseconds kAttachWait{500};  // typing stands still for no longer
constexpr Milliseconds kIdle{60'000};

/// Thread: one at a time.
class Prompt final : public Watched {
public:
    Prompt(const Globals& globals, Output& out, Session session)
        : globals_(globals), out_(out), host_(session.host()), session_(std::move(session)) {}

    Exit run();

    [[nodiscard]] int fd() const override { return session_ ? session_->fd() : -1; }
    [[nodiscard]] Clock::time_point wake() const override;
    void step() override;

private:
    bool obey(const std::string& text);
    void send(const std::string& spec);
    void word(const std::string& name);
    void take(const msw::Datapack& d);
    void lost();
    [[nodiscard]] bool connected();
    [[nodiscard]] bool sure(std::string_view question);

    const Globals& globals_;
    Output& out_;
    std::string host_;
    std::optional<Session> session_;  // empty while the daemon is away
    std::list<Round> rounds_;         // questions whose answers haven't all come
    std::string last_;
    Editor editor_{*this, history_path()};
};

Exit Prompt::run() {
    out_.set_above([this](std::string_view text) { editor_.print_above(text); });
    out_.talk("mswd " + session_->daemon_version() + " on " + host_ + "; `help` shows what can be written here");
    while (std::optional<std::string> line = editor_.line(host_ + "> ")) {
        if (!obey(*line)) break;
        if (session_ && session_->gone()) lost();
    }
    out_.set_above({});
    return Exit::ok;
}

Clock::time_point Prompt::wake() const {
    Clock::time_point at = Clock::now() + (session_ ? kIdle : kLookForDaemon);
    for (const Round& round : rounds_) at = std::min(at, round.wake());
    return at;
}

void Prompt::step() {
    (void)connected();
    while (session_) {
        msw::Result<std::optional<msw::Datapack>> d = session_->next(Milliseconds(0));
        if (!d) {
            lost();
        } else if (d->has_value()) {
            take(**d);
        } else {
            break;
        }
    }
    const auto now = Clock::now();
    for (Round& round : rounds_) {
        if (!round.complete() && round.deadline() <= now) round.give_up();
    }
    for (Round& round : rounds_) {
        if (session_) round.look(*session_);
    }
    rounds_.remove_if([&](const Round& r) { return r.complete() || r.deadline() <= now; });
}

void Prompt::take(const msw::Datapack& d) {
    for (Round& round : rounds_) {
        if (round.take(d)) return;
    }
    // Answers to what wasn't waited for, and what others send here by themselves.
    const std::string host = d.get("id").empty() ? host_ : std::string(d.get("id"));
    AnswerPrinter(out_, globals_.json ? Form::json : Form::prefixed, 0, d.app).print(host, d);
}

void Prompt::lost() {
    session_.reset();
    rounds_.clear();
    out_.talk("mswd is gone from " + globals_.socket + "; this prompt waits for it");
}

bool Prompt::connected() {
    if (session_) return true;
    msw::Result<Session> again = Session::open(globals_, kAttachWait);
    if (!again) return false;
    session_.emplace(std::move(again).value());
    host_ = session_->host();
    out_.talk("mswd " + session_->daemon_version() + " is back");
    return true;
}

bool Prompt::sure(std::string_view question) {
    out_.talk(question);
    const std::optional<std::string> line = editor_.line("go on? [y/N] ");
    return line && means_yes(*line);
}

/// @return whether to go on
bool Prompt::obey(const std::string& text) {
    const Line line = read_line(text, last_);
    if (line.kind == Line::Kind::nothing) return true;
    if (line.kind == Line::Kind::quit) return false;
    if (const std::string words = words_about(line); !words.empty()) {
        out_.talk(words);
        return true;
    }
    if (read_line(text, {}).kind != Line::Kind::no_last) last_ = text;
    editor_.remember(last_);
    if (!connected()) {
        out_.talk("mswd is still away from " + globals_.socket + "; " + how_to_start(globals_));
        return true;
    }
    switch (line.kind) {
        case Line::Kind::command: send(line.text); break;
        case Line::Kind::word: word(line.text); break;
        case Line::Kind::restart: restart(*session_, out_, globals_, false); break;
        case Line::Kind::exit:
            if (!sure("this ends mswd on " + (globals_.host.empty() ? host_ : globals_.host) +
                      " until somebody starts it again; `quit` only leaves the prompt")) {
                break;
            }
            return end_daemon(*session_, out_, globals_) != Exit::ok;
        default: break;
    }
    return true;
}

void Prompt::send(const std::string& spec) {
    const msw::Result<msw::Datapack> d = compose_and_open(globals_, {spec, {}, {}});
    if (!d) {
        out_.talk(d.error().text);
        return;
    }
    if (lack_of(d.value()) != Lack::nothing && !globals_.here && !sure(lack_words(d.value(), host_))) return;
    if (!connected()) return;  // it may have gone while the question stood there
    const Milliseconds usual = usual_wait(d.value());
    if (usual.count() == 0) {
        send_only(*session_, out_, globals_, d.value());
        return;
    }
    msw::Result<Round> round = open_round(*session_, out_, globals_, d.value(),
                                          globals_.json ? Form::json : Form::prefixed, globals_.wait(usual));
    if (round) {
        rounds_.push_back(std::move(round).value());
    } else {
        out_.talk(round.error().text);
    }
}

void Prompt::word(const std::string& name) { run_word(name, *session_, out_, globals_); }

}  // namespace

Exit run_prompt(const Arguments& args, Output& out) {
    std::optional<Session> session = attach_or_say(args.globals, out);
    if (!session) return Exit::no_daemon;
    if (!out.can_edit()) return run_lines(std::move(*session), args.globals, out);
    Prompt prompt(args.globals, out, std::move(*session));
    return prompt.run();
}

}  // namespace mswctl
