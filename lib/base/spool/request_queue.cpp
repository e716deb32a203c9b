#include "base/spool/request_queue.hpp"

#include <utility>

namespace msw::spool {
namespace {

/// Of a request beside its strings.
constexpr std::size_t kBase = 256;

std::size_t extra(const AddOutbox& c) noexcept { return c.row.datapack.size(); }
std::size_t extra(const AddInbox& c) noexcept { return c.row.datapack.size(); }
std::size_t extra(const PutMarks& c) noexcept { return c.state.size(); }
std::size_t extra(const Outgoing& which) {
    if (const auto* rows = std::get_if<ByRow>(&which)) return rows->rows.size() * sizeof(RowId);
    if (const auto* numbers = std::get_if<ByNumber>(&which)) return numbers->numbers.size() * sizeof(std::uint64_t);
    return 0;
}
std::size_t extra(const MarkSent& c) noexcept { return extra(c.which); }
std::size_t extra(const MarkReceived& c) noexcept { return extra(c.which); }
std::size_t extra(const RemoveOutbox& c) noexcept { return extra(c.which); }
template <class Other>
std::size_t extra(const Other& /*c*/) noexcept {
    return 0;
}

}  // namespace

std::size_t size_of(const Changes& changes) {
    std::size_t bytes = 0;
    for (const Change& change : changes) {
        bytes += kBase + std::visit([](const auto& c) { return extra(c); }, change);
    }
    return bytes;
}

RequestQueue::Put RequestQueue::put(Request& request) {
    const std::lock_guard lock(mutex_);
    if (closed_) return Put::closed;
    const std::size_t times = request.makes_room ? 2 : 1;
    const std::size_t limit = limit_bytes_ * times;
    const bool fits = queue_.empty() || (request.bytes <= limit && bytes_ <= limit - request.bytes);
    if (!fits || queue_.size() >= limit_requests_ * times) return Put::full;
    bytes_ += request.bytes;
    queue_.push_back(std::move(request));
    if (queue_.size() == 1) arrived_.notify_one();
    return Put::taken;
}

bool RequestQueue::take(std::vector<Request>& out, std::size_t bytes, std::size_t requests, Clock::time_point until) {
    std::unique_lock lock(mutex_);
    const auto something = [&] { return closed_ || !queue_.empty(); };
    if (until == Clock::time_point::max()) {
        arrived_.wait(lock, something);
    } else {
        arrived_.wait_until(lock, until, something);
    }
    std::size_t taken = 0;
    while (!queue_.empty() && out.size() < requests && taken < bytes) {
        taken += queue_.front().bytes;
        out.push_back(std::move(queue_.front()));
        queue_.pop_front();
    }
    bytes_ -= taken;
    return !out.empty() || !closed_;
}

void RequestQueue::close() {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    arrived_.notify_one();
}

}  // namespace msw::spool
