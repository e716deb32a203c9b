#include "msw/plugin.hpp"

#include <fcntl.h>
#include <algorithm>
#include <array>
#include <cstring>

namespace msw::plugin {

std::vector<msw_field> Handle::fields() const {
    std::vector<msw_field> all(32);
    const std::size_t count = host_->fields(raw_, all.data(), all.size());
    const bool short_of_room = count > all.size();
    all.resize(count);
    if (short_of_room) (void)host_->fields(raw_, all.data(), all.size());
    return all;
}

std::optional<msw_file> Handle::file() const noexcept {
    msw_file file{};
    if (host_->file(raw_, &file) == 0) return std::nullopt;
    return file;
}

Datapack Handle::copy() const {
    Datapack d{std::string(method()), std::string(app()), std::string(body())};
    for (const msw_field& f : fields()) d.set(view(f.name), view(f.value));
    if (const std::optional<msw_file> f = file()) {
        const int fd = ::fcntl(f->fd, F_DUPFD_CLOEXEC, 0);
        if (fd >= 0) d.file = std::make_shared<const File>(fd, f->size, std::string(view(f->path)));
    }
    return d;
}

Handle Host::make(const Datapack& d) const {
    std::vector<msw_field> fields;
    fields.reserve(d.head.size());
    for (const Field f : d.head) fields.push_back({text(f.name), text(f.value)});
    msw_parts parts{};
    parts.size = sizeof parts;
    parts.method = text(d.method);
    parts.app = text(d.app);
    parts.fields = fields.data();
    parts.field_count = fields.size();
    parts.body = text(d.body);
    parts.file_fd = -1;
    if (d.file) {
        parts.file_fd = d.file->fd();
        parts.file_size = d.file->size();
        parts.file_path = text(d.file->path());
    }
    return {raw_, raw_->make(raw_->self, &parts)};
}

std::optional<Handle> Host::get_handle(int timeout_ms) {
    msw_datapack* raw = nullptr;
    const int status = raw_->get(raw_->self, &raw, timeout_ms);
    if (status == MSW_OK) return Handle(raw_, raw);
    stopping_ = status == MSW_CLOSED;
    return std::nullopt;
}

Result<void> Host::put(const Datapack& d, int timeout_ms) const {
    const Handle handle = make(d);
    if (!handle) return Error{Code::bad_request, "the Datapack can't be sent; the journal says why"};
    return put(handle, timeout_ms);
}

Result<void> Host::put(const Handle& d, int timeout_ms) const {
    switch (raw_->put(raw_->self, d.raw(), timeout_ms)) {
        case MSW_OK: return {};
        case MSW_FULL: return Error{Code::queue_full, "the receiver's queue has no room"};
        case MSW_CLOSED: return Error{Code::closed, "mswd is stopping"};
        default: return Error{Code::bad_request, "the Datapack can't be sent; the journal says why"};
    }
}

void Host::log(msw_priority priority, std::string_view message,
               std::initializer_list<std::pair<std::string_view, std::string_view>> fields) const {
    std::array<msw_field, 16> all{};
    const std::size_t count = std::min(fields.size(), all.size());
    std::transform(fields.begin(), fields.begin() + static_cast<std::ptrdiff_t>(count), all.begin(), [](const auto& f) {
        return msw_field{text(f.first), text(f.second)};
    });
    raw_->log(raw_->self, priority, text(message), all.data(), count);
}

std::optional<std::string> Host::setting(const char* key) const {
    std::optional<std::string> value;
    raw_->setting(
        raw_->self, key,
        [](void* arg, msw_text json) { *static_cast<std::optional<std::string>*>(arg) = std::string(view(json)); },
        &value);
    return value;
}

void say_why(std::string_view reason, char* why, std::size_t why_size) noexcept {
    if (why_size == 0) return;
    const std::size_t n = std::min(reason.size(), why_size - 1);
    std::memcpy(why, reason.data(), n);
    why[n] = '\0';
}

}  // namespace msw::plugin
