// The control socket: accepts programs and keeps them until they leave.
#pragma once

#include "daemon/control/attached_client.hpp"

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

namespace msw {

/// Thread: the loop's.
class ControlServer {
public:
    /// @param reserved  tells whether an app belongs to a plugin
    ControlServer(Services& services, std::function<bool(std::string_view)> reserved)
        : services_(services), reserved_(std::move(reserved)) {}
    ~ControlServer();
    ControlServer(const ControlServer&) = delete;
    ControlServer& operator=(const ControlServer&) = delete;
    ControlServer(ControlServer&&) = delete;
    ControlServer& operator=(ControlServer&&) = delete;

    /// Listen at `path`.
    [[nodiscard]] Result<void> listen(const std::string& path);

    /// Accept nothing more and read nothing more.
    void close_intake();
    [[nodiscard]] bool idle() const;
    [[nodiscard]] std::vector<PluginState> rows() const;

    /// How many programs may be connected at a time.
    static constexpr std::size_t kMostClients = 512;
    /// How many more are told at a time that there is no room; those beyond are closed without a word.
    static constexpr std::size_t kMostTurnedAway = 64;

private:
    void accepted(uv::Stream stream);

    Services& services_;
    std::function<bool(std::string_view)> reserved_;
    std::string path_;
    std::optional<uv::Listener> listener_;
    std::map<std::uint64_t, std::unique_ptr<AttachedClient>> clients_;
    std::uint64_t last_number_ = 0;
    bool turned_away_ = false;  // said so since there was last room
    uv::Anchor anchor_;
};

}  // namespace msw
