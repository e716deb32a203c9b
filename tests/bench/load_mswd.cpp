// Through the daemon, with the C++ client library. ADDRESS is the path of control.sock.
#include "load.hpp"

#include "msw/client.hpp"

#include <atomic>
#include <memory>
#include <thread>

namespace {

using namespace load;

constexpr const char* kApp = "bench-sink";

void check(const msw::Result<void>& done) {
    if (!done) throw Failure(done.error().text);
}

msw::Client attach(const std::string& socket, const std::string& app) {
    msw::Result<msw::Client> client = msw::Client::attach({socket, app});
    if (!client) throw Failure(client.error().text);
    return std::move(client).value();
}

void receive(msw::Client& client, msw::Datapack& into) {
    const msw::Result<bool> came = client.receive(into, kPatience);
    if (!came) throw Failure(came.error().text);
    if (!*came) throw Failure("nothing came for 10 s");
}

int oneway(const std::string& socket, std::uint64_t count) {
    return one_way(
        count,
        [&](OneWay run, Sequence& sequence) {
            msw::Client client = attach(socket, kApp);
            msw::Datapack d;
            run.ready();
            while (!sequence.complete()) {
                receive(client, d);
                sequence.take(d.body);
            }
            run.done();
            const msw::Result<bool> more = client.receive(d, kQuiet);
            if (more && *more) throw Failure("one too many came");
        },
        [&](OneWay run) {
            msw::Client client = attach(socket, "");
            msw::Datapack d("post", kApp, std::string(kBodySize, '\0'));
            run.begin();
            for (std::uint64_t i = 0; i < count; ++i) {
                put_number(d.body.data(), i);
                check(client.add(d));
            }
            check(client.flush());
            run.wait_until_received();
        });
}

int pingpong(const std::string& socket, std::uint64_t count) {
    msw::Datapack question("get", kApp);
    msw::Datapack answer;
    return ping_pong(
        count,
        [&](OneWay run) {
            msw::Client client = attach(socket, kApp);
            msw::Datapack d;
            run.ready();
            for (;;) {
                receive(client, d);
                msw::Datapack reply = d.reply();
                reply.body = d.body;
                check(client.send(reply));
            }
        },
        [&] {
            return [&, client = std::make_shared<msw::Client>(attach(socket, ""))](std::string_view body) {
                question.set("flag", msw::new_flag());
                question.body = body;
                check(client->send(question));
                receive(*client, answer);
                if (answer.get("flag") != question.get("flag")) throw Failure("another's answer came");
                return std::string_view(answer.body);
            };
        });
}

/// Each waits for `want: accept`; a program takes what comes and says when it is done, so that the rows go again.
int on_disk(const std::string& socket, std::uint64_t count) {
    msw::Client sink = attach(socket, kApp);
    std::atomic<bool> over{false};
    std::thread taker([&] {
        msw::Datapack d;
        while (!over) (void)sink.receive(d, kQuiet);
    });
    const int status = durable(count, [&](std::size_t) {
        auto client = std::make_shared<msw::Client>(attach(socket, ""));
        auto d = std::make_shared<msw::Datapack>("post", kApp, std::string(kBodySize, '\0'));
        d->set("durable", "1");
        d->set("want", "accept");
        return [client, d](std::uint64_t i) {
            put_number(d->body.data(), i);
            d->set("flag", std::to_string(i));
            check(client->send(*d));
            msw::Datapack answer;
            receive(*client, answer);
            if (!answer.get("error").empty()) throw Failure(answer.body);
        };
    });
    over = true;
    taker.join();
    return status;
}

}  // namespace

int main(int argc, char** argv) { return load::main_of(argc, argv, {oneway, pingpong, on_disk}); }
