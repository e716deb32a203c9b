// Answers a greeting. Copy hello_cpp.so into a plugin folder of mswd, restart it, then: mswctl call hello_cpp:you
#include "msw/plugin.hpp"

static void run(msw::plugin::Queues& queues) {
    while (auto asked = queues.receive.get()) {
        if (asked->method == "reply") continue;
        auto answer = asked->reply();
        answer.body = "hello, " + asked->body;
        if (auto sent = queues.send.put(answer); !sent) queues.host.log(MSW_WARNING, sent.error().text);
    }
}

MSW_PLUGIN("hello_cpp", run)
