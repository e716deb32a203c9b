#include "daemon/host/module_table.hpp"

#include <dlfcn.h>
#include <array>
#include <cstddef>

namespace msw {
namespace {

constexpr std::size_t kFirstSize = offsetof(msw_plugin_v1, check);  // of version 1.0

/// @return what is wrong with a table, or nothing
std::string fault_of(const msw_plugin_v1* table, const std::string& app) {
    if (table == nullptr) return "its msw_plugin_entry gives nothing";
    if (table->version != MSW_PLUGIN_VERSION) {
        return "it was built for version " + std::to_string(table->version) +
               " of the plugin interface; this mswd has " + std::to_string(MSW_PLUGIN_VERSION);
    }
    if (table->size < kFirstSize) return "its table is too small";
    if (table->name == nullptr || app != table->name) {
        return std::string("it calls itself \"") + (table->name == nullptr ? "" : table->name) + "\", not \"" + app +
               "\"";
    }
    const bool looped = (table->flags & (MSW_LOOPED | MSW_TRANSPORT)) != 0;
    if (table->start == nullptr || table->stop == nullptr ||
        (looped ? table->take == nullptr : table->run == nullptr)) {
        return "its table lacks a function";
    }
    return {};
}

}  // namespace

Result<const msw_plugin_v1*> load_module_table(const std::string& path, const std::string& app) {
    void* object = ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (object == nullptr) return Error{Code::io, ::dlerror()};
    // POSIX has a pointer to a function come as a pointer to an object.
    const auto entry = reinterpret_cast<msw_plugin_entry_fn>(::dlsym(object, "msw_plugin_entry"));
    if (entry == nullptr) return Error{Code::unsupported, path + " is no mswd module: it has no msw_plugin_entry"};
    const msw_plugin_v1* table = entry();
    if (const std::string wrong = fault_of(table, app); !wrong.empty()) {
        return Error{Code::unsupported, path + ": " + wrong};
    }
    return table;
}

Result<void> check_config_by(const msw_plugin_v1& table, const ConfigToCheck& config) {
    if (table.size < kFirstSize + sizeof table.check || table.check == nullptr) return {};
    ConfigToCheck what = config;
    msw_host_v1 host{};
    host.version = MSW_PLUGIN_VERSION;
    host.size = sizeof host;
    host.self = &what;
    host.setting = [](void* self, const char* key, void (*give)(void*, msw_text), void* arg) {
        const std::optional<std::string> value = static_cast<ConfigToCheck*>(self)->setting(key);
        if (value) give(arg, {value->data(), value->size()});
    };
    host.log = [](void* self, int, msw_text message, const msw_field*, size_t) {
        static_cast<ConfigToCheck*>(self)->warn({message.data, message.size});
    };
    std::array<char, 512> why{};
    if (table.check(&host, why.data(), why.size()) != 0) return {};
    why.back() = '\0';
    return Error{Code::refused, why[0] == '\0' ? "it is refused, and no reason is given" : why.data()};
}

}  // namespace msw
