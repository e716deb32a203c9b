#include "base/spool/writer.hpp"

#include <algorithm>
#include <utility>

namespace msw::spool {
namespace {

// What one group takes at most: it is what a new request may have to wait for.
constexpr std::size_t kGroupBytes = 8UL << 20;
constexpr std::size_t kGroupRequests = 1024;

// After so long without a request there is time for what nobody waits for.
constexpr std::chrono::milliseconds kIdle{50};

Error ended() { return {Code::closed, "mswd ends"}; }

// Which part of the ballast answers may use up, one in so many: the rest is for the log of what only takes away.
constexpr std::uint64_t kForAnswers = 4;

bool any_of(const Changes& changes, bool (*is)(const Change&) noexcept) {
    return std::any_of(changes.begin(), changes.end(), is);
}

}  // namespace

Spool::Writer::Writer(Settings settings, Hooks hooks)
    : settings_(std::move(settings)),
      hooks_(std::move(hooks)),
      queue_(settings_.queue_bytes, settings_.queue_requests),
      store_(settings_, hooks_.report) {}

Spool::Writer::~Writer() {
    queue_.close();
    if (thread_.joinable()) thread_.join();
}

Result<void> Spool::Writer::start() {
    Result<void> opened = store_.open();
    if (!opened && opened.error().code == Code::disk_full) {
        store_.ballast().give_up();
        opened = store_.open();
    }
    if (!opened) return opened;
    if (!store_.ballast().take()) disk_is_full();
    thread_ = std::thread([this] { run(); });
    return {};
}

// ------------------------------------------------------------------------------------------------ on any thread

void Spool::Writer::write(Changes changes, Done<Written> done) {
    Request request;
    request.bytes = size_of(changes);
    request.makes_room = !any_of(changes, adds_rows);
    request.write = {std::move(changes), std::move(done)};
    put(std::move(request));
}

void Spool::Writer::read(std::unique_ptr<ReadRequest> query) {
    Request request;
    request.makes_room = true;
    request.read = std::move(query);
    put(std::move(request));
}

void Spool::Writer::put(Request request) {
    const RequestQueue::Put put = queue_.put(request);
    if (put == RequestQueue::Put::taken) return;
    const Error error = put == RequestQueue::Put::closed
                            ? ended()
                            : Error{Code::queue_full, "more waits for the disk than it can take; try again later"};
    if (request.read) {
        hooks_.post(request.read->finish(error));
    } else {
        refused_.fetch_add(1, std::memory_order_relaxed);
        hooks_.post([done = std::move(request.write.done), error] {
            if (done) done(error);
        });
    }
}

Spool::Numbers Spool::Writer::numbers() const {
    return {lists_.load(std::memory_order_relaxed), groups_.load(std::memory_order_relaxed),
            refused_.load(std::memory_order_relaxed)};
}

// ---------------------------------------------------------------------------------------------- on the spool's own

void Spool::Writer::run() {
    std::vector<Request> batch;
    bool more = true;
    while (more) {
        batch.clear();
        const bool failing = condition_ == Condition::failing;
        const bool spare = store_.has_spare_room();
        Clock::time_point until = Clock::time_point::max();
        if (failing) until = next_try_;
        if (spare) until = Clock::now() + kIdle;
        more = queue_.take(batch, kGroupBytes, kGroupRequests, until);
        if (failing && Clock::now() >= next_try_) reopen();
        if (spare && more && batch.empty()) shrink();
        serve(batch);
    }
    if (condition_ == Condition::failing) reopen();
    if (doubt_) {
        for (Answer& a : doubt_->answers) {
            if (a.result) a.result = Error{Code::io, failure_ + "; it is not known whether this is on the disk"};
        }
        tell(std::move(doubt_->answers));
    }
    store_.close();
}

void Spool::Writer::serve(std::vector<Request>& batch) {
    std::vector<WriteRequest> lists;
    for (Request& r : batch) {
        if (!r.read) lists.push_back(std::move(r.write));
    }
    if (!lists.empty()) commit(lists);
    for (const Request& r : batch) {
        if (r.read) answer(*r.read);
    }
    carry_over(false);
}

void Spool::Writer::commit(std::vector<WriteRequest>& lists) {
    if (condition_ == Condition::disk_full) look_for_room();
    if (!store_.is_open()) return refuse(lists, failing_error());
    if (condition_ == Condition::disk_full && lists.size() > 1) return commit_each(lists);

    std::vector<Result<Written>> results;
    const std::uint64_t generation = store_.next_generation();
    const Trouble trouble = apply_all(lists, results);
    Answers answers;
    for (std::size_t i = 0; i < lists.size(); ++i) {
        if (trouble == Trouble::full) break;  // they are needed once more
        Result<Written> result = i < results.size() ? std::move(results[i]) : Result<Written>(Written{});
        answers.push_back({std::move(lists[i].done), std::move(result)});
    }
    switch (trouble) {
        case Trouble::none:
            tell(std::move(answers));
            if (condition_ == Condition::disk_full) carry_over(true);
            return;
        case Trouble::full: {
            const bool known = condition_ == Condition::disk_full;
            store_.roll_back();
            if (store_.trouble() != Trouble::none) return disk_failed({generation, {}}), refuse(lists, failing_error());
            if (known) return refuse(lists, {Code::disk_full, "the disk is full (" + settings_.path + ')'});
            disk_is_full();
            return commit_each(lists);
        }
        case Trouble::damaged:
            damaged();
            for (Answer& a : answers)
                a.result = Error{Code::io, settings_.path + " was damaged and has been set aside"};
            return tell(std::move(answers));
        case Trouble::in_use:
        case Trouble::disk: return disk_failed({generation, std::move(answers)});
    }
}

/// Apply lists and commit them. @param results  gets one for each that was applied
Trouble Spool::Writer::apply_all(std::vector<WriteRequest>& lists, std::vector<Result<Written>>& results) {
    store_.begin();
    bool any = false;
    for (const WriteRequest& list : lists) {
        if (condition_ == Condition::disk_full && any_of(list.changes, adds_rows)) {
            results.push_back(apply_while_full(list.changes));
        } else {
            results.push_back(store_.apply(list.changes));
        }
        any = any || results.back().ok();
        if (store_.trouble() != Trouble::none) return store_.trouble();
    }
    if (any) return store_.commit();
    store_.roll_back();
    return store_.trouble();
}

/// An answer comes with the end of its question. So that questions don't wait for ever for a disk that they themselves
/// have filled, such a list is taken if the whole stays as small as it was, give or take a part of the ballast.
/// @pre it is the only list of its transaction, which is rolled back if it is refused
Result<Written> Spool::Writer::apply_while_full(const Changes& changes) {
    const Error full{Code::disk_full, "the disk is full, so nothing new is taken (" + settings_.path + ')'};
    if (!any_of(changes, removes_rows)) return full;
    Result<Written> result = store_.apply(changes);
    if (!result || store_.trouble() != Trouble::none) return result;
    return store_.ledger().weight() <= weight_when_full_ + settings_.ballast_bytes / kForAnswers ? result : full;
}

void Spool::Writer::commit_each(std::vector<WriteRequest>& lists) {
    for (WriteRequest& list : lists) {
        std::vector<WriteRequest> one;
        one.push_back(std::move(list));
        commit(one);
    }
}

void Spool::Writer::answer(ReadRequest& request) {
    if (request.needs_no_file()) {
        request.read(nullptr, totals());
        return hooks_.post(request.finish({}));
    }
    if (!store_.is_open()) return hooks_.post(request.finish(failing_error()));
    request.read(&store_.reader(), totals());
    const Trouble trouble = store_.trouble();
    if (trouble == Trouble::none) return hooks_.post(request.finish({}));
    const Error error{Code::io, settings_.path + ": " + store_.why()};
    if (trouble == Trouble::damaged) {
        damaged();
    } else {
        disk_failed({});
    }
    hooks_.post(request.finish(error));
}

Totals Spool::Writer::totals() const {
    const Ledger& l = store_.ledger();
    const Amount waiting = l.of_kind(Kind::waiting);
    const Amount received = l.of_kind(Kind::received);
    return {{waiting.rows + received.rows, waiting.bytes + received.bytes},
            l.of_kind(Kind::inbox),
            l.of_kind(Kind::dead),
            settings_.quotas.bytes,
            condition_};
}

void Spool::Writer::tell(Answers answers) {
    if (answers.empty()) return;
    std::uint64_t committed = 0;
    for (const Answer& a : answers) committed += a.result.ok() ? 1U : 0U;
    lists_.fetch_add(committed, std::memory_order_relaxed);
    refused_.fetch_add(answers.size() - committed, std::memory_order_relaxed);
    if (committed > 0) groups_.fetch_add(1, std::memory_order_relaxed);
    // One call for the whole group: one wake-up of the loop.
    hooks_.post([all = std::make_shared<Answers>(std::move(answers))] {
        for (Answer& a : *all) {
            if (a.done) a.done(std::move(a.result));
        }
    });
}

void Spool::Writer::refuse(std::vector<WriteRequest>& lists, const Error& error) {
    Answers answers;
    for (WriteRequest& list : lists) answers.emplace_back(Answer{std::move(list.done), error});
    tell(std::move(answers));
}

void Spool::Writer::carry_over(bool at_once) {
    if (!store_.is_open()) return;
    store_.carry_over(at_once);
    look_at_trouble();
}

void Spool::Writer::shrink() {
    store_.shrink();
    look_at_trouble();
}

/// After something that nobody waits for.
void Spool::Writer::look_at_trouble() {
    switch (store_.trouble()) {
        case Trouble::none: return;
        case Trouble::full: store_.roll_back(); return disk_is_full();
        case Trouble::damaged: return damaged();
        case Trouble::in_use:
        case Trouble::disk: return disk_failed({});
    }
}

// ------------------------------------------------------------------------------------------- when something is wrong

void Spool::Writer::disk_is_full() {
    store_.ballast().give_up();
    next_try_ = Clock::now() + settings_.retry;
    if (std::exchange(condition_, Condition::disk_full) == Condition::disk_full) return;
    weight_when_full_ = store_.ledger().weight();
    hooks_.report(Priority::error, "the disk of " + settings_.path +
                                       " is full: no new durable Datapacks are taken until there is room again");
}

void Spool::Writer::look_for_room() {
    if (Clock::now() < next_try_) return;
    next_try_ = Clock::now() + settings_.retry;
    // While there is much to take away the log is better off with the place it has.
    if (!store_.take_ballast(store_.ledger().weight() < weight_when_full_ / 2)) return look_at_trouble();
    condition_ = Condition::good;
    hooks_.report(Priority::notice, "the disk of " + settings_.path + " has room again");
}

void Spool::Writer::disk_failed(Doubt doubt) {
    failure_ = settings_.path + ": " + store_.why();
    hooks_.report(Priority::error, "the disk failed: " + failure_ +
                                       "; nothing durable is taken or handed out until the file could be opened anew");
    store_.give_up();
    condition_ = Condition::failing;
    doubt_ = std::move(doubt);
    reopen();
}

void Spool::Writer::reopen() {
    next_try_ = Clock::now() + settings_.retry;
    if (const Result<void> opened = store_.open(); !opened) {
        failure_ = opened.error().text;
        if (opened.error().code == Code::disk_full) store_.ballast().give_up();
        return;
    }
    condition_ = Condition::good;
    hooks_.report(Priority::notice, settings_.path + " is open again");
    if (!store_.ballast().take()) disk_is_full();
    if (!doubt_) return;
    Doubt doubt = std::move(*doubt_);
    doubt_.reset();
    const bool there = store_.generation() >= doubt.generation;
    for (Answer& a : doubt.answers) {
        if (!there && a.result) a.result = Error{Code::io, "the disk failed: " + failure_};
    }
    tell(std::move(doubt.answers));
}

void Spool::Writer::damaged() {
    store_.set_aside();
    condition_ = Condition::failing;
    failure_ = settings_.path + " was damaged";
    reopen();
}

Error Spool::Writer::failing_error() const {
    return {Code::io, "the disk failed: " + failure_ + "; opening the file is tried again"};
}

}  // namespace msw::spool
