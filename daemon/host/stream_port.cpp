#include "daemon/host/stream_port.hpp"

#include "daemon/host/bring_in.hpp"

#include <fcntl.h>
#include <sys/stat.h>

namespace msw {
namespace {

/// Datapacks that were written and nobody holds any more. Their memory serves those that are read: in steady state
/// none is allocated. Thread: the loop's.
class Spare {
public:
    static DatapackRef take() {
        std::vector<DatapackRef>& all = list();
        if (all.empty()) return DatapackRef(Datapack());
        DatapackRef ref = std::move(all.back());
        all.pop_back();
        return ref;
    }
    static void keep(DatapackRef ref) {
        std::vector<DatapackRef>& all = list();
        if (all.size() == kMost || !ref.unique()) return;
        Datapack& d = ref.own();
        if (d.head.wire_size() + d.body.capacity() > kLargest) return;
        d.file.reset();
        all.push_back(std::move(ref));
    }

private:
    static constexpr std::size_t kMost = 1024;
    static constexpr std::size_t kLargest = 1024;  // bytes: all of them together stay small
    static std::vector<DatapackRef>& list() {
        thread_local std::vector<DatapackRef> all;
        return all;
    }
};

}  // namespace

StreamPort::StreamPort(Services& services, Owner& owner, std::string app, std::shared_ptr<Mailbox> mailbox,
                       uv::Stream in, std::optional<uv::Stream> out)
    : services_(services),
      owner_(owner),
      app_(std::move(app)),
      mailbox_(std::move(mailbox)),
      in_(std::move(in)),
      out_(std::move(out)),
      done_grace_(services.loop, [this] { expect_done(SaysDone::no); }) {}

StreamPort::~StreamPort() {
    if (writing_) refuse_unwritten(batch_bytes_ - writer().pending());
    if (!held_) return;
    held_->mailbox->forget(this);
    services_.forwarder.refuse(*held_->datapack, Code::queue_full,
                               "its receiver had no room for it for as long as its sender was there");
}

void StreamPort::start() {
    in_.start_reading(*this);
    write_waiting();
}

void StreamPort::received(std::size_t bytes) {
    decoder_.commit(bytes);
    adopt_descriptors();
    pump();
    services_.wakeups.flush();
}

void StreamPort::adopt_descriptors() {
    for (Fd& fd : in_.take_descriptors()) {
        if (descriptors_.size() == kMostDescriptors) {
            services_.log.write(Priority::warning, "mswd",
                                "a client passed more descriptors than it announced; closed");
            return;
        }
        descriptors_.push_back(std::move(fd));
    }
}

void StreamPort::pump() {
    while (!held_ && !bringing_in_ && !over_) {
        if (!next_) {
            next_ = Spare::take();
            decoder_.decode_into(next_.own());
        }
        switch (decoder_.next()) {
            case Decoder::Event::more:
                if (decoder_.at_boundary() && !descriptors_.empty()) {
                    services_.log.write(Priority::warning, "mswd",
                                        "a client passed a descriptor that no Datapack announced; closed");
                    descriptors_.clear();
                }
                return;
            case Decoder::Event::error: fail(decoder_.error()); return;
            case Decoder::Event::file:
                if (decoder_.file_size() > 0) {
                    fail({Code::bad_request,
                          "a file's bytes don't travel here: write `length: 0` and name the file in `filename`"});
                    return;
                }
                break;
            case Decoder::Event::piece: break;
            case Decoder::Event::datapack:
            case Decoder::Event::file_end: owner_.received(decoder_.datapack()); break;
        }
    }
}

void StreamPort::fail(Error error) {
    over_ = true;
    in_.stop_reading();
    owner_.ended(std::move(error));
}

void StreamPort::ended(int status) {
    over_ = true;
    std::optional<Error> why;
    if (status != UV_EOF) {
        why = Error{Code::closed, uv::error_text(status)};
    } else if (!decoder_.at_boundary()) {
        why = Error{Code::bad_request, "it ended in the middle of a Datapack"};
    }
    owner_.ended(std::move(why));
}

Result<void> StreamPort::attach_file(Datapack& d) {
    const bool passed = d.get("fds") == "1";
    d.head.remove("fds");  // whatever it says: it is between this client and us
    Fd fd;                 // taken before anything can be refused: else the next file would get it
    if (passed && !descriptors_.empty()) {
        fd = std::move(descriptors_.front());
        descriptors_.pop_front();
    }
    const std::string_view name = d.get("filename");
    if (name.empty()) return Error{Code::bad_request, "a `file` needs a `filename`"};
    if (Result<void> fine = check_file_name(name); !fine) return fine;
    if (!passed) {
        Result<std::shared_ptr<const File>> file = services_.files.open_file(name);
        if (!file) return file.error();
        d.file = std::move(file).value();
        return {};
    }
    if (!fd) return Error{Code::bad_request, "`fds: 1` stands in the head, but no descriptor came along"};
    struct stat info {};
    if (::fstat(fd.get(), &info) != 0 || !S_ISREG(info.st_mode)) {
        return Error{Code::bad_request, "the descriptor that came along is not a regular file"};
    }
    if ((::fcntl(fd.get(), F_GETFL) & O_ACCMODE) == O_WRONLY) {
        return Error{Code::bad_request, "the descriptor that came along is open for writing only"};
    }
    d.file = std::make_shared<const File>(fd.release(), static_cast<std::uint64_t>(info.st_size), std::string());
    return {};
}

void StreamPort::forward(Datapack& d, const Sender& sender) {
    Result<void> attached;
    if (d.method == "file") attached = attach_file(d);
    if (marks_.empty()) marks_ = services_.forwarder.marks_of(sender);
    services_.forwarder.stamp(d, marks_);
    if (!attached) {
        services_.forwarder.refuse(d, attached.error().code, attached.error().text);
        return;
    }
    const bool only_a_descriptor = d.file && d.file->path().empty();
    if (only_a_descriptor && !d.head.has("to")) {
        bring_in_file(d, sender);
        return;
    }
    pass_on(d, sender);
}

void StreamPort::bring_in_file(Datapack& d, const Sender& sender) {
    Result<FileRoot::Incoming> incoming = services_.files.receive(d.get("filename"), d.file->size());
    if (!incoming) {
        services_.forwarder.refuse(d, incoming.error().code, incoming.error().text);
        return;
    }
    bringing_in_ = true;
    in_.stop_reading();
    std::shared_ptr<const File> source = std::move(d.file);
    bring_in(services_.loop, std::move(incoming).value(), std::move(source),
             anchor_.guard([this, d = std::move(d), sender](Result<std::shared_ptr<const File>> file) mutable {
                 bringing_in_ = false;
                 if (file) {
                     d.file = std::move(file).value();
                     pass_on(d, sender);
                 } else {
                     services_.forwarder.refuse(d, file.error().code, file.error().text);
                 }
                 go_on();
             }));
}

void StreamPort::pass_on(Datapack& d, const Sender& sender) {
    // What was just decoded lies where it is to be shared already.
    DatapackRef shared = next_ && &d == &next_.own() ? std::move(next_) : DatapackRef(std::move(d));
    Forwarded done = services_.forwarder.forward(shared, sender, &recent_);
    if (done.verdict != Forwarded::Verdict::full) return;
    const std::size_t bytes = shared->weight();  // not taken: still ours
    held_ = Held{std::move(shared), sender, done.mailbox};
    in_.stop_reading();
    // The mailbox calls on its consumer's thread: come back to the loop.
    done.mailbox->when_room(this, bytes,
                            [&post = services_.post, again = anchor_.guard([this] { resume(); })] { post(again); });
}

void StreamPort::resume() {
    if (!held_) return;
    const Forwarded done = services_.forwarder.forward(held_->datapack, held_->sender);
    if (done.verdict == Forwarded::Verdict::full) {
        held_->mailbox = done.mailbox;
        done.mailbox->when_room(this, held_->datapack->weight(),
                                [&post = services_.post, again = anchor_.guard([this] { resume(); })] { post(again); });
        return;
    }
    held_.reset();
    go_on();
}

void StreamPort::go_on() {
    pump();
    if (!held_ && !bringing_in_ && !over_ && !stopped_) in_.start_reading(*this);
}

void StreamPort::rename(std::string app, std::shared_ptr<Mailbox> mailbox) {
    app_ = std::move(app);
    mailbox_ = std::move(mailbox);
    marks_.clear();
}

void StreamPort::stop_reading() {
    stopped_ = true;
    in_.stop_reading();
}

void StreamPort::write_waiting() {
    constexpr int kBatches = 32;
    for (int i = 0; i < kBatches && !writing_ && !writing_closed_; ++i) {
        mailbox_->take_all(batch_, kWriteSize);
        if (batch_.empty()) return;
        for (Mail& mail : batch_) {
            const Result<void> added = encoder_.add(*mail.datapack);
            if (!added) {
                services_.forwarder.refuse(*mail.datapack, added.error().code, added.error().text);
                mail.delivery.done();
            }
            ends_.push_back(added ? encoder_.bytes() : 0);
        }
        writing_ = !writer().write_parts(encoder_.iovecs(), [this](int status) { written(status); });
        batch_bytes_ = encoder_.bytes();
        written_ = batch_bytes_ - writer().pending();
        encoder_.clear();
        if (!writing_) forget_batch();
    }
    if (!writing_ && mailbox_->numbers().waiting > 0) {
        services_.post(anchor_.guard([this] { write_waiting(); }));
    }
}

void StreamPort::written(int status) {
    writing_ = false;
    // A broken pipe shows on the reading side, or as the end of the process.
    if (status != 0) refuse_unwritten(written_);
    if (status != 0) batch_.clear();
    forget_batch();
    if (writing_closed_) {
        services_.post(anchor_.guard([this] { out_.reset(); }));
    } else if (status == 0) {
        write_waiting();
    }
}

void StreamPort::refuse_unwritten(std::size_t written) {
    for (std::size_t i = 0; i < batch_.size(); ++i) {
        if (ends_[i] <= written || batch_[i].delivery.kept()) continue;
        services_.forwarder.refuse(*batch_[i].datapack, Code::closed,
                                   "\"" + app_ + "\" ended while this was on its way to it");
    }
}

void StreamPort::forget_batch() {
    for (Mail& mail : batch_) {
        if (!mail.delivery.kept()) {
            Spare::keep(std::move(mail.datapack));
        } else if (says_done_ != SaysDone::no) {
            kept_.emplace(mail.datapack->get("flag"), std::move(mail.delivery));
        } else {
            mail.delivery.done();
        }
    }
    batch_.clear();
    ends_.clear();
}

void StreamPort::expect_done(SaysDone how) {
    says_done_ = how;
    done_grace_.stop();
    if (how == SaysDone::not_known) done_grace_.start(kDoneGrace);
    if (how != SaysDone::no) return;
    for (auto& [flag, delivery] : kept_) delivery.done();
    kept_.clear();
}

void StreamPort::done(std::string_view flag) {
    if (const auto at = kept_.lower_bound(flag); at != kept_.end() && at->first == flag) {
        at->second.done();
        kept_.erase(at);
        return;
    }
    // It may have read the first ones of a batch, the rest of which is still being written.
    for (std::size_t i = 0; i < batch_.size(); ++i) {
        Mail& mail = batch_[i];
        if (!mail.delivery.kept() || mail.datapack->get("flag") != flag) continue;
        mail.delivery.done();
        ends_[i] = 0;
        return;
    }
}

bool hear_done(const Datapack& d, StreamPort& port) {
    if (d.app == "mswd" && d.method == "post" && d.body == "done") {
        port.done(d.get("flag"));
        return true;
    }
    const bool declares = d.app == "mswd" && d.method == "post" && d.body == "attach" && d.get("done") == "1";
    if (declares) {
        port.expect_done(StreamPort::SaysDone::yes);
    } else if (port.says_done() == StreamPort::SaysDone::not_known) {
        port.expect_done(StreamPort::SaysDone::no);
    }
    return declares;
}

bool StreamPort::idle() const noexcept {
    return !held_ && !bringing_in_ && !writing_ && mailbox_->numbers().waiting == 0;
}

void StreamPort::close_writing() noexcept {
    writing_closed_ = true;
    if (!writing_) out_.reset();
}

}  // namespace msw
