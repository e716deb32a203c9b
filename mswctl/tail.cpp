#include "mswctl/answers.hpp"
#include "mswctl/commands.hpp"
#include "mswctl/session.hpp"
#include "mswctl/text.hpp"

#include "base/fd.hpp"

#include <poll.h>
#include <sys/signalfd.h>
#include <unistd.h>
#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <optional>

namespace mswctl {
namespace {

constexpr Milliseconds kLook{60'000};  // how often the loop looks around though nothing happened

/// SIGINT and SIGTERM as a descriptor, so that they end the tail and not the program.
msw::Fd end_signals() {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    ::sigprocmask(SIG_BLOCK, &set, nullptr);
    return msw::Fd(::signalfd(-1, &set, SFD_CLOEXEC));
}

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
    const msw::Fd signals = end_signals();  // first: Ctrl-C is no failure at any time
    std::optional<Session> session = attach_or_say(args.globals, out);
    if (!session) return Exit::no_daemon;
    msw::Datapack question = question_for(args.globals, "mswd", "tail");
    question.set("stream", "1");
    const std::string host = args.globals.host.empty() ? session->host() : args.globals.host;
    Verdicts verdicts;
    verdicts.expect(std::string(question.get("flag")), host);
    if (const msw::Result<void> sent = session->send(question, args.globals.wait(kInfoWait)); !sent) {
        out.talk("mswctl: " + sent.error().text);
        return session->exit_for(sent.error());
    }
    const auto began = Clock::now();
    while (!verdicts.complete() && !out.failed()) {
        for (;;) {
            const msw::Result<std::optional<msw::Datapack>> d = session->next(Milliseconds(0));
            if (!d) {
                out.talk("mswctl: " + d.error().text);
                return Exit::no_daemon;
            }
            if (!d.value().has_value()) break;
            const msw::Datapack& part = *d.value();
            if (verdicts.feed(part) == Verdicts::Seen::foreign) continue;
            if (part.get("error").empty()) {
                print(out, args.globals, host, part);
            } else {
                out.talk("mswctl: " + host + ": " + part.body + " (" + std::string(part.get("error")) + ')');
            }
        }
        if (verdicts.complete()) break;
        Milliseconds wait = kLook;
        if (args.globals.timeout) {
            const auto left = began + *args.globals.timeout - Clock::now();
            if (left <= Clock::duration::zero()) return Exit::ok;
            wait = std::min(wait, std::chrono::ceil<Milliseconds>(left));
        }
        // stdout without events: poll tells when whoever reads it has gone.
        std::array<pollfd, 3> ready{{{session->fd(), POLLIN, 0}, {signals.get(), POLLIN, 0}, {STDOUT_FILENO, 0, 0}}};
        const int n = ::poll(ready.data(), ready.size(), static_cast<int>(wait.count()));
        if (n < 0 && errno != EINTR) return Exit::failed;
        if (n > 0 && (ready[1].revents != 0 || (ready[2].revents & (POLLERR | POLLNVAL)) != 0)) return Exit::ok;
    }
    return verdicts.exit();
}

}  // namespace mswctl
