#include "plugins/shell/command.hpp"

#include "plugins/shell/spawn.hpp"

#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>
#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstdint>
#include <string_view>
#include <utility>

namespace msw::shell {
namespace {

using Clock = std::chrono::steady_clock;

// mswd-exec keeps the time itself; these are for one that doesn't answer any more.
constexpr std::chrono::seconds kAfterTimeout{10};
constexpr std::chrono::seconds kAfterStop{4};

enum class Read { some, none, end };

/// @param take  called with what was read
template <class Take>
Read read_some(int fd, Take take) {
    std::array<char, 64 * 1024> buffer;  // NOLINT(cppcoreguidelines-pro-type-member-init): filled by read
    const ssize_t n = ::read(fd, buffer.data(), buffer.size());
    if (n > 0) {
        take(std::string_view(buffer.data(), static_cast<std::size_t>(n)));
        return Read::some;
    }
    return n < 0 && (errno == EAGAIN || errno == EINTR) ? Read::none : Read::end;
}

class Running {
public:
    Running(Spawned spawned, const Command& command, int stop_fd)
        : spawned_(std::move(spawned)),
          output_(command.max_output),
          stop_fd_(stop_fd),
          deadline_(Clock::now() + command.timeout + kAfterTimeout) {}

    Result<Outcome> wait() {
        while (spawned_.report) step();
        while (read_some(spawned_.output.get(), [&](std::string_view bytes) { output_.append(bytes); }) == Read::some) {
        }
        int status = 0;
        while (::waitpid(spawned_.pid, &status, 0) < 0 && errno == EINTR) {
        }
        return outcome();
    }

private:
    void step() {
        std::array<pollfd, 3> watched{{{spawned_.report.get(), POLLIN, 0},
                                       {output_ended_ ? -1 : spawned_.output.get(), POLLIN, 0},
                                       {stopping_ ? -1 : stop_fd_, POLLIN, 0}}};
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline_ - Clock::now()).count();
        const int ready =
            ::poll(watched.data(), watched.size(), static_cast<int>(std::clamp<std::int64_t>(left, 0, 3'600'000)));
        if (ready == 0 && Clock::now() >= deadline_) {
            ::kill(spawned_.pid, SIGKILL);
            deadline_ = Clock::time_point::max() - std::chrono::hours(24);
            overdue_ = true;
        }
        if (ready <= 0) return;
        if (watched[1].revents != 0) {
            const Read read = read_some(watched[1].fd, [&](std::string_view bytes) { output_.append(bytes); });
            if (read == Read::end) output_ended_ = true;
        }
        if (watched[0].revents != 0) {
            const Read read = read_some(watched[0].fd, [&](std::string_view bytes) { report_ += bytes; });
            if (read == Read::end) spawned_.report.reset();
        }
        if (watched[2].revents != 0) {
            stopping_ = true;
            spawned_.control.reset();
            deadline_ = std::min(deadline_, Clock::now() + kAfterStop);
        }
    }

    [[nodiscard]] Result<Outcome> outcome() const {
        const std::string_view line = std::string_view(report_).substr(0, report_.find('\n'));
        const std::size_t space = std::min(line.find(' '), line.size());
        const std::string_view word = line.substr(0, space);
        const std::string_view rest = line.substr(std::min(space + 1, line.size()));
        Outcome out;
        out.output = output_;
        int number = 0;
        (void)std::from_chars(rest.data(), rest.data() + rest.size(), number);
        if (word == "exit") {
            out.exit = number;
        } else if (word == "signal") {
            out.exit = 128 + number;
        } else if (word == "timeout" || (overdue_ && !stopping_)) {
            out.how = Outcome::How::timed_out;
        } else if (word == "ended" || stopping_) {
            out.how = Outcome::How::interrupted;
        } else if (word == "failed") {
            return Error{Code::io, "the command could not be started: " + std::string(rest)};
        } else {
            return Error{Code::io, "mswd-exec, which ran the command, was ended by somebody"};
        }
        return out;
    }

    Spawned spawned_;
    Output output_;
    int stop_fd_;
    Clock::time_point deadline_;
    std::string report_;
    bool output_ended_ = false;
    bool stopping_ = false;
    bool overdue_ = false;
};

}  // namespace

Result<Outcome> run_command(const Command& command, int stop_fd) {
    Result<Spawned> spawned = spawn(command);
    if (!spawned) return spawned.error();
    return Running(std::move(spawned).value(), command, stop_fd).wait();
}

}  // namespace msw::shell
