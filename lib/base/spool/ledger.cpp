#include "base/spool/ledger.hpp"

#include "base/spool/sqlite.hpp"

#include <set>

namespace msw::spool {
namespace {

Box box_of(Kind kind) noexcept {
    switch (kind) {
        case Kind::waiting:
        case Kind::received: return Box::outbox;
        case Kind::inbox: return Box::inbox;
        case Kind::dead: break;
    }
    return Box::dead;
}

void add(Amount& to, std::int64_t rows, std::int64_t bytes) noexcept {
    to.rows += static_cast<std::uint64_t>(rows);  // what goes is added as its complement
    to.bytes += static_cast<std::uint64_t>(bytes);
}

}  // namespace

void Ledger::load(Database& db) {
    amounts_.clear();
    members_.clear();
    kinds_.clear();
    undo_.clear();
    Statement all(db, "SELECT kind, member, app, rows, bytes FROM totals");
    for (all.with(); all.next();) {
        change({static_cast<Kind>(all.number(0)), all.text(1), all.text(2)}, all.number(3), all.number(4));
    }
}

void Ledger::change(const Key& key, std::int64_t rows, std::int64_t bytes) {
    add(amounts_[key], rows, bytes);
    add(kinds_[key.kind], rows, bytes);
    if (key.kind == Kind::dead) return;
    const auto member = members_.try_emplace({box_of(key.kind), key.member}).first;
    add(member->second, rows, bytes);
    if (member->second.rows == 0) members_.erase(member);
}

void Ledger::count(const Key& key, std::int64_t rows, std::int64_t bytes) {
    change(key, rows, bytes);
    undo_.push_back({key, rows, bytes});
}

void Ledger::roll_back(std::size_t mark) {
    for (; undo_.size() > mark; undo_.pop_back()) {
        const Step& s = undo_.back();
        change(s.key, -s.rows, -s.bytes);
    }
}

void Ledger::write(Database& db) {
    std::set<Key> changed;
    for (const Step& s : undo_) changed.insert(s.key);
    if (changed.empty()) return;
    Statement put(db, "INSERT OR REPLACE INTO totals(kind, member, app, rows, bytes) VALUES(?1, ?2, ?3, ?4, ?5)");
    Statement drop(db, "DELETE FROM totals WHERE kind = ?1 AND member = ?2 AND app = ?3");
    for (const Key& key : changed) {
        const Amount& a = amounts_[key];
        const auto kind = static_cast<std::int64_t>(key.kind);
        const std::string_view member = key.member;
        const std::string_view app = key.app;
        if (a.rows == 0) {
            drop.with(kind, member, app).run();
        } else {
            put.with(kind, member, app, static_cast<std::int64_t>(a.rows), static_cast<std::int64_t>(a.bytes)).run();
        }
    }
}

void Ledger::committed() {
    for (const Step& s : undo_) {
        const auto at = amounts_.find(s.key);
        if (at != amounts_.end() && at->second.rows == 0) amounts_.erase(at);
    }
    undo_.clear();
}

Amount Ledger::of_kind(Kind kind) const {
    const auto at = kinds_.find(kind);
    return at == kinds_.end() ? Amount{} : at->second;
}

std::uint64_t Ledger::weight_of(Box box, const std::string& member) const {
    const auto at = members_.find({box, member});
    return at == members_.end() ? 0 : spool::weight(at->second);
}

std::uint64_t Ledger::weight() const {
    return spool::weight(of_kind(Kind::waiting)) + spool::weight(of_kind(Kind::received)) +
           spool::weight(of_kind(Kind::inbox));
}

}  // namespace msw::spool
