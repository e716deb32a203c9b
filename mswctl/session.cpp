#include "mswctl/session.hpp"

#include "mswctl/text.hpp"

#include <unistd.h>
#include <algorithm>
#include <cerrno>
#include <utility>

namespace mswctl {
namespace {

constexpr std::string_view kServiceSocket = "/run/mswd/control.sock";

/// @return what may help after `error`, a line each, indented
std::string advice_on(const msw::Error& error, const Globals& globals) {
    const bool service = is_service(globals);
    const bool barred = ::access(globals.socket.c_str(), R_OK | W_OK) != 0 && errno == EACCES;
    if (error.code == msw::Code::refused && barred) {
        return service ? "\n  root and members of group mswd may use it: `sudo mswctl …`, or `sudo adduser $USER mswd`"
                       : "";
    }
    if (error.code == msw::Code::timeout) {
        return service ? "\n  `systemctl status mswd` may tell why" : "";
    }
    if (error.code != msw::Code::closed) return {};
    if (service) {
        return "\n  `systemctl start mswd` starts it, `systemctl status mswd` tells why it doesn't run\n"
               "  another mswd is meant by --socket PATH, or MSW_SOCKET=PATH in the environment";
    }
    return "\n  a running mswd has its control socket in its --runtime-dir; this path is what --socket or MSW_SOCKET "
           "says";
}

Milliseconds until(Clock::time_point deadline) {
    return std::max(Milliseconds(0), std::chrono::ceil<Milliseconds>(deadline - Clock::now()));
}

}  // namespace

msw::Result<Session> Session::open(const Globals& globals, Milliseconds longest) {
    msw::Result<msw::Client> client =
        msw::Client::attach({globals.socket, {}, 0}, std::min(longest, globals.wait(longest)));
    if (!client) return client.error();
    return Session(std::move(client).value());
}

msw::Result<void> Session::send(const msw::Datapack& d, Milliseconds timeout) {
    msw::Result<void> sent = client_.send(d, timeout);
    if (!sent && sent.error().code == msw::Code::closed) gone_ = true;
    if (!sent && sent.error().code == msw::Code::queue_full) return msw::Error{msw::Code::timeout, sent.error().text};
    return sent;
}

msw::Result<msw::Datapack> Session::ask(msw::Datapack question, Milliseconds timeout, Milliseconds silence,
                                        const std::function<void()>& slow) {
    const auto deadline = Clock::now() + timeout;
    auto slow_from = slow && silence < timeout ? Clock::now() + silence : deadline;
    if (question.get("flag").empty()) question.set("flag", msw::new_flag());
    const std::string flag(question.get("flag"));
    if (msw::Result<void> sent = send(question, timeout); !sent) return sent.error();
    std::deque<msw::Datapack> others = std::exchange(kept_, {});
    msw::Error error{msw::Code::timeout, "no answer in " + wait_words(timeout.count())};
    for (;;) {
        msw::Result<std::optional<msw::Datapack>> d = next(until(slow_from));
        if (!d) error = d.error();
        if (d && !d->has_value() && slow_from < deadline) {
            slow_from = deadline;
            slow();
            continue;
        }
        if (!d || !d->has_value()) break;
        if ((**d).method == "reply" && (**d).get("flag") == flag) {
            kept_ = std::move(others);
            if (!(**d).get("error").empty()) return msw::Error{msw::code_from_wire((**d).get("error")), (**d).body};
            return std::move(**d);
        }
        others.push_back(std::move(**d));
    }
    kept_ = std::move(others);
    return error;
}

msw::Result<std::optional<msw::Datapack>> Session::next(Milliseconds timeout) {
    if (!kept_.empty()) {
        std::optional<msw::Datapack> d(std::move(kept_.front()));
        kept_.pop_front();
        return d;
    }
    msw::Result<std::optional<msw::Datapack>> d = client_.receive(timeout);
    if (!d) gone_ = true;
    return d;
}

msw::Datapack question_for(const Globals& globals, std::string_view app, std::string_view body) {
    msw::Datapack d("get", std::string(app), std::string(body));
    d.set("flag", msw::new_flag());
    d.set("to", globals.host);
    return d;
}

bool is_service(const Globals& globals) { return globals.socket == kServiceSocket; }

std::string how_to_start(const Globals& globals) {
    return is_service(globals) ? "`systemctl start mswd` starts it"
                               : "start it the way it was started before (its socket was " + globals.socket + ')';
}

std::optional<Session> attach_or_say(const Globals& globals, Output& out) {
    msw::Result<Session> session = Session::open(globals);
    if (session) return std::move(session).value();
    out.talk("mswctl: mswd is not reachable: " + session.error().text + advice_on(session.error(), globals));
    return std::nullopt;
}

}  // namespace mswctl
