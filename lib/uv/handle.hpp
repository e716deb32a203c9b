// Unique ownership of a libuv handle: the deleter is uv_close(), the memory goes in the close callback.
//
// A libuv handle never moves and outlives its owner until the loop has run its close callback. So each lives in a heap
// block of its own (Node), together with what its callbacks need; the owner holds the block and may move freely.
#pragma once

#include <uv.h>
#include <memory>

namespace msw::uv {

/// A handle with the state that its callbacks use. `handle.data` points to the Node.
template <class T, class State>
struct Node {
    T handle{};
    State state{};
};

template <class T, class State>
struct CloseNode {
    void operator()(Node<T, State>* node) const noexcept {
        uv_close(reinterpret_cast<uv_handle_t*>(&node->handle),
                 [](uv_handle_t* h) { delete static_cast<Node<T, State>*>(h->data); });
    }
};

template <class T, class State>
using NodePtr = std::unique_ptr<Node<T, State>, CloseNode<T, State>>;

/// Make a node and initialise its handle.
/// @param init    `int init(T*)`, a uv_*_init call
/// @param status  what it gave
/// @return the node, or null if init failed (libuv has then nothing to close)
template <class T, class State, class Init>
NodePtr<T, State> make_node(Init init, int& status) {
    auto node = std::make_unique<Node<T, State>>();
    status = init(&node->handle);
    if (status != 0) return nullptr;
    node->handle.data = node.get();
    return NodePtr<T, State>(node.release());
}

/// What a deferred callback holds weakly: it does nothing once the Anchor is gone.
///
///     class Session { …  uv::Anchor anchor_; };
///     work(loop, job, anchor_.guard([this] { after(); }));
class Anchor {
public:
    template <class F>
    [[nodiscard]] auto guard(F f) const {
        return [weak = std::weak_ptr<char>(alive_), f = std::move(f)](auto&&... args) mutable {
            if (const std::shared_ptr<char> alive = weak.lock()) f(std::forward<decltype(args)>(args)...);
        };
    }

private:
    std::shared_ptr<char> alive_ = std::make_shared<char>();
};

}  // namespace msw::uv
