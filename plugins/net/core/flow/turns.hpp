// Several that share one thing: who had the least recent turn comes first. So whoever found no room is the first of
// those that wait for the same room, whatever else is shared beside it.
#pragma once

#include <cstddef>
#include <iterator>
#include <list>

namespace msw::net {

/// Thread: one at a time.
template <class T>
class Turns {
public:
    /// @param one  must outlive this; it comes last
    void add(T& one) { order_.push_back(&one); }

    /// Each has one turn, if it can use it.
    /// @param use  whether it did
    /// @return whether anyone did
    template <class Use>
    bool round(Use use) {
        bool any = false;
        auto at = order_.begin();
        for (std::size_t left = order_.size(); left > 0; --left) {
            const auto next = std::next(at);
            if (use(**at)) {
                any = true;
                order_.splice(order_.end(), order_, at);
            }
            at = next;
        }
        return any;
    }

private:
    std::list<T*> order_;
};

}  // namespace msw::net
