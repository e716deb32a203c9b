#include "tests/support/fake_host.hpp"

#include <fcntl.h>
#include <algorithm>
#include <array>
#include <stdexcept>

namespace msw::test {
namespace {

std::string_view view(msw_text t) noexcept { return {t.data, t.size}; }
msw_text text(std::string_view v) noexcept { return {v.data(), v.size()}; }

const Datapack& peek(const msw_datapack* raw) noexcept { return DatapackRef::peek(raw); }

msw_datapack* leaked(DatapackRef ref) noexcept { return static_cast<msw_datapack*>(ref.leak()); }

msw_datapack* ref(msw_datapack* raw) {
    DatapackRef::count_up(raw);
    return raw;
}

void unref(msw_datapack* raw) { (void)DatapackRef::adopt(raw); }

std::size_t fields(const msw_datapack* raw, msw_field* out, std::size_t room) {
    const Fields& head = peek(raw).head;
    for (std::size_t i = 0; i < std::min(room, head.size()); ++i) {
        out[i] = {text(head.at(i).name), text(head.at(i).value)};
    }
    return head.size();
}

int file(const msw_datapack* raw, msw_file* out) {
    const Datapack& d = peek(raw);
    if (!d.file) return 0;
    *out = {d.file->fd(), d.file->size(), text(d.file->path())};
    return 1;
}

}  // namespace

FakeHost::FakeHost() {
    table_.version = MSW_PLUGIN_VERSION;
    table_.size = sizeof table_;
    table_.self = this;
    table_.make = make;
    table_.ref = ref;
    table_.unref = unref;
    table_.method = [](const msw_datapack* d) { return text(peek(d).method); };
    table_.app = [](const msw_datapack* d) { return text(peek(d).app); };
    table_.body = [](const msw_datapack* d) { return text(peek(d).body); };
    table_.field = [](const msw_datapack* d, msw_text name) { return text(peek(d).get(view(name))); };
    table_.fields = fields;
    table_.file = file;
    table_.get = get;
    table_.done = done;
    table_.put = put;
    table_.log = log;
    table_.setting = setting;
}

void FakeHost::set(const std::string& key, std::string json) {
    const std::lock_guard lock(mutex_);
    settings_[key] = std::move(json);
}

void FakeHost::receive(Datapack d) {
    const std::lock_guard lock(mutex_);
    queue_.emplace_back(std::move(d));
    changed_.notify_all();
}

void FakeHost::close() {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    changed_.notify_all();
}

void FakeHost::answer_put_with(int status) {
    const std::lock_guard lock(mutex_);
    put_status_ = status;
}

std::optional<Datapack> FakeHost::sent(Milliseconds timeout) {
    std::unique_lock lock(mutex_);
    if (!changed_.wait_for(lock, timeout, [&] { return !sent_.empty(); })) return std::nullopt;
    Datapack d = std::move(sent_.front());
    sent_.pop_front();
    return d;
}

std::vector<FakeHost::Line> FakeHost::lines() const {
    const std::lock_guard lock(mutex_);
    return lines_;
}

std::optional<FakeHost::Line> FakeHost::line_with(std::string_view part, Milliseconds timeout) const {
    std::unique_lock lock(mutex_);
    std::optional<Line> found;
    changed_.wait_for(lock, timeout, [&] {
        const auto at = std::find_if(lines_.begin(), lines_.end(),
                                     [&](const Line& line) { return line.message.find(part) != std::string::npos; });
        if (at != lines_.end()) found = *at;
        return found.has_value();
    });
    return found;
}

bool FakeHost::wait_done(std::size_t count, Milliseconds timeout) const {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, timeout, [&] { return done_ >= count; });
}

bool FakeHost::wait_idle(Milliseconds timeout) const {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, timeout, [&] { return queue_.empty() && waiting_ > 0; });
}

msw_datapack* FakeHost::make(void*, const msw_parts* parts) {
    Datapack d{std::string(view(parts->method)), std::string(view(parts->app)), std::string(view(parts->body))};
    for (std::size_t i = 0; i < parts->field_count; ++i) {
        d.set(view(parts->fields[i].name), view(parts->fields[i].value));
    }
    if (parts->file_fd >= 0) {
        const int fd = ::fcntl(parts->file_fd, F_DUPFD_CLOEXEC, 0);
        if (fd < 0) return nullptr;
        d.file = std::make_shared<const File>(fd, parts->file_size, std::string(view(parts->file_path)));
    }
    return leaked(DatapackRef(std::move(d)));
}

int FakeHost::get(void* self, msw_datapack** out, int timeout_ms) {
    FakeHost& host = of(self);
    std::unique_lock lock(host.mutex_);
    const auto ready = [&] { return !host.queue_.empty() || host.closed_; };
    ++host.waiting_;
    host.changed_.notify_all();
    bool woken = true;
    if (timeout_ms < 0) {
        host.changed_.wait(lock, ready);
    } else {
        woken = host.changed_.wait_for(lock, Milliseconds(timeout_ms), ready);
    }
    --host.waiting_;
    if (!woken) return MSW_TIMEOUT;
    if (host.queue_.empty()) return MSW_CLOSED;
    *out = leaked(std::move(host.queue_.front()));
    host.queue_.pop_front();
    return MSW_OK;
}

void FakeHost::done(void* self, msw_datapack*) {
    FakeHost& host = of(self);
    const std::lock_guard lock(host.mutex_);
    ++host.done_;
    host.changed_.notify_all();
}

int FakeHost::put(void* self, msw_datapack* datapack, int) {
    FakeHost& host = of(self);
    const std::lock_guard lock(host.mutex_);
    if (host.put_status_ == MSW_OK) host.sent_.push_back(peek(datapack));
    host.changed_.notify_all();
    return host.put_status_;
}

void FakeHost::log(void* self, int priority, msw_text message, const msw_field* fields, std::size_t count) {
    FakeHost& host = of(self);
    Line line{priority, std::string(view(message)), {}};
    for (std::size_t i = 0; i < count; ++i) line.fields.emplace(view(fields[i].name), view(fields[i].value));
    const std::lock_guard lock(host.mutex_);
    host.lines_.push_back(std::move(line));
    host.changed_.notify_all();
}

void FakeHost::setting(void* self, const char* key, void (*give)(void* arg, msw_text json), void* arg) {
    FakeHost& host = of(self);
    std::string json;
    {
        const std::lock_guard lock(host.mutex_);
        const auto at = host.settings_.find(key);
        if (at == host.settings_.end()) return;
        json = at->second;
    }
    give(arg, text(json));
}

RunningModule::RunningModule(FakeHost& host, const msw_plugin_v1* module) : host_(host), module_(module) {
    std::array<char, 256> why{};
    instance_ = module_->start(host_.raw(), why.data(), why.size());
    if (instance_ == nullptr) throw std::runtime_error(why.data());
    thread_ = std::thread([this] { module_->run(instance_); });
}

void RunningModule::stop() {
    if (!thread_.joinable()) return;
    host_.close();
    thread_.join();
    module_->stop(instance_);
}

}  // namespace msw::test
