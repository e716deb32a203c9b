// One flow as its origin sees it: Datapacks of one class for one app on one host, numbered, kept until a receipt says
// that they arrived.
//
//     add / load ──> waiting ──next()──> under way ──receipt()──> gone: delivered
//                       ▲                    │
//                       └── rewind() ────────┘   a link broke, the timer ran out, the destination started anew
//
// What may be sent is bounded by the destination's credit, a byte offset that only rises while its run lasts. What was
// sent to a run of the destination that is over is *unconfirmed* if it is ordinary, and sent again marked `redelivered`
// if it is durable. Why that is safe: tests/model/flow.pml.
#pragma once

#include "msw/datapack.hpp"
#include "plugins/net/core/flow/envelope.hpp"
#include "plugins/net/core/run.hpp"
#include "plugins/net/core/time.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace msw::net {

/// What every new flow may send before it hears of its credit, in bytes.
inline constexpr std::size_t kFirstCredit = std::size_t{64} * 1024;

/// One Datapack in the custody of its origin.
struct Held {
    std::shared_ptr<const Datapack> datapack;  ///< without envelope, `to`, `via` and `hops`
    std::shared_ptr<void> with;                ///< dropped together with it: room that it takes up elsewhere
    std::vector<std::string> via;              ///< hosts it must pass on its way
    std::string lines;                         ///< `to` and `via` as they are written
    std::uint64_t n = 0;
    std::size_t charge = 0;    ///< charge_of()
    std::int64_t expires = 0;  ///< ms since 1970
    Run sent_for = kNoRun;     ///< the run of the destination it was last sent to, or may have been
    bool redelivered = false;  ///< it was sent to an earlier one, too

    // Of a durable one.
    std::int64_t row = 0;     ///< on disk; 0: it is an ordinary one
    std::uint64_t epoch = 0;  ///< of the start of this host that took it,
    Run run = kNoRun;         ///< and its run

    // Of the present run of the destination.
    std::uint64_t at = 0;  ///< offset in the flow, once it was sent
    bool placed = false;   ///< whether it has that offset
    bool seen = false;     ///< the destination has it in memory, behind one that is missing
    bool lost = false;     ///< later ones arrived and it did not: to be sent again
    bool passed = false;   ///< that was so before
    unsigned sent = 0;     ///< times
    Time sent_at{0};       ///< the last time
};

/// Thread: one at a time.
class OutFlow {
public:
    /// @param run  of this host, or for durable ones of the start that took them
    OutFlow(FlowClass flow_class, Run run) noexcept : class_(flow_class), run_(run) {}

    /// Take one into custody, behind all others. @return its number
    std::uint64_t add(Held held);
    /// The same for one that has its number from before, greater than all here.
    void load(Held held);

    /// The destination's present run. With another one, credit and offsets begin anew.
    /// @return ordinary ones that had been sent to an earlier run: whether they arrived can't be known any more
    [[nodiscard]] std::vector<Held> meet(Run destination);

    /// @return the next one to be sent, or null: none waits, or there is no credit. Of a durable one `sent_for` must
    /// have been written down before it is sent.
    [[nodiscard]] const Held* next() const noexcept;
    /// It was sent. @return its envelope
    Envelope send(Time now);

    struct Receipt {
        std::vector<Held> received;  ///< they are in the destination's custody now
        std::size_t acked = 0;       ///< bytes of them
        bool gap = false;            ///< one that was sent once is missing, and later ones are there
    };
    /// All up to `mark` arrived; of those behind it, the ones in `beyond` did: bit i of byte b is number
    /// mark + 1 + 8b + i.
    [[nodiscard]] Receipt receipt(std::uint64_t mark, std::string_view beyond, Time now);
    /// @return whether that opened the window
    bool credit(std::uint64_t offset) noexcept;

    /// Send again what is under way.
    void rewind() noexcept;
    /// The destination may have dropped what it had behind a gap: send that again, too.
    void forget_seen() noexcept;

    /// Take out all that end before `now_ms`, since 1970.
    [[nodiscard]] std::vector<Held> expire(std::int64_t now_ms);
    /// Take out one. @return nothing if it isn't here any more
    [[nodiscard]] std::optional<Held> remove(std::uint64_t n);

    /// @return the least number that is still held; the next one if none is
    [[nodiscard]] std::uint64_t low() const noexcept { return held_.empty() ? next_ : held_.front().n; }
    /// @return the offset at which the one with that number begins
    [[nodiscard]] std::uint64_t low_at() const noexcept;
    /// @return whether the destination has yet to be told that it must not wait for numbers below low()
    [[nodiscard]] bool must_tell_low() const noexcept { return next_at_ > 0 && low() > mark_ + 1; }

    [[nodiscard]] FlowClass flow_class() const noexcept { return class_; }
    [[nodiscard]] Run run() const noexcept { return run_; }
    [[nodiscard]] Run destination() const noexcept { return destination_; }
    [[nodiscard]] bool empty() const noexcept { return held_.empty(); }
    [[nodiscard]] const std::deque<Held>& held() const noexcept { return held_; }
    [[nodiscard]] std::deque<Held>& held() noexcept { return held_; }
    [[nodiscard]] std::size_t bytes() const noexcept { return bytes_; }
    /// @return bytes sent and not received, as far as is known
    [[nodiscard]] std::size_t under_way() const noexcept { return under_way_; }
    /// @return the first of those that were sent and have no receipt, or null
    [[nodiscard]] const Held* unheard() const noexcept;
    /// @return since when nothing has been heard of it: it was sent last, or one before it was received (RFC 6298, 5.3)
    [[nodiscard]] Time unheard_since(const Held& first) const noexcept { return std::max(first.sent_at, received_at_); }
    /// @return until when a file that is under way may take; what is sent behind it waits for it. Time::min(): none is
    [[nodiscard]] Time file_until() const noexcept;
    /// @return whether something waits that only the destination's credit holds back
    [[nodiscard]] bool starved() const noexcept;

    enum class Standing : std::uint8_t {
        under_way,  ///< sent, and no word of it has come
        seen,       ///< the destination has it in memory, behind one that is missing
        first,      ///< the next one to be sent
        behind,     ///< others are sent before it
    };
    /// @param i  of held()
    [[nodiscard]] Standing standing(std::size_t i) const noexcept;

private:
    [[nodiscard]] std::size_t first_to_send() const noexcept;
    [[nodiscard]] std::size_t index_of(std::uint64_t n) const noexcept;
    [[nodiscard]] bool is_under_way(std::size_t i) const noexcept;
    [[nodiscard]] Held take(std::size_t i);
    void note_seen(std::uint64_t mark, std::string_view beyond, Receipt& out);

    FlowClass class_;
    Run run_;
    Run destination_ = kNoRun;
    std::deque<Held> held_;      // by number
    std::size_t cursor_ = 0;     // of held_, those before it are under way, seen or lost
    std::size_t lost_ = 0;       // how many are
    std::size_t bytes_ = 0;      // of held_
    std::size_t under_way_ = 0;  // bytes
    std::uint64_t next_ = 1;     // number
    std::uint64_t mark_ = 0;     // all up to it have arrived, or were passed over
    Time received_at_{0};        // the last of those that were received
    std::uint64_t next_at_ = 0;  // offset of the next one that gets one
    std::uint64_t credit_ = kFirstCredit;
    std::int64_t first_expires_ = INT64_MAX;  // no later than that of any held
};

}  // namespace msw::net
