// What can be asked of a spool. Each query names its answer, which is bounded: the next page is asked for with the
// place of the last row of the one before.
#pragma once

#include "base/spool/rows.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace msw::spool {

/// How much a page holds at most. One row is given whatever its size.
struct Limit {
    std::size_t rows = 256;
    std::size_t bytes = 1024UL * 1024;  ///< of Datapacks
};

template <class Row>
struct Page {
    std::vector<Row> rows;
    bool more = false;  ///< there is a next one
};

/// The rows of a flow, in its order.
struct OutboxAfter {
    using Answer = Page<OutboxRow>;
    FlowKey flow;
    std::optional<Position> after = {};
    bool received_too = false;  ///< those that only wait for their answer, too
    Limit limit = {};
};

/// What a flow of this origin holds, and where it begins.
struct FlowHead {
    FlowKey flow;
    Position oldest;  ///< of all its rows
    Amount waiting;
    Amount received;
};

/// All flows that have rows in the outbox, ordered by (member, app).
struct FlowsAfter {
    using Answer = Page<FlowHead>;
    std::optional<FlowKey> after = {};
    std::size_t rows = 256;
};

/// What waits for an app, in the order in which it was added.
struct InboxAfter {
    using Answer = Page<InboxRow>;
    std::string app;
    RowId after = 0;
    Limit limit = {};
};

/// An app with rows in the inbox.
struct InboxHead {
    std::string app;
    Amount waiting;
};

/// All apps that have rows in the inbox, ordered by name.
struct InboxApps {
    using Answer = Page<InboxHead>;
    std::string after = {};
    std::size_t rows = 256;
};

/// What PutMarks put there last.
struct MarksOf {
    using Answer = std::optional<std::string>;
    std::string origin;  ///< member
    std::uint64_t run = 0;
    std::string app;
};

/// Rows of the outbox or the inbox whose time has run out, the earliest first.
struct ExpiredBefore {
    using Answer = Page<Listed>;
    /// @see Listed::expires, Listed::row
    struct After {
        Seconds expires = 0;
        RowId row = 0;
    };
    Box box = Box::outbox;
    Seconds before = 0;
    std::optional<After> after = {};
    std::size_t rows = 256;
};

/// Rows with that flag, of all boxes.
struct FindFlag {
    using Answer = Page<Listed>;
    std::string flag;
    std::size_t rows = 256;
};

/// The question that an answer from `app` belongs to: with that flag, to that member, from that asker. Of several, as
/// one may go to several apps there, the one to `app`; one to all apps, if there is none; any, if the daemon there
/// answers.
struct OpenQuestion {
    using Answer = std::optional<RowId>;
    std::string flag;
    std::string member;
    std::string asker;
    std::string app;
};

/// The rows of a box, in the order of their numbers.
struct ListBox {
    using Answer = Page<Listed>;
    Box box = Box::outbox;
    RowId after = 0;
    std::size_t rows = 256;
};

/// A row with its Datapack.
struct WholeRow {
    Listed listed;
    std::string datapack;
};

/// The row with that number, of whatever box.
struct FindRow {
    using Answer = std::optional<WholeRow>;
    RowId row = 0;
};

/// How a spool is.
enum class Condition : std::uint8_t {
    good,
    disk_full,  ///< takes no new rows until there is room again
    failing,    ///< the disk failed: takes nothing until the file could be opened again
};

struct Totals {
    Amount outbox;  ///< with those that are received
    Amount inbox;
    Amount dead;
    std::uint64_t limit = 0;  ///< Settings::Quotas::bytes, for the weight of outbox and inbox together
    Condition condition = Condition::good;
};

/// Kept in memory: costs nothing.
struct AskTotals {
    using Answer = Totals;
};

}  // namespace msw::spool
