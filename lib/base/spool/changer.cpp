#include "base/spool/changer.hpp"

#include <bit>
#include <limits>
#include <string_view>

namespace msw::spool {
namespace {

constexpr std::uint64_t kMostNumber = std::numeric_limits<std::int64_t>::max();

Error number_too_large() { return {Code::bad_request, "a place in a flow beyond 2^63"}; }

Kind kind_of(std::int64_t state) noexcept {
    return state == static_cast<std::int64_t>(State::received) ? Kind::received : Kind::waiting;
}

/// Dead letters that one Tidy drops: it shall not hold up what else waits for the disk.
constexpr std::uint64_t kTidyAtOnce = 1000;

}  // namespace

Changer::ThreeWays::ThreeWays(Database& db, const std::string& head, const std::string& tail)
    : by_row(db, (head + " WHERE row = ?3" + tail).c_str()),
      by_range(db, (head + " WHERE member = ?3 AND app = ?4 AND epoch = ?5 AND n BETWEEN ?6 AND ?7" + tail).c_str()) {}

template <class Each>
void Changer::ThreeWays::run(const Outgoing& which, std::int64_t first, std::int64_t second, const Each& each) {
    const auto all = [&](Statement& s) {
        while (s.next()) each(s);
    };
    const auto range = [&](const FlowKey& flow, std::uint64_t epoch, std::uint64_t from, std::uint64_t to) {
        // What can't be in the table: beyond it numbers would turn negative.
        if (epoch > kMostNumber || from > kMostNumber) return;
        const std::uint64_t end = to > kMostNumber ? kMostNumber : to;
        all(by_range.with(first, second, flow.member, flow.app, epoch, from, end));
    };
    if (const auto* rows = std::get_if<ByRow>(&which)) {
        for (const RowId row : rows->rows) all(by_row.with(first, second, row));
    } else if (const auto* numbers = std::get_if<ByNumber>(&which)) {
        for (const std::uint64_t n : numbers->numbers) range(numbers->flow, numbers->epoch, n, n);
    } else if (const auto* r = std::get_if<ByRange>(&which)) {
        range(r->flow, r->epoch, r->first, r->last);
    }
}

Changer::Changer(Database& db, Ledger& ledger, const Settings& settings)
    : db_(db),
      ledger_(ledger),
      settings_(settings),
      savepoint_(db, "SAVEPOINT list"),
      release_(db, "RELEASE list"),
      roll_back_(db, "ROLLBACK TO list"),
      add_outbox_(db,
                  "INSERT OR IGNORE INTO outbox(row, member, host, app, epoch, n, run, flag, asker, accepted, expires, "
                  "sent_for, redelivered, state, bytes, datapack) "
                  "VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, length(?15), ?15)"),
      add_inbox_(
          db,
          "INSERT INTO inbox(row, app, origin, origin_host, run, n, flag, asker, expires, handed, bytes, datapack) "
          "VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, length(?11), ?11)"),
      put_marks_(db,
                 "INSERT INTO marks(origin, run, app, touched, state) VALUES(?1, ?2, ?3, ?4, ?5) "
                 "ON CONFLICT DO UPDATE SET touched = excluded.touched, state = excluded.state"),
      mark_sent_(db, "UPDATE outbox SET sent_for = ?1, redelivered = max(redelivered, ?2)", " RETURNING 1"),
      mark_received_(db, "UPDATE outbox SET state = ?1", " AND state <> ?1 RETURNING member, app, bytes"),
      remove_outbox_(db, "DELETE FROM outbox", " RETURNING member, app, bytes, state"),
      mark_handed_(db, "UPDATE inbox SET handed = handed + 1 WHERE row = ?1"),
      remove_inbox_(db, "DELETE FROM inbox WHERE row = ?1 RETURNING origin, app, bytes"),
      bury_outbox_(
          db,
          "INSERT INTO dead(row, box, since, why, maybe_delivered, member, host, app, epoch, n, run, flag, asker, "
          "expires, bytes, datapack) "
          "SELECT ?2, 1, ?3, ?4, ?5, member, host, app, epoch, n, run, flag, asker, expires, bytes, datapack "
          "FROM outbox WHERE row = ?1 RETURNING bytes"),
      bury_inbox_(
          db,
          "INSERT INTO dead(row, box, since, why, maybe_delivered, member, host, app, epoch, n, run, flag, asker, "
          "expires, bytes, datapack) "
          "SELECT ?2, 2, ?3, ?4, ?5, origin, origin_host, app, 0, n, run, flag, asker, expires, bytes, datapack "
          "FROM inbox WHERE row = ?1 RETURNING bytes"),
      look_dead_(db, "SELECT box, member, host, app, bytes FROM dead WHERE row = ?1"),
      revive_outbox_(
          db,
          "INSERT OR IGNORE INTO outbox(row, member, host, app, epoch, n, run, flag, asker, accepted, expires, "
          "sent_for, redelivered, state, bytes, datapack) "
          "SELECT ?2, member, host, app, ?3, ?4, ?5, flag, asker, ?6, ?7, NULL, maybe_delivered, 0, bytes, "
          "datapack FROM dead WHERE row = ?1"),
      revive_inbox_(db,
                    "INSERT INTO inbox(row, app, origin, origin_host, run, n, flag, asker, expires, handed, bytes, "
                    "datapack) SELECT ?2, app, member, host, run, n, flag, asker, ?3, maybe_delivered, bytes, datapack "
                    "FROM dead WHERE row = ?1"),
      drop_dead_(db, "DELETE FROM dead WHERE row = ?1 RETURNING bytes"),
      oldest_dead_(db, "SELECT row FROM dead WHERE since < ?1 ORDER BY since, row LIMIT 1"),
      tidy_marks_(db, "DELETE FROM marks WHERE touched < ?1") {}

Result<Written> Changer::apply(const Changes& changes) {
    // A list of one is atomic by itself unless it moves a row.
    const bool guarded = changes.size() > 1 || (changes.size() == 1 && (std::holds_alternative<Bury>(changes[0]) ||
                                                                        std::holds_alternative<Revive>(changes[0])));
    const std::size_t before = ledger_.mark();
    if (guarded) savepoint_.with().run();
    Written written;
    for (const Change& change : changes) {
        const Outcome done = std::visit([&](const auto& c) { return apply(c, written); }, change);
        if (done) continue;
        ledger_.roll_back(before);
        if (guarded) {
            roll_back_.with().run();
            release_.with().run();
        }
        return done.error();
    }
    if (guarded) release_.with().run();
    return written;
}

Changer::Outcome Changer::room_for(Box box, const std::string& member, const std::string& host, std::uint64_t bytes,
                                   bool answer) const {
    const std::uint64_t more = weight({1, bytes});
    const auto check = [&](std::uint64_t held, std::uint64_t quota, const std::string& whose,
                           const char* setting) -> Outcome {
        const std::uint64_t limit = answer ? quota : quota - quota / 20;
        if (more <= limit && held <= limit - more) return {};
        return Error{Code::queue_full, "no room for " + std::to_string(more) + " bytes more " + whose + ": " +
                                           std::to_string(held) + " of " + std::to_string(quota) +
                                           " are taken, and a twentieth is kept for answers (" + setting + ")"};
    };
    const Quotas& q = settings_.quotas;
    Outcome in_all = check(ledger_.weight(), q.bytes, "in the spool of this host", "spool.max_bytes");
    if (!in_all) return in_all;
    const std::uint64_t held = ledger_.weight_of(box, member);
    return box == Box::outbox ? check(held, q.per_destination_bytes, "for " + host, "spool.max_bytes_per_destination")
                              : check(held, q.per_origin_bytes, "from " + host, "spool.max_bytes_per_origin");
}

Changer::Outcome Changer::apply(const AddOutbox& c, Written& w) {
    const OutboxRow& r = c.row;
    if (r.at.epoch > kMostNumber || r.at.n > kMostNumber) return number_too_large();
    if (Outcome room = room_for(Box::outbox, r.member, r.host, r.datapack.size(), c.answer); !room) return room;
    add_outbox_
        .with(next_row_, r.member, r.host, r.app, r.at.epoch, r.at.n, r.run, r.flag, r.asker, r.accepted, r.expires,
              r.sent_for, std::int64_t{r.redelivered}, static_cast<std::int64_t>(r.state), Statement::Blob{r.datapack})
        .run();
    if (!db_.failed() && db_.changes() == 0) {
        return Error{Code::bad_request, "number " + std::to_string(r.at.n) + " of epoch " + std::to_string(r.at.epoch) +
                                            " to " + r.app + " on " + r.host + " is in the spool already"};
    }
    ledger_.count({kind_of(static_cast<std::int64_t>(r.state)), r.member, r.app}, 1,
                  static_cast<std::int64_t>(r.datapack.size()));
    w.rows.push_back(next_row_++);
    return {};
}

Changer::Outcome Changer::apply(const AddInbox& c, Written& w) {
    const InboxRow& r = c.row;
    if (r.n > kMostNumber) return number_too_large();
    if (Outcome room = room_for(Box::inbox, r.origin, r.origin_host, r.datapack.size(), c.answer); !room) return room;
    add_inbox_
        .with(next_row_, r.app, r.origin, r.origin_host, r.run, r.n, r.flag, r.asker, r.expires, std::int64_t{r.handed},
              Statement::Blob{r.datapack})
        .run();
    ledger_.count({Kind::inbox, r.origin, r.app}, 1, static_cast<std::int64_t>(r.datapack.size()));
    w.rows.push_back(next_row_++);
    return {};
}

Changer::Outcome Changer::apply(const PutMarks& c, Written& w) {
    if (c.state.size() > kMostMarks) {
        return Error{Code::too_large, "the marks of a flow from " + c.origin + " to " + c.app + " are " +
                                          std::to_string(c.state.size()) + " bytes; at most " +
                                          std::to_string(kMostMarks) + " are kept"};
    }
    put_marks_.with(c.origin, c.run, c.app, c.touched, Statement::Blob{c.state}).run();
    ++w.changed;
    return {};
}

Changer::Outcome Changer::apply(const MarkSent& c, Written& w) {
    mark_sent_.run(c.which, std::bit_cast<std::int64_t>(c.sent_for), std::int64_t{c.redelivered},
                   [&](const Statement&) { ++w.changed; });
    return {};
}

Changer::Outcome Changer::apply(const MarkReceived& c, Written& w) {
    mark_received_.run(c.which, static_cast<std::int64_t>(State::received), 0, [&](const Statement& s) {
        ++w.changed;
        const std::string member = s.text(0);
        const std::string app = s.text(1);
        ledger_.count({Kind::waiting, member, app}, -1, -s.number(2));
        ledger_.count({Kind::received, member, app}, 1, s.number(2));
    });
    return {};
}

Changer::Outcome Changer::apply(const RemoveOutbox& c, Written& w) {
    remove_outbox_.run(c.which, 0, 0, [&](const Statement& s) {
        ++w.changed;
        ledger_.count({kind_of(s.number(3)), s.text(0), s.text(1)}, -1, -s.number(2));
    });
    return {};
}

Changer::Outcome Changer::apply(const MarkHanded& c, Written& w) {
    mark_handed_.with(c.row).run();
    if (!db_.failed()) w.changed += static_cast<std::uint64_t>(db_.changes());
    return {};
}

Changer::Outcome Changer::apply(const RemoveInbox& c, Written& w) {
    bool there = false;
    for (remove_inbox_.with(c.row); remove_inbox_.next(); there = true) {
        ++w.changed;
        ledger_.count({Kind::inbox, remove_inbox_.text(0), remove_inbox_.text(1)}, -1, -remove_inbox_.number(2));
    }
    if (c.must_be_there && !there) {
        return Error{Code::expired, "row " + std::to_string(c.row) + " is in the inbox no more"};
    }
    return {};
}

Changer::Outcome Changer::apply(const Bury& c, Written& w) {
    if (c.box == Box::dead) return Error{Code::bad_request, "a dead letter can't be buried again"};
    Statement& bury = c.box == Box::outbox ? bury_outbox_ : bury_inbox_;
    bool there = false;
    for (bury.with(c.row, next_row_, c.since, c.why, std::int64_t{c.maybe_delivered}); bury.next(); there = true) {
        ledger_.count({Kind::dead, {}, {}}, 1, bury.number(0));
    }
    w.rows.push_back(there ? next_row_++ : 0);
    if (!there) return {};
    Written moved;
    Outcome done = c.box == Box::outbox ? apply(RemoveOutbox{ByRow{{c.row}}}, moved) : apply(RemoveInbox{c.row}, moved);
    while (done && weight(ledger_.of_kind(Kind::dead)) > settings_.quotas.dead_bytes &&
           forget_oldest(std::numeric_limits<Seconds>::max())) {
        ++w.forgotten;
    }
    return done;
}

Changer::Outcome Changer::apply(const Revive& c, Written& w) {
    if (c.at.epoch > kMostNumber || c.at.n > kMostNumber) return number_too_large();
    Statement& look = look_dead_.with(c.row);
    if (!look.next()) return Error{Code::expired, "there is no dead letter " + std::to_string(c.row)};
    const Box box = look.number(0) == static_cast<std::int64_t>(Box::inbox) ? Box::inbox : Box::outbox;
    const std::string member = look.text(1);
    const std::string host = look.text(2);
    const std::string app = look.text(3);
    const std::int64_t bytes = look.number(4);
    look.end();
    if (Outcome room = room_for(box, member, host, static_cast<std::uint64_t>(bytes), false); !room) return room;
    if (box == Box::inbox) {
        revive_inbox_.with(c.row, next_row_, c.expires).run();
    } else {
        revive_outbox_.with(c.row, next_row_, c.at.epoch, c.at.n, c.run, c.accepted, c.expires).run();
        if (!db_.failed() && db_.changes() == 0) {
            return Error{Code::bad_request, "number " + std::to_string(c.at.n) + " of epoch " +
                                                std::to_string(c.at.epoch) + " to " + app + " on " + host +
                                                " is in the spool already"};
        }
    }
    ledger_.count({box == Box::inbox ? Kind::inbox : Kind::waiting, member, app}, 1, bytes);
    w.rows.push_back(next_row_++);
    Written moved;
    return apply(DropDead{c.row}, moved);
}

Changer::Outcome Changer::apply(const DropDead& c, Written& w) {
    for (drop_dead_.with(c.row); drop_dead_.next();) {
        ++w.changed;
        ledger_.count({Kind::dead, {}, {}}, -1, -drop_dead_.number(0));
    }
    return {};
}

bool Changer::forget_oldest(Seconds before) {
    Statement& oldest = oldest_dead_.with(before);
    if (!oldest.next()) return false;
    const RowId row = oldest.number(0);
    oldest.end();
    Written gone;
    return apply(DropDead{row}, gone).ok() && gone.changed > 0;
}

Changer::Outcome Changer::apply(const Tidy& c, Written& w) {
    std::uint64_t gone = 0;
    while (gone < kTidyAtOnce && forget_oldest(c.now - settings_.dead_age)) ++gone;
    w.forgotten += gone;
    tidy_marks_.with(c.now - settings_.marks_age).run();
    if (!db_.failed()) w.changed += static_cast<std::uint64_t>(db_.changes());
    return {};
}

}  // namespace msw::spool
