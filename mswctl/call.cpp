#include "mswctl/commands.hpp"
#include "mswctl/send.hpp"

namespace mswctl {

Exit run_call(const Arguments& args, Output& out) {
    msw::Result<msw::Datapack> d = compose_for(args.globals, args.wish);
    if (d && d->method == "file") {
        d = msw::Error{msw::Code::bad_request, "`call` asks a question; `send` sends a file"};
    } else if (d && (d->app == "all" || d->app.find('&') != std::string::npos)) {
        d = msw::Error{msw::Code::bad_request, "`call` asks one app; `send` goes to several, as in `" + d->app + '`'};
    }
    if (!d) {
        out.talk("mswctl: " + d.error().text);
        return Exit::usage;
    }
    d->method = "get";
    if (args.when_up) {
        d->set("durable", "1");
        d->set("want", "accept");
    }
    std::optional<Session> session = attach_or_say(args.globals, out);
    if (!session) return Exit::no_daemon;
    if (!meant_for_here(*d, "call", session->host(), args.globals.here, person_at(out), out)) return Exit::usage;
    const Milliseconds usual = usual_wait(*d);
    return send_and_wait(*session, out, args.globals, *d, args.globals.wait(usual.count() > 0 ? usual : kAnswerWait));
}

}  // namespace mswctl
