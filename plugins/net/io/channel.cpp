#include "plugins/net/io/channel.hpp"

#include <sys/socket.h>
#include <algorithm>
#include <utility>

namespace msw::net {
namespace {

constexpr std::size_t kRecord = std::size_t{16} * 1024;  // bytes of plaintext (RFC 8446, 5.1)

std::string_view text_of(const iovec& part) { return {static_cast<const char*>(part.iov_base), part.iov_len}; }

}  // namespace

Channel::Channel(uv::Stream stream, std::unique_ptr<TlsSession> tls)
    : stream_(std::move(stream)), tls_(std::move(tls)) {
    stream_.no_delay();
    if (tls_) (void)flush([](int) {});  // a client speaks first
}

TlsSession::Event Channel::read(std::string_view& wire, std::span<char> into, std::size_t& size) {
    const TlsSession::Event event = tls_->read(wire, into, size);
    if (tls_->waiting() > 0) (void)flush([](int) {});  // the end of the stream says what went wrong
    return event;
}

std::string Channel::end_of_wire() {
    if (!tls_) return {};
    tls_->end_of_wire();
    return tls_->state() == TlsSession::State::failed ? tls_->error().text : std::string();
}

std::pair<std::size_t, std::size_t> Channel::flush(std::function<void(int)> done) {
    tls_->take_output(out_);
    if (out_.empty()) return {0, 0};
    const iovec part{out_.data(), out_.size()};
    const int taken = stream_.pending() == 0 ? stream_.try_write({&part, 1}) : 0;
    const auto now = static_cast<std::size_t>(std::max(taken, 0));  // of an error write() tells
    const std::size_t left = out_.size() - now;
    if (left > 0) stream_.write(out_.substr(now), std::move(done));
    return {now, left};
}

Channel::Sent Channel::send(std::span<const iovec> parts, std::function<void(int)> done) {
    if (tls_) return send_encrypted(parts, std::move(done));
    Sent sent;
    const int bytes = stream_.try_write(parts);
    if (bytes < 0) {
        sent.error = bytes;
        return sent;
    }
    std::size_t total = 0;
    for (const iovec& part : parts) total += part.iov_len;
    sent.now = sent.wire_now = static_cast<std::size_t>(bytes);
    sent.full = sent.now < total;
    return sent;
}

Channel::Sent Channel::send_encrypted(std::span<const iovec> parts, std::function<void(int)> done) {
    Sent sent;
    const std::size_t taken = encrypt(parts);
    if (taken == 0) {
        sent.error = UV_ECONNABORTED;
        return sent;
    }
    const auto [now, left] = flush(std::move(done));
    sent.wire_now = now;
    sent.wire_later = left;
    (left == 0 ? sent.now : sent.later) = taken;
    return sent;
}

std::size_t Channel::encrypt(std::span<const iovec> parts) {
    std::size_t taken = 0;
    gathered_.clear();
    for (const iovec& part : parts) {
        std::string_view rest = text_of(part);
        while (!rest.empty()) {
            if (gathered_.empty() && rest.size() >= kRecord) {
                const std::size_t whole = tls_->write(rest.substr(0, rest.size() - rest.size() % kRecord));
                if (whole == 0) return taken;
                taken += whole;
                rest.remove_prefix(whole);
                continue;
            }
            const std::string_view some = rest.substr(0, kRecord - gathered_.size());
            gathered_ += some;
            rest.remove_prefix(some.size());
            if (gathered_.size() < kRecord) continue;
            if (!encrypt_gathered()) return taken;
            taken += kRecord;
        }
    }
    const std::size_t last = gathered_.size();
    return last > 0 && encrypt_gathered() ? taken + last : taken;
}

bool Channel::encrypt_gathered() {
    const bool all = tls_->write(gathered_) == gathered_.size();
    gathered_.clear();
    return all;
}

std::size_t Channel::write(std::string bytes, std::function<void(int)> done) {
    if (!tls_) {
        const std::size_t size = bytes.size();
        stream_.write(std::move(bytes), std::move(done));
        return size;
    }
    // In order, however many pieces TLS makes of it: the last one is done when all are.
    std::size_t wire = 0;
    std::string_view rest = bytes;
    while (!rest.empty()) {
        const std::size_t taken = tls_->write(rest);
        if (taken == 0) break;
        rest.remove_prefix(taken);
        tls_->take_output(out_);
        wire += out_.size();
        stream_.write(
            out_, rest.empty() ? std::move(done) : [](int) {});
    }
    if (!rest.empty()) stream_.write({}, [done = std::move(done)](int) { done(UV_ECONNABORTED); });
    return wire;
}

void Channel::end() {
    if (std::exchange(ended_, true)) return;
    std::string last;
    if (tls_) {
        tls_->close();
        tls_->take_output(last);
    }
    if (last.empty() && stream_.pending() == 0) {
        ::shutdown(stream_.fd(), SHUT_WR);
    } else {
        stream_.write(std::move(last), anchor_.guard([this](int) { ::shutdown(stream_.fd(), SHUT_WR); }));
    }
}

}  // namespace msw::net
