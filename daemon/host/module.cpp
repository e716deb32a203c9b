#include "daemon/host/module.hpp"

#include "daemon/durable/durable.hpp"
#include "daemon/host/module_interface.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>

namespace msw {
namespace {

Mailbox::Clock::time_point deadline_of(int timeout_ms) noexcept {
    return timeout_ms < 0 ? Mailbox::Clock::time_point::max()
                          : Mailbox::Clock::now() + std::chrono::milliseconds(timeout_ms);
}

}  // namespace

Result<std::unique_ptr<Module>> Module::load(Services& services, const std::string& path, const std::string& app,
                                             std::size_t mailbox_bytes) {
    const Result<const msw_plugin_v1*> table = load_module_table(path, app);
    if (!table) return table.error();
    std::unique_ptr<Module> module(new Module(services, app, path, mailbox_bytes));
    if (Result<void> started = module->start(*table); !started) return started.error();
    return module;
}

Module::Module(Services& services, std::string app, std::string path, std::size_t mailbox_bytes)
    : services_(services),
      app_(std::move(app)),
      path_(std::move(path)),
      sender_{app_, "plugin:" + app_},
      loop_thread_(std::this_thread::get_id()) {
    mailbox_ = std::make_shared<Mailbox>(mailbox_bytes, kAnswerRoom);
}

Result<void> Module::start(const msw_plugin_v1* table) {
    table_ = table;
    interface_ = ModuleInterface::make(*this);
    if (looped()) {
        key_ = services_.wakeups.add(*this);
        const std::size_t limit = mailbox_->numbers().limit;
        mailbox_ = std::make_shared<Mailbox>(limit, kAnswerRoom, [&w = services_.wakeups, key = key_] { w.wake(key); });
    }
    std::array<char, 512> why{};
    instance_ = table_->start(&interface_, why.data(), why.size());
    why.back() = '\0';
    if (instance_ == nullptr) {
        return Error{Code::refused, why[0] == '\0' ? "it declined to start and gave no reason" : why.data()};
    }
    if (!services_.forwarder.add(app_, mailbox_, Forwarder::Kind::plugin)) {
        return Error{Code::name_taken, "the app " + app_ + " is taken"};
    }
    registered_ = true;
    if (is_transport()) {
        services_.forwarder.set_transport(app_);
        if (table_->taken != nullptr) {
            deliveries_ = std::make_shared<Deliveries>(
                services_.wakeups, [this](void* name, std::size_t bytes) { table_->taken(instance_, name, bytes); });
        }
    }
    if (looped()) return {};
    thread_ = std::thread([this] {
        table_->run(instance_);
        thread_over_.store(true);
        services_.post(anchor_.guard([this] { thread_ended(); }));
    });
    return {};
}

Module::~Module() {
    if (key_ != 0) services_.wakeups.remove(key_);
    if (deliveries_) deliveries_->end();
    if (registered_) services_.forwarder.remove(app_);
    mailbox_->close();
    if (thread_.joinable()) thread_.join();
    if (instance_ != nullptr) table_->stop(instance_);
}

void Module::wake() {
    if (!stopping_ && !blocked_) offer();
}

void Module::again() {
    blocked_ = false;
    services_.wakeups.wake(key_);
}

void Module::offer() {
    constexpr std::size_t kBatch = 1024 * 1024;
    for (;;) {
        if (refused_.empty()) mailbox_->take_all(refused_, kBatch);
        if (refused_.empty()) return;
        std::size_t taken = 0;
        for (Mail& mail : refused_) {
            void* raw = DatapackRef(mail.datapack).leak();
            // Before it is given: who is done with it at once says so in that call.
            const bool kept = mail.delivery.kept();
            if (kept) keep(raw, std::move(mail.delivery));
            const int verdict = table_->take(instance_, static_cast<msw_datapack*>(raw));
            if (verdict == MSW_FULL && kept) mail.delivery = unkeep(raw);
            (void)DatapackRef::adopt(raw);
            if (verdict == MSW_FULL) {
                blocked_ = true;
                break;
            }
            ++taken;
        }
        refused_.erase(refused_.begin(), refused_.begin() + static_cast<std::ptrdiff_t>(taken));
        if (blocked_) return;
    }
}

void Module::keep(const void* datapack, Delivery delivery) {
    const std::lock_guard lock(kept_mutex_);
    kept_.emplace_back(datapack, std::move(delivery));
}

Delivery Module::unkeep(const void* datapack) {
    const std::lock_guard lock(kept_mutex_);
    const auto at =
        std::find_if(kept_.begin(), kept_.end(), [datapack](const auto& kept) { return kept.first == datapack; });
    if (at == kept_.end()) return {};
    Delivery delivery = std::move(at->second);
    kept_.erase(at);
    return delivery;
}

void Module::done(const msw_datapack* datapack) { unkeep(datapack).done(); }

void Module::done_with_all() {
    std::vector<std::pair<const void*, Delivery>> all;
    {
        const std::lock_guard lock(kept_mutex_);
        all.swap(kept_);
    }
    for (auto& [datapack, delivery] : all) delivery.done();
}

std::int64_t Module::row_of(const msw_datapack* datapack) {
    const std::lock_guard lock(kept_mutex_);
    for (const auto& [kept, delivery] : kept_) {
        if (kept == datapack) return durable::Tickets::row_of(delivery.name());
    }
    return 0;
}

int Module::get(msw_datapack** out, int timeout_ms) {
    if ((table_->flags & MSW_SAYS_DONE) == 0) done_with_all();
    Mail mail;
    switch (mailbox_->get(mail, deadline_of(timeout_ms))) {
        case Mailbox::Get::timeout: return MSW_TIMEOUT;
        case Mailbox::Get::closed: return MSW_CLOSED;
        case Mailbox::Get::taken: break;
    }
    void* raw = mail.datapack.leak();
    if (mail.delivery.kept()) keep(raw, std::move(mail.delivery));
    *out = static_cast<msw_datapack*>(raw);
    return MSW_OK;
}

int Module::put(msw_datapack* datapack, int timeout_ms) {
    DatapackRef d = [&] {
        DatapackRef::count_up(datapack);
        DatapackRef theirs = DatapackRef::adopt(datapack);
        Datapack own = *theirs;
        services_.forwarder.stamp(own, sender_);
        return DatapackRef(std::move(own));
    }();
    const bool may_wait = timeout_ms != 0 && std::this_thread::get_id() != loop_thread_;
    const Mailbox::Clock::time_point deadline = deadline_of(timeout_ms);
    for (;;) {
        const Forwarded done = services_.forwarder.forward(d, sender_);
        if (done.verdict == Forwarded::Verdict::done) return MSW_OK;
        if (done.verdict == Forwarded::Verdict::closed) return MSW_CLOSED;
        if (!may_wait || !done.mailbox->wait_for_room(d->weight(), deadline)) return MSW_FULL;
    }
}

int Module::deliver(msw_datapack* datapack, void* name) {
    DatapackRef::count_up(datapack);
    DatapackRef d = DatapackRef::adopt(datapack);
    if (!d->get("to").empty()) return MSW_INVALID;
    const Forwarded done = services_.forwarder.forward(d, Sender{app_, {}, deliveries_, name});
    switch (done.verdict) {
        case Forwarded::Verdict::done: return done.waits ? MSW_OK : MSW_ENDED;
        case Forwarded::Verdict::full: return MSW_FULL;
        case Forwarded::Verdict::closed: break;
    }
    return MSW_CLOSED;
}

int Module::deliver(msw_datapack* datapack, msw_text state_key, msw_text state,
                    void (*committed)(void* arg, int status), void* arg) {
    if (services_.durable == nullptr) return MSW_UNSUPPORTED;
    Result<durable::StateKey> key = durable::parse_state_key({state_key.data, state_key.size});
    std::uint64_t n = 0;
    const auto [rest, status] = std::from_chars(state.data, state.data + state.size, n);
    const Datapack& d = DatapackRef::peek(datapack);
    if (!key || status != std::errc{} || rest != state.data + state.size || !d.get("to").empty()) return MSW_INVALID;
    services_.durable->arrivals.arrive(
        d, {std::move(key->member), key->run, std::move(key->flow), n},
        anchor_.guard([committed, arg](bool written) { committed(arg, written ? MSW_OK : MSW_INVALID); }));
    return MSW_OK;
}

void Module::removed(std::int64_t row) {
    constexpr std::size_t kSize = offsetof(msw_plugin_v1, removed) + sizeof(msw_plugin_v1::removed);
    if (table_->size >= kSize && table_->removed != nullptr) table_->removed(instance_, row);
}

void Module::thread_ended() {
    if (ended_) {
        std::exchange(ended_, nullptr)();
    } else if (!stopping_) {
        services_.log.write(Priority::error, app_,
                            "its thread has ended; what is sent to it gets an error from now on");
        services_.forwarder.remove(app_);
    }
}

void Module::stop(std::function<void()> ended) {
    stopping_ = true;
    ended_ = std::move(ended);
    mailbox_->close();
    if (looped() || thread_over_.load()) services_.post(anchor_.guard([this] { thread_ended(); }));
}

Result<void> Module::check(const ConfigToCheck& config) const { return check_config_by(*table_, config); }

void Module::reloaded() {
    if (table_->reloaded != nullptr) table_->reloaded(instance_);
}

PluginState Module::state() const {
    PluginState s;
    s.app = app_;
    s.kind = "module";
    s.state = stopping_ ? "stopped" : thread_over_.load() ? "failed" : "running";
    s.path = path_;
    return s;
}

}  // namespace msw
