#include "tests/sim/mesh/tables.hpp"

#include <algorithm>

namespace msw::sim {
namespace {

template <class... Kinds>
std::size_t count(const Changes& changes) noexcept {
    return static_cast<std::size_t>(std::count_if(changes.begin(), changes.end(), [](const Change& change) {
        return (std::holds_alternative<Kinds>(change) || ...);
    }));
}

}  // namespace

std::size_t rows_added(const Changes& changes) noexcept { return count<AddOut, AddIn>(changes); }
std::size_t rows_removed(const Changes& changes) noexcept { return count<RemoveOut, RemoveIn>(changes); }

Result<void> Tables::check(const Changes& changes) const {
    for (const Change& change : changes) {
        if (const auto* remove = std::get_if<RemoveIn>(&change)) {
            if (remove->must_be_there && !inbox.contains(remove->row)) return Error{Code::expired, "it is gone"};
        } else if (const auto* add = std::get_if<AddOut>(&change)) {
            const net::StoredRow& r = add->row;
            const bool there = std::any_of(outbox.begin(), outbox.end(), [&](const auto& known) {
                const net::StoredRow& k = known.second.row;
                return k.member == r.member && k.app == r.app && k.epoch == r.epoch && k.n == r.n;
            });
            if (there) return Error{Code::bad_request, "that place in the flow is taken"};
        }
    }
    return {};
}

Result<std::vector<RowId>> Tables::apply(const Changes& changes,
                                         const std::function<void(const Change&, const Tables&)>& watch) {
    if (const Result<void> good = check(changes); !good) return good.error();
    std::vector<RowId> rows;
    for (const Change& change : changes) {
        watch(change, *this);
        std::visit([&](const auto& one) { carry_out(one, rows); }, change);
    }
    return rows;
}

void Tables::carry_out(const AddOut& add, std::vector<RowId>& rows) {
    rows.push_back(++last);
    OutRow& row = outbox[last];
    row.row = add.row;
    row.row.row = last;
}

void Tables::carry_out(const AddIn& add, std::vector<RowId>& rows) {
    rows.push_back(++last);
    inbox[last] = add.row;
}

void Tables::carry_out(const PutMark& put, std::vector<RowId>& /*rows*/) { marks[put.flow] = put.n; }

void Tables::carry_out(const MarkSent& mark, std::vector<RowId>& /*rows*/) {
    for (const RowId id : mark.rows) {
        const auto at = outbox.find(id);
        if (at == outbox.end()) continue;
        at->second.row.sent_for = mark.run;
        at->second.row.redelivered |= mark.redelivered;
    }
}

void Tables::carry_out(const MarkReceived& mark, std::vector<RowId>& /*rows*/) {
    for (const RowId id : mark.rows) {
        if (const auto at = outbox.find(id); at != outbox.end()) at->second.received = true;
    }
}

void Tables::carry_out(const RemoveOut& remove, std::vector<RowId>& /*rows*/) {
    for (const RowId id : remove.rows) outbox.erase(id);
}

void Tables::carry_out(const MarkHanded& mark, std::vector<RowId>& /*rows*/) {
    if (const auto at = inbox.find(mark.row); at != inbox.end()) ++at->second.handed;
}

void Tables::carry_out(const RemoveIn& remove, std::vector<RowId>& /*rows*/) { inbox.erase(remove.row); }

void Tables::carry_out(const Bury& bury, std::vector<RowId>& /*rows*/) {
    if (bury.of_outbox) {
        outbox.erase(bury.row);
    } else {
        inbox.erase(bury.row);
    }
}

}  // namespace msw::sim
