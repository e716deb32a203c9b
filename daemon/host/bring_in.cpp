#include "daemon/host/bring_in.hpp"

#include "base/system_error.hpp"
#include "uv/loop.hpp"

#include <sys/sendfile.h>
#include <sys/types.h>
#include <algorithm>
#include <cerrno>
#include <string>
#include <utility>

namespace msw {
namespace {

using Copied = Result<std::shared_ptr<const File>>;

Copied copy(FileRoot::Incoming& incoming, const File& source) {
    constexpr std::uint64_t kAtOnce = 64UL * 1024 * 1024;
    off_t at = 0;
    while (static_cast<std::uint64_t>(at) < source.size()) {
        const std::uint64_t left = source.size() - static_cast<std::uint64_t>(at);
        const ssize_t n =
            ::sendfile(incoming.fd(), source.fd(), &at, static_cast<std::size_t>(std::min(left, kAtOnce)));
        if (n == 0) return Error{Code::io, "the file became shorter while it was read"};
        if (n < 0 && errno != EINTR) {
            return Error{Code::io, "copying the file: " + system_says(errno)};
        }
    }
    return incoming.publish();
}

}  // namespace

void bring_in(uv_loop_t* loop, FileRoot::Incoming incoming, std::shared_ptr<const File> source,
              std::function<void(Copied)> then) {
    struct Job {
        FileRoot::Incoming incoming;
        std::shared_ptr<const File> source;
        Copied copied;
    };
    auto job = std::make_shared<Job>(
        Job{std::move(incoming), std::move(source), Error{Code::interrupted, "the copying didn't begin"}});
    uv::work(
        loop, [job] { job->copied = copy(job->incoming, *job->source); },
        [job, then = std::move(then)] { then(std::move(job->copied)); });
}

}  // namespace msw
