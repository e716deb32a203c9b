#include "mswctl/lines.hpp"

#include "base/nearest.hpp"
#include "mswctl/control.hpp"
#include "mswctl/text.hpp"

#include <array>
#include <iostream>

namespace mswctl {
namespace {

Exit send_line(const std::string& spec, Session& session, const Globals& globals, Output& out) {
    msw::Result<msw::Datapack> d = compose_and_open(globals, {spec, {}, {}});
    if (!d) {
        out.talk("mswctl: " + d.error().text);
        return Exit::usage;
    }
    if (!meant_for_here(*d, "send", session.host(), globals.here, {}, out)) return Exit::usage;
    const Milliseconds usual = usual_wait(*d);
    if (usual.count() == 0) return send_only(session, out, globals, *d);
    return send_and_wait(session, out, globals, *d, globals.wait(usual));
}

Exit obey(const Line& line, Session& session, const Globals& globals, Output& out) {
    switch (line.kind) {
        case Line::Kind::command: return send_line(line.text, session, globals, out);
        case Line::Kind::word: return run_word(line.text, session, out, globals);
        case Line::Kind::restart: return restart(session, out, globals, true);
        case Line::Kind::exit: return end_daemon(session, out, globals);
        case Line::Kind::help: out.data(kPromptHelp); return Exit::ok;
        case Line::Kind::no_last:
        case Line::Kind::unknown: out.talk("mswctl: " + words_about(line)); return Exit::usage;
        case Line::Kind::nothing:
        case Line::Kind::quit: break;
    }
    return Exit::ok;
}

}  // namespace

std::string words_about(const Line& line) {
    if (line.kind == Line::Kind::help) return std::string(kPromptHelp);
    if (line.kind == Line::Kind::no_last) return "there is no line before that `r` could do again";
    if (line.kind != Line::Kind::unknown) return {};
    const std::string first = line.text.substr(0, line.text.find(' '));
    if (first == "call" || first == "send" || first == "mswctl") {
        return "here it is written without `" + first + "` and options, e.g. shell:uptime;to:miku";
    }
    constexpr std::array<std::string_view, 10> kWords{"exit", "help",   "peers",   "plugins", "queue",
                                                      "quit", "reload", "restart", "status",  "update"};
    const std::string_view near = msw::nearest(line.text, kWords);
    return '"' + line.text + "\" is no command: write app:body;key:value" +
           (near.empty() ? std::string() : ", or did you mean `" + std::string(near) + "`?");
}

Exit run_word(const std::string& name, Session& session, Output& out, const Globals& globals) {
    if (name == "status") return show_status(session, out, globals);
    if (name == "peers") return show_peers(session, out, globals);
    if (name == "plugins") return show_plugins(session, out, globals);
    if (name == "queue") return show_queue(session, out, globals);
    return reload(session, out, globals);
}

Exit run_lines(Session session, const Globals& globals, Output& out) {
    Exit all = Exit::ok;
    std::string last;
    std::string text;
    while (std::getline(std::cin, text)) {
        const Line line = read_line(text, last);
        if (line.kind == Line::Kind::quit) break;
        if (line.kind == Line::Kind::nothing) continue;
        if (read_line(text, {}).kind != Line::Kind::no_last) last = text;
        if (session.gone()) {
            msw::Result<Session> again = Session::open(globals);
            if (!again) {
                out.talk("mswctl: " + again.error().text);
                return Exit::no_daemon;
            }
            session = std::move(again).value();
        }
        all = both(all, obey(line, session, globals, out));
    }
    return all;
}

}  // namespace mswctl
