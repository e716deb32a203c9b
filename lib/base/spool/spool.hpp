// The durable queues of a host: outbox, inbox, dead letters and the marks of flows, in one SQLite file.
//
//     any thread                        the spool's own thread                         the loop thread
//     write(changes, done) ─▶ queue ─▶ takes all that waits: one transaction,
//                                      one fsync for the lot ("group commit") ─post─▶ done(Written), in order
//     read(query, done)    ─▶ queue ─▶ reads after that commit               ─post─▶ done(answer)
//
// A list of changes is atomic; one that fails does not touch its neighbours in the group. `done` with a Written means:
// on the disk, whatever happens to program or power (https://www.sqlite.org/pragma.html#pragma_synchronous, FULL, in
// https://www.sqlite.org/wal.html mode).
//
// When the disk fails (an error of read, write or fsync) nothing is tried again on that file as if it had not happened:
// a page that could not be written may be clean in the cache and missing on the disk (Rebello et al., "Can applications
// recover from fsync failures?", USENIX ATC 2020). The spool refuses what it is asked (Code::io), closes the file,
// opens it anew, writes the log that it then reads once more and syncs it; only what is in there is what was committed,
// and whoever waited for the failed group is told which it was.
//
// When the disk is full, new rows are refused (Code::disk_full); a ballast file of Settings::ballast_bytes is given up
// so that all that makes room goes on, answers that come with the end of their question too, and made anew once there
// is room for twice as much.
//
// A damaged file is set aside as PATH.damaged-TIME, with its log, and a new one begun.
#pragma once

#include "base/spool/change.hpp"
#include "base/spool/query.hpp"
#include "base/spool/settings.hpp"
#include "msw/result.hpp"

#include <functional>
#include <memory>

namespace msw::spool {

/// Called once, on the loop thread.
template <class T>
using Done = std::function<void(Result<T>)>;

/// Thread: any, but for open() and the destructor.
class Spool {
public:
    /// Open the file or make it (0600), and start the thread. Blocks on the disk, for some ms whatever the file holds.
    /// @return Code::name_taken: another process has it; Code::unsupported: a newer mswd wrote it; Code::io; each with
    ///         the file's name and what to do
    [[nodiscard]] static Result<std::unique_ptr<Spool>> open(Settings settings, Hooks hooks);

    /// Carry out what was asked so far, close the file, end the thread. What `done` calls are left by then have been
    /// posted; none comes after.
    ~Spool();
    Spool(const Spool&) = delete;
    Spool& operator=(const Spool&) = delete;
    Spool(Spool&&) = delete;
    Spool& operator=(Spool&&) = delete;

    /// Commit `changes`, all or none. Lists commit in the order of the calls.
    /// @param done  Written; or what a change says, of it all nothing is done then; or Code::queue_full (too many
    ///              requests wait: ask again later), Code::io (the disk failed; nothing is done, unless the sentence
    ///              says that this is not known, which happens only if the spool ends before the disk is back),
    ///              Code::disk_full, Code::closed. May be empty.
    void write(Changes changes, Done<Written> done);

    // Read. An answer has in it whatever was written before it was asked, and may have what was written later.
    // `done` may also get Code::queue_full, Code::io, Code::closed.
    void read(OutboxAfter query, Done<OutboxAfter::Answer> done);
    void read(FlowsAfter query, Done<FlowsAfter::Answer> done);
    void read(InboxAfter query, Done<InboxAfter::Answer> done);
    void read(InboxApps query, Done<InboxApps::Answer> done);
    void read(MarksOf query, Done<MarksOf::Answer> done);
    void read(ExpiredBefore query, Done<ExpiredBefore::Answer> done);
    void read(FindFlag query, Done<FindFlag::Answer> done);
    void read(OpenQuestion query, Done<OpenQuestion::Answer> done);
    void read(ListBox query, Done<ListBox::Answer> done);
    void read(FindRow query, Done<FindRow::Answer> done);
    void read(AskTotals query, Done<AskTotals::Answer> done);

    /// What went through since the start.
    struct Numbers {
        std::uint64_t lists = 0;   ///< of changes, committed
        std::uint64_t groups = 0;  ///< transactions that they took
        std::uint64_t failed = 0;  ///< lists that were refused
    };
    [[nodiscard]] Numbers numbers() const;

private:
    class Writer;
    explicit Spool(std::unique_ptr<Writer> writer) noexcept;
    std::unique_ptr<Writer> writer_;
};

}  // namespace msw::spool
