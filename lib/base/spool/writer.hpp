// The spool's thread: takes what waits, makes a group of it, and tells everybody what became of it.
//
//              all is well                     the disk is full                  the disk failed
//     good ◀──────────────────▶ disk_full: new rows are refused;       failing: all is refused; the file is
//                               groups of one; the log is carried      closed; whoever waited for the last
//                               over at once; good again when the      group waits on, until the file could
//                               ballast is back                        be opened and says what it holds
#pragma once

#include "base/spool/request_queue.hpp"
#include "base/spool/spool.hpp"
#include "base/spool/store.hpp"

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace msw::spool {

/// Thread: any, but for start(); its own does the work.
class Spool::Writer {
public:
    Writer(Settings settings, Hooks hooks);
    Writer(const Writer&) = delete;
    Writer& operator=(const Writer&) = delete;
    Writer(Writer&&) = delete;
    Writer& operator=(Writer&&) = delete;
    ~Writer();

    [[nodiscard]] Result<void> start();

    void write(Changes changes, Done<Written> done);
    void read(std::unique_ptr<ReadRequest> query);
    [[nodiscard]] Numbers numbers() const;

private:
    using Clock = RequestQueue::Clock;
    /// Who waits for a list, and what became of it.
    struct Answer {
        Done<Written> done;
        Result<Written> result;
    };
    using Answers = std::vector<Answer>;
    /// A group of which is not known whether it came to the disk.
    struct Doubt {
        std::uint64_t generation = 0;
        Answers answers;
    };

    void put(Request request);
    void run();
    void serve(std::vector<Request>& batch);
    void commit(std::vector<WriteRequest>& lists);
    void commit_each(std::vector<WriteRequest>& lists);
    void answer(ReadRequest& request);
    void carry_over(bool at_once);
    void shrink();
    void look_at_trouble();
    void tell(Answers answers);
    void refuse(std::vector<WriteRequest>& lists, const Error& error);
    [[nodiscard]] Totals totals() const;

    [[nodiscard]] Trouble apply_all(std::vector<WriteRequest>& lists, std::vector<Result<Written>>& results);
    [[nodiscard]] Result<Written> apply_while_full(const Changes& changes);
    void disk_is_full();
    void look_for_room();
    void disk_failed(Doubt doubt);
    void damaged();
    void reopen();
    [[nodiscard]] Error failing_error() const;

    const Settings settings_;
    const Hooks hooks_;
    RequestQueue queue_;
    Store store_;
    Condition condition_ = Condition::good;
    std::uint64_t weight_when_full_ = 0;  // of outbox and inbox, when the disk became full
    std::optional<Doubt> doubt_;
    std::string failure_;  // what the disk said
    Clock::time_point next_try_;
    std::atomic<std::uint64_t> lists_{0};
    std::atomic<std::uint64_t> groups_{0};
    std::atomic<std::uint64_t> refused_{0};
    std::thread thread_;
};

}  // namespace msw::spool
