#include "load.hpp"

#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <algorithm>
#include <array>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <mutex>
#include <new>
#include <thread>
#include <vector>

namespace load {
namespace {

Shared& share() {
    void* memory = ::mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) throw Failure("mmap");
    return *new (memory) Shared;
}

/// A process of its own for one end of a run.
class Child {
public:
    explicit Child(const std::function<void()>& body) : pid_(::fork()) {
        if (pid_ < 0) throw Failure("fork");
        if (pid_ > 0) return;
        (void)::prctl(PR_SET_PDEATHSIG, SIGKILL);
        int status = 1;
        try {
            body();
            status = 0;
        } catch (const std::exception& e) {
            (void)std::fprintf(stderr, "%s\n", e.what());
        }
        ::_exit(status);  // at once: what the parent had open is the parent's to close
    }
    ~Child() {
        if (pid_ <= 0) return;
        (void)::kill(pid_, SIGKILL);
        (void)::waitpid(pid_, nullptr, 0);
    }
    Child(const Child&) = delete;
    Child& operator=(const Child&) = delete;
    Child(Child&&) = delete;
    Child& operator=(Child&&) = delete;

    /// @throws Failure if it has ended badly
    [[nodiscard]] bool ended() {
        int status = 0;
        if (pid_ <= 0 || ::waitpid(pid_, &status, WNOHANG) != pid_) return pid_ <= 0;
        pid_ = -1;
        if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) throw Failure("the receiver failed");
        return true;
    }

private:
    pid_t pid_;
};

void wait_for(const std::function<bool()>& condition, Child& child, std::string_view what) {
    const auto until = Clock::now() + kTimeLimit;
    while (!condition()) {
        if (Clock::now() > until) throw Failure("not in time: " + std::string(what));
        if (child.ended() && !condition()) throw Failure("the receiver ended before: " + std::string(what));
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
}

}  // namespace

void put_number(char* body, std::uint64_t n) noexcept { std::memcpy(body, &n, sizeof n); }

void Sequence::take(std::string_view body) {
    std::uint64_t n = 0;
    if (body.size() != kBodySize) throw Failure("a body of " + std::to_string(body.size()) + " bytes came");
    std::memcpy(&n, body.data(), sizeof n);
    if (n != next_ || next_ == count_) {
        throw Failure("number " + std::to_string(n) + " came where " + std::to_string(next_) + " of " +
                      std::to_string(count_) + " should");
    }
    ++next_;
}

void OneWay::wait_until_received() const {
    const auto until = Clock::now() + kTimeLimit;
    while (!shared_->over) {
        if (Clock::now() > until) throw Failure("not all was received");
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
}

int one_way(std::uint64_t count, const std::function<void(OneWay, Sequence&)>& receive,
            const std::function<void(OneWay)>& send) {
    Shared& shared = share();
    Child receiver([&] {
        Sequence sequence(count);
        receive(OneWay(shared), sequence);
        if (!sequence.complete()) throw Failure("only " + std::to_string(sequence.taken()) + " came");
    });
    wait_for([&] { return shared.ready.load(); }, receiver, "the receiver is ready");
    Child sender([&] { send(OneWay(shared)); });
    wait_for([&] { return receiver.ended(); }, receiver, "all is received");
    shared.over = true;
    wait_for([&] { return sender.ended(); }, sender, "the sender ends");
    const std::chrono::duration<double> took(Clock::duration(shared.ended.load() - shared.began.load()));
    (void)std::printf("{\"messages_per_s\": %.0f}\n", static_cast<double>(count) / took.count());
    return 0;
}

int ping_pong(std::uint64_t count, const std::function<void(OneWay)>& answer,
              const std::function<std::function<std::string_view(std::string_view)>()>& connect) {
    Shared& shared = share();
    Child answerer([&] { answer(OneWay(shared)); });
    wait_for([&] { return shared.ready.load(); }, answerer, "the answerer is ready");
    const auto ask = connect();
    const std::uint64_t warm_up = count / 10;
    std::vector<double> microseconds;
    microseconds.reserve(count);
    std::array<char, kBodySize> body{};
    const auto until = Clock::now() + kTimeLimit;
    for (std::uint64_t i = 0; i < warm_up + count; ++i) {
        put_number(body.data(), i);
        const auto asked = Clock::now();
        const std::string_view got = ask({body.data(), body.size()});
        const auto answered = Clock::now();
        if (got != std::string_view(body.data(), body.size())) throw Failure("a wrong answer came");
        if (answered > until) throw Failure("not all was answered in time");
        if (i >= warm_up) microseconds.push_back(std::chrono::duration<double, std::micro>(answered - asked).count());
    }
    std::sort(microseconds.begin(), microseconds.end());
    (void)std::printf("{\"p50_us\": %.1f, \"p99_us\": %.1f}\n", microseconds[microseconds.size() / 2],
                      microseconds[microseconds.size() * 99 / 100]);
    return 0;
}

int durable(std::uint64_t count, const std::function<std::function<void(std::uint64_t)>(std::size_t)>& connect) {
    std::vector<std::function<void(std::uint64_t)>> senders;
    for (std::size_t i = 0; i < kSenders; ++i) senders.push_back(connect(i));
    std::atomic<std::uint64_t> next{0};
    std::atomic<bool> failed{false};
    std::string why;
    std::mutex mutex;
    const auto began = Clock::now();
    std::vector<std::thread> threads;
    threads.reserve(senders.size());
    for (const auto& send : senders) {
        threads.emplace_back([&] {
            try {
                for (std::uint64_t i = next++; i < count && !failed; i = next++) {
                    if (Clock::now() - began > kTimeLimit) throw Failure("not all was on disk in time");
                    send(i);
                }
            } catch (const std::exception& e) {
                const std::lock_guard lock(mutex);
                failed = true;
                why = e.what();
            }
        });
    }
    for (std::thread& thread : threads) thread.join();
    if (failed) throw Failure(why);
    const std::chrono::duration<double> took(Clock::now() - began);
    (void)std::printf("{\"durable_per_s\": %.0f}\n", static_cast<double>(count) / took.count());
    return 0;
}

int main_of(int argc, char** argv, const Work& work) {
    try {
        const std::string what = argc == 4 ? argv[1] : "";
        const std::uint64_t count = argc == 4 ? std::strtoull(argv[3], nullptr, 10) : 0;
        const auto& run = what == "oneway"     ? work.oneway
                          : what == "pingpong" ? work.pingpong
                          : what == "durable"  ? work.durable
                                               : nullptr;
        if (count < 100 || count > 100'000'000 || !run) {
            (void)std::fprintf(stderr, "usage: %s oneway|pingpong%s ADDRESS COUNT (100 to 100000000)\n", argv[0],
                               work.durable ? "|durable" : "");
            return 2;
        }
        return run(argv[2], count);
    } catch (const std::exception& e) {
        (void)std::fprintf(stderr, "%s: %s\n", argv[0], e.what());
        return 1;
    }
}

}  // namespace load
