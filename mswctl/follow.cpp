#include "mswctl/follow.hpp"

#include "mswctl/text.hpp"
#include "mswctl/verdicts.hpp"

#include <poll.h>
#include <sys/signalfd.h>
#include <unistd.h>
#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <utility>

namespace mswctl {
namespace {

constexpr Milliseconds kLook{60'000};  // how often the loop looks around though nothing happened

}  // namespace

msw::Fd end_signals() {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    ::sigprocmask(SIG_BLOCK, &set, nullptr);
    return msw::Fd(::signalfd(-1, &set, SFD_CLOEXEC));
}

Exit follow(Session& session, Output& out, const Globals& globals, msw::Datapack question, const msw::Fd& signals,
            const std::string& host, std::optional<Milliseconds> silence,
            const std::function<void(const msw::Datapack&)>& print) {
    question.set("stream", "1");
    Verdicts verdicts;
    verdicts.expect(std::string(question.get("flag")), host);
    if (const msw::Result<void> sent = session.send(question, globals.wait(kInfoWait)); !sent) {
        out.talk("mswctl: " + sent.error().text);
        return session.exit_for(sent.error());
    }
    const auto began = Clock::now();
    auto heard = began;
    while (!verdicts.complete() && !out.failed()) {
        for (;;) {
            const msw::Result<std::optional<msw::Datapack>> d = session.next(Milliseconds(0));
            if (!d) {
                out.talk("mswctl: " + d.error().text);
                return Exit::no_daemon;
            }
            if (!d.value().has_value()) break;
            const msw::Datapack& part = *d.value();
            if (verdicts.feed(part) == Verdicts::Seen::foreign) continue;
            heard = Clock::now();
            if (part.get("error").empty()) {
                print(part);
            } else {
                out.talk("mswctl: " + host + ": " + part.body + " (" + std::string(part.get("error")) + ')');
            }
        }
        if (verdicts.complete()) break;
        const auto now = Clock::now();
        Milliseconds wait = kLook;
        if (silence) {
            const auto left = heard + *silence - now;
            if (left <= Clock::duration::zero()) {
                out.talk("mswctl: " + host + " has said nothing for " + wait_words(silence->count()));
                return Exit::unreachable;
            }
            wait = std::min(wait, std::chrono::ceil<Milliseconds>(left));
        }
        if (globals.timeout) {
            const auto left = began + *globals.timeout - now;
            if (left <= Clock::duration::zero()) return Exit::ok;
            wait = std::min(wait, std::chrono::ceil<Milliseconds>(left));
        }
        // stdout without events: poll tells when whoever reads it has gone.
        std::array<pollfd, 3> ready{{{session.fd(), POLLIN, 0}, {signals.get(), POLLIN, 0}, {STDOUT_FILENO, 0, 0}}};
        const int n = ::poll(ready.data(), ready.size(), static_cast<int>(wait.count()));
        if (n < 0 && errno != EINTR) return Exit::failed;
        if (n > 0 && (ready[1].revents != 0 || (ready[2].revents & (POLLERR | POLLNVAL)) != 0)) return Exit::ok;
    }
    return verdicts.exit();
}

}  // namespace mswctl
