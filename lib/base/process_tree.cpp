#include "base/process_tree.hpp"

#include <dirent.h>
#include <algorithm>
#include <csignal>
#include <cstddef>
#include <cstdio>
#include <memory>

namespace msw {
namespace {

struct CloseDir {
    void operator()(DIR* dir) const noexcept { ::closedir(dir); }
};
struct CloseFile {
    void operator()(std::FILE* file) const noexcept { (void)std::fclose(file); }
};

void append_children(const std::string& process, std::vector<pid_t>& out) {
    const std::string tasks = "/proc/" + process + "/task";
    const std::unique_ptr<DIR, CloseDir> dir(::opendir(tasks.c_str()));
    if (!dir) return;
    while (const dirent* entry = ::readdir(dir.get())) {
        if (entry->d_name[0] == '.') continue;
        const std::string path = tasks + '/' + entry->d_name + "/children";
        const std::unique_ptr<std::FILE, CloseFile> children(std::fopen(path.c_str(), "re"));
        if (!children) continue;
        for (pid_t pid = 0; std::fscanf(children.get(), "%d", &pid) == 1;) out.push_back(pid);  // NOLINT(cert-err34-c)
    }
}

}  // namespace

std::vector<pid_t> descendants() {
    std::vector<pid_t> all;
    append_children("self", all);
    for (std::size_t i = 0; i < all.size(); ++i) append_children(std::to_string(all[i]), all);
    return all;
}

void signal_all(const std::vector<pid_t>& processes, int signal) {
    for (const pid_t pid : processes) (void)::kill(pid, signal);
}

void kill_descendants() {
    // A tree that forks faster than this stops it is met again by the caller, who repeats until none is left.
    constexpr int kRounds = 32;
    std::vector<pid_t> stopped;
    for (int round = 0; round < kRounds; ++round) {
        std::vector<pid_t> now = descendants();
        std::sort(now.begin(), now.end());
        if (std::includes(stopped.begin(), stopped.end(), now.begin(), now.end())) break;
        signal_all(now, SIGSTOP);
        stopped = std::move(now);
    }
    signal_all(stopped, SIGKILL);
}

}  // namespace msw
