#include "daemon/control/attached_client.hpp"

#include "daemon/host/plugin_folder.hpp"
#include "msw/client.hpp"

#include <sys/socket.h>
#include <algorithm>
#include <charconv>

namespace msw {
namespace {

constexpr std::size_t kSmallestWindow = 64UL * 1024;
constexpr std::size_t kDefaultWindow = 1024UL * 1024;
constexpr std::size_t kLargestWindow = 64UL * 1024 * 1024;
constexpr std::chrono::milliseconds kAttachTime{10000};
constexpr std::chrono::milliseconds kLastWords{1000};

std::size_t window_of(std::string_view text) noexcept {
    std::size_t wanted = kDefaultWindow;
    if (!text.empty() && std::from_chars(text.data(), text.data() + text.size(), wanted).ec != std::errc()) {
        wanted = kDefaultWindow;
    }
    return std::clamp(wanted, kSmallestWindow, kLargestWindow);
}

}  // namespace

AttachedClient::AttachedClient(Services& services, uv::Stream stream, std::uint64_t number,
                               std::function<bool(std::string_view)> reserved, std::function<void()> gone)
    : services_(services),
      number_(number),
      reserved_(std::move(reserved)),
      gone_(std::move(gone)),
      key_(services.wakeups.add(*this)),
      timer_(services.loop, [this] { time_is_up(); }) {
    ucred peer{};
    socklen_t size = sizeof peer;
    if (::getsockopt(stream.fd(), SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0) {
        sender_.by = "uid:" + std::to_string(peer.uid);
        pid_ = peer.pid;
    } else {
        sender_.by = "uid:65534";  // nobody: the kernel didn't say
    }
    mailbox_ = std::make_shared<Mailbox>(kSmallestWindow, kAnswerRoom);
    port_ = std::make_unique<StreamPort>(services_, static_cast<StreamPort::Owner&>(*this), "", mailbox_,
                                         std::move(stream), std::nullopt);
    timer_.start(kAttachTime);
    port_->start();
}

AttachedClient::~AttachedClient() {
    services_.wakeups.remove(key_);
    if (attached_) services_.forwarder.remove(sender_.app);
    refuse_what_waits();
}

void AttachedClient::refuse_what_waits() {
    mailbox_->close();
    std::vector<Mail> left;
    mailbox_->take_all(left);
    for (const Mail& mail : left) {
        if (mail.delivery.kept()) continue;
        services_.forwarder.refuse(*mail.datapack, Code::closed, "the program \"" + sender_.app + "\" has left");
    }
}

void AttachedClient::turn_away(Error why) {
    turned_away_ = std::move(why);
    timer_.start(kLastWords);
}

void AttachedClient::time_is_up() {
    if (turned_away_ && !closing_) {
        refuse_and_close(Datapack("get", "mswd"), *turned_away_);
    } else {
        over();
    }
}

void AttachedClient::wake() { port_->write_waiting(); }

void AttachedClient::received(Datapack& d) {
    if (closing_) return;
    if (turned_away_) {
        refuse_and_close(d, *turned_away_);
    } else if (attached_) {
        if (!hear_done(d, *port_)) port_->forward(d, sender_);
    } else {
        attach(d);
    }
}

Result<void> AttachedClient::take_name(const std::string& wanted) {
    if (wanted.empty()) {
        sender_.app = '@' + std::to_string(number_);
    } else if (!valid_app_name(wanted) || reserved_(wanted)) {
        return Error{Code::refused, "the app \"" + wanted + "\" can't be owned by a program that attaches: it is " +
                                        (valid_app_name(wanted) ? "a plugin's" : "no name for a plugin")};
    } else {
        sender_.app = wanted;
    }
    if (!services_.forwarder.add(sender_.app, mailbox_, Forwarder::Kind::attached)) {
        return Error{Code::name_taken, "another program owns the app \"" + sender_.app + "\""};
    }
    return {};
}

void AttachedClient::attach(const Datapack& question) {
    if (question.method != "get" || question.app != "mswd" || question.body != "attach") {
        refuse_and_close(
            question, {Code::bad_request, "the first Datapack must be `get mswd` with body `attach` and `proto: 1`"});
        return;
    }
    if (question.get("proto") != std::to_string(kAttachProto)) {
        refuse_and_close(question, {Code::unsupported, "this mswd speaks version " + std::to_string(kAttachProto) +
                                                           " of the attach exchange (`proto: 1`)"});
        return;
    }
    const std::size_t window = window_of(question.get("window"));
    mailbox_ = std::make_shared<Mailbox>(window, kAnswerRoom, [&w = services_.wakeups, key = key_] { w.wake(key); });
    if (Result<void> named = take_name(std::string(question.get("app"))); !named) {
        refuse_and_close(question, named.error());
        return;
    }
    attached_ = true;
    if (question.get("done") == "1") port_->expect_done(StreamPort::SaysDone::yes);
    timer_.stop();
    port_->rename(sender_.app, mailbox_);

    const DecoderLimits limits;
    Datapack answer("reply", sender_.app);
    answer.set("id", services_.forwarder.host_id());
    answer.set("from", "mswd");
    answer.set("flag", question.get("flag"));
    answer.set("app", sender_.app);
    answer.set("host", services_.forwarder.host_id());
    answer.set("version", MSW_VERSION);
    answer.set("proto", std::to_string(kAttachProto));
    answer.set("window", std::to_string(window));
    answer.set("limit-head", std::to_string(limits.head));
    answer.set("limit-body", std::to_string(limits.body));
    (void)mailbox_->put({DatapackRef(std::move(answer)), {}});
}

void AttachedClient::refuse_and_close(const Datapack& question, const Error& error) {
    Datapack answer = question.error_reply(error.code, error.text);
    answer.app = "client";
    answer.head.remove("to");
    answer.set("from", "mswd");
    answer.set("id", services_.forwarder.host_id());
    // It goes out at once; whoever doesn't read it loses it with the connection.
    mailbox_ = std::make_shared<Mailbox>(kSmallestWindow, kAnswerRoom);
    port_->rename("", mailbox_);
    (void)mailbox_->put({DatapackRef(std::move(answer)), {}});
    closing_ = true;
    port_->stop_reading();
    port_->write_waiting();
    timer_.start(port_->idle() ? std::chrono::milliseconds(0) : kLastWords);
}

void AttachedClient::ended(std::optional<Error> why) {
    if (closing_) return;
    if (!why || why->code == Code::closed) {
        over();
        return;
    }
    services_.log.write(Priority::warning, "mswd",
                        "the program " + (attached_ ? sender_.app : "that connected") + " (" + sender_.by + ", pid " +
                            std::to_string(pid_) + ") was cut off: " + why->text);
    if (attached_) {
        services_.forwarder.remove(sender_.app);
        attached_ = false;
        refuse_what_waits();
    }
    refuse_and_close(Datapack("get", "mswd"), *why);
}

void AttachedClient::over() {
    closing_ = true;
    timer_.stop();
    if (gone_) std::exchange(gone_, nullptr)();
}

PluginState AttachedClient::state() const {
    PluginState s;
    s.app = sender_.app;
    s.kind = "client";
    s.state = "running";
    s.pid = pid_;
    s.path = sender_.by;
    return s;
}

}  // namespace msw
