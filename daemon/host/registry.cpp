#include "daemon/host/registry.hpp"

#include <algorithm>
#include <cstdlib>

namespace msw {
namespace {

std::vector<std::string> plugin_environment(const std::string& app, const Services& services,
                                            const std::string& python_path) {
    const char* path = std::getenv("PATH");
    const char* lang = std::getenv("LANG");
    return {"MSW_APP=" + app,
            "MSW_ID=" + services.forwarder.host_id(),
            "MSW_FILES=" + services.files.path(),
            "PATH=" + std::string(path == nullptr ? "/usr/local/bin:/usr/bin:/bin" : path),
            "HOME=" + services.files.path(),
            "LANG=" + std::string(lang == nullptr ? "C.UTF-8" : lang),
            "PYTHONPATH=" + python_path,
            "PYTHONUNBUFFERED=1"};
}

}  // namespace

void Registry::complain(const PluginScan& scan) {
    for (const std::string& text : scan.complaints) services_.log.write(Priority::warning, "mswd", text);
}

void Registry::start(RegistryOptions options) {
    options_ = std::move(options);
    const PluginScan scan = scan_plugins(options_.shipped_dir, options_.own_dirs);
    complain(scan);
    for (const FoundPlugin& found : scan.plugins) {
        found_.emplace(found.app, found);
        if (found.kind == FoundPlugin::Kind::module) load_module(found);
    }
    for (const FoundPlugin& found : scan.plugins) {
        if (found.kind == FoundPlugin::Kind::executable) start_executable(found);
    }
    if (modules_.empty()) {
        services_.log.write(Priority::warning, "mswd",
                            "no plugin of mswd's own was found in " + options_.shipped_dir + "; is the program whole?");
    }
}

void Registry::load_module(const FoundPlugin& found) {
    Result<std::unique_ptr<Module>> module = Module::load(services_, found.path, found.app, options_.mailbox_bytes);
    if (!module) {
        services_.log.write(Priority::error, found.app, "not started: " + module.error().text);
        failed_[found.app] = module.error().text;
        services_.forwarder.set_absent(found.app, module.error().text);
        return;
    }
    modules_.emplace(found.app, std::move(module).value());
}

ExecutableOptions Registry::options_for(const FoundPlugin& found) const {
    ExecutableOptions options;
    options.app = found.app;
    options.path = found.path;
    options.argv = found.argv;
    options.environment = plugin_environment(found.app, services_, options_.python_path);
    options.mailbox_bytes = options_.mailbox_bytes;
    return options;
}

void Registry::start_executable(const FoundPlugin& found) {
    const auto [at, added] =
        executables_.emplace(found.app, std::make_unique<Executable>(services_, options_for(found)));
    if (added) at->second->start();
}

void Registry::stop_executable(const std::string& app, std::function<void()> then) {
    const auto at = executables_.find(app);
    Executable* leaving = at->second.get();
    leaving_.push_back(std::move(at->second));
    executables_.erase(at);
    leaving->stop([this, leaving, then = std::move(then)] {
        // Not from within its own callback.
        services_.post(anchor_.guard([this, leaving, then] {
            leaving_.erase(
                std::find_if(leaving_.begin(), leaving_.end(), [&](const auto& e) { return e.get() == leaving; }));
            if (then) then();
        }));
    });
}

Result<void> Registry::check(const ConfigToCheck& config) const {
    for (const auto& [app, module] : modules_) {
        if (const Result<void> good = module->check(config); !good) {
            return Error{good.error().code, app + ": " + good.error().text};
        }
    }
    return {};
}

void Registry::reload(RegistryOptions options) {
    options_ = std::move(options);
    for (const auto& [app, module] : modules_) module->reloaded();

    const PluginScan scan = scan_plugins(options_.shipped_dir, options_.own_dirs);
    complain(scan);
    std::map<std::string, FoundPlugin, std::less<>> now;
    for (const FoundPlugin& found : scan.plugins) now.emplace(found.app, found);
    for (const auto& [app, old] : found_) {
        if (old.kind == FoundPlugin::Kind::module || executables_.find(app) == executables_.end()) continue;
        const auto at = now.find(app);
        if (at == now.end()) {
            services_.log.write(Priority::notice, app, "its file is gone: it is ended");
            stop_executable(app, {});
        } else if (at->second.version != old.version || at->second.path != old.path) {
            services_.log.write(Priority::notice, app, "its file has changed: it is started anew");
            executables_.find(app)->second->renew(options_for(at->second));
        }
    }
    for (const auto& [app, found] : now) {
        if (found_.contains(app)) continue;
        if (found.kind == FoundPlugin::Kind::module) {
            services_.log.write(Priority::notice, app, "a new module: it is loaded at the next restart");
        } else {
            start_executable(found);
        }
    }
    found_ = std::move(now);
}

void Registry::stop(std::function<void()> done) {
    done_ = std::move(done);
    still_ending_ = 1;
    services_.forwarder.let_all_go();  // who waits in put() is to come back and end
    std::vector<std::string> apps;
    for (const auto& [app, executable] : executables_) apps.push_back(app);
    for (const std::string& app : apps) {
        ++still_ending_;
        stop_executable(app, [this] { one_less(); });
    }
    for (const auto& [app, module] : modules_) {
        if (module->is_transport()) continue;
        ++still_ending_;
        module->stop([this] { one_less(); });
    }
    services_.post(anchor_.guard([this] { one_less(); }));
}

void Registry::one_less() {
    if (--still_ending_ > 0) return;
    for (auto at = modules_.begin(); at != modules_.end();)
        at = at->second->is_transport() ? std::next(at) : modules_.erase(at);
    if (done_) std::exchange(done_, nullptr)();
}

void Registry::removed(std::int64_t row) {
    for (const auto& [app, module] : modules_) {
        if (module->is_transport()) module->removed(row);
    }
}

void Registry::stop_transport() { modules_.clear(); }

std::vector<PluginState> Registry::rows() const {
    std::vector<PluginState> all;
    for (const auto& [app, module] : modules_) all.push_back(module->state());
    for (const auto& [app, executable] : executables_) all.push_back(executable->state());
    for (const auto& [app, why] : failed_) {
        PluginState s;
        s.app = app;
        s.kind = "module";
        s.state = "failed";
        s.last_error = why;
        const auto at = found_.find(app);
        if (at != found_.end()) s.path = at->second.path;
        all.push_back(std::move(s));
    }
    std::sort(all.begin(), all.end(), [](const PluginState& a, const PluginState& b) { return a.app < b.app; });
    return all;
}

bool Registry::knows(std::string_view app) const noexcept { return found_.find(app) != found_.end(); }

bool Registry::idle() const {
    return std::all_of(modules_.begin(), modules_.end(), [](const auto& m) { return m.second->idle(); }) &&
           std::all_of(executables_.begin(), executables_.end(), [](const auto& e) { return e.second->idle(); });
}

}  // namespace msw
