// What plugins may know of the configuration.
#pragma once

#include "daemon/config.hpp"
#include "daemon/options.hpp"

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

namespace msw {

/// Thread: any.
class Settings {
public:
    Settings(Paths paths, std::string host_id) : paths_(std::move(paths)), host_id_(std::move(host_id)) {}

    void set(const Config& config);

    /// @return the folders of the plugins that are this host's or its release's own, most recent release first
    [[nodiscard]] std::vector<std::string> own_plugin_dirs() const;

    /// @return a value as JSON text: id, version, program, state_dir, log_dir, file_root, config_dir, runtime_dir,
    /// own_plugin_dirs, or a key of the configuration that was given; nothing else
    [[nodiscard]] std::optional<std::string> get(std::string_view key) const;

private:
    const Paths paths_;
    const std::string host_id_;
    mutable std::mutex mutex_;
    std::shared_ptr<const Config> config_ = std::make_shared<Config>();
};

}  // namespace msw
