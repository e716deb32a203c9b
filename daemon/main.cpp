#include "base/system_error.hpp"
#include "daemon/config.hpp"
#include "daemon/config_check.hpp"
#include "daemon/daemon.hpp"
#include "daemon/options.hpp"
#include "daemon/state_dir.hpp"
#include "daemon/sys/hold_signals.hpp"

#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <exception>
#include <filesystem>

namespace {

constexpr int kFailed = 1;
constexpr int kBadUsage = 2;
constexpr int kBadConfig = 78;  // EX_CONFIG of sysexits.h

/// As many descriptors as we are allowed: each plugin, client and peer takes some.
void raise_descriptor_limit() noexcept {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
    limit.rlim_cur = limit.rlim_max;
    (void)::setrlimit(RLIMIT_NOFILE, &limit);
}

/// No core dump, no debugger, no /proc/PID/mem for anybody but root: keys and tokens are in this memory (prctl(2)).
void keep_memory_private() noexcept { (void)::prctl(PR_SET_DUMPABLE, 0); }

int fail(msw::Log& log, const msw::Error& error) {
    log.last_words(msw::Priority::error, "mswd", error.text);
    return kFailed;
}

/// --check-config: faults and warnings to stderr, the verdict to stdout.
int check(const msw::Paths& paths) {
    const msw::ConfigVerdict verdict = msw::check_config(paths);
    for (const auto* sentences : {&verdict.faults, &verdict.warnings}) {
        for (const std::string& text : *sentences) (void)std::fprintf(stderr, "%s\n", text.c_str());
    }
    if (!verdict.faults.empty()) return verdict.file_missing ? kBadUsage : kFailed;
    const bool empty = !std::filesystem::exists(paths.config);
    (void)std::printf("%s is good%s\n", paths.config.c_str(), empty ? " (it isn't there: an empty configuration)" : "");
    return 0;
}

int start(const msw::Paths& paths, const msw::Config& config, msw::Log& log) {
    ::umask(0027);
    raise_descriptor_limit();
    keep_memory_private();
    std::error_code failed;
    for (const std::string& dir : {paths.runtime_dir, paths.log_dir}) {
        std::filesystem::create_directories(dir, failed);
        if (failed) {
            return fail(log, {msw::Code::io, "the folder " + dir + " can't be made (" + failed.message() +
                                                 "); choose another --state-dir or --runtime-dir"});
        }
    }
    msw::Result<msw::Fd> lock = msw::lock_state_dir(paths.state_dir);
    if (!lock) return fail(log, lock.error());
    msw::Result<std::string> id = msw::choose_host_id(paths.state_dir, config.id);
    if (!id) return fail(log, id.error());
    msw::Result<msw::FileRoot> files = msw::FileRoot::open(paths.file_root());
    if (!files) return fail(log, files.error());
    if (const std::size_t left = files->clean_up(); left > 0) {
        log.write(msw::Priority::notice, "mswd", std::to_string(left) + " half-received files were removed");
    }
    msw::Daemon daemon(paths, config, *id, std::move(files).value(), log);
    return daemon.run();
}

}  // namespace

int main(int argc, char** argv) {
    try {
        const msw::Options options = msw::parse_command_line(argc, argv);
        (void)std::signal(SIGPIPE, SIG_IGN);
        if (options.check_config) return check(options.paths);
        const msw::Paths& paths = options.paths;
        const msw::Result<msw::Config> config = msw::load_config(paths.config, paths.config_optional);
        msw::Log log(config && config->debug ? msw::Priority::debug : msw::Priority::info);
        if (!config) {
            log.last_words(msw::Priority::error, "mswd", config.error().text);
            return config.error().code == msw::Code::no_such_file ? kBadUsage : kBadConfig;
        }
        for (const std::string& warning : config->warnings) log.write(msw::Priority::warning, "mswd", warning);
        const int code = start(paths, *config, log);
        if (code != msw::kStartAgain) return code;
        msw::hold_signals(true);
        (void)::execv(paths.program.c_str(), argv);
        return fail(log, {msw::Code::io, "it can't start anew: " + msw::system_says(errno)});
    } catch (const std::exception& e) {
        (void)std::fprintf(stderr, "mswd: %s\n", e.what());
        return kFailed;
    }
}
