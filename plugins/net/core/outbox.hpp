// What waits for hosts that can't be written to now: in order for each, bounded in bytes for each and in all.
#pragma once

#include "msw/result.hpp"
#include "plugins/net/core/parcel.hpp"

#include <deque>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace msw::net {

/// Thread: one at a time.
class Outbox {
public:
    static constexpr std::size_t kMostPerHost = 16 * 1024 * 1024;  ///< bytes
    static constexpr std::size_t kMostInAll = 64 * 1024 * 1024;
    static constexpr Time kBetweenTries{3'900};
    static constexpr unsigned kMostTries = 39;

    /// One row of `get net queue`.
    struct Row {
        std::string to;
        const Parcel* parcel;
    };

    /// @param weight  Parcel::weight()
    /// @return Code::queue_full and a sentence if add() would find no room for so much on that way
    [[nodiscard]] Result<void> room_for(const Way& way, std::size_t weight) const;

    /// Put a Datapack behind those that wait for the same host (the first of its way).
    /// @return Code::queue_full and a sentence if there is no room; `parcel` is then as it was
    [[nodiscard]] Result<void> add(Parcel& parcel, Time now);

    /// Put back what had been taken out and was not written, before all others. Room is not asked for: it had some.
    void put_back(std::vector<Parcel> parcels, Time now);

    /// Offer what waits, oldest first, until `take` says no for a host.
    /// @param take  @return whether it moved from the parcel
    void offer(const std::function<bool(Parcel&)>& take);

    /// Count a failure for all whose next try is due.
    /// @param reachable  whether there is a way to that host now, so that it only waits for room
    /// @return those that failed for the last time, or whose time is over
    [[nodiscard]] std::vector<Parcel> expire(Time now, const std::function<bool(const Parcel&)>& reachable);

    [[nodiscard]] bool holds(const Way& way) const;
    [[nodiscard]] std::vector<Row> rows() const;
    /// @return how many Datapacks wait for a host, and how many bytes.
    [[nodiscard]] std::pair<std::size_t, std::size_t> waiting_for(std::string_view id) const;
    [[nodiscard]] std::size_t bytes() const noexcept { return bytes_; }
    [[nodiscard]] std::size_t size() const noexcept { return size_; }

private:
    struct Queue {
        std::deque<Parcel> parcels;
        std::size_t bytes = 0;
    };
    /// Count a failure if one is due. @return whether it was the last, or the parcel's time is over
    static bool fails(Parcel& p, Time now, const std::function<bool(const Parcel&)>& reachable);
    void remove_front(Queue& queue, std::size_t weight) noexcept;

    std::map<std::string, Queue> queues_;  // by id_key() of the first host of the way
    std::size_t bytes_ = 0;
    std::size_t size_ = 0;
};

}  // namespace msw::net
