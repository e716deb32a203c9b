// The disk of this host as mswd offers it to its transport (msw_outbox_v1), for the mesh.
#pragma once

#include "msw/plugin.hpp"
#include "plugins/net/core/flow/store.hpp"
#include "uv/loop.hpp"

#include <uv.h>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace msw::net {

/// Thread: the loop's.
class Disk final : public Store {
public:
    Disk(const plugin::Host& host, uv_loop_t* loop);

    /// @return whether this mswd has one
    [[nodiscard]] bool works() const noexcept;

    /// Remember a Datapack that take gave if it is on the disk already.
    /// @return how to name it to add() and done_with(); 0: it isn't
    [[nodiscard]] std::uint64_t keep(const plugin::Handle& datapack);

    // Store
    void add(const StoredRow& row, std::uint64_t answered,
             std::function<void(const Result<std::int64_t>&, Time)> done) override;
    void sent(const std::vector<std::int64_t>& rows, Run run, bool redelivered,
              std::function<void(bool, Time)> done) override;
    void received(const std::vector<std::int64_t>& rows, bool open) override;
    void load(const std::string& member, const std::string& app, std::uint64_t epoch, std::uint64_t n,
              std::function<void(const Result<Page>&, Time)> done) override;
    void flows(std::function<void(const Result<std::vector<StoredRow>>&, Time)> done) override;
    void arrive(const Datapack& datapack, const std::string& member, Run run, const std::string& app, std::uint64_t n,
                std::function<void(bool, Time)> done) override;
    void mark_of(const std::string& member, Run run, const std::string& app,
                 std::function<void(std::optional<std::uint64_t>, Time)> done) override;
    void done_with(std::uint64_t answered) override;

private:
    /// What mswd will call back for. Those that it doesn't, as it stops, end with this object.
    struct Call {
        Disk* disk = nullptr;
        std::function<void(int status, std::int64_t row, Error why)> written;
        std::function<void(const Result<Page>&, Time)> page;
        std::function<void(std::optional<std::uint64_t>, Time)> mark;
        Page rows;
    };
    [[nodiscard]] Call* begin();
    [[nodiscard]] std::unique_ptr<Call> end(Call* call);
    [[nodiscard]] Time now() const noexcept { return Time(uv_now(loop_)); }
    [[nodiscard]] const msw_outbox_v1& outbox() const noexcept { return *host_.raw()->outbox; }
    [[nodiscard]] void* self() const noexcept { return host_.raw()->self; }
    static void written(void* arg, int status, std::int64_t row, msw_text code, msw_text why);
    static void give(void* arg, const msw_outbox_row* row, int status);

    plugin::Host host_;
    uv_loop_t* loop_;
    std::map<Call*, std::unique_ptr<Call>> calls_;
    std::unordered_map<std::uint64_t, plugin::Handle> kept_;
    std::uint64_t last_kept_ = 0;
    std::vector<Call*> failed_;  // at once, and to be told so later
    uv::Timer tell_failed_;
};

}  // namespace msw::net
