#include "plugins/net/io/connection.hpp"

#include <utility>

namespace msw::net {
namespace {

constexpr std::size_t kRead = 64 * 1024;
constexpr std::size_t kReadFile = 256 * 1024;
constexpr std::size_t kMostUnproven = 16 * 1024;  // bytes: a handshake takes a few hundred

}  // namespace

Connection::Connection(uv_loop_t* loop, LinkId id, Channel channel, std::span<char> wire,
                       std::shared_ptr<const FileRoot> files, Owner& owner)
    : loop_(loop),
      id_(id),
      channel_(std::move(channel)),
      wire_(wire),
      files_(std::move(files)),
      owner_(owner),
      writer_(loop, channel_, *this) {}

void Connection::established(const PeerInfo& peer, std::size_t old_room) {
    established_ = true;
    writer_.begin(peer.modern, old_room);
}

std::span<char> Connection::room() {
    return channel_.tls() != nullptr ? wire_ : decoder_->room(file_ ? kReadFile : kRead);
}

void Connection::received(std::size_t bytes) {
    owner_.bytes_came(*this);
    if (closed_) return;
    if (channel_.tls() != nullptr) {
        decrypt({wire_.data(), bytes});
    } else if (take(bytes)) {
        go_on();
    }
}

/// @param wire  may be in wire_, or in undecrypted_
void Connection::decrypt(std::string_view wire) {
    while (!waits()) {
        std::size_t size = 0;
        switch (channel_.read(wire, decoder_->room(file_ ? kReadFile : kRead), size)) {
            case TlsSession::Event::more: go_on(); return;
            case TlsSession::Event::established: owner_.proved(*this); break;
            case TlsSession::Event::plaintext: (void)take(size); break;
            case TlsSession::Event::ended: owner_.ended(*this, "the other side closed it"); break;
            case TlsSession::Event::failed:
                if (established_) {
                    owner_.broken(*this, channel_.error());
                } else {
                    owner_.ended(*this, channel_.error());
                }
                break;
        }
        if (closed_) return;
    }
    undecrypted_ = std::string(wire);
    channel_.stream().stop_reading();
}

bool Connection::take(std::size_t bytes) {
    decoder_->commit(bytes);
    decode();
    // What follows a hello at once may have come together with it.
    if (!closed_ && !established_ && (unproven_bytes_ += bytes) > kMostUnproven) {
        owner_.broken(*this, "it sent " + std::to_string(unproven_bytes_) + " bytes and didn't say who it is");
    }
    return !closed_;
}

void Connection::ended(int status) {
    if (closed_) return;
    const std::string cut_off = channel_.end_of_wire();
    owner_.ended(*this, status != UV_EOF  ? uv::error_text(status)
                        : cut_off.empty() ? std::string("the other side closed it")
                                          : cut_off);
}

void Connection::go_on() {
    if (closed_) return;
    if (waits()) {
        channel_.stream().stop_reading();
    } else {
        channel_.stream().start_reading(*this);
    }
}

void Connection::decode() {
    if (decoding_) return;
    decoding_ = true;
    bool more = true;
    while (more && !closed_ && !waits()) more = decode_one();
    decoding_ = false;
}

/// What had to wait is through.
void Connection::resume() {
    decode();
    if (closed_ || waits()) return;
    if (channel_.tls() != nullptr) {
        decrypt(std::exchange(undecrypted_, {}));
    } else {
        go_on();
    }
}

bool Connection::decode_one() {
    switch (decoder_->next()) {
        case Decoder::Event::more: return false;
        case Decoder::Event::datapack: owner_.heard(*this, std::move(decoder_->datapack())); return true;
        case Decoder::Event::file: begin_file(); return true;
        case Decoder::Event::piece: store_piece(); return true;
        case Decoder::Event::file_end: end_file(); return true;
        case Decoder::Event::error: owner_.broken(*this, decoder_->error().text); return false;
    }
    return false;
}

void Connection::on_pool(std::function<void()> job, std::function<void()> after) {
    on_disk_ = true;
    // The job looks into the decoder's buffer and writes to the file: both stay until it is through.
    uv::work(
        loop_, [decoder = decoder_, file = file_, job = std::move(job)] { job(); },
        anchor_.guard([this, after = std::move(after)] {
            on_disk_ = false;
            if (closed_) return;
            if (after) after();
            resume();
        }));
}

void Connection::begin_file() {
    if (!established_) {
        owner_.broken(*this, "the first Datapack was a file, and it hasn't said who it is");
        return;
    }
    const Datapack& head = decoder_->datapack();
    // What was received of a file that breaks off is removed on the pool: that can take a while.
    const auto remove = [loop = loop_](FileIn* file) {
        uv::work(
            loop, [file] { delete file; }, [] {});
    };
    file_ = {new FileIn(head, decoder_->file_size(), owner_.use_of(*this, head), files_), remove};
    if (file_->draining()) {
        file_->refuse({Code::bad_request, "the app " + head.app + " takes no files"});
        return;
    }
    on_pool([file = file_.get()] { file->open(); }, nullptr);
}

void Connection::store_piece() {
    if (file_->draining()) return;
    on_pool([file = file_.get(), bytes = decoder_->piece()] { file->write(bytes); }, nullptr);
}

void Connection::end_file() {
    const auto done = [this] {
        const std::shared_ptr<FileIn> file = std::exchange(file_, nullptr);
        if (file->error()) {
            owner_.file_refused(*this, file->head(), *file->error());
        } else {
            owner_.heard(*this, std::move(file->head()));
        }
    };
    if (file_->draining()) {
        done();
    } else {
        on_pool([file = file_.get()] { file->finish(); }, done);
    }
}

void Connection::release() {
    held_ = {};
    if (!closed_) resume();
}

std::vector<Parcel> Connection::close() {
    closed_ = true;
    channel_.stream().stop_reading();
    std::vector<Parcel> unsent = writer_.stop();
    channel_.end();
    return unsent;
}

}  // namespace msw::net
