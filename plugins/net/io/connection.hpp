// One connection with another host: bytes to Datapacks and back, through TLS with a member, and files to the disk and
// back.
#pragma once

#include "msw/decoder.hpp"
#include "msw/plugin.hpp"
#include "plugins/net/core/peers.hpp"
#include "plugins/net/io/channel.hpp"
#include "plugins/net/io/file_in.hpp"
#include "plugins/net/io/writer.hpp"

#include <memory>
#include <string>

namespace msw::net {

/// Reading stops while a Datapack waits for room in its mailbox, and while a piece of a file waits for the disk.
/// Thread: the loop's.
class Connection final : private uv::Stream::Reader, private Writer::Listener {
public:
    /// Who owns it. It may close() the connection in each of these, but not destroy it before they return.
    class Owner {
    public:
        Owner() = default;
        Owner(const Owner&) = delete;
        Owner& operator=(const Owner&) = delete;
        Owner(Owner&&) = delete;
        Owner& operator=(Owner&&) = delete;
        virtual ~Owner() = default;

        /// TLS is established: who the other end is, its tls()->peer_key() says.
        virtual void proved(Connection& c) = 0;
        virtual void heard(Connection& c, Datapack datapack) = 0;
        /// @return what a file with that head is for
        virtual FileIn::Use use_of(const Connection& c, const Datapack& head) = 0;
        virtual void file_refused(Connection& c, const Datapack& head, const Error& why) = 0;
        virtual void bytes_came(const Connection& c) = 0;
        virtual void bytes_left(const Connection& c) = 0;
        virtual void has_room_again(const Connection& c) = 0;
        virtual void unfit(const Parcel& parcel, const Error& why) = 0;
        virtual void broken(const Connection& c, const std::string& why) = 0;  ///< close it: it can't be followed
        virtual void ended(const Connection& c, const std::string& why) = 0;   ///< it ended by itself
    };

    /// @param wire  where bytes of any connection are read to before they are decrypted; outlives this, not empty
    Connection(uv_loop_t* loop, LinkId id, Channel channel, std::span<char> wire, std::shared_ptr<const FileRoot> files,
               Owner& owner);

    [[nodiscard]] LinkId id() const noexcept { return id_; }
    [[nodiscard]] int fd() const noexcept { return channel_.fd(); }
    /// @return null: an old host's
    [[nodiscard]] const TlsSession* tls() const noexcept { return channel_.tls(); }
    [[nodiscard]] Writer& writer() noexcept { return writer_; }
    [[nodiscard]] const Writer& writer() const noexcept { return writer_; }

    void start() { channel_.stream().start_reading(*this); }
    /// Each end knows who the other is. @param old_room  see Writer::begin()
    void established(const PeerInfo& peer, std::size_t old_room);

    /// Read no further until release(): this one waits for room.
    void hold(plugin::Handle datapack) noexcept { held_ = std::move(datapack); }
    [[nodiscard]] const plugin::Handle& held() const noexcept { return held_; }
    void release();

    /// Read and write nothing any more. @return what was not written whole
    [[nodiscard]] std::vector<Parcel> close();

private:
    // uv::Stream::Reader
    std::span<char> room() override;
    void received(std::size_t bytes) override;
    void ended(int status) override;
    // Writer::Listener
    void progressed() override { owner_.bytes_left(*this); }
    void has_room_again() override { owner_.has_room_again(*this); }
    void unfit(const Parcel& parcel, const Error& why) override { owner_.unfit(parcel, why); }
    void write_failed(const std::string& why) override { owner_.ended(*this, why); }

    void decrypt(std::string_view wire);
    /// @return whether it may go on
    [[nodiscard]] bool take(std::size_t bytes);
    void go_on();
    void resume();
    [[nodiscard]] bool waits() const noexcept { return held_ || on_disk_; }
    void decode();
    [[nodiscard]] bool decode_one();
    void on_pool(std::function<void()> job, std::function<void()> after);
    void begin_file();
    void store_piece();
    void end_file();

    uv_loop_t* loop_;
    LinkId id_;
    Channel channel_;
    std::span<char> wire_;
    std::string undecrypted_;  // came while something had to wait
    std::shared_ptr<const FileRoot> files_;
    Owner& owner_;
    std::shared_ptr<Decoder> decoder_ = std::make_shared<Decoder>();  // shared with who writes its pieces to disk
    std::shared_ptr<FileIn> file_;
    plugin::Handle held_;
    std::size_t unproven_bytes_ = 0;  // read before the handshake was over
    bool established_ = false;
    bool decoding_ = false;
    bool on_disk_ = false;  // the pool works on the file
    bool closed_ = false;
    uv::Anchor anchor_;
    Writer writer_;  // last: it uses the channel
};

}  // namespace msw::net
