// One flow as its destination sees it: what came is put in order, handed on once, and receipted.
//
//     arrive ──> behind a gap ──> ready ──hand()──> with the plugin ──taken()──> its bytes are credit again
//                                        (durable: committed() first)
//
// The mark is the number up to which all has arrived: for ordinary ones in memory, for durable ones on disk. Credit is
// an offset: what the plugin took, and a window beyond it.
#pragma once

#include "msw/datapack.hpp"
#include "plugins/net/core/flow/envelope.hpp"
#include "plugins/net/core/flow/pool.hpp"
#include "plugins/net/core/time.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace msw::net {

/// Thread: one at a time.
class InFlow {
public:
    static constexpr Time kReceiptDelay{50};            ///< a receipt that isn't urgent waits for more to say
    static constexpr std::size_t kMostBeyond = 256;     ///< numbers behind a gap that a receipt can name
    static constexpr std::size_t kTellAfter = 128;      ///< durable ones on disk: their origin waits to load more
    static constexpr std::size_t kMostCommitting = 64;  ///< durable ones on their way to the disk

    /// @param app   that it ends at
    /// @param mark  what is known of it from before: 0 for a new one; nothing: it has yet to be read from the disk,
    ///              and until recall() whatever arrives waits
    InFlow(FlowClass flow_class, std::string app, Pool& pool, std::optional<std::uint64_t> mark = 0) noexcept
        : class_(flow_class),
          app_(std::move(app)),
          pool_(pool),
          known_(mark.has_value()),
          next_(mark.value_or(0) + 1) {}
    InFlow(const InFlow&) = delete;
    InFlow& operator=(const InFlow&) = delete;
    InFlow(InFlow&&) = delete;
    InFlow& operator=(InFlow&&) = delete;
    ~InFlow();

    enum class Arrival {
        taken,      ///< it is here
        duplicate,  ///< it had come before
        no_room,    ///< dropped, to be sent again
    };
    /// @param datapack  without its envelope; moved from if it is taken
    [[nodiscard]] Arrival arrive(const Envelope& envelope, Datapack& datapack, Time now);

    /// One with that number came again, too late to be taken: its receipt was lost, if it had been taken before.
    void repeat(std::uint64_t n) noexcept { urgent_ |= known_ && n < next_; }

    /// What the disk says: all up to `mark` has come.
    void recall(std::uint64_t mark, Time now);

    /// The origin doesn't hold what is below `low`, which begins at that offset, and asks how things stand.
    void pass(std::uint64_t low, std::uint64_t at, Time now);

    /// @return the next one to be handed on, or null
    [[nodiscard]] const Datapack* front() const noexcept;
    [[nodiscard]] std::uint64_t front_number() const noexcept { return ready_.front().n; }
    /// Ordinary: the front one was handed on. @param waits  whether taken() will follow
    void handed(bool waits, Time now);
    /// Durable: the front one is on its way to the disk. committed() follows, in the order of these.
    /// @return to be told to committed()
    [[nodiscard]] std::uint64_t committing();
    /// @return what committing() will return
    [[nodiscard]] std::uint64_t generation() const noexcept { return generation_; }
    /// @param ok  false: it isn't on disk. It and all behind it count as never come; the origin sends them again
    void committed(std::uint64_t token, bool ok, Time now);
    /// The plugin took the oldest of those that wait for it.
    void taken(Time now);

    /// @return the number up to which all has arrived
    [[nodiscard]] std::uint64_t mark() const noexcept;
    /// @return those behind the mark that are here, as OutFlow::receipt() reads them
    [[nodiscard]] std::string beyond() const;
    /// @return the offset up to which the origin may send; it only rises
    [[nodiscard]] std::uint64_t credit() noexcept;
    [[nodiscard]] bool known() const noexcept { return known_; }

    /// @return whether mark or credit are to be told now
    [[nodiscard]] bool must_tell(Time now) const noexcept;
    /// @return when to ask again; nothing: when something has happened
    [[nodiscard]] std::optional<Time> tell_at() const noexcept;
    void told() noexcept;

    /// Where one stands that came and was not handed on yet.
    struct Found {
        const Datapack* datapack = nullptr;
        std::size_t ahead = 0;    ///< how many are to be handed on before it
        bool behind_gap = false;  ///< an earlier one has yet to come
    };
    /// @return those with that flag
    [[nodiscard]] std::vector<Found> find(std::string_view flag) const;

    /// @return whether something of it is with its plugin, on the way there, or to the disk
    [[nodiscard]] bool has_work() const noexcept {
        return !ready_.empty() || !committing_.empty() || !with_plugin_.empty();
    }
    /// @return whether nothing of it is here
    [[nodiscard]] bool idle() const noexcept {
        return behind_.empty() && ready_.empty() && committing_.empty() && with_plugin_.empty();
    }
    [[nodiscard]] Time last_arrival() const noexcept { return last_arrival_; }

private:
    struct Place {
        std::uint64_t n = 0;
        std::uint64_t end = 0;  // offset behind it
        std::size_t charge = 0;
        bool large = false;
    };
    struct Item : Place {
        Datapack datapack;
    };
    void advance();
    void release(Place& place) noexcept;
    void consumed(std::uint64_t offset, Time now) noexcept;
    void something_to_tell(std::size_t bytes, Time now) noexcept;
    [[nodiscard]] std::uint64_t least_here() const noexcept;

    FlowClass class_;
    std::string app_;
    Pool& pool_;
    bool known_;
    std::uint64_t next_;                    // the number that goes to ready_ next
    std::uint64_t low_ = 1;                 // the origin holds nothing below it
    std::map<std::uint64_t, Item> behind_;  // a gap, by number
    std::deque<Item> ready_;
    std::deque<Place> committing_;
    std::deque<Place> with_plugin_;
    std::uint64_t generation_ = 0;  // of commits: one that fails ends it
    std::uint64_t consumed_ = 0;    // offset
    std::uint64_t granted_ = kFirstCredit;
    std::size_t committed_untold_ = 0;
    std::size_t untold_ = 0;  // bytes that arrived or were taken since the last receipt
    std::optional<Time> tell_since_;
    bool urgent_ = false;
    Time last_arrival_{0};
};

}  // namespace msw::net
