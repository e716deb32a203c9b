// What plugins may know of the configuration.
#pragma once

#include "daemon/config.hpp"
#include "daemon/options.hpp"

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace msw {

/// Thread: any.
class Settings {
public:
    Settings(Paths paths, std::string host_id) : paths_(std::move(paths)), host_id_(std::move(host_id)) {}

    void set(const Config& config);

    /// @return the folders of the plugins that are this host's or its release's own, most recent release first
    [[nodiscard]] std::vector<std::string> own_plugin_dirs() const;

    /// @return a value as JSON text: id, version, program, state_dir, log_dir, file_root, config_dir, runtime_dir,
    /// own_plugin_dirs, or a key of the configuration: what was given, else its default if it has one;
    /// nothing else
    [[nodiscard]] std::optional<std::string> get(std::string_view key) const;

private:
    const Paths paths_;
    const std::string host_id_;
    mutable std::mutex mutex_;
    std::shared_ptr<const Json> values_ = std::make_shared<Json>();  // what was given, and the defaults of the rest
    std::vector<std::string> plugin_dirs_;
};

}  // namespace msw
