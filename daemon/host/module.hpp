// A plugin that is a shared object in mswd itself (lib/msw/plugin.h): threaded or looped.
#pragma once

#include "daemon/host/deliveries.hpp"
#include "daemon/host/module_table.hpp"
#include "daemon/host/plugin_state.hpp"
#include "daemon/services.hpp"
#include "msw/plugin.h"

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace msw {

/// Thread: the loop's, but for what its table of functions offers to the module.
class Module : private Wakeups::Sleeper {
public:
    /// Load the file, check its table and start it.
    /// @param app  the name the file gives it
    /// @return Code::unsupported for another version of the interface, Code::refused with its reason if it declines
    [[nodiscard]] static Result<std::unique_ptr<Module>> load(Services& services, const std::string& path,
                                                              const std::string& app, std::size_t mailbox_bytes);
    ~Module() override;
    Module(const Module&) = delete;
    Module& operator=(const Module&) = delete;
    Module(Module&&) = delete;
    Module& operator=(Module&&) = delete;

    /// Have it end: its receive queue says so. @param ended  called once it has, never from within this call
    void stop(std::function<void()> ended);
    /// @return whether the module would start with a configuration, or why not
    [[nodiscard]] Result<void> check(const ConfigToCheck& config) const;
    /// The configuration was read again.
    void reloaded();

    [[nodiscard]] PluginState state() const;
    [[nodiscard]] const std::string& app() const noexcept { return app_; }
    /// Somebody has taken a row out of the outbox: for the transport.
    void removed(std::int64_t row);
    [[nodiscard]] bool is_transport() const noexcept { return (table_->flags & MSW_TRANSPORT) != 0; }
    [[nodiscard]] bool idle() const { return mailbox_->numbers().waiting == 0 && refused_.empty(); }

private:
    Module(Services& services, std::string app, std::string path, std::size_t mailbox_bytes);

    [[nodiscard]] Result<void> start(const msw_plugin_v1* table);
    void wake() override;
    void offer();
    void again();
    void thread_ended();
    [[nodiscard]] bool looped() const noexcept { return (table_->flags & (MSW_LOOPED | MSW_TRANSPORT)) != 0; }

    // What the module calls; `self` is the Module.
    friend struct ModuleInterface;
    [[nodiscard]] int get(msw_datapack** out, int timeout_ms);
    [[nodiscard]] int put(msw_datapack* datapack, int timeout_ms);
    [[nodiscard]] int deliver(msw_datapack* datapack, void* name);
    [[nodiscard]] int deliver(msw_datapack* datapack, msw_text state_key, msw_text state,
                              void (*committed)(void* arg, int status), void* arg);
    void done(const msw_datapack* datapack);
    void done_with_all();
    void keep(const void* datapack, Delivery delivery);
    [[nodiscard]] Delivery unkeep(const void* datapack);
    /// @return the row of the inbox that a durable Datapack is which the module has; 0: it has none
    [[nodiscard]] std::int64_t row_of(const msw_datapack* datapack);

    Services& services_;
    const std::string app_;
    const std::string path_;
    const Sender sender_;
    const std::thread::id loop_thread_;
    msw_host_v1 interface_{};
    const msw_plugin_v1* table_ = nullptr;
    void* instance_ = nullptr;

    Wakeups::Key key_ = 0;
    std::shared_ptr<Mailbox> mailbox_;
    std::shared_ptr<Deliveries> deliveries_;  // of the transport
    std::vector<Mail> refused_;               // looped: taken from the mailbox, not by the module yet
    std::mutex kept_mutex_;
    std::vector<std::pair<const void*, Delivery>> kept_;  // durable ones that it is not done with
    std::thread thread_;
    std::atomic<bool> thread_over_{false};
    bool blocked_ = false;     // the module refused the first of those until it says again
    bool registered_ = false;  // the forwarder knows the app as ours
    bool stopping_ = false;
    std::function<void()> ended_;
    uv::Anchor anchor_;
};

}  // namespace msw
