#include "plugins/net/io/writer.hpp"

#include "base/system_error.hpp"

#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <algorithm>
#include <cerrno>
#include <numeric>

namespace msw::net {

/// A part of a file on its way from the disk; owned by who reads it, so that it outlives the connection.
struct Writer::Piece {
    std::shared_ptr<const File> file;
    std::uint64_t offset = 0;
    std::string bytes;
    int error = 0;

    /// Blocks on the disk. Fewer bytes than asked for: the file has become shorter.
    void read() {
        std::size_t have = 0;
        while (have < bytes.size()) {
            const ssize_t n =
                ::pread(file->fd(), bytes.data() + have, bytes.size() - have, static_cast<off_t>(offset + have));
            if (n < 0 && errno == EINTR) continue;
            if (n < 0) error = errno;
            if (n <= 0) break;
            have += static_cast<std::size_t>(n);
        }
        bytes.resize(have);
    }
};

Writer::Writer(uv_loop_t* loop, Channel& channel, Listener& listener)
    : loop_(loop), channel_(channel), listener_(listener), pause_(loop, [this] { flush(); }) {}

void Writer::say(std::string bytes) {
    (void)channel_.write(std::move(bytes), anchor_.guard([this](int status) {
        if (status != 0) fail(uv::error_text(status));
    }));
    pacer_.written();  // an old host must not find this and what comes next in one recv()
}

void Writer::begin(bool modern, std::size_t old_room) {
    paced_ = !modern;
    outlet_.emplace(modern ? Dialect::v1 : Dialect::old_host, !modern, modern ? 0 : old_room);
}

bool Writer::has_room() const noexcept {
    const bool room = writes() && outlet_->carried_bytes() < limit_.bytes();
    if (!room) {
        was_full_ = true;
        limit_.full();
    }
    return room;
}

void Writer::push(Parcel parcel) {
    limit_.waits(now());
    outlet_->push(std::move(parcel));
}

Time Writer::delivered_until() {
    if (!outlet_) return now();
    return departures_.until({outlet_->idle(), outlet_->carried_then(), static_cast<std::size_t>(unacknowledged())},
                             now());
}

// Source: tcp(7).
int Writer::unacknowledged() const noexcept {
    int bytes = 0;
    return ::ioctl(channel_.fd(), SIOCOUTQ, &bytes) == 0 ? bytes : 0;
}

void Writer::taken(std::size_t bytes) {
    pacer_.written();
    departures_.taken(bytes, outlet_->carried());
    limit_.taken(bytes, now());
    // What the system has taken goes before all that is pushed later, and can't go another way.
    if (const std::size_t limit = limit_.bytes() / 4; limit != unsent_limit_) {
        unsent_limit_ = limit;
        channel_.stream().limit_unsent(limit);
    }
    listener_.progressed();
}

std::pair<std::size_t, std::size_t> Writer::waiting() const noexcept {
    if (!outlet_) return {0, 0};
    return {outlet_->count(), outlet_->waiting_bytes()};
}

bool Writer::may_write() {
    if (!paced_) return true;
    if (pacer_.must_look()) pacer_.looked(unacknowledged(), now());
    if (pacer_.free(now())) return true;
    pause_.start(pacer_.wait(now()));
    return false;
}

void Writer::flush() {
    while (!stopped_ && !busy_ && outlet_) {
        if (outlet_->file_due()) {
            if (file_offset_ == 0 && !may_write()) return;
            read_piece();
            return;
        }
        if (!outlet_->amid() && !may_write()) return;
        const std::span<const iovec> parts = outlet_->parts();
        const std::size_t total = std::accumulate(parts.begin(), parts.end(), std::size_t{0},
                                                  [](std::size_t sum, const iovec& p) { return sum + p.iov_len; });
        for (const auto& [parcel, why] : outlet_->take_unfit()) listener_.unfit(parcel, why);
        if (stopped_) return;
        if (total == 0) break;
        const Channel::Sent sent = channel_.send(parts, anchor_.guard([this](int status) { written(status); }));
        if (sent.error != 0) {
            fail(uv::error_text(sent.error));
            return;
        }
        if (sent.later > 0) {
            busy_ = true;
            coming_ = {sent.later, sent.wire_later, 0};
        }
        if (sent.now > 0) outlet_->taken(sent.now);
        if (sent.wire_now > 0) taken(sent.wire_now);
        if (sent.full) write_piece(outlet_->piece(kPiece), false);
    }
    if (stopped_ || !outlet_) return;
    if (!busy_ && outlet_->idle()) limit_.emptied();
    if (finishing_ && !busy_ && outlet_->idle()) channel_.end();
    tell_of_room();
}

void Writer::write_piece(std::string bytes, bool of_file) {
    const std::size_t size = bytes.size();
    busy_ = true;
    coming_ = {of_file ? 0 : size, 0, of_file ? size : 0};
    coming_.wire = channel_.write(std::move(bytes), anchor_.guard([this](int status) { written(status); }));
}

void Writer::written(int status) {
    busy_ = false;
    if (stopped_) return;
    if (status != 0) {
        fail(uv::error_text(status));
        return;
    }
    const Coming came = std::exchange(coming_, {});
    if (came.of_outlet > 0) outlet_->taken(came.of_outlet);
    file_offset_ += came.of_file;
    taken(came.wire);
    flush();
}

void Writer::read_piece() {
    const std::shared_ptr<const File>& file = outlet_->file_parcel().content().file;
    const std::uint64_t left = file->size() - file_offset_;
    if (left == 0) {
        file_offset_ = 0;
        outlet_->file_done();
        flush();
        return;
    }
    auto piece = std::make_shared<Piece>();
    piece->file = file;
    piece->offset = file_offset_;
    piece->bytes.resize(static_cast<std::size_t>(std::min<std::uint64_t>(left, kPiece)));
    busy_ = true;
    uv::work(
        loop_, [piece] { piece->read(); }, anchor_.guard([this, piece, wanted = piece->bytes.size()] {
            busy_ = false;
            if (stopped_) return;
            if (piece->bytes.size() == wanted) {
                write_piece(std::move(piece->bytes), true);
                return;
            }
            const Error why{
                Code::io, piece->error != 0 ? system_says(piece->error) : "the file became shorter while it was sent"};
            const Parcel parcel = outlet_->take_file();
            listener_.unfit(parcel, why);
            fail("a file broke off, and its receiver can't follow any more: " + why.text);
        }));
}

void Writer::tell_of_room() {
    if (!was_full_ || finishing_ || outlet_->carried_bytes() > limit_.bytes() / 2) return;
    was_full_ = false;
    listener_.has_room_again();
}

void Writer::fail(const std::string& why) {
    if (stopped_) return;
    listener_.write_failed(why);
}

std::vector<Parcel> Writer::finish() {
    finishing_ = true;
    if (!outlet_) return {};
    return outlet_->take_unbegun();
}

std::vector<Parcel> Writer::stop() {
    stopped_ = true;
    pause_.stop();
    if (!outlet_) return {};
    return outlet_->take_all();
}

}  // namespace msw::net
