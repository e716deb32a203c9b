#include "daemon/durable/outbox.hpp"

#include "base/shared_datapack.hpp"
#include "daemon/durable/stored.hpp"

#include <charconv>
#include <limits>

namespace msw::durable {
namespace {

constexpr std::size_t kPage = 256;
constexpr std::size_t kPageBytes = std::size_t{512} * 1024;

msw_text text(std::string_view view) noexcept { return {view.data(), view.size()}; }
std::string_view view(msw_text t) noexcept {
    return t.data == nullptr ? std::string_view{} : std::string_view(t.data, t.size);
}

int status_of(const Error& why) noexcept {
    switch (why.code) {
        case Code::queue_full:
        case Code::disk_full: return MSW_FULL;
        case Code::closed: return MSW_CLOSED;
        default: return MSW_INVALID;
    }
}

std::vector<spool::RowId> list_of(const std::int64_t* rows, std::size_t count) { return {rows, rows + count}; }

}  // namespace

void tell(msw_written done, void* arg, const Result<spool::Written>& result) {
    if (result) {
        done(arg, MSW_OK, result->rows.empty() ? 0 : result->rows.front(), {}, {});
    } else {
        done(arg, status_of(result.error()), 0, text(wire_name(result.error().code)), text(result.error().text));
    }
}

Result<StateKey> parse_state_key(std::string_view key) {
    const std::size_t first = key.find(' ');
    const std::size_t second = first == std::string_view::npos ? first : key.find(' ', first + 1);
    StateKey out;
    if (second != std::string_view::npos) {
        const std::string_view run = key.substr(first + 1, second - first - 1);
        const auto [rest, status] = std::from_chars(run.data(), run.data() + run.size(), out.run, 16);
        if (status == std::errc{} && rest == run.data() + run.size() && first > 0 && second + 1 < key.size()) {
            out.member = key.substr(0, first);
            out.flow = key.substr(second + 1);
            return out;
        }
    }
    return Error{Code::bad_request, "a state key is \"MEMBER RUN FLOW\""};
}

void Outbox::add(const msw_outbox_row& row, spool::RowId inbox_row, spool::Done<spool::Written> done) {
    const Datapack& d = DatapackRef::peek(row.datapack);
    spool::AddOutbox add;
    add.row.member = view(row.member);
    add.row.host = view(row.host);
    add.row.app = view(row.flow);
    add.row.at = {row.epoch, row.n};
    add.row.run = row.run;
    add.row.flag = d.get("flag");
    add.row.asker = d.get("from");
    add.row.accepted = now();
    add.row.expires = row.expires;
    if (row.sent_for != 0) add.row.sent_for = row.sent_for;
    add.row.redelivered = row.redelivered != 0;
    add.answer = d.method == "reply";
    Result<std::string> bytes = to_bytes(d);
    if (!bytes) {
        done(bytes.error());
        return;
    }
    add.row.datapack = std::move(bytes).value();
    spool::Changes changes;
    changes.emplace_back(std::move(add));
    if (inbox_row != 0) changes.emplace_back(spool::RemoveInbox{inbox_row, true});
    spool_.write(std::move(changes), std::move(done));
}

void Outbox::sent(const std::int64_t* rows, std::size_t count, std::uint64_t run, bool redelivered, msw_written done,
                  void* arg, const uv::Anchor& alive) {
    spool_.write({spool::MarkSent{spool::ByRow{list_of(rows, count)}, run, redelivered}},
                 alive.guard([done, arg](const Result<spool::Written>& result) { tell(done, arg, result); }));
}

void Outbox::received(const std::int64_t* rows, std::size_t count, bool open) {
    spool::ByRow which{list_of(rows, count)};
    spool::Changes changes;
    if (open) {
        changes.emplace_back(spool::MarkReceived{std::move(which)});
    } else {
        changes.emplace_back(spool::RemoveOutbox{std::move(which)});
    }
    // The transport forgets them now: a row that stayed would be a dead letter in the end, and it has arrived.
    inbox_.write_in_the_end(std::move(changes));
}

void Outbox::load(std::string_view member, std::string_view flow, std::uint64_t epoch, std::uint64_t n,
                  void (*give)(void* arg, const msw_outbox_row* row, int status), void* arg, const uv::Anchor& alive) {
    spool::OutboxAfter query;
    query.flow = {std::string(member), std::string(flow)};
    query.after = spool::Position{epoch, n};
    query.limit = {kPage, kPageBytes};
    spool_.read(std::move(query), alive.guard([this, give, arg](const Result<spool::OutboxAfter::Answer>& page) {
        if (!page) {
            give(arg, nullptr, MSW_INVALID);
            return;
        }
        for (const spool::OutboxRow& row : page->rows) {
            Result<Datapack> d = from_bytes(row.datapack);
            if (!d) {
                spool_.write({spool::Bury{spool::Box::outbox, row.row, "it can't be read: " + d.error().text,
                                          row.sent_for.has_value(), now()}},
                             {});
                continue;
            }
            void* shared = DatapackRef(std::move(d).value()).leak();
            const msw_outbox_row out{row.row,
                                     text(row.member),
                                     text(row.host),
                                     text(row.app),
                                     row.at.epoch,
                                     row.at.n,
                                     row.run,
                                     row.sent_for.value_or(0),
                                     row.expires,
                                     row.redelivered ? 1 : 0,
                                     static_cast<msw_datapack*>(shared)};
            give(arg, &out, MSW_OK);
            (void)DatapackRef::adopt(shared);
        }
        give(arg, nullptr, page->more ? MSW_FULL : MSW_OK);
    }));
}

void Outbox::flows(void (*give)(void* arg, const msw_outbox_row* row, int status), void* arg, const uv::Anchor& alive) {
    flows_after(std::nullopt, give, arg, alive);
}

void Outbox::flows_after(const std::optional<spool::FlowKey>& after,
                         void (*give)(void* arg, const msw_outbox_row* row, int status), void* arg,
                         const uv::Anchor& alive) {
    auto on_page = [this, give, arg, &alive](const Result<spool::FlowsAfter::Answer>& page) {
        if (!page) {
            give(arg, nullptr, MSW_INVALID);
            return;
        }
        for (const spool::FlowHead& head : page->rows) {
            if (head.waiting.rows == 0) continue;
            msw_outbox_row out{};
            out.member = text(head.flow.member);
            out.flow = text(head.flow.app);
            out.epoch = head.oldest.epoch;
            out.n = head.oldest.n;
            give(arg, &out, MSW_OK);
        }
        if (page->more) {
            flows_after(page->rows.back().flow, give, arg, alive);
        } else {
            give(arg, nullptr, MSW_OK);
        }
    };
    spool_.read(spool::FlowsAfter{after}, alive.guard(std::move(on_page)));
}

void Outbox::state(std::string_view key, void (*give)(void* arg, int status, msw_text state), void* arg,
                   const uv::Anchor& alive) {
    const Result<StateKey> parts = parse_state_key(key);
    if (!parts) {
        give(arg, MSW_INVALID, {});
        return;
    }
    spool_.read(spool::MarksOf{parts->member, parts->run, parts->flow},
                alive.guard([give, arg](const Result<spool::MarksOf::Answer>& found) {
                    if (!found) {
                        give(arg, MSW_INVALID, {});
                    } else {
                        give(arg, MSW_OK, *found ? text(**found) : msw_text{});
                    }
                }));
}

}  // namespace msw::durable
