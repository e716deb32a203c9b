// Queries into SQL.
#pragma once

#include "base/spool/ledger.hpp"
#include "base/spool/query.hpp"
#include "base/spool/sqlite.hpp"

namespace msw::spool {

/// If the Database failed during a call, its answer means nothing. Thread: that of its Database, which outlives it.
class Reader {
public:
    Reader(Database& db, const Ledger& ledger) noexcept : db_(db), ledger_(ledger) {}

    [[nodiscard]] OutboxAfter::Answer read(const OutboxAfter& q);
    [[nodiscard]] FlowsAfter::Answer read(const FlowsAfter& q);
    [[nodiscard]] InboxAfter::Answer read(const InboxAfter& q);
    [[nodiscard]] InboxApps::Answer read(const InboxApps& q) const;
    [[nodiscard]] MarksOf::Answer read(const MarksOf& q);
    [[nodiscard]] ExpiredBefore::Answer read(const ExpiredBefore& q);
    [[nodiscard]] FindFlag::Answer read(const FindFlag& q);
    [[nodiscard]] OpenQuestion::Answer read(const OpenQuestion& q);
    [[nodiscard]] ListBox::Answer read(const ListBox& q);
    [[nodiscard]] FindRow::Answer read(const FindRow& q);

private:
    Database& db_;
    const Ledger& ledger_;
};

}  // namespace msw::spool
