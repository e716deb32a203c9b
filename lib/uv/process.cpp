#include "uv/process.hpp"

#include "uv/loop.hpp"

#include <array>
#include <csignal>

namespace msw::uv {
namespace {

std::vector<char*> pointers(const std::vector<std::string>& texts) {
    std::vector<char*> out;
    out.reserve(texts.size() + 1);
    for (const std::string& t : texts)
        out.push_back(const_cast<char*>(t.c_str()));  // NOLINT: libuv copies, never writes
    out.push_back(nullptr);
    return out;
}

uv_stdio_container_t stdio(Stream* stream, uv_stdio_flags direction) {
    uv_stdio_container_t c{};
    c.flags = stream == nullptr ? UV_IGNORE : static_cast<uv_stdio_flags>(UV_CREATE_PIPE | direction);
    if (stream != nullptr) c.data.stream = stream->raw();
    return c;
}

}  // namespace

Result<Process> Process::spawn(uv_loop_t* loop, const ProcessOptions& options, Exited exited) {
    std::vector<char*> argv = pointers(options.argv);
    std::vector<char*> environment = pointers(options.environment);
    std::array<uv_stdio_container_t, 3> io{stdio(options.in, UV_READABLE_PIPE), stdio(options.out, UV_WRITABLE_PIPE),
                                           stdio(options.err, UV_WRITABLE_PIPE)};
    uv_process_options_t raw{};
    raw.file = argv[0];
    raw.args = argv.data();
    raw.env = environment.data();
    raw.cwd = options.directory.empty() ? nullptr : options.directory.c_str();
    raw.flags = UV_PROCESS_DETACHED;
    raw.stdio = io.data();
    raw.stdio_count = static_cast<int>(io.size());
    raw.exit_cb = [](uv_process_t* p, std::int64_t status, int signal) {
        const Exited callback = static_cast<Node<uv_process_t, Exited>*>(p->data)->state;
        if (callback) callback(static_cast<int>(status), signal);
    };

    auto node = std::make_unique<Node<uv_process_t, Exited>>();
    node->handle.data = node.get();
    node->state = std::move(exited);
    const int status = uv_spawn(loop, &node->handle, &raw);
    // Even after a failed uv_spawn the handle must be closed.
    NodePtr<uv_process_t, Exited> owned(node.release());
    if (status != 0) return Error{Code::io, options.argv[0] + ": " + error_text(status)};
    return Process(std::move(owned));
}

int Process::pid() const noexcept { return node_->handle.pid; }

void Process::kill_group(int signal) noexcept {
    if (node_->handle.pid > 0) ::kill(-node_->handle.pid, signal);
}

}  // namespace msw::uv
