// The outbox as the transport knows it: the functions of msw_outbox_v1, carried out by the spool.
#pragma once

#include "base/spool/spool.hpp"
#include "daemon/durable/inbox.hpp"
#include "daemon/services.hpp"
#include "msw/plugin.h"
#include "uv/handle.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace msw::durable {

/// @param alive  of the transport: nothing is called back once it has gone
/// Thread: the loop's.
class Outbox {
public:
    Outbox(spool::Spool& spool, Inbox& inbox) : spool_(spool), inbox_(inbox) {}

    /// @param inbox_row  done with once this is written; 0: none
    /// @param done  called later
    void add(const msw_outbox_row& row, spool::RowId inbox_row, spool::Done<spool::Written> done);
    void sent(const std::int64_t* rows, std::size_t count, std::uint64_t run, bool redelivered, msw_written done,
              void* arg, const uv::Anchor& alive);
    void received(const std::int64_t* rows, std::size_t count, bool open);
    void load(std::string_view member, std::string_view flow, std::uint64_t epoch, std::uint64_t n,
              void (*give)(void* arg, const msw_outbox_row* row, int status), void* arg, const uv::Anchor& alive);
    void flows(void (*give)(void* arg, const msw_outbox_row* row, int status), void* arg, const uv::Anchor& alive);
    void state(std::string_view key, void (*give)(void* arg, int status, msw_text state), void* arg,
               const uv::Anchor& alive);

private:
    void flows_after(const std::optional<spool::FlowKey>& after,
                     void (*give)(void* arg, const msw_outbox_row* row, int status), void* arg,
                     const uv::Anchor& alive);

    spool::Spool& spool_;
    Inbox& inbox_;
};

/// Call a transport back.
void tell(msw_written done, void* arg, const Result<spool::Written>& result);

/// A state key in its parts.
struct StateKey {
    std::string member;
    std::uint64_t run = 0;
    std::string flow;
};
/// @return Code::bad_request if it isn't "MEMBER RUN FLOW"
[[nodiscard]] Result<StateKey> parse_state_key(std::string_view key);

}  // namespace msw::durable
