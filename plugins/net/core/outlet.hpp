// What is to be written on one link: Datapacks in, gathered bytes out, and an exact account of which of them the
// system has taken whole. Those it has not may be sent again elsewhere: nobody can have received them.
//
// Frames of the session go before all that is carried: a receipt that waits behind a megabyte looks like a loss.
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
    static constexpr std::size_t kMostFrames = std::size_t{256} * 1024;  ///< bytes at which there is no room for more
    static constexpr std::size_t kBatchBytes = std::size_t{256} * 1024;  ///< at which a gathered write ends
    static constexpr std::size_t kBatchCount = 256;  ///< Datapacks; two parts each stay below IOV_MAX

    /// @param dialect       how heads are written
    /// @param one_at_a_time  an old host: a batch is one Datapack
    /// @param most          bytes a Datapack may take in all, a file's bytes apart; 0: no limit
    Outlet(Dialect dialect, bool one_at_a_time, std::size_t most) noexcept
        : dialect_(dialect), one_at_a_time_(one_at_a_time), most_(most), encoder_(dialect) {}

    /// @return whether a frame of the session may be pushed. How much else may wait is up to the caller.
    [[nodiscard]] bool has_room_for_frame() const noexcept { return frame_bytes_ < kMostFrames; }
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
    [[nodiscard]] bool idle() const noexcept { return batch_.empty() && frames_.empty() && waiting_.empty(); }
    /// @return whether a Datapack has been begun and not finished.
    [[nodiscard]] bool amid() const noexcept { return first_unbegun() > done_; }

    /// Take out all that has not been begun, frames first.
    [[nodiscard]] std::vector<Parcel> take_unbegun();
    /// Take out all that has not been taken whole, frames first; the stream is gone.
    [[nodiscard]] std::vector<Parcel> take_all();

    [[nodiscard]] std::size_t waiting_bytes() const noexcept { return carried_bytes_ + frame_bytes_; }
    [[nodiscard]] std::size_t carried_bytes() const noexcept { return carried_bytes_; }  ///< without frames
    [[nodiscard]] std::uint64_t sent() const noexcept { return sent_; }                  ///< Datapacks taken whole,
    [[nodiscard]] std::uint64_t carried() const noexcept { return carried_; }            ///< and without frames
    /// @return what carried() will be when all that waits now has been taken
    [[nodiscard]] std::uint64_t carried_then() const noexcept { return pushed_; }
    [[nodiscard]] std::size_t count() const noexcept {
        return batch_.size() - done_ + frames_.size() + waiting_.size();
    }

private:
    struct Gathered {
        Parcel parcel;
        std::size_t end;  // bytes of the batch up to and including this one
    };
    void gather();
    [[nodiscard]] bool gather_file(Parcel& parcel);
    [[nodiscard]] std::size_t first_unbegun() const noexcept;
    void end_batch() noexcept;
    [[nodiscard]] std::deque<Parcel>& next() noexcept { return frames_.empty() ? waiting_ : frames_; }
    [[nodiscard]] static bool is_frame(const Parcel& parcel) noexcept { return parcel.content().method == "link"; }
    void gone(const Parcel& parcel) noexcept;       // it was taken whole,
    void taken_out(const Parcel& parcel) noexcept;  // or it won't be
    void drain(std::deque<Parcel>& queue, std::vector<Parcel>& out);

    Dialect dialect_;
    bool one_at_a_time_;
    std::size_t most_;
    std::deque<Parcel> frames_;
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
    std::size_t carried_bytes_ = 0;
    std::size_t frame_bytes_ = 0;
    std::uint64_t sent_ = 0;
    std::uint64_t carried_ = 0;
    std::uint64_t pushed_ = 0;  // without frames, and without those that were taken out
};

}  // namespace msw::net
