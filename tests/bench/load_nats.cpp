// Through nats-server with its C library: publish and subscribe, request and reply.
#include "load.hpp"

#include <nats/nats.h>
#include <array>
#include <memory>

namespace {

using namespace load;

constexpr const char* kSubject = "bench";

void check(natsStatus status) {
    if (status != NATS_OK) throw Failure(std::string("nats: ") + natsStatus_GetText(status));
}

struct Destroy {
    void operator()(natsOptions* o) const noexcept { natsOptions_Destroy(o); }
    void operator()(natsConnection* c) const noexcept { natsConnection_Destroy(c); }
    void operator()(natsSubscription* s) const noexcept { natsSubscription_Destroy(s); }
    void operator()(natsMsg* m) const noexcept { natsMsg_Destroy(m); }
};
using Connection = std::unique_ptr<natsConnection, Destroy>;
using Subscription = std::unique_ptr<natsSubscription, Destroy>;
using Message = std::unique_ptr<natsMsg, Destroy>;

/// @param at_once  write each message by itself; else the library gathers them for a moment
Connection connect_to(const std::string& url, bool at_once) {
    natsOptions* raw = nullptr;
    check(natsOptions_Create(&raw));
    const std::unique_ptr<natsOptions, Destroy> options(raw);
    check(natsOptions_SetURL(raw, url.c_str()));
    check(natsOptions_SetSendAsap(raw, at_once));
    natsConnection* c = nullptr;
    check(natsConnection_Connect(&c, raw));
    return Connection(c);
}

Subscription subscribe(natsConnection* c) {
    natsSubscription* s = nullptr;
    check(natsConnection_SubscribeSync(&s, c, kSubject));
    check(natsSubscription_SetPendingLimits(s, -1, -1));  // it may never drop
    check(natsConnection_Flush(c));
    return Subscription(s);
}

Message next(natsSubscription* s, std::chrono::milliseconds timeout) {
    natsMsg* m = nullptr;
    const natsStatus status = natsSubscription_NextMsg(&m, s, timeout.count());
    if (status != NATS_TIMEOUT) check(status);
    return Message(m);
}

std::string_view body_of(const natsMsg* m) {
    return {natsMsg_GetData(m), static_cast<std::size_t>(natsMsg_GetDataLength(m))};
}

int oneway(const std::string& url, std::uint64_t count) {
    return one_way(
        count,
        [&](OneWay run, Sequence& sequence) {
            const Connection c = connect_to(url, false);
            const Subscription s = subscribe(c.get());
            run.ready();
            while (!sequence.complete()) {
                const Message m = next(s.get(), kPatience);
                if (!m) throw Failure("nothing came for 10 s");
                sequence.take(body_of(m.get()));
            }
            run.done();
            if (next(s.get(), kQuiet)) throw Failure("one too many came");
        },
        [&](OneWay run) {
            const Connection c = connect_to(url, false);
            std::array<char, kBodySize> body{};
            run.begin();
            for (std::uint64_t i = 0; i < count; ++i) {
                put_number(body.data(), i);
                check(natsConnection_Publish(c.get(), kSubject, body.data(), static_cast<int>(body.size())));
            }
            check(natsConnection_FlushTimeout(c.get(), kPatience.count()));
            run.wait_until_received();
        });
}

int pingpong(const std::string& url, std::uint64_t count) {
    Connection c;
    Message held;
    return ping_pong(
        count,
        [&](OneWay run) {
            const Connection own = connect_to(url, true);
            const Subscription s = subscribe(own.get());
            run.ready();
            while (const Message m = next(s.get(), kPatience)) {
                check(natsConnection_Publish(own.get(), natsMsg_GetReply(m.get()), natsMsg_GetData(m.get()),
                                             natsMsg_GetDataLength(m.get())));
            }
        },
        [&] {
            c = connect_to(url, true);
            return [&](std::string_view body) {
                natsMsg* m = nullptr;
                check(natsConnection_Request(&m, c.get(), kSubject, body.data(), static_cast<int>(body.size()),
                                             kPatience.count()));
                held.reset(m);
                return body_of(m);
            };
        });
}

}  // namespace

int main(int argc, char** argv) { return load::main_of(argc, argv, {oneway, pingpong}); }
