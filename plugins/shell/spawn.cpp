#include "plugins/shell/spawn.hpp"

#include "base/system_error.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <unistd.h>
#include <array>
#include <cerrno>
#include <csignal>
#include <string>
#include <utility>

namespace msw::shell {
namespace {

constexpr int kReportFd = 3;  // where mswd-exec expects it

struct Pipe {
    Fd read;
    Fd write;
};

/// A pipe whose descriptors lie above those that the child gets, so that giving one can't overwrite another.
Result<Pipe> make_pipe() {
    std::array<int, 2> fds{};
    if (::pipe2(fds.data(), O_CLOEXEC) != 0) return io_error("pipe", errno);
    const Fd low_read(fds[0]);
    const Fd low_write(fds[1]);
    Pipe pipe{Fd(::fcntl(fds[0], F_DUPFD_CLOEXEC, kReportFd + 1)), Fd(::fcntl(fds[1], F_DUPFD_CLOEXEC, kReportFd + 1))};
    if (!pipe.read || !pipe.write) return io_error("pipe", errno);
    return pipe;
}

class Actions {
public:
    Actions() { ::posix_spawn_file_actions_init(&actions_); }
    Actions(const Actions&) = delete;
    Actions& operator=(const Actions&) = delete;
    ~Actions() { ::posix_spawn_file_actions_destroy(&actions_); }
    posix_spawn_file_actions_t* get() noexcept { return &actions_; }

private:
    posix_spawn_file_actions_t actions_{};
};

/// A session of its own (no terminal, no Ctrl-C meant for mswd), and no signal blocked or ignored.
class Attributes {
public:
    Attributes() {
        ::posix_spawnattr_init(&attributes_);
        ::posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
        sigset_t set;
        ::sigemptyset(&set);
        ::posix_spawnattr_setsigmask(&attributes_, &set);
        ::sigfillset(&set);
        ::posix_spawnattr_setsigdefault(&attributes_, &set);
    }
    Attributes(const Attributes&) = delete;
    Attributes& operator=(const Attributes&) = delete;
    ~Attributes() { ::posix_spawnattr_destroy(&attributes_); }
    posix_spawnattr_t* get() noexcept { return &attributes_; }

private:
    posix_spawnattr_t attributes_{};
};

}  // namespace

Result<Spawned> spawn(const Command& command) {
    Result<Pipe> control = make_pipe();
    if (!control) return control.error();
    Result<Pipe> output = make_pipe();
    if (!output) return output.error();
    Result<Pipe> report = make_pipe();
    if (!report) return report.error();

    Actions actions;
    ::posix_spawn_file_actions_adddup2(actions.get(), control->read.get(), STDIN_FILENO);
    ::posix_spawn_file_actions_adddup2(actions.get(), output->write.get(), STDOUT_FILENO);
    ::posix_spawn_file_actions_adddup2(actions.get(), output->write.get(), STDERR_FILENO);
    ::posix_spawn_file_actions_adddup2(actions.get(), report->write.get(), kReportFd);
    ::posix_spawn_file_actions_addchdir_np(actions.get(), command.folder.c_str());
    Attributes attributes;

    std::string program = command.exec_program;
    std::string seconds = std::to_string(command.timeout.count());
    std::string line = command.line;
    std::array<char*, 4> arguments{program.data(), seconds.data(), line.data(), nullptr};
    std::vector<std::string> texts = command.environment;
    std::vector<char*> environment;
    environment.reserve(texts.size() + 1);
    for (std::string& entry : texts) environment.push_back(entry.data());
    environment.push_back(nullptr);

    Spawned spawned;
    const int error = ::posix_spawn(&spawned.pid, program.c_str(), actions.get(), attributes.get(), arguments.data(),
                                    environment.data());
    if (error != 0) {
        return io_error("can't run commands: " + program + " in " + command.folder, error);
    }
    spawned.control = std::move(control->write);
    spawned.output = std::move(output->read);
    spawned.report = std::move(report->read);
    ::fcntl(spawned.output.get(), F_SETFL, O_NONBLOCK);
    ::fcntl(spawned.report.get(), F_SETFL, O_NONBLOCK);
    return spawned;
}

}  // namespace msw::shell
