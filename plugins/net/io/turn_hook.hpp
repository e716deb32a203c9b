// Calls back once before and once after each turn of the loop in which something happened, outside all other callbacks.
#pragma once

#include "uv/handle.hpp"

#include <uv.h>
#include <functional>

namespace msw::net {

/// What was gathered during a turn of the loop is written at its end in one go, and what was closed is destroyed.
/// Thread: the loop's.
class TurnHook {
public:
    TurnHook(uv_loop_t* loop, const std::function<void()>& callback) {
        int status = 0;
        before_ =
            uv::make_node<uv_prepare_t, Callback>([&](uv_prepare_t* h) { return uv_prepare_init(loop, h); }, status);
        after_ = uv::make_node<uv_check_t, Callback>([&](uv_check_t* h) { return uv_check_init(loop, h); }, status);
        before_->state = callback;
        after_->state = callback;
        uv_prepare_start(&before_->handle, [](uv_prepare_t* h) { static_cast<Before*>(h->data)->state(); });
        uv_check_start(&after_->handle, [](uv_check_t* h) { static_cast<After*>(h->data)->state(); });
    }

private:
    using Callback = std::function<void()>;
    using Before = uv::Node<uv_prepare_t, Callback>;
    using After = uv::Node<uv_check_t, Callback>;
    uv::NodePtr<uv_prepare_t, Callback> before_;
    uv::NodePtr<uv_check_t, Callback> after_;
};

}  // namespace msw::net
