#include "plugins/net/io/connection.hpp"

#include <utility>

namespace msw::net {
namespace {

constexpr std::size_t kRead = 64 * 1024;
constexpr std::size_t kReadFile = 256 * 1024;
constexpr std::size_t kMostUnproven = 16 * 1024;  // bytes: a handshake takes a few hundred

}  // namespace

Connection::Connection(uv_loop_t* loop, LinkId id, uv::Stream stream, std::shared_ptr<const FileRoot> files,
                       Owner& owner)
    : loop_(loop),
      id_(id),
      stream_(std::move(stream)),
      files_(std::move(files)),
      owner_(owner),
      writer_(loop, stream_, *this) {
    stream_.no_delay();
}

void Connection::established(const PeerInfo& peer, std::size_t old_room) {
    established_ = true;
    writer_.begin(peer.modern, old_room);
}

std::span<char> Connection::room() { return decoder_->room(file_ ? kReadFile : kRead); }

void Connection::received(std::size_t bytes) {
    decoder_->commit(bytes);
    owner_.bytes_came(*this);
    if (!established_ && (unproven_bytes_ += bytes) > kMostUnproven) {
        owner_.broken(*this, "it sent " + std::to_string(unproven_bytes_) + " bytes and no handshake");
        return;
    }
    decode();
}

void Connection::ended(int status) {
    if (closed_) return;
    owner_.ended(*this, status == UV_EOF ? std::string("the other side closed it") : uv::error_text(status));
}

void Connection::decode() {
    if (decoding_) return;
    decoding_ = true;
    bool more = true;
    while (more && !closed_ && !held_ && !on_disk_) more = decode_one();
    decoding_ = false;
    if (closed_) return;
    if (held_ || on_disk_) {
        stream_.stop_reading();
    } else {
        stream_.start_reading(*this);
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
            decode();
        }));
}

void Connection::begin_file() {
    if (!established_) {
        owner_.broken(*this, "the first Datapack was a file, no handshake");
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
    if (!closed_) decode();
}

std::vector<Parcel> Connection::close() {
    closed_ = true;
    stream_.stop_reading();
    return writer_.stop();
}

}  // namespace msw::net
