// What mswd sees of net: the table of plugin.h. Exceptions end here.
#include "msw/plugin.hpp"
#include "plugins/net/io/settings.hpp"
#include "plugins/net/io/transport.hpp"

#include <cstdint>
#include <exception>
#include <memory>
#include <string>

namespace {

using msw::net::Transport;

/// The Transport, and the host to complain to.
struct Instance {
    const msw_host_v1* host;
    std::unique_ptr<Transport> transport;

    template <class F>
    void guarded(F f) noexcept {
        try {
            f(*transport);
        } catch (const std::exception& e) {
            host->log(host->self, MSW_ERR, msw::plugin::text(e.what()), nullptr, 0);
        }
    }
};

Instance& of(void* instance) noexcept { return *static_cast<Instance*>(instance); }

void* start(const msw_host_v1* host, char* why, size_t why_size) noexcept {
    try {
        msw::Result<std::unique_ptr<Transport>> transport = Transport::start(host);
        if (transport) return new Instance{host, std::move(transport).value()};
        msw::plugin::say_why(transport.error().text, why, why_size);
    } catch (const std::exception& e) {
        msw::plugin::say_why(e.what(), why, why_size);
    }
    return nullptr;
}

int take(void* instance, msw_datapack* datapack) noexcept {
    Instance& i = of(instance);
    i.guarded([&](Transport& t) { t.take(msw::plugin::Handle(i.host, i.host->ref(datapack))); });
    return MSW_OK;
}

void taken(void* instance, void* arg, size_t) noexcept {
    of(instance).guarded([arg](Transport& t) { t.taken(arg); });
}

void reloaded(void* instance) noexcept {
    of(instance).guarded([](Transport& t) { t.reloaded(); });
}

void stop(void* instance) noexcept { delete &of(instance); }

void removed(void* instance, std::int64_t row) noexcept {
    of(instance).guarded([row](Transport& t) { t.removed(row); });
}

int check(const msw_host_v1* raw, char* why, size_t why_size) noexcept {
    try {
        const msw::plugin::Host host(raw);
        const msw::Result<msw::net::Settings> settings = msw::net::read_settings(host);
        if (settings) {
            (void)msw::net::read_addresses(host, settings->config_dir);
            return 1;
        }
        msw::plugin::say_why(settings.error().text, why, why_size);
    } catch (const std::exception& e) {
        msw::plugin::say_why(e.what(), why, why_size);
    }
    return 0;
}

}  // namespace

extern "C" MSW_PLUGIN_EXPORT const msw_plugin_v1* msw_plugin_entry(void) {
    static constexpr msw_plugin_v1 table{MSW_PLUGIN_VERSION,
                                         sizeof(msw_plugin_v1),
                                         "net",
                                         MSW_LOOPED | MSW_TRANSPORT,
                                         start,
                                         nullptr,
                                         take,
                                         taken,
                                         reloaded,
                                         stop,
                                         check,
                                         removed};
    return &table;
}
