// Through mosquitto with its C library, QoS 0. ADDRESS is the path of a Unix socket.
#include "load.hpp"

#include <mosquitto.h>
#include <array>
#include <condition_variable>
#include <memory>
#include <mutex>

namespace {

using namespace load;

constexpr const char* kTopic = "bench";
constexpr const char* kAnswers = "bench/answers";

void check(int status) {
    if (status != MOSQ_ERR_SUCCESS) throw Failure(std::string("mosquitto: ") + mosquitto_strerror(status));
}

struct Destroy {
    void operator()(mosquitto* m) const noexcept { mosquitto_destroy(m); }
};
using Client = std::unique_ptr<mosquitto, Destroy>;

/// @param of  what the callbacks get
Client connect_to(const std::string& path, void* of) {
    check(mosquitto_lib_init());
    Client m(mosquitto_new(nullptr, true, of));
    if (!m) throw Failure("mosquitto_new");
    check(mosquitto_connect(m.get(), path.c_str(), 0, 60));  // port 0: a Unix socket
    return m;
}

void publish(mosquitto* m, const char* topic, std::string_view body) {
    check(mosquitto_publish(m, nullptr, topic, static_cast<int>(body.size()), body.data(), 0, false));
}

std::string_view body_of(const mosquitto_message* message) {
    return {static_cast<const char*>(message->payload), static_cast<std::size_t>(message->payloadlen)};
}

/// Until the broker knows of the subscription.
void subscribe(mosquitto* m, const char* topic, const bool& subscribed) {
    check(mosquitto_subscribe(m, nullptr, topic, 0));
    const auto until = Clock::now() + kPatience;
    while (!subscribed) {
        check(mosquitto_loop(m, 100, 1));
        if (Clock::now() > until) throw Failure("mosquitto: no subscription");
    }
}

int oneway(const std::string& path, std::uint64_t count) {
    struct Receiver {
        Sequence& sequence;
        bool subscribed = false;
        std::string wrong;
    };
    return one_way(
        count,
        [&](OneWay run, Sequence& sequence) {
            Receiver receiver{sequence, false, {}};
            const Client m = connect_to(path, &receiver);
            mosquitto_subscribe_callback_set(m.get(), [](mosquitto*, void* of, int, int, const int*) {
                static_cast<Receiver*>(of)->subscribed = true;
            });
            mosquitto_message_callback_set(m.get(), [](mosquitto*, void* of, const mosquitto_message* message) {
                auto& r = *static_cast<Receiver*>(of);
                try {
                    r.sequence.take(body_of(message));
                } catch (const Failure& e) {  // not through C
                    r.wrong = e.what();
                }
            });
            subscribe(m.get(), kTopic, receiver.subscribed);
            run.ready();
            auto heard = Clock::now();
            for (std::uint64_t before = 0; !sequence.complete(); before = sequence.taken()) {
                check(mosquitto_loop(m.get(), 1000, 1));
                if (!receiver.wrong.empty()) throw Failure(receiver.wrong);
                if (sequence.taken() != before) heard = Clock::now();
                if (Clock::now() - heard > kPatience) throw Failure("nothing came for 10 s");
            }
            run.done();
            for (const auto until = Clock::now() + kQuiet; Clock::now() < until;) {
                check(mosquitto_loop(m.get(), static_cast<int>(kQuiet.count()), 1));
            }
            if (!receiver.wrong.empty()) throw Failure(receiver.wrong);
        },
        [&](OneWay run) {
            const Client m = connect_to(path, nullptr);
            std::array<char, kBodySize> body{};
            run.begin();
            for (std::uint64_t i = 0; i < count; ++i) {
                put_number(body.data(), i);
                publish(m.get(), kTopic, {body.data(), body.size()});
                // Without a thread of its own the library writes at once, and keeps what the socket doesn't take.
                while (mosquitto_want_write(m.get())) check(mosquitto_loop(m.get(), 1000, 1));
            }
            run.wait_until_received();
        });
}

int pingpong(const std::string& path, std::uint64_t count) {
    struct Asker {
        bool subscribed = false;
        bool answered = false;
        std::array<char, kBodySize> answer{};
    };
    Asker asker;
    Client m;
    return ping_pong(
        count,
        [&](OneWay run) {
            bool subscribed = false;
            const Client own = connect_to(path, &subscribed);
            mosquitto_subscribe_callback_set(
                own.get(), [](mosquitto*, void* of, int, int, const int*) { *static_cast<bool*>(of) = true; });
            mosquitto_message_callback_set(own.get(), [](mosquitto* c, void*, const mosquitto_message* message) {
                (void)mosquitto_publish(c, nullptr, kAnswers, message->payloadlen, message->payload, 0, false);
            });
            subscribe(own.get(), kTopic, subscribed);
            run.ready();
            for (;;) check(mosquitto_loop(own.get(), 1000, 1));
        },
        [&] {
            m = connect_to(path, &asker);
            mosquitto_subscribe_callback_set(m.get(), [](mosquitto*, void* of, int, int, const int*) {
                static_cast<Asker*>(of)->subscribed = true;
            });
            mosquitto_message_callback_set(m.get(), [](mosquitto*, void* of, const mosquitto_message* message) {
                auto& a = *static_cast<Asker*>(of);
                const std::string_view body = body_of(message);
                body.copy(a.answer.data(), a.answer.size());
                a.answered = true;
            });
            subscribe(m.get(), kAnswers, asker.subscribed);
            return [&](std::string_view body) {
                asker.answered = false;
                publish(m.get(), kTopic, body);
                const auto until = Clock::now() + kPatience;
                while (!asker.answered) {
                    check(mosquitto_loop(m.get(), 1000, 1));
                    if (Clock::now() > until) throw Failure("no answer for 10 s");
                }
                return std::string_view(asker.answer.data(), asker.answer.size());
            };
        });
}

}  // namespace

int main(int argc, char** argv) { return load::main_of(argc, argv, {oneway, pingpong}); }
