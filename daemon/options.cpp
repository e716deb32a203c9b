#include "daemon/options.hpp"

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <filesystem>
#include <string_view>

namespace msw {
namespace {

namespace fs = std::filesystem;

/// systemd gives a list joined by colons; the first is ours (systemd.exec(5), StateDirectory=).
std::string from_environment(const char* name, std::string otherwise) {
    const char* set = std::getenv(name);
    if (set == nullptr || *set == '\0') return otherwise;
    const std::string_view list(set);
    return std::string(list.substr(0, list.find(':')));
}

std::string absolute(const std::string& path) { return fs::absolute(path).lexically_normal().string(); }

}  // namespace

std::string Paths::config_dir() const { return fs::path(config).parent_path().string(); }

std::string Paths::prefix() const { return fs::path(program).parent_path().parent_path().string(); }

std::string Paths::release_plugins() const {
    std::error_code failed;
    return fs::exists(prefix() + "/release.json", failed) ? prefix() + "/plugins" : std::string();
}

Options parse_command_line(int argc, char** argv) {
    Options options;
    Paths& p = options.paths;
    p.config = "/etc/mswd/config.json";
    p.state_dir = from_environment("STATE_DIRECTORY", "/var/lib/mswd");
    p.runtime_dir = from_environment("RUNTIME_DIRECTORY", "/run/mswd");

    CLI::App app(
        "mswd: makes this machine a host of a mesh on which programs send each other Datapacks.\n"
        "It stays in the foreground; `systemctl start mswd` runs it as a service, mswctl talks to it.",
        "mswd");
    app.set_version_flag("--version", "mswd " MSW_VERSION, "Show the version");
    app.add_option("--config", p.config, "Configuration (JSON), " + p.config + " if not given; none there: empty")
        ->type_name("FILE");
    app.add_option("--state-dir", p.state_dir, "Keeps files, releases and the log between runs, " + p.state_dir)
        ->type_name("DIR");
    app.add_option("--runtime-dir", p.runtime_dir, "Holds control.sock while mswd runs, " + p.runtime_dir)
        ->type_name("DIR");
    app.add_flag("--check-config", options.check_config, "Say whether the configuration is good, and end");
    app.footer(
        "Example, as an ordinary user:\n"
        "  mswd --config ./config.json --state-dir ./state --runtime-dir ./run\n"
        "  mswctl --socket ./run/control.sock status");
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& e) {
        std::exit(app.exit(e) == 0 ? 0 : 2);
    }
    p.config = absolute(p.config);
    p.state_dir = absolute(p.state_dir);
    p.runtime_dir = absolute(p.runtime_dir);
    p.log_dir = absolute(from_environment("LOGS_DIRECTORY", p.state_dir + "/log"));
    std::error_code failed;
    p.program = fs::read_symlink("/proc/self/exe", failed).string();
    return options;
}

}  // namespace msw
