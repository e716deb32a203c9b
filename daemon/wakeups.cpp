#include "daemon/wakeups.hpp"

namespace msw {

Wakeups::Wakeups(uv_loop_t* loop) : loop_thread_(std::this_thread::get_id()), wake_(loop, [this] { flush(); }) {
    using Prepare = uv::Node<uv_prepare_t, Wakeups*>;
    int status = 0;
    prepare_ = uv::make_node<uv_prepare_t, Wakeups*>([&](uv_prepare_t* h) { return uv_prepare_init(loop, h); }, status);
    idle_ = uv::make_node<uv_idle_t, Wakeups*>([&](uv_idle_t* h) { return uv_idle_init(loop, h); }, status);
    prepare_->state = this;
    uv_prepare_start(&prepare_->handle,
                     [](uv_prepare_t* h) { static_cast<Prepare*>(h->data)->state->before_waiting(); });
    uv_unref(reinterpret_cast<uv_handle_t*>(&prepare_->handle));
}

void Wakeups::before_waiting() {
    // Who was woken may have left work for the end of this turn, and other prepare callbacks may have run already:
    // an active idle handle makes the loop look for events without waiting, so that the turn ends now.
    if (flush()) {
        uv_idle_start(&idle_->handle, [](uv_idle_t*) {});
    } else {
        uv_idle_stop(&idle_->handle);
    }
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

bool Wakeups::flush() {
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
        if (running_.empty()) return round > 0;
        for (const Key key : running_) {
            const auto at = sleepers_.find(key);
            if (at != sleepers_.end()) at->second->wake();
        }
    }
    wake_.notify();
    return true;
}

}  // namespace msw
