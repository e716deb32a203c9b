#include "mswctl/control.hpp"

#include "base/json.hpp"
#include "mswctl/reach.hpp"
#include "mswctl/text.hpp"

#include <poll.h>
#include <algorithm>

namespace mswctl {
namespace {

constexpr Milliseconds kPollEvery{100};
constexpr Milliseconds kRemotePollEvery{500};
constexpr Milliseconds kRemoteAnswerWait{2'000};

std::string who(const Globals& globals, const Session& session) {
    return globals.host.empty() ? session.host() : globals.host;
}

Exit say(Output& out, const Session& session, const Globals& globals, const msw::Error& error) {
    out.talk("mswctl: " + who(globals, session) + ": " + error.text);
    return session.exit_for(error);
}

/// Which run of mswd answers: another one has another process id, or has been up for less.
struct Run {
    std::int64_t pid = 0;     ///< 0: it doesn't answer
    std::int64_t uptime = 0;  ///< seconds

    [[nodiscard]] bool after(const Run& old) const noexcept {
        return pid != 0 && (pid != old.pid || uptime < old.uptime);
    }
};

Run run_of(Session& session, const Globals& globals, Milliseconds wait) {
    const msw::Result<msw::Datapack> answer = session.ask(question_for(globals, "mswd", "status"), wait);
    if (!answer) return {};
    const msw::Result<msw::Json> status = msw::Json::parse(answer.value().body);
    if (!status) return {};
    return {status.value()["pid"].as_int(), status.value()["uptime_s"].as_int()};
}

void pause_for(Milliseconds time) { ::poll(nullptr, 0, static_cast<int>(time.count())); }

/// Ask for `word`; that the connection closes is an answer too, as mswd goes.
msw::Result<void> ask_to_go(Session& session, Output& out, const Globals& globals, std::string_view word) {
    const msw::Result<msw::Datapack> answer = ask_host(session, out, globals, "mswd", word, globals.wait(kInfoWait));
    if (!answer && !(session.gone() && globals.host.empty())) return answer.error();
    return {};
}

/// Read on until the daemon closes. @return whether it did in time
bool closes(Session& session, Clock::time_point deadline) {
    while (!session.gone()) {
        const auto left = std::chrono::ceil<Milliseconds>(deadline - Clock::now());
        if (left <= Milliseconds(0)) return false;
        (void)session.next(left);
    }
    return true;
}

Exit wait_until_back(Session& session, Output& out, const Globals& globals, const Run& old) {
    const auto deadline = Clock::now() + globals.wait(kRestartWait);
    const bool local = globals.host.empty();
    if (local && !closes(session, deadline)) {
        out.talk("mswctl: mswd still runs after " + wait_words(globals.wait(kRestartWait).count()));
        return Exit::unreachable;
    }
    const std::string host = who(globals, session);
    while (Clock::now() < deadline) {
        if (local) {
            msw::Result<Session> again = Session::open(globals);
            if (again && run_of(again.value(), globals, kInfoWait).after(old)) {
                out.talk(host + ": mswd " + again.value().daemon_version() + " is back");
                return Exit::ok;
            }
        } else {
            if (run_of(session, globals, kRemoteAnswerWait).after(old)) {
                out.talk(host + ": mswd is back");
                return Exit::ok;
            }
            if (session.gone()) break;
        }
        pause_for(local ? kPollEvery : kRemotePollEvery);
    }
    out.talk("mswctl: " + host + ": mswd is not back after " + wait_words(globals.wait(kRestartWait).count()) +
             "; the journal of that host may tell why");
    return local ? Exit::no_daemon : Exit::unreachable;
}

}  // namespace

Exit reload(Session& session, Output& out, const Globals& globals) {
    const msw::Result<msw::Datapack> answer =
        ask_host(session, out, globals, "mswd", "reload", globals.wait(kInfoWait));
    if (!answer) return say(out, session, globals, answer.error());
    if (!answer.value().body.empty()) out.data(answer.value().body);
    out.talk(who(globals, session) + ": the config is read again");
    return Exit::ok;
}

Exit restart(Session& session, Output& out, const Globals& globals, bool wait_back) {
    const Run old = wait_back ? run_of(session, globals, globals.wait(kInfoWait)) : Run{};
    if (const msw::Result<void> asked = ask_to_go(session, out, globals, "restart"); !asked) {
        return say(out, session, globals, asked.error());
    }
    if (wait_back) return wait_until_back(session, out, globals, old);
    out.talk(who(globals, session) + ": mswd restarts");
    return Exit::ok;
}

Exit end_daemon(Session& session, Output& out, const Globals& globals) {
    if (const msw::Result<void> asked = ask_to_go(session, out, globals, "exit"); !asked) {
        return say(out, session, globals, asked.error());
    }
    if (!globals.host.empty()) {
        out.talk(globals.host + ": mswd ends");
        return Exit::ok;
    }
    const auto deadline = Clock::now() + globals.wait(kRestartWait);
    if (closes(session, deadline)) {
        while (Clock::now() < deadline) {
            const msw::Result<Session> still = Session::open(globals);
            if (!still && still.error().code != msw::Code::timeout) {
                out.talk(session.host() + ": mswd is gone; " + how_to_start(globals));
                return Exit::ok;
            }
            pause_for(kPollEvery);
        }
    }
    out.talk("mswctl: mswd still answers after " + wait_words(globals.wait(kRestartWait).count()));
    return Exit::unreachable;
}

Exit run_reload(const Arguments& args, Output& out) {
    std::optional<Session> session = attach_or_say(args.globals, out);
    return session ? reload(*session, out, args.globals) : Exit::no_daemon;
}

Exit run_restart(const Arguments& args, Output& out) {
    std::optional<Session> session = attach_or_say(args.globals, out);
    return session ? restart(*session, out, args.globals, args.wait_asked) : Exit::no_daemon;
}

Exit run_exit(const Arguments& args, Output& out) {
    std::optional<Session> session = attach_or_say(args.globals, out);
    return session ? end_daemon(*session, out, args.globals) : Exit::no_daemon;
}

}  // namespace mswctl
