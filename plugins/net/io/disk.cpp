#include "plugins/net/io/disk.hpp"

#include <charconv>
#include <cstddef>
#include <utility>

namespace msw::net {
namespace {

msw_text text(const std::string& s) noexcept { return {s.data(), s.size()}; }

}  // namespace

Disk::Disk(const plugin::Host& host, uv_loop_t* loop)
    : host_(host), loop_(loop), tell_failed_(loop, [this] {
          for (Call* call : std::exchange(failed_, {})) written(call, MSW_INVALID, 0, {}, {});
      }) {}

bool Disk::works() const noexcept {
    const msw_host_v1* raw = host_.raw();
    return raw->size > offsetof(msw_host_v1, outbox) && raw->outbox != nullptr;
}

Disk::Call* Disk::begin() {
    auto call = std::make_unique<Call>();
    call->disk = this;
    Call* raw = call.get();
    calls_.emplace(raw, std::move(call));
    return raw;
}

std::unique_ptr<Disk::Call> Disk::end(Call* call) { return std::move(calls_.extract(call).mapped()); }

std::uint64_t Disk::keep(const plugin::Handle& datapack) {
    if (!works() || outbox().is_kept(self(), datapack.raw()) == 0) return 0;
    kept_.emplace(++last_kept_, datapack);
    return last_kept_;
}

void Disk::done_with(std::uint64_t answered) {
    const auto kept = kept_.extract(answered);
    if (!kept.empty()) host_.raw()->done(self(), kept.mapped().raw());
}

void Disk::written(void* arg, int status, std::int64_t row, msw_text code, msw_text why) {
    const std::unique_ptr<Call> call = static_cast<Call*>(arg)->disk->end(static_cast<Call*>(arg));
    Error error;
    if (status != MSW_OK) error = {code_from_wire(plugin::view(code)), std::string(plugin::view(why))};
    call->written(status, row, std::move(error));
}

void Disk::add(const StoredRow& row, std::uint64_t answered,
               std::function<void(const Result<std::int64_t>&, Time)> done) {
    const plugin::Handle datapack = host_.make(*row.datapack);
    if (!datapack) {
        done(Error{Code::bad_request, "mswd can't make a Datapack of it"}, now());
        return;
    }
    const msw_outbox_row out{0,       text(row.member), text(row.host), text(row.app),           row.epoch,     row.n,
                             row.run, row.sent_for,     row.expires,    row.redelivered ? 1 : 0, datapack.raw()};
    const auto kept = kept_.find(answered);
    Call* call = begin();
    call->written = [this, answered, done = std::move(done)](int status, std::int64_t number, Error why) {
        if (status == MSW_OK) kept_.erase(answered);
        done(status == MSW_OK ? Result<std::int64_t>(number) : Result<std::int64_t>(std::move(why)), now());
    };
    outbox().add(self(), &out, kept == kept_.end() ? nullptr : kept->second.raw(), written, call);
}

void Disk::sent(const std::vector<std::int64_t>& rows, Run run, bool redelivered,
                std::function<void(bool, Time)> done) {
    Call* call = begin();
    call->written = [this, done = std::move(done)](int status, std::int64_t, const Error&) {
        done(status == MSW_OK, now());
    };
    outbox().sent(self(), rows.data(), rows.size(), run, redelivered ? 1 : 0, written, call);
}

void Disk::received(const std::vector<std::int64_t>& rows, bool open) {
    outbox().received(self(), rows.data(), rows.size(), open ? 1 : 0);
}

void Disk::give(void* arg, const msw_outbox_row* row, int status) {
    auto* call = static_cast<Call*>(arg);
    Disk& disk = *call->disk;
    if (row == nullptr) {
        const std::unique_ptr<Call> ended = disk.end(call);
        ended->rows.more = status == MSW_FULL;
        if (status == MSW_INVALID) {
            ended->page(Error{Code::io, "the disk failed"}, disk.now());
        } else {
            ended->page(std::move(ended->rows), disk.now());
        }
        return;
    }
    StoredRow out;
    out.row = row->row;
    out.member = plugin::view(row->member);
    out.host = plugin::view(row->host);
    out.app = plugin::view(row->flow);
    out.epoch = row->epoch;
    out.n = row->n;
    out.run = row->run;
    out.sent_for = row->sent_for;
    out.expires = row->expires;
    out.redelivered = row->redelivered != 0;
    if (row->datapack != nullptr) {
        const msw_host_v1* host = disk.host_.raw();
        out.datapack = std::make_shared<const Datapack>(plugin::Handle(host, host->ref(row->datapack)).copy());
    }
    call->rows.rows.push_back(std::move(out));
}

void Disk::load(const std::string& member, const std::string& app, std::uint64_t epoch, std::uint64_t n,
                std::function<void(const Result<Page>&, Time)> done) {
    Call* call = begin();
    call->page = std::move(done);
    outbox().load(self(), text(member), text(app), epoch, n, give, call);
}

void Disk::flows(std::function<void(const Result<std::vector<StoredRow>>&, Time)> done) {
    Call* call = begin();
    call->page = [done = std::move(done)](const Result<Page>& page, Time now) {
        done(page ? Result<std::vector<StoredRow>>(page->rows) : Result<std::vector<StoredRow>>(page.error()), now);
    };
    outbox().flows(self(), give, call);
}

void Disk::arrive(const Datapack& d, const std::string& member, Run run, const std::string& app, std::uint64_t n,
                  std::function<void(bool, Time)> done) {
    Call* call = begin();
    call->written = [this, done = std::move(done)](int status, std::int64_t, const Error&) {
        done(status == MSW_OK, now());
    };
    const plugin::Handle datapack = host_.make(d);
    const std::string key = member + ' ' + to_text(run) + ' ' + app;
    const std::string state = std::to_string(n);
    const auto committed = [](void* arg, int status) { written(arg, status, 0, {}, {}); };
    const int status = datapack ? host_.raw()->deliver(self(), datapack.raw(), text(key), text(state), committed, call)
                                : static_cast<int>(MSW_INVALID);
    if (status == MSW_OK) return;
    failed_.push_back(call);
    tell_failed_.start(uv::Timer::Duration(0));
}

void Disk::mark_of(const std::string& member, Run run, const std::string& app,
                   std::function<void(std::optional<std::uint64_t>, Time)> done) {
    Call* call = begin();
    call->mark = std::move(done);
    const std::string key = member + ' ' + to_text(run) + ' ' + app;
    outbox().state(
        self(), text(key),
        [](void* arg, int status, msw_text state) {
            auto* raw = static_cast<Call*>(arg);
            Disk& disk = *raw->disk;
            const std::unique_ptr<Call> ended = disk.end(raw);
            std::uint64_t mark = 0;
            const auto [rest, fault] = std::from_chars(state.data, state.data + state.size, mark);
            const bool good = state.size == 0 || (fault == std::errc{} && rest == state.data + state.size);
            ended->mark(status == MSW_OK && good ? std::optional(mark) : std::nullopt, disk.now());
        },
        call);
}

}  // namespace msw::net
