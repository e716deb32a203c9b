#include "uv/loop.hpp"

#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <utility>

namespace msw::uv {
namespace {

using Callback = std::function<void()>;

template <class T>
void call_back(T* handle) noexcept {
    // A copy: the callback may destroy its owner, and with it itself.
    const Callback callback = static_cast<Node<T, Callback>*>(handle->data)->state;
    if (callback) callback();
}

template <class T>
NodePtr<T, Callback> checked(NodePtr<T, Callback> node, int status, Callback&& callback) {
    if (!node) throw std::runtime_error("libuv: " + error_text(status));
    node->state = std::move(callback);
    return node;
}

}  // namespace

std::string error_text(int status) { return uv_strerror(status); }

Loop::Loop() {
    if (const int status = uv_loop_init(&loop_); status != 0) throw std::runtime_error("libuv: " + error_text(status));
}

Loop::~Loop() {
    // Every owner has gone, so only close callbacks and cancelled requests are left.
    while (uv_run(&loop_, UV_RUN_NOWAIT) != 0) {
        bool closing_only = true;
        uv_walk(
            &loop_,
            [](uv_handle_t* h, void* arg) {
                if (uv_is_closing(h) == 0 && uv_has_ref(h) != 0) *static_cast<bool*>(arg) = false;
            },
            &closing_only);
        if (!closing_only) break;
    }
    if (uv_loop_close(&loop_) != 0) {
        (void)std::fputs("libuv handles leaked:\n", stderr);
        uv_print_all_handles(&loop_, stderr);
        std::abort();
    }
}

Timer::Timer(uv_loop_t* loop, Callback callback) {
    int status = 0;
    auto node = make_node<uv_timer_t, Callback>([&](uv_timer_t* h) { return uv_timer_init(loop, h); }, status);
    node_ = checked(std::move(node), status, std::move(callback));
}

void Timer::start(Duration first, Duration repeat) {
    uv_timer_start(
        &node_->handle, [](uv_timer_t* h) { call_back(h); }, static_cast<std::uint64_t>(first.count()),
        static_cast<std::uint64_t>(repeat.count()));
}

void Timer::stop() noexcept { uv_timer_stop(&node_->handle); }

bool Timer::active() const noexcept { return uv_is_active(reinterpret_cast<const uv_handle_t*>(&node_->handle)) != 0; }

Signal::Signal(uv_loop_t* loop, int number, Callback callback) {
    int status = 0;
    auto node = make_node<uv_signal_t, Callback>([&](uv_signal_t* h) { return uv_signal_init(loop, h); }, status);
    node_ = checked(std::move(node), status, std::move(callback));
    uv_signal_start(
        &node_->handle, [](uv_signal_t* h, int) { call_back(h); }, number);
}

Wake::Wake(uv_loop_t* loop, Callback callback) {
    int status = 0;
    auto node = make_node<uv_async_t, Callback>(
        [&](uv_async_t* h) { return uv_async_init(loop, h, [](uv_async_t* a) { call_back(a); }); }, status);
    node_ = checked(std::move(node), status, std::move(callback));
}

void Wake::notify() noexcept { uv_async_send(&node_->handle); }

Post::Post(uv_loop_t* loop) : wake_(loop, [this] { run(); }) {}

void Post::operator()(std::function<void()> task) {
    // Sent under the mutex: before libuv 1.53 a coalesced uv_async_send() is no fence.
    const std::lock_guard lock(mutex_);
    tasks_.push_back(std::move(task));
    wake_.notify();
}

void Post::run() {
    {
        const std::lock_guard lock(mutex_);
        running_.swap(tasks_);
    }
    for (std::function<void()>& task : running_) task();
    running_.clear();
}

void work(uv_loop_t* loop, std::function<void()> job, std::function<void()> after) {
    struct Request {
        uv_work_t raw{};
        std::function<void()> job;
        std::function<void()> after;
    };
    auto* request = new Request{{}, std::move(job), std::move(after)};
    request->raw.data = request;
    uv_queue_work(
        loop, &request->raw, [](uv_work_t* w) { static_cast<Request*>(w->data)->job(); },
        [](uv_work_t* w, int) {
            const std::unique_ptr<Request> done(static_cast<Request*>(w->data));
            done->after();
        });
}

}  // namespace msw::uv
