// A module that puts Datapacks until it is told that there is no room: what put() promises, seen from a plugin.
#include "msw/plugin.hpp"

#include <chrono>
#include <sstream>

namespace {

/// Asked "APP BYTES TIMEOUT_MS MOST": put so many posts at most to that app.
/// @return "SENT MILLISECONDS CODE": how many went, how long the last put() took, and what it said
std::string press(const msw::plugin::Queues& queues, const std::string& wish) {
    using Clock = std::chrono::steady_clock;
    std::istringstream words(wish);
    std::string app;
    std::size_t bytes = 0;
    int timeout_ms = 0;
    int most = 0;
    words >> app >> bytes >> timeout_ms >> most;
    int sent = 0;
    std::string said = "ok";
    Clock::time_point began;
    while (said == "ok" && sent < most) {
        msw::Datapack d("post", app, std::string(bytes, 'x'));
        d.set("number", std::to_string(sent));
        began = Clock::now();
        const msw::Result<void> put = queues.send.put(d, timeout_ms);
        if (put) {
            ++sent;
        } else {
            said = msw::wire_name(put.error().code);
        }
    }
    const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - began);
    return std::to_string(sent) + ' ' + std::to_string(took.count()) + ' ' + said;
}

void run(msw::plugin::Queues& queues) {
    while (const auto asked = queues.receive.get()) {
        if (asked->method != "get") continue;
        msw::Datapack answer = asked->reply();
        answer.body = press(queues, asked->body);
        if (const auto sent = queues.send.put(answer); !sent) queues.host.log(MSW_WARNING, sent.error().text);
    }
}

}  // namespace

MSW_PLUGIN("pressure", run)
