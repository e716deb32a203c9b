#include "daemon/daemon.hpp"

#include "base/supervised.hpp"
#include "daemon/setting_table.hpp"
#include "daemon/state_dir.hpp"
#include "daemon/sys/hold_signals.hpp"

#include <unistd.h>
#include <csignal>
#include <filesystem>

namespace msw {
namespace {

using std::chrono::milliseconds;
constexpr milliseconds kStepTime{10};
constexpr milliseconds kDrainTime{5000};
constexpr milliseconds kPluginTime{10000};
constexpr milliseconds kAnswerTime{1000};
constexpr milliseconds kConfirmTime{10000};

}  // namespace

Daemon::Daemon(const Paths& paths, const Config& config, const std::string& host_id, FileRoot files, Log& log)
    : paths_(paths),
      log_(log),
      post_(loop_.raw()),
      wakeups_(loop_.raw()),
      settings_(paths, host_id),
      forwarder_(host_id, log),
      files_(std::move(files)),
      services_{loop_.raw(),
                post_,
                wakeups_,
                log,
                forwarder_,
                files_,
                [this](std::string_view key) { return settings_.get(key); },
                [this] { end(kStartAgain); }},
      notify_(loop_.raw()),
      registry_(services_),
      control_(services_, [this](std::string_view app) { return registry_.knows(app); }),
      self_(services_,
            {[this] { return status(); }, [this] { return plugins(); }, [this] { return queue(); },
             [this](std::string_view words, std::function<void(const Result<std::string>&)> done) {
                 durable_->words.ask(words, std::move(done));
             },
             [this] { return reload(); },
             [this](int code) {
                 if (code != kExitStayDown && !is_supervised()) {
                     log_.write(Priority::warning, "mswd",
                                "told to restart, but nobody starts it again: run it through mswd-launcher or systemd");
                 }
                 end(code);
             }},
            config.mailbox_bytes),
      confirm_(loop_.raw(), [this] { confirm_release(paths_.state_dir); }),
      steps_(loop_.raw(), [this] { step(); }),
      config_(config) {
    settings_.set(config);
    log_.observe([this](const std::string& line) { self_.line(line); });
}

void Daemon::warn_of_missing_folders() {
    for (const std::string& text : missing_folders(config_, paths_.config)) {
        log_.write(Priority::warning, "mswd", text);
    }
}

Result<void> Daemon::open_spool() {
    spool::Settings settings;
    settings.path = paths_.state_dir + "/spool.db";
    settings.quotas = config_.spool;
    Result<std::unique_ptr<durable::Durable>> opened = durable::Durable::open(services_, settings);
    if (!opened) return opened.error();
    durable_ = std::move(opened).value();
    services_.durable = durable_.get();
    forwarder_.set_durable(&durable_->inbox);
    return {};
}

RegistryOptions Daemon::registry_options() const {
    return {paths_.shipped_plugins(), settings_.own_plugin_dirs(), paths_.python(), config_.mailbox_bytes};
}

int Daemon::run() {
    const uv::Signal hup(loop_.raw(), SIGHUP, [this] {
        if (const Result<void> done = reload(); !done) {
            log_.write(Priority::error, "mswd", "not reloaded, the old configuration stays: " + done.error().text);
        }
    });
    const uv::Signal term(loop_.raw(), SIGTERM, [this] { end(0); });
    const uv::Signal interrupt(loop_.raw(), SIGINT, [this] { end(0); });
    hold_signals(false);

    if (const Result<void> opened = open_spool(); !opened) {
        log_.last_words(Priority::error, "mswd", opened.error().text);
        exit_code_ = 1;
    } else if (const Result<void> listening = control_.listen(paths_.control_socket()); !listening) {
        log_.last_words(Priority::error, "mswd", listening.error().text);
        exit_code_ = 1;
    } else {
        warn_of_missing_folders();
        registry_.start(registry_options());
        durable_->start([this](spool::RowId row) { registry_.removed(row); });
        say_ready();
        loop_.run();
    }
    log_.observe({});
    return exit_code_;
}

void Daemon::say_ready() {
    ready_ = true;
    std::size_t running = 0;
    std::string failed;
    for (const PluginState& p : registry_.rows()) {
        running += p.state == "running" ? 1U : 0U;
        if (p.state == "failed") failed += (failed.empty() ? "" : ", ") + p.app;
    }
    const std::string text = forwarder_.host_id() + " is up with " + std::to_string(running) + " plugins" +
                             (failed.empty() ? "" : "; not started: " + failed);
    log_.write(failed.empty() ? Priority::info : Priority::warning, "mswd",
               text + "; mswctl --socket " + paths_.control_socket());
    notify_.ready(text);
    confirm_.start(kConfirmTime);
}

Result<void> Daemon::judged_by_modules(const Config& next) const {
    Settings settings(paths_, forwarder_.host_id());
    settings.set(next);
    Result<void> good =
        registry_.check({[&](std::string_view key) { return settings.get(key); },
                         [this](std::string_view text) { log_.write(Priority::warning, "mswd", text); }});
    if (!good) return Error{Code::bad_request, paths_.config + ": " + good.error().text};
    return good;
}

Result<void> Daemon::reload() {
    if (stage_ != Stage::running) return Error{Code::closed, "mswd is stopping"};
    Result<Config> next = load_config(paths_.config, paths_.config_optional);
    if (!next) return next.error();
    if (Result<void> good = judged_by_modules(*next); !good) return good;
    notify_.reloading();
    for (const std::string& warning : next->warnings) log_.write(Priority::warning, "mswd", warning);
    for (const Setting& s : kSettings) {
        if (s.counts == Setting::Counts::after_restart &&
            value_of(next->raw, s.key).dump() != value_of(config_.raw, s.key).dump()) {
            log_.write(Priority::notice, "mswd",
                       '`' + std::string(s.key) + "` has changed; that counts after a restart");
        }
    }
    config_ = std::move(next).value();
    settings_.set(config_);
    warn_of_missing_folders();
    registry_.reload(registry_options());
    log_.write(Priority::info, "mswd", "the configuration was read again");
    say_ready();
    return {};
}

Json Daemon::status() const {
    const Counters& c = forwarder_.counters();
    Json counters = Json::object();
    counters.set("delivered", c.delivered.load());
    counters.set("to_transport", c.to_transport.load());
    counters.set("answered_error", c.answered_error.load());
    counters.set("no_such_app", c.no_such_app.load());
    counters.set("too_slow", c.too_slow.load());
    counters.set("asker_gone", c.asker_gone.load());
    counters.set("dropped", c.dropped.load());
    counters.set("buried", durable_->inbox.buried());
    counters.set("unasked", durable_->arrivals.unasked());
    const auto up = std::chrono::duration_cast<std::chrono::seconds>(Clock::now() - started_).count();
    return Json::object({{"id", forwarder_.host_id()},
                         {"version", MSW_VERSION},
                         {"pid", static_cast<std::int64_t>(::getpid())},
                         {"uptime_s", static_cast<std::int64_t>(up)},
                         {"program", paths_.program},
                         {"config", paths_.config},
                         {"state_dir", paths_.state_dir},
                         {"counters", std::move(counters)},
                         {"plugins", static_cast<std::uint64_t>(registry_.rows().size())},
                         {"clients", static_cast<std::uint64_t>(control_.rows().size())}});
}

Json Daemon::plugins() const {
    std::vector<PluginState> states = registry_.rows();
    for (PluginState& s : control_.rows()) states.push_back(std::move(s));
    PluginState self;
    self.app = "mswd";
    self.kind = "self";
    self.state = "running";
    self.pid = ::getpid();
    self.path = paths_.program;
    states.push_back(std::move(self));

    const std::vector<Forwarder::Row> rows = forwarder_.rows();
    Json all = Json::array();
    for (const PluginState& s : states) {
        Mailbox::Numbers numbers;
        for (const Forwarder::Row& row : rows) {
            if (row.app == s.app) numbers = row.numbers;
        }
        all.push(Json::object({{"app", s.app},
                               {"kind", s.kind},
                               {"state", s.state},
                               {"pid", s.pid},
                               {"restarts", s.restarts},
                               {"queue", static_cast<std::uint64_t>(numbers.waiting)},
                               {"queue_bytes", static_cast<std::uint64_t>(numbers.bytes)},
                               {"last_error", s.last_error},
                               {"path", s.path}}));
    }
    return all;
}

Json Daemon::queue() const {
    Json all = Json::array();
    for (const Forwarder::Row& row : forwarder_.rows()) {
        all.push(Json::object({{"app", row.app},
                               {"waiting", static_cast<std::uint64_t>(row.numbers.waiting)},
                               {"bytes", static_cast<std::uint64_t>(row.numbers.bytes)},
                               {"limit_bytes", static_cast<std::uint64_t>(row.numbers.limit)}}));
    }
    return all;
}

void Daemon::end(int exit_code) {
    if (exit_code_ == kStartAgain) exit_code_ = exit_code;  // whoever says that it is to end means it
    if (stage_ != Stage::running) return;
    exit_code_ = exit_code;
    stage_ = Stage::drain_intake;
    stage_until_ = Clock::now() + kDrainTime;
    log_.write(Priority::info, "mswd",
               exit_code == kExitStayDown ? "stopping, to stay down"
               : exit_code == kStartAgain ? "stopping, to start anew"
                                          : "stopping");
    if (durable_) durable_->stop();
    if (exit_code == kStartAgain) {
        notify_.reloading();
    } else {
        notify_.stopping("stopping");
    }
    if (ready_) confirm_release(paths_.state_dir);
    confirm_.stop();
    control_.close_intake();
    steps_.start(milliseconds(0), kStepTime);
}

void Daemon::step() {
    const bool late = Clock::now() >= stage_until_;
    switch (stage_) {
        case Stage::running: break;
        case Stage::drain_intake:
            if (!late && !(registry_.idle() && control_.idle() && self_.idle())) break;
            if (late)
                log_.write(Priority::warning, "mswd", "queues were not empty after 5 s; what is left in them is lost");
            stage_ = Stage::end_plugins;
            stage_until_ = Clock::now() + kPluginTime;
            registry_.stop([this] {
                stage_ = Stage::drain_answers;
                stage_until_ = Clock::now() + kAnswerTime;
            });
            break;
        case Stage::end_plugins:
            if (!late) break;
            // A thread that doesn't come back can't be joined, and waiting for it would have no end.
            log_.write(Priority::error, "mswd", "a plugin did not end within 10 s: mswd ends without it");
            ::_exit(exit_code_);
        case Stage::drain_answers:
            if (!late && !(registry_.idle() && control_.idle())) break;
            stage_ = Stage::over;
            steps_.stop();
            note_orderly_end(paths_.state_dir);
            registry_.stop_transport();
            loop_.stop();
            break;
        case Stage::over: break;
    }
}

}  // namespace msw
