#include "base/spool/reader.hpp"

#include <algorithm>
#include <bit>
#include <map>
#include <string>
#include <string_view>

namespace msw::spool {
namespace {

std::optional<std::uint64_t> run_of(const std::optional<std::int64_t>& n) {
    return n ? std::optional(std::bit_cast<std::uint64_t>(*n)) : std::nullopt;
}

// The columns of a Listed, whatever the box.
constexpr const char* kOutboxListed =
    "SELECT 1, row, member, host, app, epoch, n, run, flag, asker, accepted, expires, bytes, state, sent_for, "
    "redelivered, 0, 0, '', 0";
constexpr const char* kInboxListed =
    "SELECT 2, row, origin, origin_host, app, 0, n, run, flag, asker, 0, expires, bytes, 0, NULL, 0, handed, 0, '', 0";
constexpr const char* kDeadListed =
    "SELECT 3, row, member, host, app, epoch, n, run, flag, asker, since, expires, bytes, 0, NULL, 0, 0, box, why, "
    "maybe_delivered";
constexpr int kListedColumns = 20;

std::string listed(Box box, const char* more = "") {
    switch (box) {
        case Box::outbox: return std::string(kOutboxListed) + more + " FROM outbox";
        case Box::inbox: return std::string(kInboxListed) + more + " FROM inbox";
        case Box::dead: break;
    }
    return std::string(kDeadListed) + more + " FROM dead";
}

Listed listed_row(const Statement& s) {
    Listed r;
    r.box = static_cast<Box>(s.number(0));
    r.row = s.number(1);
    r.member = s.text(2);
    r.host = s.text(3);
    r.app = s.text(4);
    r.at = {s.unsigned_number(5), s.unsigned_number(6)};
    r.run = s.unsigned_number(7);
    r.flag = s.text(8);
    r.asker = s.text(9);
    r.since = s.number(10);
    r.expires = s.number(11);
    r.bytes = s.unsigned_number(12);
    r.state = static_cast<State>(s.number(13));
    r.sent_for = run_of(s.maybe_number(14));
    r.redelivered = s.number(15) != 0;
    r.handed = static_cast<std::uint32_t>(s.number(16));
    r.was_in = s.number(17) == static_cast<std::int64_t>(Box::inbox) ? Box::inbox : Box::outbox;
    r.why = s.text(18);
    r.maybe_delivered = s.number(19) != 0;
    return r;
}

/// Add the rows that `s` gives to a page, as many as it may hold.
template <class Row, class Make>
void fill(Page<Row>& page, Statement& s, std::size_t rows, const Make& make) {
    while (s.next()) {
        if (page.rows.size() >= rows) {
            page.more = true;
            s.end();
            return;
        }
        page.rows.push_back(make(s));
    }
}

/// The same with a bound in bytes, of the Datapacks. One row is given whatever its size.
template <class Row, class Size, class Make>
void fill(Page<Row>& page, Statement& s, const Limit& limit, const Size& size, const Make& make) {
    std::size_t bytes = 0;
    while (s.next()) {
        const std::size_t more = size(s);
        if (!page.rows.empty() &&
            (page.rows.size() >= limit.rows || more > limit.bytes - std::min(bytes, limit.bytes))) {
            page.more = true;
            s.end();
            return;
        }
        bytes += more;
        page.rows.push_back(make(s));
    }
}

OutboxRow outbox_row(const Statement& s) {
    OutboxRow r;
    r.row = s.number(0);
    r.member = s.text(1);
    r.host = s.text(2);
    r.app = s.text(3);
    r.at = {s.unsigned_number(4), s.unsigned_number(5)};
    r.run = s.unsigned_number(6);
    r.flag = s.text(7);
    r.asker = s.text(8);
    r.accepted = s.number(9);
    r.expires = s.number(10);
    r.sent_for = run_of(s.maybe_number(11));
    r.redelivered = s.number(12) != 0;
    r.state = static_cast<State>(s.number(13));
    r.datapack = s.text(15);
    return r;
}

InboxRow inbox_row(const Statement& s) {
    InboxRow r;
    r.row = s.number(0);
    r.app = s.text(1);
    r.origin = s.text(2);
    r.origin_host = s.text(3);
    r.run = s.unsigned_number(4);
    r.n = s.unsigned_number(5);
    r.flag = s.text(6);
    r.asker = s.text(7);
    r.expires = s.number(8);
    r.handed = static_cast<std::uint32_t>(s.number(9));
    r.datapack = s.text(11);
    return r;
}

std::size_t size_of(const Statement& s, int column) { return static_cast<std::size_t>(s.number(column)); }

}  // namespace

OutboxAfter::Answer Reader::read(const OutboxAfter& q) {
    Statement s(db_,
                "SELECT row, member, host, app, epoch, n, run, flag, asker, accepted, expires, sent_for, redelivered, "
                "state, bytes, datapack FROM outbox "
                "WHERE member = ?1 AND app = ?2 AND (epoch, n) > (?3, ?4) AND state <= ?5 ORDER BY epoch, n");
    const std::int64_t epoch = q.after ? std::bit_cast<std::int64_t>(q.after->epoch) : -1;
    const std::int64_t n = q.after ? std::bit_cast<std::int64_t>(q.after->n) : -1;
    const auto most = static_cast<std::int64_t>(q.received_too ? State::received : State::waiting);
    OutboxAfter::Answer page;
    fill(
        page, s.with(q.flow.member, q.flow.app, epoch, n, most), q.limit,
        [](const Statement& r) { return size_of(r, 14); }, outbox_row);
    return page;
}

FlowsAfter::Answer Reader::read(const FlowsAfter& q) {
    struct Held {
        Amount waiting;
        Amount received;
    };
    std::map<std::pair<std::string_view, std::string_view>, Held> flows;
    for (const auto& [key, amount] : ledger_.amounts()) {
        if (amount.rows == 0 || (key.kind != Kind::waiting && key.kind != Kind::received)) continue;
        Held& held = flows[{key.member, key.app}];
        (key.kind == Kind::waiting ? held.waiting : held.received) = amount;
    }
    Statement oldest(db_, "SELECT epoch, n FROM outbox WHERE member = ?1 AND app = ?2 ORDER BY epoch, n LIMIT 1");
    FlowsAfter::Answer page;
    const auto begin = q.after ? flows.upper_bound({q.after->member, q.after->app}) : flows.begin();
    for (auto at = begin; at != flows.end(); ++at) {
        if (page.rows.size() >= std::max<std::size_t>(q.rows, 1)) {
            page.more = true;
            break;
        }
        FlowHead head{
            {std::string(at->first.first), std::string(at->first.second)}, {}, at->second.waiting, at->second.received};
        for (oldest.with(at->first.first, at->first.second); oldest.next();) {
            head.oldest = {oldest.unsigned_number(0), oldest.unsigned_number(1)};
        }
        page.rows.push_back(std::move(head));
    }
    return page;
}

InboxAfter::Answer Reader::read(const InboxAfter& q) {
    Statement s(
        db_,
        "SELECT row, app, origin, origin_host, run, n, flag, asker, expires, handed, bytes, datapack FROM inbox "
        "WHERE app = ?1 AND row > ?2 ORDER BY row");
    InboxAfter::Answer page;
    fill(
        page, s.with(q.app, q.after), q.limit, [](const Statement& r) { return size_of(r, 10); }, inbox_row);
    return page;
}

InboxApps::Answer Reader::read(const InboxApps& q) const {
    std::map<std::string_view, Amount> apps;
    for (const auto& [key, amount] : ledger_.amounts()) {
        if (amount.rows == 0 || key.kind != Kind::inbox) continue;
        Amount& held = apps[key.app];
        held.rows += amount.rows;
        held.bytes += amount.bytes;
    }
    InboxApps::Answer page;
    for (auto at = apps.upper_bound(q.after); at != apps.end(); ++at) {
        if (page.rows.size() >= std::max<std::size_t>(q.rows, 1)) {
            page.more = true;
            break;
        }
        page.rows.push_back({std::string(at->first), at->second});
    }
    return page;
}

MarksOf::Answer Reader::read(const MarksOf& q) {
    Statement s(db_, "SELECT state FROM marks WHERE origin = ?1 AND run = ?2 AND app = ?3");
    MarksOf::Answer marks;
    for (s.with(q.origin, q.run, q.app); s.next();) marks = s.text(0);
    return marks;
}

ExpiredBefore::Answer Reader::read(const ExpiredBefore& q) {
    const std::string sql = listed(q.box) + " WHERE expires < ?1 AND (expires, row) > (?2, ?3) ORDER BY expires, row";
    Statement s(db_, sql.c_str());
    const ExpiredBefore::After after = q.after.value_or(ExpiredBefore::After{INT64_MIN, 0});
    ExpiredBefore::Answer page;
    if (q.box == Box::dead) return page;
    fill(page, s.with(q.before, after.expires, after.row), std::max<std::size_t>(q.rows, 1), listed_row);
    return page;
}

FindFlag::Answer Reader::read(const FindFlag& q) {
    FindFlag::Answer page;
    for (const Box box : {Box::outbox, Box::inbox, Box::dead}) {
        Statement s(db_, (listed(box) + " WHERE flag = ?1 ORDER BY row").c_str());
        if (!page.more) fill(page, s.with(q.flag), std::max<std::size_t>(q.rows, 1), listed_row);
    }
    return page;
}

OpenQuestion::Answer Reader::read(const OpenQuestion& q) {
    Statement s(db_,
                "SELECT row FROM outbox WHERE flag = ?1 AND member = ?2 AND asker = ?3 AND (app = ?4 OR app = 'all' OR "
                "?4 = 'mswd') ORDER BY app <> ?4, row LIMIT 1");
    OpenQuestion::Answer found;
    for (s.with(q.flag, q.member, q.asker, q.app); s.next();) found = s.number(0);
    return found;
}

ListBox::Answer Reader::read(const ListBox& q) {
    Statement s(db_, (listed(q.box) + " WHERE row > ?1 ORDER BY row").c_str());
    ListBox::Answer page;
    fill(page, s.with(q.after), std::max<std::size_t>(q.rows, 1), listed_row);
    return page;
}

FindRow::Answer Reader::read(const FindRow& q) {
    FindRow::Answer found;
    for (const Box box : {Box::outbox, Box::inbox, Box::dead}) {
        Statement s(db_, (listed(box, ", datapack") + " WHERE row = ?1").c_str());
        for (s.with(q.row); s.next();) found = WholeRow{listed_row(s), s.text(kListedColumns)};
    }
    return found;
}

}  // namespace msw::spool
