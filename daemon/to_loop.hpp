// Word from any thread to the loop thread, many at a time.
#pragma once

#include "daemon/wakeups.hpp"

#include <functional>
#include <mutex>
#include <utility>
#include <vector>

namespace msw {

/// @tparam Word  what is brought over
/// Thread: add() any, all else the loop's.
template <typename Word>
class ToLoop final : private Wakeups::Sleeper {
public:
    using Take = std::function<void(const Word& word)>;

    /// @param take  called on the loop thread for each word in the order of add(), until end()
    ToLoop(Wakeups& wakeups, Take take) : wakeups_(wakeups), key_(wakeups.add(*this)), take_(std::move(take)) {}
    ~ToLoop() override { end(); }

    /// Nobody wants to hear any more.
    void end() noexcept {
        if (take_) wakeups_.remove(key_);
        take_ = nullptr;
    }

    void add(Word word) noexcept {
        bool first = false;
        {
            const std::lock_guard lock(mutex_);
            first = words_.empty();
            words_.push_back(std::move(word));
        }
        if (first) wakeups_.wake(key_);
    }

private:
    void wake() override {
        std::vector<Word> words;
        {
            const std::lock_guard lock(mutex_);
            words.swap(words_);
        }
        for (const Word& word : words) {
            if (take_) take_(word);
        }
    }

    Wakeups& wakeups_;
    Wakeups::Key key_;
    Take take_;
    std::mutex mutex_;
    std::vector<Word> words_;
};

}  // namespace msw
