#include "daemon/options.hpp"

#include "base/help_json.hpp"
#include "base/nearest.hpp"
#include "daemon/setting_table.hpp"

#include <algorithm>
#include <array>
#include <CLI/CLI.hpp>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <string_view>
#include <vector>

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

constexpr const char* kUsualConfig = "/etc/mswd/config.json";
constexpr const char* kUsualState = "/var/lib/mswd";
constexpr const char* kUsualRuntime = "/run/mswd";

constexpr std::string_view kSummary =
    "mswd makes this machine a host of a mesh on which programs send each other Datapacks.";
constexpr std::string_view kMore =
    "It stays in the foreground. `systemctl start mswd` runs it as a service, mswctl(1) talks to it.";
constexpr std::array<std::string_view, 2> kExample{
    "mswd --config ./config.json --state-dir ./state --runtime-dir ./run", "mswctl --socket ./run/control.sock status"};

/// @return what is wrong with the command line, and which option may have been meant
std::string words_of(const CLI::ParseError& error, const CLI::App& app) {
    const std::vector<std::string> extra = app.remaining();
    if (dynamic_cast<const CLI::ExtrasError*>(&error) == nullptr || extra.empty()) return error.what();
    std::vector<std::string> names;
    for (const CLI::Option* option : app.get_options()) {
        for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
    }
    const auto unknown = std::find_if(extra.begin(), extra.end(), [](const std::string& word) {
        return word.size() > 2 && word.compare(0, 2, "--") == 0;
    });
    if (unknown == extra.end()) return "not expected: " + extra.front();
    const std::vector<std::string_view> candidates(names.begin(), names.end());
    const std::string_view near = nearest(*unknown, candidates);
    return "there is no option " + *unknown + (near.empty() ? "" : "; did you mean `" + std::string(near) + "`?");
}

/// All that --help says, and the table of settings.
Json help_json(const CLI::App& app) {
    return Json::object({{"name", "mswd"},
                         {"version", MSW_VERSION},
                         {"summary", kSummary},
                         {"more", kMore},
                         {"options", options_as_json(app)},
                         {"settings", settings_as_json()}});
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
    p.config = kUsualConfig;
    p.state_dir = from_environment("STATE_DIRECTORY", kUsualState);
    p.runtime_dir = from_environment("RUNTIME_DIRECTORY", kUsualRuntime);

    CLI::App app(std::string(kSummary) + '\n' + std::string(kMore), "mswd");
    app.set_help_flag("-h,--help", "print this help and exit");
    app.set_version_flag("--version", "mswd " MSW_VERSION, "print the version and exit");
    app.add_option("--config", p.config,
                   "the configuration, mswd.json(5); " + p.config + " if not given, and then it need not be there")
        ->type_name("FILE");
    app.add_option("--state-dir", p.state_dir,
                   "keeps files, releases and the log between runs; $STATE_DIRECTORY, or " + std::string(kUsualState))
        ->type_name("DIR");
    app.add_option("--runtime-dir", p.runtime_dir,
                   "holds control.sock while mswd runs; $RUNTIME_DIRECTORY, or " + std::string(kUsualRuntime))
        ->type_name("DIR");
    app.add_flag("--check-config", options.check_config,
                 "say whether mswd would start with the configuration, and exit");
    app.footer("Example, as an ordinary user:\n  " + std::string(kExample[0]) + "\n  " + std::string(kExample[1]));
    if (argc == 2 && std::string_view(argv[1]) == "--help-json") {
        std::cout << help_json(app).dump(1) << '\n';
        std::exit(0);
    }
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& e) {
        if (e.get_exit_code() == 0) std::exit(app.exit(e));
        std::cerr << "mswd: " << words_of(e, app) << "\n  `mswd --help` shows how it is written\n";
        std::exit(2);
    }
    p.config = absolute(p.config);
    p.config_optional = p.config == kUsualConfig;
    p.state_dir = absolute(p.state_dir);
    p.runtime_dir = absolute(p.runtime_dir);
    p.log_dir = absolute(from_environment("LOGS_DIRECTORY", p.state_dir + "/log"));
    std::error_code failed;
    p.program = fs::read_symlink("/proc/self/exe", failed).string();
    return options;
}

}  // namespace msw
