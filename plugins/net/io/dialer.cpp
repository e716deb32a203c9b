#include "plugins/net/io/dialer.hpp"

#include <netinet/in.h>
#include <cstring>
#include <memory>
#include <utility>

namespace msw::net {

Dialer::Dialer(uv_loop_t* loop, Address address, std::function<void(Outcome)> done)
    : loop_(loop), address_(std::move(address)), done_(std::move(done)), deadline_(loop, [this] {
          end({std::nullopt, "no connection within 10 s"});
      }) {
    deadline_.start(kTimeout);
    resolve();
}

void Dialer::resolve() {
    struct Request {
        uv_getaddrinfo_t raw{};
        std::function<void(int, const addrinfo*)> done;
    };
    auto request = std::make_unique<Request>();
    request->raw.data = request.get();
    request->done = anchor_.guard([this](int status, const addrinfo* found) {
        if (status != 0) {
            end({std::nullopt, "its name is not found: " + uv::error_text(status)});
            return;
        }
        sockaddr_storage to{};
        std::memcpy(&to, found->ai_addr, found->ai_addrlen);
        connect(to);
    });
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    const int status = uv_getaddrinfo(
        loop_, &request->raw,
        [](uv_getaddrinfo_t* r, int s, addrinfo* found) {
            const std::unique_ptr<Request> own(static_cast<Request*>(r->data));
            own->done(s, found);
            uv_freeaddrinfo(found);
        },
        address_.host.c_str(), std::to_string(address_.port).c_str(), &hints);
    if (status == 0) {
        (void)request.release();
        return;
    }
    uv::work(
        loop_, [] {}, anchor_.guard([this, status] {
            end({std::nullopt, uv::error_text(status)});
        }));
}

void Dialer::connect(const sockaddr_storage& to) {
    stream_ = uv::Stream::tcp(loop_);
    stream_->connect(reinterpret_cast<const sockaddr*>(&to), [this](int status) {
        if (status != 0) {
            end({std::nullopt, uv::error_text(status)});
        } else {
            end({std::exchange(stream_, std::nullopt), {}});
        }
    });
}

void Dialer::end(Outcome outcome) {
    deadline_.stop();
    const std::function<void(Outcome)> done = std::exchange(done_, nullptr);
    if (done) done(std::move(outcome));
}

}  // namespace msw::net
