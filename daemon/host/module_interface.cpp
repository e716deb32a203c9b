#include "daemon/host/module_interface.hpp"

#include "daemon/durable/durable.hpp"
#include "daemon/host/module.hpp"
#include "msw/chars.hpp"

#include <fcntl.h>
#include <algorithm>

namespace msw {
namespace {

std::string_view view(msw_text t) noexcept {
    return t.data == nullptr ? std::string_view{} : std::string_view(t.data, t.size);
}
msw_text text(std::string_view v) noexcept { return {v.data(), v.size()}; }
const Datapack& peek(const msw_datapack* d) noexcept { return DatapackRef::peek(d); }

Result<Datapack> from_parts(const msw_parts& parts, const FileRoot& files) {
    Datapack d{std::string(view(parts.method)), std::string(view(parts.app)), std::string(view(parts.body))};
    if (d.method.empty() || d.method.size() > 64 || !chars::all(d.method, chars::kName)) {
        return Error{Code::bad_request, "\"" + d.method + "\" is not a method"};
    }
    if (d.app.empty() || d.app.size() > 255 || !chars::all(d.app, chars::kApp)) {
        return Error{Code::bad_request, "\"" + d.app + "\" is not an app"};
    }
    for (std::size_t i = 0; i < parts.field_count; ++i) {
        const std::string_view name = view(parts.fields[i].name);
        const std::string_view value = view(parts.fields[i].value);
        if (!valid_field_name(name))
            return Error{Code::bad_request, "\"" + std::string(name) + "\" is not a field name"};
        if (value.find('\0') != std::string_view::npos) {
            return Error{Code::bad_request, "the value of `" + std::string(name) + "` holds a NUL byte"};
        }
        d.set(name, value);
    }
    if (d.method != "file") return d;
    if (parts.file_fd < 0) {
        Result<std::shared_ptr<const File>> file = files.open_file(d.get("filename"));
        if (!file) return file.error();
        d.file = std::move(file).value();
        return d;
    }
    const int fd = ::fcntl(parts.file_fd, F_DUPFD_CLOEXEC, 0);
    if (fd < 0) return Error{Code::io, "the file's descriptor can't be duplicated"};
    d.file = std::make_shared<const File>(fd, parts.file_size, std::string(view(parts.file_path)));
    return d;
}

}  // namespace

const msw_outbox_v1 ModuleInterface::kOutbox{
    MSW_PLUGIN_VERSION,
    sizeof(msw_outbox_v1),
    [](void* self, const msw_datapack* d) { return static_cast<Module*>(self)->row_of(d) != 0 ? 1 : 0; },
    [](void* self, const msw_outbox_row* row, msw_datapack* answered, msw_written done, void* arg) {
        auto& m = *static_cast<Module*>(self);
        durable::Outbox& outbox = m.services_.durable->outbox;
        if (answered == nullptr) {
            outbox.add(*row, 0, m.anchor_.guard([done, arg](const Result<spool::Written>& added) {
                durable::tell(done, arg, added);
            }));
            return;
        }
        DatapackRef::count_up(answered);
        const DatapackRef kept = DatapackRef::adopt(answered);
        outbox.add(*row, m.row_of(answered),
                   m.anchor_.guard([&m, answered, kept, done, arg](const Result<spool::Written>& added) {
                       if (added) m.done(answered);
                       durable::tell(done, arg, added);
                   }));
    },
    [](void* self, const std::int64_t* rows, std::size_t count, std::uint64_t run, int redelivered, msw_written done,
       void* arg) {
        auto& m = *static_cast<Module*>(self);
        m.services_.durable->outbox.sent(rows, count, run, redelivered != 0, done, arg, m.anchor_);
    },
    [](void* self, const std::int64_t* rows, std::size_t count, int open) {
        static_cast<Module*>(self)->services_.durable->outbox.received(rows, count, open != 0);
    },
    [](void* self, msw_text member, msw_text flow, std::uint64_t epoch, std::uint64_t n,
       void (*give)(void*, const msw_outbox_row*, int), void* arg) {
        auto& m = *static_cast<Module*>(self);
        m.services_.durable->outbox.load(view(member), view(flow), epoch, n, give, arg, m.anchor_);
    },
    [](void* self, void (*give)(void*, const msw_outbox_row*, int), void* arg) {
        auto& m = *static_cast<Module*>(self);
        m.services_.durable->outbox.flows(give, arg, m.anchor_);
    },
    [](void* self, msw_text key, void (*give)(void*, int, msw_text), void* arg) {
        auto& m = *static_cast<Module*>(self);
        m.services_.durable->outbox.state(view(key), give, arg, m.anchor_);
    }};

msw_host_v1 ModuleInterface::make(Module& module) noexcept {
    msw_host_v1 t{};
    t.version = MSW_PLUGIN_VERSION;
    t.size = sizeof t;
    t.self = &module;
    t.make = [](void* self, const msw_parts* parts) -> msw_datapack* {
        auto& m = *static_cast<Module*>(self);
        Result<Datapack> d = from_parts(*parts, m.services_.files);
        if (!d) {
            m.services_.log.write(Priority::warning, m.app_, "it made a Datapack that can't be: " + d.error().text);
            return nullptr;
        }
        return static_cast<msw_datapack*>(DatapackRef(std::move(d).value()).leak());
    };
    t.ref = [](msw_datapack* d) {
        DatapackRef::count_up(d);
        return d;
    };
    t.unref = [](msw_datapack* d) { (void)DatapackRef::adopt(d); };
    t.method = [](const msw_datapack* d) { return text(peek(d).method); };
    t.app = [](const msw_datapack* d) { return text(peek(d).app); };
    t.body = [](const msw_datapack* d) { return text(peek(d).body); };
    t.field = [](const msw_datapack* d, msw_text name) { return text(peek(d).get(view(name))); };
    t.fields = [](const msw_datapack* d, msw_field* out, std::size_t room) {
        const Fields& head = peek(d).head;
        for (std::size_t i = 0; i < std::min(room, head.size()); ++i) {
            const Field f = head.at(i);
            out[i] = {text(f.name), text(f.value)};
        }
        return head.size();
    };
    t.file = [](const msw_datapack* d, msw_file* out) {
        const auto& file = peek(d).file;
        if (!file) return 0;
        *out = {file->fd(), file->size(), text(file->path())};
        return 1;
    };
    t.get = [](void* self, msw_datapack** out, int timeout_ms) {
        return static_cast<Module*>(self)->get(out, timeout_ms);
    };
    // Ordinary Datapacks are done with once they are taken.
    t.done = [](void* self, msw_datapack* d) { static_cast<Module*>(self)->done(d); };
    t.put = [](void* self, msw_datapack* d, int timeout_ms) { return static_cast<Module*>(self)->put(d, timeout_ms); };
    t.log = [](void* self, int priority, msw_text message, const msw_field* fields, std::size_t count) {
        auto& m = *static_cast<Module*>(self);
        std::vector<LogField> all;
        all.reserve(count);
        for (std::size_t i = 0; i < count; ++i) all.push_back({view(fields[i].name), view(fields[i].value)});
        m.services_.log.write(static_cast<Priority>(std::clamp(priority, 3, 7)), m.app_, view(message), all);
    };
    t.setting = [](void* self, const char* key, void (*give)(void*, msw_text), void* arg) {
        const std::optional<std::string> value = static_cast<Module*>(self)->services_.setting(key);
        if (value) give(arg, text(*value));
    };
    t.loop = [](void* self) -> uv_loop_s* { return static_cast<Module*>(self)->services_.loop; };
    t.again = [](void* self) { static_cast<Module*>(self)->again(); };
    t.deliver = [](void* self, msw_datapack* d, msw_text state_key, msw_text state, void (*committed)(void*, int),
                   void* arg) {
        auto& m = *static_cast<Module*>(self);
        return state_key.size > 0 ? m.deliver(d, state_key, state, committed, arg) : m.deliver(d, arg);
    };
    t.hold = [](void* self, msw_text app, int held) {
        static_cast<Module*>(self)->services_.forwarder.hold(view(app), held != 0);
    };
    t.restart = [](void* self) {
        const auto& m = *static_cast<Module*>(self);
        m.services_.start_again();
    };
    t.outbox = module.services_.durable == nullptr ? nullptr : &kOutbox;
    return t;
}

}  // namespace msw
