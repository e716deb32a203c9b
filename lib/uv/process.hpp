// A child process with pipes on the loop.
#pragma once

#include "msw/result.hpp"
#include "uv/handle.hpp"
#include "uv/stream.hpp"

#include <functional>
#include <string>
#include <vector>

namespace msw::uv {

struct ProcessOptions {
    std::vector<std::string> argv;         ///< argv[0] is the path of the program
    std::vector<std::string> environment;  ///< all of it, as NAME=value
    std::string directory;                 ///< working folder; empty: ours
    Stream* in = nullptr;                  ///< pipe streams to be joined to its stdin, stdout, stderr;
    Stream* out = nullptr;                 ///< null: /dev/null
    Stream* err = nullptr;
};

/// A running child, leader of a process group of its own. Destroying it forgets it: whoever wants it gone kills first.
/// Thread: the loop's.
class Process {
public:
    /// Start it. @param exited  called once with its exit status and the signal that ended it, or 0
    [[nodiscard]] static Result<Process> spawn(uv_loop_t* loop, const ProcessOptions& options,
                                               std::function<void(int exit_status, int signal)> exited);

    [[nodiscard]] int pid() const noexcept;
    /// Send a signal to its whole process group.
    void kill_group(int signal) noexcept;

private:
    using Exited = std::function<void(int, int)>;
    explicit Process(NodePtr<uv_process_t, Exited> node) noexcept : node_(std::move(node)) {}
    NodePtr<uv_process_t, Exited> node_;
};

}  // namespace msw::uv
