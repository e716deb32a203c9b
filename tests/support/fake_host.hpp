// An mswd in memory, for testing threaded modules: what they receive is scripted, what they send and log is captured.
#pragma once

#include "base/shared_datapack.hpp"
#include "msw/datapack.hpp"
#include "msw/plugin.h"

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace msw::test {

/// Thread: any.
class FakeHost {
public:
    using Milliseconds = std::chrono::milliseconds;
    /// Long enough that only a broken test runs into it.
    static constexpr Milliseconds kPatience{20000};

    /// A line of the journal.
    struct Line {
        int priority;
        std::string message;
        std::map<std::string, std::string> fields;
    };

    FakeHost();
    FakeHost(const FakeHost&) = delete;
    FakeHost& operator=(const FakeHost&) = delete;

    /// @return the table to start a module with; valid as long as this
    [[nodiscard]] const msw_host_v1* raw() const noexcept { return &table_; }

    // The script.
    void set(const std::string& key, std::string json);  ///< a value of the configuration, as JSON text
    void receive(Datapack d);                            ///< at the end of the module's receive queue
    void close();                                        ///< get says MSW_CLOSED once the queue is empty
    void answer_put_with(int status);  ///< what put says from now on; captured is only what was MSW_OK

    // What the module did.
    /// @return the first Datapack it sent that nobody has asked for yet; nothing if none came in time
    [[nodiscard]] std::optional<Datapack> sent(Milliseconds timeout = kPatience);
    [[nodiscard]] std::vector<Line> lines() const;
    /// @return the first line that holds `part`; nothing if none came in time
    [[nodiscard]] std::optional<Line> line_with(std::string_view part, Milliseconds timeout = kPatience) const;
    /// Wait until `done` has been said `count` times. @return false if it wasn't in time
    [[nodiscard]] bool wait_done(std::size_t count, Milliseconds timeout = kPatience) const;
    /// Wait until the module has taken all that it was given and asks for more. @return false if it didn't in time
    [[nodiscard]] bool wait_idle(Milliseconds timeout = kPatience) const;

private:
    static FakeHost& of(void* self) noexcept { return *static_cast<FakeHost*>(self); }
    static msw_datapack* make(void* self, const msw_parts* parts);
    static int get(void* self, msw_datapack** out, int timeout_ms);
    static void done(void* self, msw_datapack* datapack);
    static int put(void* self, msw_datapack* datapack, int timeout_ms);
    static void log(void* self, int priority, msw_text message, const msw_field* fields, std::size_t count);
    static void setting(void* self, const char* key, void (*give)(void* arg, msw_text json), void* arg);

    msw_host_v1 table_{};
    mutable std::mutex mutex_;
    mutable std::condition_variable changed_;
    std::map<std::string, std::string> settings_;
    std::deque<DatapackRef> queue_;
    std::deque<Datapack> sent_;
    std::vector<Line> lines_;
    std::size_t done_ = 0;
    std::size_t waiting_ = 0;  // threads inside get
    int put_status_ = MSW_OK;
    bool closed_ = false;
};

/// A threaded module that runs on a FakeHost, from construction to stop() or destruction.
/// Thread: one at a time.
class RunningModule {
public:
    /// @throws std::runtime_error with the module's reason if it declines to start
    RunningModule(FakeHost& host, const msw_plugin_v1* module);
    RunningModule(const RunningModule&) = delete;
    RunningModule& operator=(const RunningModule&) = delete;
    ~RunningModule() { stop(); }

    /// Close the host's queue and wait for the module to end.
    void stop();

private:
    FakeHost& host_;
    const msw_plugin_v1* module_;
    void* instance_;
    std::thread thread_;
};

}  // namespace msw::test
