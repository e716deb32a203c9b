// What is to be written on one link: Datapacks in, gathered bytes out, and an exact account of which of them the
// system has taken whole. Those it has not may be sent again elsewhere: nobody can have received them.
//
// A `file` Datapack stops the gathering: its head goes out, then file_due() is true until the caller has streamed the
// bytes and says file_done().
#pragma once

#include "msw/encoder.hpp"
#include "plugins/net/core/parcel.hpp"

#include <deque>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace msw::net {

/// Thread: one at a time.
class Outlet {
public:
    static constexpr std::size_t kMostWaiting = 1024 * 1024;  ///< bytes at which has_room() says no
    static constexpr std::size_t kBatchBytes = 256 * 1024;    ///< at which a gathered write ends
    static constexpr std::size_t kBatchCount = 256;           ///< Datapacks; two parts each stay below IOV_MAX

    /// @param dialect       how heads are written
    /// @param one_at_a_time  an old host: a batch is one Datapack
    /// @param most          bytes a Datapack may take in all, a file's bytes apart; 0: no limit
    Outlet(Dialect dialect, bool one_at_a_time, std::size_t most) noexcept
        : dialect_(dialect), one_at_a_time_(one_at_a_time), most_(most), encoder_(dialect) {}

    /// @return whether more may be pushed. One larger than the limit still goes when nothing else waits.
    [[nodiscard]] bool has_room() const noexcept { return waiting_bytes_ < kMostWaiting; }
    void push(Parcel parcel);

    /// Gather if nothing is gathered, and give what is to be written now.
    /// @return parts in order, empty if there is nothing, or a file's bytes are due first. Valid until taken().
    [[nodiscard]] std::span<const iovec> parts();

    /// The system took the first `bytes` of parts().
    void taken(std::size_t bytes);

    /// @return the next bytes of what is gathered, at most `most`, as a copy; for a write that waits for room.
    [[nodiscard]] std::string piece(std::size_t most);

    /// Datapacks that can't be written in this dialect, found by parts(); each is given once.
    [[nodiscard]] std::vector<std::pair<Parcel, Error>> take_unfit() { return std::exchange(unfit_, {}); }

    [[nodiscard]] bool file_due() const noexcept { return file_due_; }
    [[nodiscard]] const Parcel& file_parcel() const noexcept { return batch_.front().parcel; }
    void file_done() noexcept;
    /// The file's bytes can't be had: take it out. The stream can't be followed after its head.
    [[nodiscard]] Parcel take_file();

    /// @return whether nothing is left to write.
    [[nodiscard]] bool idle() const noexcept { return batch_.empty() && waiting_.empty(); }
    /// @return whether a Datapack has been begun and not finished.
    [[nodiscard]] bool amid() const noexcept { return first_unbegun() > done_; }

    /// Take out all that has not been begun, in order.
    [[nodiscard]] std::vector<Parcel> take_unbegun();
    /// Take out all that has not been taken whole, in order; the stream is gone.
    [[nodiscard]] std::vector<Parcel> take_all();

    [[nodiscard]] std::size_t waiting_bytes() const noexcept { return waiting_bytes_; }
    [[nodiscard]] std::uint64_t sent() const noexcept { return sent_; }  ///< Datapacks taken whole
    [[nodiscard]] std::size_t count() const noexcept { return batch_.size() - done_ + waiting_.size(); }

private:
    struct Gathered {
        Parcel parcel;
        std::size_t end;  // bytes of the batch up to and including this one
    };
    void gather();
    [[nodiscard]] bool gather_file(Parcel& parcel);
    [[nodiscard]] std::size_t first_unbegun() const noexcept;
    void end_batch() noexcept;
    void forget(const Parcel& parcel) noexcept { waiting_bytes_ -= parcel.weight(); }

    Dialect dialect_;
    bool one_at_a_time_;
    std::size_t most_;
    std::deque<Parcel> waiting_;

    // The batch: what the encoder, or file_head_, holds the bytes of. It points into the bodies, which stay where they
    // are in a deque.
    Encoder encoder_;
    std::string file_head_;
    std::deque<Gathered> batch_;
    std::size_t done_ = 0;    // Datapacks of the batch that were taken whole
    std::size_t offset_ = 0;  // bytes of the batch that were taken
    bool file_due_ = false;

    std::vector<iovec> parts_;
    std::vector<std::pair<Parcel, Error>> unfit_;
    std::size_t waiting_bytes_ = 0;
    std::uint64_t sent_ = 0;
};

}  // namespace msw::net
