// Changes into SQL, in the transaction that is open.
#pragma once

#include "base/spool/change.hpp"
#include "base/spool/ledger.hpp"
#include "base/spool/settings.hpp"
#include "base/spool/sqlite.hpp"
#include "msw/result.hpp"

#include <cstdint>
#include <string>
#include <variant>

namespace msw::spool {

/// @return whether it brings a new row, of which there can be too many
[[nodiscard]] inline bool adds_rows(const Change& c) noexcept {
    return std::holds_alternative<AddOutbox>(c) || std::holds_alternative<AddInbox>(c) ||
           std::holds_alternative<Revive>(c);
}

/// @return whether it takes a row away for good
[[nodiscard]] inline bool removes_rows(const Change& c) noexcept {
    return std::holds_alternative<RemoveOutbox>(c) || std::holds_alternative<RemoveInbox>(c);
}

/// Thread: that of its Database, which outlives it.
class Changer {
public:
    Changer(Database& db, Ledger& ledger, const Settings& settings);

    /// Number rows from here on.
    void set_next_row(RowId next) noexcept { next_row_ = next; }
    [[nodiscard]] RowId next_row() const noexcept { return next_row_; }

    /// Apply one list, all or nothing. If the Database failed in it, the answer means nothing, and the transaction is
    /// to be rolled back.
    [[nodiscard]] Result<Written> apply(const Changes& changes);

private:
    using Outcome = Result<void>;
    Outcome apply(const AddOutbox& c, Written& w);
    Outcome apply(const AddInbox& c, Written& w);
    Outcome apply(const PutMarks& c, Written& w);
    Outcome apply(const MarkSent& c, Written& w);
    Outcome apply(const MarkReceived& c, Written& w);
    Outcome apply(const RemoveOutbox& c, Written& w);
    Outcome apply(const MarkHanded& c, Written& w);
    Outcome apply(const RemoveInbox& c, Written& w);
    Outcome apply(const Bury& c, Written& w);
    Outcome apply(const Revive& c, Written& w);
    Outcome apply(const DropDead& c, Written& w);
    Outcome apply(const Tidy& c, Written& w);

    [[nodiscard]] Outcome room_for(Box box, const std::string& member, const std::string& host, std::uint64_t bytes,
                                   bool answer) const;
    [[nodiscard]] bool forget_oldest(Seconds before);

    Database& db_;
    Ledger& ledger_;
    const Settings& settings_;
    RowId next_row_ = 1;

    /// One wish for rows of the outbox, whichever of the three ways names them.
    struct ThreeWays {
        ThreeWays(Database& db, const std::string& head, const std::string& tail);
        /// Call `each(statement)` for each row that it found of those that `which` names. ?1 and ?2 are `first` and
        /// `second`.
        template <class Each>
        void run(const Outgoing& which, std::int64_t first, std::int64_t second, const Each& each);
        Statement by_row;
        Statement by_range;
    };

    Statement savepoint_;
    Statement release_;
    Statement roll_back_;
    Statement add_outbox_;
    Statement add_inbox_;
    Statement put_marks_;
    ThreeWays mark_sent_;
    ThreeWays mark_received_;
    ThreeWays remove_outbox_;
    Statement mark_handed_;
    Statement remove_inbox_;
    Statement bury_outbox_;
    Statement bury_inbox_;
    Statement look_dead_;
    Statement revive_outbox_;
    Statement revive_inbox_;
    Statement drop_dead_;
    Statement oldest_dead_;
    Statement tidy_marks_;
};

}  // namespace msw::spool
