// What every load program shares: two processes, one that sends and one that counts, and what they must agree on.
//
// A body is 128 bytes and begins with its number. The receiver wants 0, 1, 2 … and nothing after the last: what is
// lost, doubled or out of order ends the program with an error, and there is no figure.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <stdexcept>
#include <string>
#include <string_view>

namespace load {

inline constexpr std::size_t kBodySize = 128;
inline constexpr std::chrono::seconds kTimeLimit{60};         ///< for a whole run
inline constexpr std::chrono::milliseconds kQuiet{50};        ///< nothing may come so long after the last
inline constexpr std::chrono::milliseconds kPatience{10000};  ///< for one message

using Clock = std::chrono::steady_clock;

/// What makes a run worthless. The program says it and ends with 1.
struct Failure : std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// Write number `n` into the first bytes of a body.
void put_number(char* body, std::uint64_t n) noexcept;

/// Checks what comes against what should.
class Sequence {
public:
    explicit Sequence(std::uint64_t count) noexcept : count_(count) {}
    void take(std::string_view body);  ///< @throws Failure if it isn't the next one
    [[nodiscard]] bool complete() const noexcept { return next_ == count_; }
    [[nodiscard]] std::uint64_t taken() const noexcept { return next_; }
    [[nodiscard]] std::uint64_t count() const noexcept { return count_; }

private:
    std::uint64_t count_;
    std::uint64_t next_ = 0;
};

/// What the processes of a run share.
struct Shared {
    std::atomic<bool> ready{false};      ///< the receiver can be sent to
    std::atomic<std::int64_t> began{0};  ///< when the first was sent,
    std::atomic<std::int64_t> ended{0};  ///< when the last was received: ticks of Clock
    std::atomic<bool> over{false};       ///< the sender may go
};

/// One way: `receive` in a process of its own sets itself up, says ready(), takes all and says done(); then `send`
/// begins. Prints messages a second as JSON. @return the exit status
class OneWay {
public:
    explicit OneWay(Shared& shared) noexcept : shared_(&shared) {}
    void ready() const noexcept { shared_->ready = true; }
    void begin() const noexcept { shared_->began = Clock::now().time_since_epoch().count(); }
    void done() const noexcept { shared_->ended = Clock::now().time_since_epoch().count(); }
    /// Keep the connection until all has been received: some libraries write in their own time.
    void wait_until_received() const;

private:
    Shared* shared_;
};
int one_way(std::uint64_t count, const std::function<void(OneWay, Sequence&)>& receive,
            const std::function<void(OneWay)>& send);

/// Request and reply, one at a time: `answer` in a process of its own sets itself up, says ready() and answers until
/// it is killed; `ask` is called with each number and gives the body of the answer. Prints p50 and p99 in µs as JSON.
int ping_pong(std::uint64_t count, const std::function<void(OneWay)>& answer,
              const std::function<std::function<std::string_view(std::string_view)>()>& connect);

/// Durable: kSenders threads, each of which gives one message at a time and waits until it is on disk. `connect` is
/// called by each with its number and gives what sends the message with a number. Prints messages a second as JSON.
inline constexpr std::size_t kSenders = 32;
int durable(std::uint64_t count, const std::function<std::function<void(std::uint64_t)>(std::size_t sender)>& connect);

/// main() of a load program: `PROGRAM oneway|pingpong|durable ADDRESS COUNT`.
struct Work {
    std::function<int(const std::string& address, std::uint64_t count)> oneway;
    std::function<int(const std::string& address, std::uint64_t count)> pingpong;
    std::function<int(const std::string& address, std::uint64_t count)> durable{};
};
int main_of(int argc, char** argv, const Work& work);

}  // namespace load
