#include "plugins/net/io/dialer.hpp"

#include "plugins/net/io/endpoint.hpp"

#include <netinet/in.h>
#include <cstring>
#include <memory>
#include <utility>

namespace msw::net {

Dialer::Dialer(uv_loop_t* loop, Address address, bool anywhere, std::function<void(Outcome)> done)
    : loop_(loop), address_(std::move(address)), anywhere_(anywhere), done_(std::move(done)), deadline_(loop, [this] {
          end({std::nullopt, false, "no connection within 10 s"});
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
            end({std::nullopt, false, "its name is not found: " + uv::error_text(status)});
            return;
        }
        // The first that is allowed; loopback names give nothing else.
        sockaddr_storage to{};
        bool any = false;
        for (; found != nullptr && !any; found = found->ai_next) {
            std::memset(&to, 0, sizeof to);
            std::memcpy(&to, found->ai_addr, found->ai_addrlen);
            any = anywhere_ || is_loopback(to);
        }
        if (any) {
            connect(to);
        } else {
            end({std::nullopt, true, "it is " + ip_text(to) + ", and " + std::string(kInTheClear)});
        }
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
            end({std::nullopt, false, uv::error_text(status)});
        }));
}

void Dialer::connect(const sockaddr_storage& to) {
    stream_ = uv::Stream::tcp(loop_);
    stream_->connect(reinterpret_cast<const sockaddr*>(&to), [this](int status) {
        if (status != 0) {
            end({std::nullopt, false, uv::error_text(status)});
        } else {
            end({std::exchange(stream_, std::nullopt), false, {}});
        }
    });
}

void Dialer::end(Outcome outcome) {
    deadline_.stop();
    const std::function<void(Outcome)> done = std::exchange(done_, nullptr);
    if (done) done(std::move(outcome));
}

}  // namespace msw::net
