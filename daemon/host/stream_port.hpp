// Joins a byte stream to the forwarder: what is read becomes Datapacks of a sender, what waits in a mailbox is written.
//
// Back-pressure: where the mailbox that a Datapack is for has no room, the port keeps that one Datapack and stops
// reading until there is; what it can't write stays in its own mailbox, which then stops others. What it took from
// there and could not write whole before its end is answered with an error.
#pragma once

#include "daemon/services.hpp"
#include "msw/decoder.hpp"
#include "msw/encoder.hpp"
#include "uv/loop.hpp"
#include "uv/stream.hpp"

#include <chrono>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace msw {

/// Thread: the loop's.
class StreamPort : private uv::Stream::Reader {
public:
    /// Who owns the port. The port must not be destroyed from within these calls.
    class Owner {
    public:
        Owner() = default;
        Owner(const Owner&) = delete;
        Owner& operator=(const Owner&) = delete;
        Owner(Owner&&) = delete;
        Owner& operator=(Owner&&) = delete;
        virtual ~Owner() = default;
        /// A whole Datapack came. Pass it to forward() or deal with it; what is left in it is overwritten.
        virtual void received(Datapack& d) = 0;
        /// Nothing will be read any more. @param why  nothing at a clean end of the stream
        virtual void ended(std::optional<Error> why) = 0;
    };

    /// @param app  whose mailbox it is
    /// @param in   what is read from, and written to if `out` is nothing
    /// @param out  what is written to
    StreamPort(Services& services, Owner& owner, std::string app, std::shared_ptr<Mailbox> mailbox, uv::Stream in,
               std::optional<uv::Stream> out);
    ~StreamPort() override;
    StreamPort(const StreamPort&) = delete;
    StreamPort& operator=(const StreamPort&) = delete;
    StreamPort(StreamPort&&) = delete;
    StreamPort& operator=(StreamPort&&) = delete;

    void start();

    /// Stamp `d` with what `sender` is and forward it; a `file` gets its file first. Keeps it, and reads no further,
    /// while there is no room for it.
    /// @param d  left empty; @param sender  the same one until rename()
    void forward(Datapack& d, const Sender& sender);

    /// Whether the reader will say that it is done with durable Datapacks (done()). If not, it is when they are
    /// written.
    enum class SaysDone { no, yes, not_known };
    /// @param how  not_known: until it says something, or kDoneGrace is over
    void expect_done(SaysDone how);
    [[nodiscard]] SaysDone says_done() const noexcept { return says_done_; }
    /// The reader is done with the durable Datapack of that flag.
    void done(std::string_view flag);

    /// Read nothing more; what came is forwarded still.
    void stop_reading();

    /// From now on the mailbox is another one, of another app.
    void rename(std::string app, std::shared_ptr<Mailbox> mailbox);

    /// Write what waits in the mailbox. To be called when the mailbox says it is ready.
    void write_waiting();

    /// @return whether all that came has been forwarded and all that waited has been written
    [[nodiscard]] bool idle() const noexcept;
    /// Close the writing side when all is written (pipes: the reader sees the end).
    void close_writing() noexcept;

private:
    std::span<char> room() override { return decoder_.room(kReadSize); }
    void received(std::size_t bytes) override;
    void ended(int status) override;

    void pump();
    void resume();
    void go_on();
    void pass_on(Datapack& d, const Sender& sender);
    void bring_in_file(Datapack& d, const Sender& sender);
    void fail(Error error);
    [[nodiscard]] Result<void> attach_file(Datapack& d);
    void adopt_descriptors();
    void written(int status);
    void refuse_unwritten(std::size_t written);
    void forget_batch();
    [[nodiscard]] uv::Stream& writer() noexcept { return out_ ? *out_ : in_; }
    [[nodiscard]] const uv::Stream& writer() const noexcept { return out_ ? *out_ : in_; }

    static constexpr std::size_t kReadSize = 32 * 1024;
    static constexpr std::size_t kWriteSize = 256 * 1024;
    static constexpr std::size_t kMostDescriptors = 16;
    static constexpr std::chrono::seconds kDoneGrace{10};

    Services& services_;
    Owner& owner_;
    std::string app_;
    std::shared_ptr<Mailbox> mailbox_;
    uv::Stream in_;
    std::optional<uv::Stream> out_;
    DatapackRef next_;  // where the decoder makes the next one
    Decoder decoder_;
    Encoder encoder_{Dialect::v1};
    std::vector<Mail> batch_;        // being written
    std::vector<std::size_t> ends_;  // of each, in bytes of the batch; 0: it was refused
    std::size_t batch_bytes_ = 0;    // in all
    std::size_t written_ = 0;        // of them, taken at once
    std::deque<Fd> descriptors_;
    Fields marks_;  // of the sender
    Forwarder::Recent recent_;

    struct Held {
        DatapackRef datapack;
        Sender sender;
        std::shared_ptr<Mailbox> mailbox;
    };
    std::optional<Held> held_;
    std::multimap<std::string, Delivery, std::less<>> kept_;  // written, and not done with, by flag
    SaysDone says_done_ = SaysDone::no;
    uv::Timer done_grace_;
    bool bringing_in_ = false;  // a file is being copied; what was read behind it waits
    bool stopped_ = false;
    bool writing_ = false;
    bool writing_closed_ = false;
    bool over_ = false;
    uv::Anchor anchor_;
};

/// What a plugin says of durable Datapacks: `post mswd` with the body `done` and the flag of one, or, at its start,
/// with the body `attach` and `done: 1`, that it will say so.
/// @return whether it was that
[[nodiscard]] bool hear_done(const Datapack& d, StreamPort& port);

}  // namespace msw
