#include "tests/sim/mesh/store.hpp"

#include <algorithm>
#include <set>
#include <utility>

namespace msw::sim {
namespace {

constexpr std::size_t kPage = 256;  // rows
constexpr std::size_t kPageBytes = std::size_t{512} * 1024;

Error disk_failed() { return {Code::io, "the disk failed"}; }

net::Store::Page page_of(const Tables& tables, const std::string& member, const std::string& app,
                         const std::pair<std::uint64_t, std::uint64_t>& behind) {
    net::Store::Page page;
    for (const auto& [id, out] : tables.outbox) {
        const net::StoredRow& r = out.row;
        if (out.received || r.member != member || r.app != app || std::pair(r.epoch, r.n) <= behind) continue;
        page.rows.push_back(r);
    }
    std::sort(page.rows.begin(), page.rows.end(), [](const net::StoredRow& a, const net::StoredRow& b) {
        return std::pair(a.epoch, a.n) < std::pair(b.epoch, b.n);
    });
    std::size_t bytes = 0;
    std::size_t rows = 0;
    while (rows < page.rows.size() && rows < kPage && bytes < kPageBytes) {
        bytes += page.rows[rows++].datapack->weight();
    }
    page.more = rows < page.rows.size();
    page.rows.resize(rows);
    return page;
}

}  // namespace

void Store::add(const net::StoredRow& row, std::uint64_t answered,
                std::function<void(const Result<std::int64_t>&, Time)> done) {
    Changes changes{AddOut{row}};
    const auto inbox_row = static_cast<RowId>(answered);
    if (answered != 0) changes.emplace_back(RemoveIn{inbox_row, true});
    disk_.write(std::move(changes), [this, inbox_row, done = std::move(done)](const Disk::Written& written) {
        if (written && inbox_row != 0) inbox_.moved_on(inbox_row);
        done(written ? Result<std::int64_t>(written->front()) : Result<std::int64_t>(written.error()), own_time_());
    });
}

void Store::sent(const std::vector<std::int64_t>& rows, net::Run run, bool redelivered,
                 std::function<void(bool, Time)> done) {
    disk_.write({MarkSent{rows, run, redelivered}},
                [this, done = std::move(done)](const Disk::Written& written) { done(written.ok(), own_time_()); });
}

void Store::received(const std::vector<std::int64_t>& rows, bool open) {
    inbox_.write_until_done(open ? Changes{MarkReceived{rows}} : Changes{RemoveOut{rows}});
}

void Store::load(const std::string& member, const std::string& app, std::uint64_t epoch, std::uint64_t n,
                 std::function<void(const Result<Page>&, Time)> done) {
    disk_.read([=, this, done = std::move(done)](const Tables* tables) -> std::function<void()> {
        if (tables == nullptr) return [this, done] { done(disk_failed(), own_time_()); };
        return [this, done, page = page_of(*tables, member, app, {epoch, n})] { done(page, own_time_()); };
    });
}

void Store::flows(std::function<void(const Result<std::vector<net::StoredRow>>&, Time)> done) {
    disk_.read([this, done = std::move(done)](const Tables* tables) -> std::function<void()> {
        if (tables == nullptr) return [this, done] { done(disk_failed(), own_time_()); };
        std::set<std::pair<std::string, std::string>> names;
        for (const auto& [id, out] : tables->outbox) {
            if (!out.received) names.emplace(out.row.member, out.row.app);
        }
        std::vector<net::StoredRow> found;
        for (const auto& [member, app] : names) {
            net::StoredRow& row = found.emplace_back();
            row.member = member;
            row.app = app;
        }
        return [this, done, found = std::move(found)] { done(found, own_time_()); };
    });
}

void Store::arrive(const Datapack& d, const std::string& member, net::Run run, const std::string& app, std::uint64_t n,
                   std::function<void(bool, Time)> done) {
    const net::FlowName flow{net::FlowClass::durable, run, app};
    arriving_.arrive(d, {member, run, app}, n,
                     [this, origin = std::string(d.get("id")), flow, n, done = std::move(done)](bool ok) {
                         if (ok) truth_.kept(origin, flow, n);
                         done(ok, own_time_());
                     });
}

void Store::mark_of(const std::string& member, net::Run run, const std::string& app,
                    std::function<void(std::optional<std::uint64_t>, Time)> done) {
    disk_.read([=, this, done = std::move(done)](const Tables* tables) -> std::function<void()> {
        if (tables == nullptr) return [this, done] { done(std::nullopt, own_time_()); };
        const auto at = tables->marks.find({member, run, app});
        const std::uint64_t mark = at == tables->marks.end() ? 0 : at->second;
        return [=, this] {
            truth_.recalled(plan_.hosts[host_of(plan_, member)].id, {net::FlowClass::durable, run, app}, mark);
            done(mark, own_time_());
        };
    });
}

void Store::done_with(std::uint64_t answered) { inbox_.ended(static_cast<RowId>(answered), true); }

}  // namespace msw::sim
