#include "mswctl/answers.hpp"
#include "mswctl/commands.hpp"
#include "mswctl/follow.hpp"
#include "mswctl/text.hpp"

#include <optional>

namespace mswctl {
namespace {

void print(Output& out, const Globals& globals, std::string_view host, const msw::Datapack& part) {
    if (globals.json) {
        out.data(json_line(host, "mswd", part));
        return;
    }
    std::string line = out.data_on_terminal() ? printable(part.body) : part.body;
    if (!line.empty() && line.back() != '\n') line += '\n';
    out.data(line);
}

}  // namespace

Exit run_tail(const Arguments& args, Output& out) {
    const msw::Fd signals = end_signals();
    std::optional<Session> session = attach_or_say(args.globals, out);
    if (!session) return Exit::no_daemon;
    const std::string host = args.globals.host.empty() ? session->host() : args.globals.host;
    return follow(*session, out, args.globals, question_for(args.globals, "mswd", "tail"), signals, host, std::nullopt,
                  [&](const msw::Datapack& part) { print(out, args.globals, host, part); });
}

}  // namespace mswctl
