#include "daemon/host/executable.hpp"

#include <algorithm>
#include <csignal>
#include <cstring>

namespace msw {
namespace {

using std::chrono::milliseconds;
constexpr milliseconds kFirstBackOff{500};
constexpr milliseconds kLongestBackOff{60000};
constexpr milliseconds kGoodRun{10000};
constexpr milliseconds kUntilTerm{1000};
constexpr milliseconds kUntilKill{4000};
constexpr milliseconds kRestOfOutput{1000};

std::string how_it_ended(int status, int signal) {
    return signal != 0 ? "was ended by signal " + std::to_string(signal) + " (" + ::strsignal(signal) + ")"
                       : "ended with status " + std::to_string(status);
}

}  // namespace

Executable::Executable(Services& services, ExecutableOptions options)
    : services_(services),
      options_(std::move(options)),
      sender_{options_.app, "plugin:" + options_.app},
      key_(services.wakeups.add(*this)),
      mailbox_(std::make_shared<Mailbox>(options_.mailbox_bytes, kAnswerRoom,
                                         [&w = services.wakeups, key = key_] { w.wake(key); })),
      timer_(services.loop, [this] { finish_run(); }),
      back_off_(kFirstBackOff) {
    (void)services_.forwarder.add(options_.app, mailbox_, Forwarder::Kind::plugin);
}

Executable::~Executable() {
    services_.wakeups.remove(key_);
    services_.forwarder.remove(options_.app);
    mailbox_->close();
    if (alive_) process_->kill_group(SIGKILL);
    std::vector<Mail> left;
    mailbox_->take_all(left);
    for (const Mail& mail : left) {
        if (mail.delivery.kept()) continue;
        services_.forwarder.refuse(*mail.datapack, Code::closed, "the plugin \"" + options_.app + "\" has ended");
    }
}

void Executable::say(Priority priority, const std::string& text) { services_.log.write(priority, options_.app, text); }

void Executable::start() { run(); }

void Executable::run() {
    uv::Stream in = uv::Stream::pipe(services_.loop);
    uv::Stream out = uv::Stream::pipe(services_.loop);
    uv::Stream err = uv::Stream::pipe(services_.loop);
    uv::ProcessOptions how;
    how.argv = options_.argv;
    how.environment = options_.environment;
    how.directory = services_.files.path();
    how.in = &in;
    how.out = &out;
    how.err = &err;
    started_ = Clock::now();
    garbage_.clear();
    Result<uv::Process> process =
        uv::Process::spawn(services_.loop, how, [this](int status, int signal) { exited(status, signal); });
    if (!process) {
        last_error_ = "can't be started: " + process.error().text;
        schedule();
        return;
    }
    process_ = std::move(process).value();
    alive_ = true;
    out_ended_ = false;
    lines_ =
        std::make_unique<StderrLines>(std::move(err), [this](const std::string& line) { say(Priority::info, line); });
    lines_->start();
    port_ = std::make_unique<StreamPort>(services_, static_cast<StreamPort::Owner&>(*this), options_.app, mailbox_,
                                         std::move(out), std::move(in));
    port_->expect_done(StreamPort::SaysDone::not_known);
    port_->start();
    say(Priority::info, "started, pid " + std::to_string(process_->pid()));
}

void Executable::wake() {
    if (port_) port_->write_waiting();
}

void Executable::received(Datapack& d) {
    if (!hear_done(d, *port_)) port_->forward(d, sender_);
}

void Executable::ended(std::optional<Error> why) {
    out_ended_ = true;
    if (why) {
        garbage_ = "its output can't be followed: " + why->text;
        say(Priority::error, garbage_);
        if (alive_) process_->kill_group(SIGKILL);
    }
    if (!alive_) timer_.start(milliseconds(0));
}

void Executable::exited(int status, int signal) {
    alive_ = false;
    // Whatever it left behind goes with it.
    process_->kill_group(SIGKILL);
    if (!stopping_ && !renewing_) {
        last_error_ = garbage_.empty() ? how_it_ended(status, signal) : garbage_;
    }
    // What it wrote last may still be in the pipe.
    timer_.start(out_ended_ ? milliseconds(0) : kRestOfOutput);
}

void Executable::finish_run() {
    if (alive_) {
        // A step of end_run(): it did not end by itself.
        const bool term = Clock::now() - started_ < kUntilTerm + kUntilKill / 2;
        process_->kill_group(term ? SIGTERM : SIGKILL);
        timer_.start(kUntilKill);
        return;
    }
    const bool was_running = port_ != nullptr;
    port_.reset();
    lines_.reset();
    process_.reset();
    if (stopping_) {
        if (stopped_) std::exchange(stopped_, nullptr)();
    } else if (std::exchange(renewing_, false)) {
        run();
    } else if (was_running) {
        schedule();
    } else {
        ++restarts_;
        run();
    }
}

void Executable::schedule() {
    if (Clock::now() - started_ >= kGoodRun) back_off_ = kFirstBackOff;
    say(Priority::warning, last_error_ + "; started again in " + std::to_string(back_off_.count() / 1000) + "." +
                               std::to_string(back_off_.count() % 1000 / 100) + " s");
    timer_.start(back_off_);
    back_off_ = std::min(back_off_ * 2, kLongestBackOff);
}

void Executable::stop(std::function<void()> stopped) {
    stopping_ = true;
    stopped_ = std::move(stopped);
    end_run();
}

void Executable::renew(ExecutableOptions options) {
    options_ = std::move(options);
    back_off_ = kFirstBackOff;
    renewing_ = true;
    end_run();
}

void Executable::end_run() {
    if (!alive_) {
        timer_.start(milliseconds(0));
        return;
    }
    started_ = Clock::now();  // from here on: when its end began
    port_->close_writing();
    timer_.start(kUntilTerm);
}

bool Executable::idle() const noexcept { return port_ ? port_->idle() : mailbox_->numbers().waiting == 0; }

PluginState Executable::state() const {
    PluginState s;
    s.app = options_.app;
    s.kind = "executable";
    s.state = alive_ ? "running" : stopping_ ? "stopped" : "waiting";
    s.pid = alive_ ? process_->pid() : 0;
    s.restarts = restarts_;
    s.path = options_.path;
    s.last_error = last_error_;
    return s;
}

}  // namespace msw
