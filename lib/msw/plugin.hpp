// The C++ face of plugin.h. A whole plugin:
//
//     #include "msw/plugin.hpp"
//
//     static void run(msw::plugin::Queues& queues) {
//         while (auto asked = queues.receive.get()) {
//             if (asked->method == "reply") continue;
//             auto answer = asked->reply();
//             answer.body = "hello, " + asked->body;
//             queues.send.put(answer);
//         }
//     }
//     MSW_PLUGIN("hello", run)
#pragma once

#include "msw/datapack.hpp"
#include "msw/error.hpp"
#include "msw/plugin.h"
#include "msw/result.hpp"

#include <cstddef>
#include <exception>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace msw::plugin {

[[nodiscard]] inline msw_text text(std::string_view view) noexcept { return {view.data(), view.size()}; }
[[nodiscard]] inline std::string_view view(msw_text t) noexcept { return {t.data, t.size}; }

/// A counted Datapack inside mswd. Reading it copies nothing.
/// Thread: like a shared_ptr to something const.
class Handle {
public:
    Handle() = default;
    /// Takes over the reference that `raw` is; it may be null.
    Handle(const msw_host_v1* host, msw_datapack* raw) noexcept : host_(host), raw_(raw) {}
    Handle(const Handle& other) noexcept : host_(other.host_), raw_(other.raw_ ? host_->ref(other.raw_) : nullptr) {}
    Handle(Handle&& other) noexcept : host_(other.host_), raw_(std::exchange(other.raw_, nullptr)) {}
    Handle& operator=(Handle other) noexcept {
        std::swap(host_, other.host_);
        std::swap(raw_, other.raw_);
        return *this;
    }
    ~Handle() {
        if (raw_ != nullptr) host_->unref(raw_);
    }

    explicit operator bool() const noexcept { return raw_ != nullptr; }
    [[nodiscard]] msw_datapack* raw() const noexcept { return raw_; }

    [[nodiscard]] std::string_view method() const noexcept { return view(host_->method(raw_)); }
    [[nodiscard]] std::string_view app() const noexcept { return view(host_->app(raw_)); }
    [[nodiscard]] std::string_view body() const noexcept { return view(host_->body(raw_)); }
    [[nodiscard]] std::string_view get(std::string_view name) const noexcept {
        return view(host_->field(raw_, text(name)));
    }
    [[nodiscard]] std::vector<msw_field> fields() const;
    /// @return its file, if it has one. The descriptor lives as long as this handle.
    [[nodiscard]] std::optional<msw_file> file() const noexcept;

    /// @return a value of one's own, to read or to change. Its file, if any, is a duplicate of the descriptor.
    [[nodiscard]] Datapack copy() const;

private:
    const msw_host_v1* host_ = nullptr;
    msw_datapack* raw_ = nullptr;
};

/// What mswd offers, with C++ types.
/// Thread: any, except where it says the loop thread.
class Host {
public:
    explicit Host(const msw_host_v1* raw) noexcept : raw_(raw) {}
    [[nodiscard]] const msw_host_v1* raw() const noexcept { return raw_; }

    /// @return `d` inside mswd; an empty handle, with the reason in the journal, if it can't be
    [[nodiscard]] Handle make(const Datapack& d) const;

    /// Wait for the next Datapack of the receive queue.
    /// @param timeout_ms  < 0: until one comes
    /// @return nothing if none came by then, or if mswd is stopping (see stopping())
    [[nodiscard]] std::optional<Handle> get_handle(int timeout_ms = -1);
    [[nodiscard]] bool stopping() const noexcept { return stopping_; }

    /// Send.
    /// @param timeout_ms  how long to wait where the receiver has no room; < 0: as long as it takes
    Result<void> put(const Datapack& d, int timeout_ms = -1) const;
    Result<void> put(const Handle& d, int timeout_ms = -1) const;

    /// A line in the journal.
    void log(msw_priority priority, std::string_view message,
             std::initializer_list<std::pair<std::string_view, std::string_view>> fields = {}) const;

    /// @return a value of the configuration as JSON text; nothing if it isn't set. Keys: see plugin.h
    [[nodiscard]] std::optional<std::string> setting(const char* key) const;

    /// The transport only: mswd starts anew. Thread: the loop's
    void restart() const {
        if (raw_->size > offsetof(msw_host_v1, restart)) raw_->restart(raw_->self);
    }

private:
    const msw_host_v1* raw_;
    bool stopping_ = false;
};

/// The receive queue of a threaded plugin.
class ReceiveQueue {
public:
    explicit ReceiveQueue(const msw_host_v1* raw) noexcept : host_(raw) {}
    /// Wait for the next Datapack, saying by it that one is done with those before.
    /// @param timeout_ms  < 0: until one comes
    /// @return nothing when mswd stops, or when none came by then
    [[nodiscard]] std::optional<Datapack> get(int timeout_ms = -1) {
        std::optional<Handle> handle = host_.get_handle(timeout_ms);
        if (!handle) return std::nullopt;
        return handle->copy();
    }
    [[nodiscard]] bool stopping() const noexcept { return host_.stopping(); }

private:
    Host host_;
};

/// The way into the forwarder, which all plugins share.
class SendQueue {
public:
    explicit SendQueue(const msw_host_v1* raw) noexcept : host_(raw) {}
    /// See Host::put.
    Result<void> put(const Datapack& d, int timeout_ms = -1) const { return host_.put(d, timeout_ms); }

private:
    Host host_;
};

/// All that a plugin needs.
struct Queues {
    explicit Queues(const msw_host_v1* raw) noexcept : receive(raw), send(raw), host(raw) {}
    ReceiveQueue receive;
    SendQueue send;
    Host host;
};

/// Copy `reason` where start() may say why it declines.
void say_why(std::string_view reason, char* why, std::size_t why_size) noexcept;

/// What MSW_PLUGIN makes of a function: a threaded module. Exceptions end the plugin, not mswd.
/// @tparam Run  `void run(Queues&)`
template <void (*Run)(Queues&)>
struct Threaded {
    static void* start(const msw_host_v1* host, char* why, std::size_t why_size) noexcept {
        try {
            return new Queues(host);
        } catch (const std::exception& e) {
            say_why(e.what(), why, why_size);
            return nullptr;
        }
    }
    static void run(void* instance) noexcept {
        auto* queues = static_cast<Queues*>(instance);
        try {
            Run(*queues);
        } catch (const std::exception& e) {
            queues->host.log(MSW_ERR, std::string("ended by an exception: ") + e.what());
        } catch (...) {
            queues->host.log(MSW_ERR, "ended by an exception of unknown type");
        }
    }
    static void stop(void* instance) noexcept { delete static_cast<Queues*>(instance); }
};

}  // namespace msw::plugin

/// Define the entry of a threaded module. NAME: the app, a string; RUN: `void run(msw::plugin::Queues&)`; FLAGS: of
/// msw_plugin_v1.
#define MSW_PLUGIN_WITH(NAME, RUN, FLAGS)                                      \
    extern "C" MSW_PLUGIN_EXPORT const msw_plugin_v1* msw_plugin_entry(void) { \
        using Module = msw::plugin::Threaded<RUN>;                             \
        static constexpr msw_plugin_v1 table{MSW_PLUGIN_VERSION,               \
                                             sizeof(msw_plugin_v1),            \
                                             NAME,                             \
                                             FLAGS,                            \
                                             Module::start,                    \
                                             Module::run,                      \
                                             nullptr,                          \
                                             nullptr,                          \
                                             nullptr,                          \
                                             Module::stop,                     \
                                             nullptr,                          \
                                             nullptr};                         \
        return &table;                                                         \
    }

/// The same for one that its next get() says of that it is done with what it took before.
#define MSW_PLUGIN(NAME, RUN) MSW_PLUGIN_WITH(NAME, RUN, 0)
