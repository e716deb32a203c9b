// One attempt to connect: resolve the name, connect, within a time.
#pragma once

#include "plugins/net/core/address.hpp"
#include "uv/handle.hpp"
#include "uv/loop.hpp"
#include "uv/stream.hpp"

#include <sys/socket.h>
#include <functional>
#include <optional>
#include <string>

namespace msw::net {

/// Thread: the loop's. Destroying it gives up.
class Dialer {
public:
    static constexpr uv::Timer::Duration kTimeout{10'000};

    /// How it ended.
    struct Outcome {
        std::optional<uv::Stream> stream;  ///< connected
        std::string why;                   ///< if it isn't connected
    };

    /// @param done  called once, never from within this call; the Dialer may be destroyed in it
    Dialer(uv_loop_t* loop, Address address, std::function<void(Outcome)> done);

    [[nodiscard]] const Address& address() const noexcept { return address_; }

private:
    void resolve();
    void connect(const sockaddr_storage& to);
    void end(Outcome outcome);

    uv_loop_t* loop_;
    Address address_;
    std::function<void(Outcome)> done_;
    std::optional<uv::Stream> stream_;
    uv::Timer deadline_;
    uv::Anchor anchor_;
};

}  // namespace msw::net
