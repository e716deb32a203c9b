// All plugins that the daemon loads or runs: brings them up, follows their folders on reload, takes them down.
#pragma once

#include "daemon/host/executable.hpp"
#include "daemon/host/module.hpp"
#include "daemon/host/plugin_folder.hpp"
#include "daemon/services.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace msw {

/// Where plugins are and what they get.
struct RegistryOptions {
    std::string shipped_dir;
    std::vector<std::string> own_dirs;
    std::string python_path;  ///< folder of msw.py
    std::size_t mailbox_bytes = 0;
};

/// Thread: the loop's.
class Registry {
public:
    explicit Registry(Services& services) : services_(services) {}

    /// Load the modules and start the executables. What can't be started is said in the journal and shown in rows().
    void start(RegistryOptions options);

    /// @return whether the modules that run would start with a configuration too, or which wouldn't and why
    [[nodiscard]] Result<void> check(const ConfigToCheck& config) const;

    /// The configuration was read again: tell the modules, and start, stop or replace executables whose files came,
    /// went or changed.
    void reload(RegistryOptions options);

    /// Take the executables down, then the threaded modules; the transport keeps working until stop_transport().
    /// @param done  called once all have ended, never from within this call
    void stop(std::function<void()> done);
    void stop_transport();

    /// Somebody has taken a row out of the outbox: tell the transport.
    void removed(std::int64_t row);

    [[nodiscard]] std::vector<PluginState> rows() const;
    /// @return whether that name belongs to a plugin of ours, running or not
    [[nodiscard]] bool knows(std::string_view app) const noexcept;
    [[nodiscard]] bool idle() const;

private:
    void load_module(const FoundPlugin& found);
    [[nodiscard]] ExecutableOptions options_for(const FoundPlugin& found) const;
    void start_executable(const FoundPlugin& found);
    void stop_executable(const std::string& app, std::function<void()> then);
    void complain(const PluginScan& scan);
    void one_less();

    Services& services_;
    RegistryOptions options_;
    std::map<std::string, FoundPlugin, std::less<>> found_;
    std::map<std::string, std::unique_ptr<Module>, std::less<>> modules_;
    std::map<std::string, std::unique_ptr<Executable>, std::less<>> executables_;
    std::vector<std::unique_ptr<Executable>> leaving_;
    std::map<std::string, std::string, std::less<>> failed_;  // app -> why it isn't there
    std::size_t still_ending_ = 0;
    std::function<void()> done_;
    uv::Anchor anchor_;
};

}  // namespace msw
