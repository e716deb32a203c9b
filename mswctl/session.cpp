#include "mswctl/session.hpp"

#include "mswctl/text.hpp"

#include <algorithm>
#include <utility>

namespace mswctl {
namespace {

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

msw::Result<msw::Datapack> Session::ask(msw::Datapack question, Milliseconds timeout) {
    const auto deadline = Clock::now() + timeout;
    if (question.get("flag").empty()) question.set("flag", msw::new_flag());
    const std::string flag(question.get("flag"));
    if (msw::Result<void> sent = send(question, timeout); !sent) return sent.error();
    std::deque<msw::Datapack> others = std::exchange(kept_, {});
    msw::Error error{msw::Code::timeout, "no answer in " + wait_words(timeout.count())};
    for (;;) {
        msw::Result<std::optional<msw::Datapack>> d = next(until(deadline));
        if (!d) error = d.error();
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

std::optional<Session> attach_or_say(const Globals& globals, Output& out) {
    msw::Result<Session> session = Session::open(globals);
    if (session) return std::move(session).value();
    out.talk("mswctl: mswd is not reachable: " + session.error().text +
             "\n  Is mswd running?   systemctl start mswd\n"
             "  Another socket?    --socket PATH, or MSW_SOCKET=PATH in the environment; this was " +
             globals.socket + "\n  No permission?     root and members of group mswd have it");
    return std::nullopt;
}

}  // namespace mswctl
