// A plugin's bounded receive queue.
//
// Bounded in bytes. A producer that meets a full mailbox is told so at once (put); then it waits to a deadline on a
// thread of its own (wait_for_room) or asks to be called back (when_room), and puts again. The consumer blocks on it
// (get) or takes the whole batch after a wake-up (take_all).
#pragma once

#include "base/delivery.hpp"
#include "base/shared_datapack.hpp"

#include <array>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <vector>

namespace msw {

/// Answers have room of their own, so that one never waits behind the ordinary traffic of who asked.
enum class Room : bool { ordinary, answer };

/// What waits in a mailbox.
struct Mail {
    DatapackRef datapack;
    Delivery delivery;           ///< who hears that it is taken, or refused after all
    Room room = Room::ordinary;  ///< that it takes up in a mailbox,
    std::size_t weight = 0;      ///< and how much: filled in by put()
};

/// Thread: any.
class Mailbox {
public:
    using Clock = std::chrono::steady_clock;
    enum class Put { taken, full, closed };

    /// @param limit_bytes   what may wait at most, as Datapack::weight() counts; one larger than that goes in alone
    /// @param answer_bytes  the same for answers
    /// @param ready         called (outside the lock, on the producer's thread) when the empty mailbox gets something;
    ///                      for consumers that don't block. May be empty.
    explicit Mailbox(std::size_t limit_bytes, std::size_t answer_bytes, std::function<void()> ready = {})
        : rooms_{Quota{limit_bytes, 0}, Quota{answer_bytes, 0}}, ready_(std::move(ready)) {}

    /// Set room aside for `bytes`, so that a copy to each of several mailboxes is all or nothing: put_reserved() or
    /// release() must follow.
    [[nodiscard]] Put reserve(std::size_t bytes, Room room = Room::ordinary);
    /// @pre reserve() of its weight, in the room for answers if it is a `reply`
    void put_reserved(Mail mail);
    void release(std::size_t bytes, Room room = Room::ordinary);

    /// reserve() and put_reserved() in one. `mail` is given away only if it is taken.
    [[nodiscard]] Put put(Mail& mail);
    [[nodiscard]] Put put(Mail&& mail) { return put(mail); }

    /// Block until a put of `bytes` could succeed, or the mailbox closes, or `deadline`.
    /// @return false at the deadline
    [[nodiscard]] bool wait_for_room(std::size_t bytes, Clock::time_point deadline);

    /// Call `again` once a put of `bytes` could succeed, or the mailbox closes: once, outside the lock, on the
    /// consumer's thread, or at once on this one if that is so already. At most one waits per `who`; a new one
    /// replaces it.
    void when_room(const void* who, std::size_t bytes, std::function<void()> again);
    /// Forget the wish of `who`. A call that is under way may still come.
    void forget(const void* who);

    enum class Get { taken, timeout, closed };
    /// Wait for the next one. @param deadline  time_point::max(): as long as it takes
    [[nodiscard]] Get get(Mail& out, Clock::time_point deadline);
    /// Move what waits into `out` (which must be empty), until that makes `limit_bytes` or more. Where it leaves
    /// something, `ready` does not come again for that: call once more.
    void take_all(std::vector<Mail>& out, std::size_t limit_bytes = SIZE_MAX);

    /// Nothing more goes in; what is in can still be taken.
    void close();

    struct Numbers {
        std::size_t waiting = 0;
        std::size_t bytes = 0;
        std::size_t limit = 0;    ///< bytes
        std::uint64_t taken = 0;  ///< Datapacks that went through since the start
    };
    [[nodiscard]] Numbers numbers() const;

private:
    struct Quota {
        std::size_t limit;
        std::size_t held;  // bytes that wait or are reserved
        [[nodiscard]] bool fits(std::size_t bytes) const noexcept {
            return held == 0 || (bytes <= limit && held <= limit - bytes);
        }
    };
    struct Wish {
        const void* who;
        std::size_t bytes;
        std::function<void()> again;
    };
    using Calls = std::vector<std::function<void()>>;

    [[nodiscard]] Quota& quota(Room room) noexcept { return rooms_[static_cast<std::size_t>(room)]; }
    void tell(bool first);
    [[nodiscard]] Calls freed(std::size_t bytes, Room room);
    [[nodiscard]] Calls account(const Mail& mail);

    mutable std::mutex mutex_;
    std::condition_variable arrived_;
    std::condition_variable room_;
    std::array<Quota, 2> rooms_;
    const std::function<void()> ready_;
    std::deque<Mail> queue_;
    std::vector<Wish> wishes_;
    std::size_t room_waiters_ = 0;
    std::uint64_t taken_ = 0;
    bool closed_ = false;
};

}  // namespace msw
