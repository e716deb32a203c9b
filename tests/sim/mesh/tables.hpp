// What lies on the disk of one host, and how it changes: the tables of lib/base/spool as far as the durable class needs
// them.
#pragma once

#include "msw/datapack.hpp"
#include "msw/result.hpp"
#include "plugins/net/core/flow/store.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <tuple>
#include <variant>
#include <vector>

namespace msw::sim {

using RowId = std::int64_t;
using SharedDatapack = std::shared_ptr<const Datapack>;

/// Waits for its receipt; a question also for its answer. Thread: like a std::string.
struct OutRow {
    net::StoredRow row;
    bool received = false;  ///< kept as an open question only
};

/// A flow that ends here: member of its origin, that one's run, app.
using FlowKey = std::tuple<std::string, net::Run, std::string>;

/// Waits for a plugin. Thread: like a std::string.
struct InRow {
    std::string app;
    SharedDatapack datapack;
    net::Run run = net::kNoRun;  ///< of its origin; kNoRun: it was made here
    std::uint64_t n = 0;
    std::int64_t expires = 0;  ///< s since 1970
    unsigned handed = 0;       ///< times
};

// Lists of these are carried out whole or not at all.

struct AddOut {
    net::StoredRow row;
};
struct AddIn {
    InRow row;
};
struct PutMark {
    FlowKey flow;
    std::uint64_t n = 0;
    std::vector<SharedDatapack> without_row;  ///< came, too, and nobody here is handed them
};
struct MarkSent {
    std::vector<RowId> rows;
    net::Run run = net::kNoRun;
    bool redelivered = false;
};
struct MarkReceived {
    std::vector<RowId> rows;
};
struct RemoveOut {
    std::vector<RowId> rows;
};
struct MarkHanded {
    RowId row = 0;
};
/// Its plugin is done with it, or net has made a row of the outbox of it.
struct RemoveIn {
    RowId row = 0;
    bool must_be_there = false;  ///< else the list fails with Code::expired
};
/// It becomes a dead letter.
struct Bury {
    bool of_outbox = false;
    RowId row = 0;
    bool maybe_delivered = false;
    bool too_often = false;  ///< handed on too often; else its time is over
};
using Change = std::variant<AddOut, AddIn, PutMark, MarkSent, MarkReceived, RemoveOut, MarkHanded, RemoveIn, Bury>;
using Changes = std::vector<Change>;

/// A copy of it is the disk as it is now. Thread: one at a time.
struct Tables {
    std::map<RowId, OutRow> outbox;
    std::map<RowId, InRow> inbox;
    std::map<FlowKey, std::uint64_t> marks;
    RowId last = 0;

    /// @param watch  hears of each change before it is carried out
    /// @return the rows of each AddOut and AddIn
    Result<std::vector<RowId>> apply(const Changes& changes,
                                     const std::function<void(const Change&, const Tables&)>& watch);

private:
    [[nodiscard]] Result<void> check(const Changes& changes) const;
    void carry_out(const AddOut& change, std::vector<RowId>& rows);
    void carry_out(const AddIn& change, std::vector<RowId>& rows);
    void carry_out(const PutMark& change, std::vector<RowId>& rows);
    void carry_out(const MarkSent& change, std::vector<RowId>& rows);
    void carry_out(const MarkReceived& change, std::vector<RowId>& rows);
    void carry_out(const RemoveOut& change, std::vector<RowId>& rows);
    void carry_out(const MarkHanded& change, std::vector<RowId>& rows);
    void carry_out(const RemoveIn& change, std::vector<RowId>& rows);
    void carry_out(const Bury& change, std::vector<RowId>& rows);
};

[[nodiscard]] std::size_t rows_added(const Changes& changes) noexcept;
[[nodiscard]] std::size_t rows_removed(const Changes& changes) noexcept;

}  // namespace msw::sim
