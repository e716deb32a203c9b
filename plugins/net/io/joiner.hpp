// Joins a mesh: dials the host that the token names, says who this one is, and takes the roster for it.
#pragma once

#include "base/keys/host_keys.hpp"
#include "base/roster/roster.hpp"
#include "base/roster/token.hpp"
#include "msw/decoder.hpp"
#include "plugins/net/io/channel.hpp"
#include "plugins/net/io/dialer.hpp"
#include "uv/handle.hpp"
#include "uv/loop.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace msw::net {

/// Thread: the loop's. Destroying it gives up.
class Joiner final : private uv::Stream::Reader {
public:
    static constexpr uv::Timer::Duration kPatience{15'000};  ///< with one address

    using Done = std::function<void(Result<roster::Roster>)>;

    /// @param keys  of this host
    /// @param id    that it wants
    /// @param done  called once, never from within this call: a roster in which this host is a member called so; or
    ///              why not. This may be destroyed in it
    Joiner(uv_loop_t* loop, std::shared_ptr<const TlsContext> tls, std::shared_ptr<const HostKeys> keys,
           roster::Token token, std::string id, Done done);

private:
    // uv::Stream::Reader
    std::span<char> room() override { return wire_; }
    void received(std::size_t bytes) override;
    void ended(int status) override;

    void dial();
    void connected(Dialer::Outcome outcome);
    void ask();
    /// @return whether more is to be read
    [[nodiscard]] bool hear();
    void take(std::string bundle);
    /// This address leads nowhere: try the next one.
    void fail(const std::string& why);
    void end(Result<roster::Roster> outcome);

    uv_loop_t* loop_;
    std::shared_ptr<const TlsContext> tls_;
    std::shared_ptr<const HostKeys> keys_;
    roster::Token token_;
    std::string id_;
    Done done_;
    std::size_t next_ = 0;  // of the token's addresses
    std::string failures_;
    std::unique_ptr<Dialer> dialer_;
    std::unique_ptr<Dialer> old_dialer_;  // in whose callback we may be
    std::optional<Channel> channel_;
    std::optional<Decoder> decoder_;
    std::vector<char> wire_;
    uv::Timer patience_;
    uv::Anchor anchor_;
};

}  // namespace msw::net
