// What can be asked of a spool to change. A list of changes commits as one, or not at all.
#pragma once

#include "base/spool/rows.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace msw::spool {

// Rows of the outbox, named in the way that the caller has at hand. Those that aren't there are passed over.

struct ByRow {
    std::vector<RowId> rows;
};
struct ByNumber {
    FlowKey flow;
    std::uint64_t epoch = 0;
    std::vector<std::uint64_t> numbers;
};
/// All from `first` to `last`, both included.
struct ByRange {
    FlowKey flow;
    std::uint64_t epoch = 0;
    std::uint64_t first = 0;
    std::uint64_t last = 0;
};
using Outgoing = std::variant<ByRow, ByNumber, ByRange>;

/// Fails with Code::queue_full (a quota), Code::disk_full, Code::bad_request (the flow has that position already).
struct AddOutbox {
    OutboxRow row;        ///< all but `row`
    bool answer = false;  ///< a `reply`: may use the part of the quotas that is kept for answers
};

/// Fails with Code::queue_full (a quota), Code::disk_full.
struct AddInbox {
    InboxRow row;  ///< all but `row`
    bool answer = false;
};

/// The state of a flow that arrives here, put in place of what was there. For a Datapack that came from another host it
/// stands in one list with its AddInbox. Fails with Code::too_large beyond kMostMarks.
struct PutMarks {
    std::string origin;  ///< member
    std::uint64_t run = 0;
    std::string app;
    std::string state;    ///< opaque
    Seconds touched = 0;  ///< now
};
inline constexpr std::size_t kMostMarks = 64UL * 1024;  ///< bytes of PutMarks::state

struct MarkSent {
    Outgoing which;
    std::uint64_t sent_for = 0;  ///< the run of the destination
    bool redelivered = false;    ///< true: it may have arrived before; stays true once it is
};

struct MarkReceived {
    Outgoing which;
};

struct RemoveOutbox {
    Outgoing which;
};

/// It is handed to a plugin once more.
struct MarkHanded {
    RowId row = 0;  ///< in the inbox
};

/// The plugin is done with it. In one list with the AddOutbox or AddInbox of its answer, `must_be_there` sees to it
/// that a question is answered once: the list fails with Code::expired if the row is gone.
struct RemoveInbox {
    RowId row = 0;
    bool must_be_there = false;
};

/// Move a row of the outbox or the inbox to the dead letters. The oldest of these go where their quota asks for it.
struct Bury {
    Box box = Box::outbox;
    RowId row = 0;
    std::string why;               ///< a sentence for people
    bool maybe_delivered = false;  ///< or else it was never sent, or handed to nobody
    Seconds since = 0;             ///< now
};

/// Move a dead letter back to where it was. Quotas count as for a new row.
/// Fails with Code::expired if it is gone, and as AddOutbox and AddInbox do.
struct Revive {
    RowId row = 0;
    Position at;            ///< its new place in the flow, if it was in the outbox
    std::uint64_t run = 0;  ///< that numbered it, if it was in the outbox
    Seconds accepted = 0;   ///< now
    Seconds expires = 0;    ///< its new end
};

struct DropDead {
    RowId row = 0;
};

/// Drop what has become too old: dead letters and marks (Settings::dead_age, Settings::marks_age). Now and then; again
/// while Written::forgotten is not 0, as it drops a bounded number at once.
struct Tidy {
    Seconds now = 0;
};

using Change = std::variant<AddOutbox, AddInbox, PutMarks, MarkSent, MarkReceived, RemoveOutbox, MarkHanded,
                            RemoveInbox, Bury, Revive, DropDead, Tidy>;
using Changes = std::vector<Change>;

/// What became of a list of changes that is on the disk now.
struct Written {
    std::vector<RowId> rows;      ///< of each AddOutbox, AddInbox, Bury and Revive, in their order; 0: nothing to move
    std::uint64_t changed = 0;    ///< rows that the others found to change or remove
    std::uint64_t forgotten = 0;  ///< dead letters that went for age or room
};

}  // namespace msw::spool
