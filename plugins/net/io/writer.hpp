// The writing half of a connection: gathered writes to hosts like us, one Datapack at a time to old ones, and files in
// constant memory.
#pragma once

#include "plugins/net/core/departures.hpp"
#include "plugins/net/core/outlet.hpp"
#include "plugins/net/core/pacer.hpp"
#include "plugins/net/core/queue_limit.hpp"
#include "plugins/net/io/channel.hpp"
#include "uv/handle.hpp"
#include "uv/loop.hpp"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace msw::net {

/// Thread: the loop's.
class Writer {
public:
    static constexpr std::size_t kPiece = 256 * 1024;  ///< bytes of a file in memory at a time

    /// Who is told. It may close the connection in each of these, but not destroy it before they return.
    class Listener {
    public:
        Listener() = default;
        Listener(const Listener&) = delete;
        Listener& operator=(const Listener&) = delete;
        Listener(Listener&&) = delete;
        Listener& operator=(Listener&&) = delete;
        virtual ~Listener() = default;

        virtual void progressed() = 0;                                   ///< the system took some bytes
        virtual void has_room_again() = 0;                               ///< after has_room() had said no
        virtual void unfit(const Parcel& parcel, const Error& why) = 0;  ///< it can't be written; all others go on
        virtual void write_failed(const std::string& why) = 0;           ///< nothing can be written any more
    };

    Writer(uv_loop_t* loop, Channel& channel, Listener& listener);

    /// Write what comes before begin(): a hello, an old host's handshake.
    void say(std::string bytes);
    /// From now on Datapacks are written.
    /// @param modern    msw/1; else as an old host reads them
    /// @param old_room  bytes one may take then
    void begin(bool modern, std::size_t old_room);

    [[nodiscard]] bool has_room() const noexcept;
    [[nodiscard]] bool has_room_for_frame() const noexcept { return writes() && outlet_->has_room_for_frame(); }
    void push(Parcel parcel);
    /// @return a time before which all that was pushed has arrived in the peer's system
    [[nodiscard]] Time delivered_until();
    [[nodiscard]] std::pair<std::size_t, std::size_t> waiting() const noexcept;
    /// Write what the system takes.
    void flush();
    /// Finish what has been begun and then end the stream in this direction. @return what had not been begun
    [[nodiscard]] std::vector<Parcel> finish();
    /// Write nothing any more. @return what was not taken whole
    [[nodiscard]] std::vector<Parcel> stop();

private:
    struct Piece;
    [[nodiscard]] Time now() const noexcept { return Time(uv_now(loop_)); }
    [[nodiscard]] bool writes() const noexcept { return outlet_ && !finishing_ && !stopped_; }
    [[nodiscard]] bool may_write();
    [[nodiscard]] int unacknowledged() const noexcept;
    void taken(std::size_t bytes);
    void write_piece(std::string bytes, bool of_file);
    void written(int status);
    void read_piece();
    void fail(const std::string& why);
    void tell_of_room();

    uv_loop_t* loop_;
    Channel& channel_;
    Listener& listener_;
    std::optional<Outlet> outlet_;
    bool paced_ = false;
    Pacer pacer_;
    mutable QueueLimit limit_;
    Departures departures_;
    std::size_t unsent_limit_ = 0;  // that the system was told; 0: none
    uv::Timer pause_;
    std::uint64_t file_offset_ = 0;
    struct Coming {
        std::size_t of_outlet = 0, wire = 0, of_file = 0;
    };
    Coming coming_;      // bytes that the system has been asked to take
    bool busy_ = false;  // a write waits for the system, or a piece for the disk
    bool finishing_ = false;
    bool stopped_ = false;
    mutable bool was_full_ = false;  // and nobody was told that there is room again
    uv::Anchor anchor_;
};

}  // namespace msw::net
