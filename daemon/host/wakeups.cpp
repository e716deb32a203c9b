#include "daemon/host/wakeups.hpp"

#include <stdexcept>

namespace msw {

void Wakeups::ClosePrepare::operator()(uv_prepare_t* handle) const noexcept {
    uv_close(reinterpret_cast<uv_handle_t*>(handle), [](uv_handle_t* h) { delete reinterpret_cast<uv_prepare_t*>(h); });
}

Wakeups::Wakeups(uv_loop_t* loop) : loop_thread_(std::this_thread::get_id()), wake_(loop, [this] { flush(); }) {
    auto handle = std::make_unique<uv_prepare_t>();
    if (const int status = uv_prepare_init(loop, handle.get()); status != 0) {
        throw std::runtime_error("libuv: " + uv::error_text(status));
    }
    prepare_.reset(handle.release());
    prepare_->data = this;
    uv_prepare_start(prepare_.get(), [](uv_prepare_t* h) { static_cast<Wakeups*>(h->data)->flush(); });
    uv_unref(reinterpret_cast<uv_handle_t*>(prepare_.get()));
}

Wakeups::Key Wakeups::add(Sleeper& sleeper) {
    sleepers_.emplace(++last_key_, &sleeper);
    return last_key_;
}

void Wakeups::remove(Key key) noexcept { sleepers_.erase(key); }

void Wakeups::wake(Key key) {
    if (std::this_thread::get_id() == loop_thread_) {
        dirty_.push_back(key);
        return;
    }
    // Sent under the mutex: before libuv 1.53 a coalesced uv_async_send() is no fence.
    const std::lock_guard lock(mutex_);
    from_threads_.push_back(key);
    if (from_threads_.size() == 1) wake_.notify();
}

void Wakeups::flush() {
    // Waking one may wake others. After so many rounds the loop gets its turn first.
    constexpr int kRounds = 16;
    for (int round = 0; round < kRounds; ++round) {
        running_.clear();
        running_.swap(dirty_);
        {
            const std::lock_guard lock(mutex_);
            running_.insert(running_.end(), from_threads_.begin(), from_threads_.end());
            from_threads_.clear();
        }
        if (running_.empty()) return;
        for (const Key key : running_) {
            const auto at = sleepers_.find(key);
            if (at != sleepers_.end()) at->second->wake();
        }
    }
    wake_.notify();
}

}  // namespace msw
