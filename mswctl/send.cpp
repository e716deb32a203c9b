#include "mswctl/send.hpp"

#include "mswctl/commands.hpp"
#include "mswctl/reach.hpp"
#include "mswctl/text.hpp"

#include <algorithm>
#include <charconv>

namespace mswctl {
namespace {

constexpr std::int64_t kLongestTimeout = 7 * 86400;  // seconds
constexpr Milliseconds kOnTheWay{5'000};
constexpr std::string_view kKept = "mswd keeps trying for 152 s";  // docs/protocol.md, Between hosts

/// Questions that mswd (and net, for what goes there) answers after it has dealt with what was sent before them: an
/// error about that is here by then, and nobody has to guess how long to wait for one.
std::vector<Question> barrier_for(const Session& session, const msw::Datapack& d) {
    std::vector<Question> questions;
    const auto add = [&](std::string_view app, const std::string& body) {
        msw::Datapack q("get", std::string(app), body);
        q.set("flag", msw::new_flag());
        questions.push_back({session.host(), std::move(q)});
    };
    if (d.head.has("to")) add("net", "targets " + std::string(d.get("to")));
    add("mswd", "status");
    return questions;
}

}  // namespace

Milliseconds usual_wait(const msw::Datapack& d) {
    if (d.method == "file") {
        const std::uint64_t mebibytes = (d.file ? d.file->size() : 0) / (1024UL * 1024);
        return kAnswerWait + std::chrono::seconds(mebibytes);
    }
    if (is_for(d, "update")) return kUpdateWait;
    if (!is_for(d, "shell")) return Milliseconds(0);
    // A command that is ended for taking too long says so itself: wait for that, and a little for the way.
    std::int64_t seconds = 0;
    const std::string_view given = d.get("timeout");
    std::from_chars(given.data(), given.data() + given.size(), seconds);
    return seconds > 0 && seconds <= kLongestTimeout ? Milliseconds(seconds * 1000) + kOnTheWay : kShellWait;
}

msw::Result<msw::Datapack> compose_for(const Globals& globals, const Wish& wish) {
    msw::Result<msw::Datapack> d = compose(wish);
    if (!d) return d;
    if (!globals.host.empty()) {
        if (d->head.has("to")) {
            return msw::Error{msw::Code::bad_request, "the targets are given twice: `to` and --host"};
        }
        d->set("to", globals.host);
    }
    return d;
}

msw::Result<msw::Datapack> compose_and_open(const Globals& globals, const Wish& wish) {
    msw::Result<msw::Datapack> d = compose_for(globals, wish);
    if (!d) return d;
    if (msw::Result<void> opened = open_file_of(*d); !opened) return opened.error();
    return d;
}

AskPerson person_at(Output& out) {
    if (!out.can_ask()) return {};
    return [&out](std::string_view question) { return out.ask(question); };
}

bool meant_for_here(const msw::Datapack& d, std::string_view command, std::string_view host, bool here,
                    const AskPerson& ask, Output& out) {
    if (here || lack_of(d) == Lack::nothing) return true;
    const std::string words = lack_words(d, host);
    if (!ask) {
        out.talk("mswctl: " + words + "; refused without --here\n" + lack_advice(d, command));
        return false;
    }
    out.talk(lack_advice(d, command));
    if (ask(words + "; go on? [y/N]")) return true;
    out.talk("mswctl: nothing was sent");
    return false;
}

Form form_for(const Globals& globals, const msw::Datapack& d) {
    if (globals.json) return Form::json;
    return d.method != "file" && names_one_host(d.get("to")) ? Form::bare : Form::prefixed;
}

msw::Result<Round> open_round(Session& session, Output& out, const Globals& globals, const msw::Datapack& d, Form form,
                              Milliseconds wait) {
    msw::Datapack question = d;
    // An update may have something to say more than once: when it is packed, and for each host.
    if (is_for(d, "update") && !d.head.has("stream")) question.set("stream", "1");
    msw::Result<std::vector<Question>> questions = plan(session, question, globals.wait(kInfoWait));
    if (!questions) return questions.error();
    Round round(out, form, std::move(questions).value(), d.app, wait);
    if (msw::Result<void> sent = round.send(session); !sent) return sent.error();
    return round;
}

Exit send_and_wait(Session& session, Output& out, const Globals& globals, const msw::Datapack& d, Milliseconds wait) {
    msw::Result<Round> round = open_round(session, out, globals, d, form_for(globals, d), wait);
    if (round && d.get("durable") == "1" && d.get("want") == "accept") round->when_up();
    if (!round) {
        out.talk("mswctl: " + round.error().text);
        return session.exit_for(round.error());
    }
    return round->finish(session);
}

Exit send_only(Session& session, Output& out, const Globals& globals, const msw::Datapack& d) {
    const Milliseconds wait = globals.wait(kInfoWait);
    const auto deadline = Clock::now() + wait;
    const auto left = [&] {
        return std::max(Milliseconds(0), std::chrono::ceil<Milliseconds>(deadline - Clock::now()));
    };
    Verdicts sent;
    sent.expect(std::string(d.get("flag")), d.head.has("to") ? std::string(d.get("to")) : session.host());
    AnswerPrinter printer(out, globals.json ? Form::json : Form::prefixed, 0, d.app);
    Verdicts barrier;
    msw::Result<void> written = session.send(d, wait);
    for (const Question& q : barrier_for(session, d)) {
        if (!written) break;
        barrier.expect(std::string(q.datapack.get("flag")), q.host);
        written = session.send(q.datapack, left());
    }
    if (!written) {
        out.talk("mswctl: " + written.error().text);
        return session.exit_for(written.error());
    }
    while (!barrier.complete()) {
        const msw::Result<std::optional<msw::Datapack>> next = session.next(left());
        if (!next) {
            out.talk("mswctl: " + next.error().text);
            return Exit::no_daemon;
        }
        if (!next.value().has_value()) {
            out.talk("mswctl: mswd doesn't say within " + wait_words(wait.count()) + " whether it has taken this");
            return Exit::unreachable;
        }
        const msw::Datapack& answer = *next.value();
        if (barrier.feed(answer) != Verdicts::Seen::foreign) continue;
        if (sent.feed(answer) != Verdicts::Seen::foreign) printer.print(sent.host_of(answer), answer);
    }
    if (sent.complete()) return sent.exit();
    say_who_is_unknown(session, out, first_hops(d.get("to")), kKept);
    return Exit::ok;
}

Exit run_send(const Arguments& args, Output& out) {
    msw::Result<msw::Datapack> d = compose_and_open(args.globals, args.wish);
    if (!d) {
        out.talk("mswctl: " + d.error().text);
        return Exit::usage;
    }
    std::optional<Session> session = attach_or_say(args.globals, out);
    if (!session) return Exit::no_daemon;
    if (!meant_for_here(*d, "send", session->host(), args.globals.here, person_at(out), out)) return Exit::usage;

    const Milliseconds usual = usual_wait(*d);
    const bool waits = args.wait_asked || (usual.count() > 0 && !args.no_wait);
    if (!waits) return send_only(*session, out, args.globals, *d);
    const Milliseconds otherwise = args.globals.wait(usual.count() > 0 ? usual : kAnswerWait);
    return send_and_wait(*session, out, args.globals, *d, args.wait.value_or(otherwise));
}

Exit run_update(const Arguments& args, Output& out) { return run_send(args, out); }

}  // namespace mswctl
