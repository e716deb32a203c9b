// What the disk lets through: durable adds of many requesters at a time, and a million rows there and back.
//
//     spool_bench FOLDER [SECONDS] [ROWS]
//
// FOLDER is on the disk to be measured; the spool in it is made anew and removed.
#include "base/spool/spool.hpp"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iostream>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace {

using namespace msw::spool;
using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

/// In place of the loop thread.
class Loop {
public:
    void post(std::function<void()> f) {
        const std::lock_guard lock(mutex_);
        waiting_.push_back(std::move(f));
        if (waiting_.size() == 1) arrived_.notify_one();
    }
    /// Run what is posted until `done()`.
    template <class Condition>
    void run_until(const Condition& done) {
        std::deque<std::function<void()>> batch;
        while (!done()) {
            {
                std::unique_lock lock(mutex_);
                arrived_.wait(lock, [&] { return !waiting_.empty(); });
                batch.swap(waiting_);
            }
            for (const std::function<void()>& f : batch) f();
            batch.clear();
        }
    }

private:
    std::mutex mutex_;
    std::condition_variable arrived_;
    std::deque<std::function<void()>> waiting_;
};

AddOutbox row(std::uint64_t n, std::size_t bytes) {
    OutboxRow r;
    r.member = std::string(64, 'a');
    r.host = "hmsy";
    r.app = "log";
    r.at = {1, n};
    r.run = 12345;
    // As random as flags are: they decide how many pages of an index a group touches.
    std::uint64_t mixed = (n + 1) * 0x9e3779b97f4a7c15;
    mixed ^= mixed >> 29;
    char flag[17];
    (void)std::snprintf(flag, sizeof flag, "%016lx", static_cast<unsigned long>(mixed * 0xbf58476d1ce4e5b9));
    r.flag = flag;
    r.asker = "bench";
    r.accepted = 1'700'000'000 + static_cast<Seconds>(n / 1000);
    r.expires = r.accepted + 604800;
    r.datapack = std::string(bytes, 'x');
    return {std::move(r), false};
}

/// A field of /proc/self/status, in KiB.
long status(const std::string& field) {
    std::ifstream in("/proc/self/status");
    for (std::string line; std::getline(in, line);) {
        if (line.compare(0, field.size(), field) == 0) return std::strtol(line.c_str() + field.size() + 1, nullptr, 10);
    }
    return 0;
}

struct Bench {
    explicit Bench(const std::string& folder) : path(folder + "/spool-bench.db") {
        remove();
        Settings settings;
        settings.path = path;
        settings.quotas.bytes = settings.quotas.per_destination_bytes = 64UL << 30;
        auto opened =
            Spool::open(settings, {[this](std::function<void()> f) { loop.post(std::move(f)); },
                                   [](msw::Priority, const std::string& line) { std::cerr << line << '\n'; }});
        if (!opened) {
            std::cerr << opened.error().text << '\n';
            std::exit(1);
        }
        spool = std::move(opened).value();
    }
    ~Bench() {
        spool.reset();
        remove();
    }
    Bench(const Bench&) = delete;
    Bench& operator=(const Bench&) = delete;
    Bench(Bench&&) = delete;
    Bench& operator=(Bench&&) = delete;
    void remove() const {
        for (const char* part : {"", "-wal", "-ballast"}) std::filesystem::remove(path + part);
    }

    std::string path;
    Loop loop;
    std::unique_ptr<Spool> spool;
};

/// Each of `requesters` asks again as soon as it is told, for so many seconds.
void adds(const std::string& folder, int requesters, std::size_t bytes, double seconds) {
    Bench b(folder);
    std::vector<double> took;
    std::uint64_t n = 0;
    int busy = requesters;
    const Clock::time_point start = Clock::now();
    std::function<void()> ask = [&] {
        const Clock::time_point asked = Clock::now();
        b.spool->write({row(n++, bytes)}, [&, asked](const msw::Result<Written>& told) {
            if (!told) {
                std::cerr << told.error().text << '\n';
                std::exit(1);
            }
            took.push_back(seconds_since(asked));
            if (seconds_since(start) < seconds) {
                ask();
            } else {
                --busy;
            }
        });
    };
    for (int i = 0; i < requesters; ++i) ask();
    b.loop.run_until([&] { return busy == 0; });
    const double time = seconds_since(start);
    const Spool::Numbers numbers = b.spool->numbers();
    std::sort(took.begin(), took.end());
    const auto at = [&](double part) {
        return 1e3 * took[static_cast<std::size_t>(part * static_cast<double>(took.size() - 1))];
    };
    std::printf(
        "%3d requesters, %5zu B: %8.0f adds/s  group %6.1f  %6.0f groups (fsyncs)/s  p50 %6.2f ms  p99 %6.2f ms\n",
        requesters, bytes, static_cast<double>(took.size()) / time,
        static_cast<double>(numbers.lists) / static_cast<double>(numbers.groups),
        static_cast<double>(numbers.groups) / time, at(0.5), at(0.99));
}

/// `rows` rows of 1 KiB in, then out again in their order.
void there_and_back(const std::string& folder, std::uint64_t rows) {
    constexpr std::uint64_t kUnderWay = 2048;
    Bench b(folder);
    const FlowKey flow{std::string(64, 'a'), "log"};
    std::uint64_t asked = 0;
    std::uint64_t told = 0;
    Clock::time_point start = Clock::now();
    const auto tenth = [&](const char* what, std::uint64_t done) {
        if (done % (rows / 4) == 0) {
            std::printf("  %9lu %-8s  RSS %6ld KiB  peak %6ld KiB  %5.1f s\n", static_cast<unsigned long>(done), what,
                        status("VmRSS:"), status("VmHWM:"), seconds_since(start));
        }
    };
    std::function<void()> ask = [&] {
        b.spool->write({row(asked++, 1024)}, [&](const msw::Result<Written>& t) {
            if (!t) {
                std::cerr << t.error().text << '\n';
                std::exit(1);
            }
            tenth("added", ++told);
            if (asked < rows) ask();
        });
    };
    while (asked < std::min(rows, kUnderWay)) ask();
    b.loop.run_until([&] { return told == rows; });
    const double in = seconds_since(start);
    std::printf("%lu rows of 1 KiB added: %.0f/s, file %.0f MiB\n", static_cast<unsigned long>(rows),
                static_cast<double>(rows) / in, static_cast<double>(std::filesystem::file_size(b.path)) / (1 << 20));

    start = Clock::now();
    std::uint64_t drained = 0;
    std::function<void(std::optional<Position>)> drain = [&](std::optional<Position> after) {
        b.spool->read(OutboxAfter{flow, after, false, {}}, [&](const msw::Result<Page<OutboxRow>>& page) {
            for (const OutboxRow& r : page->rows) {
                if (r.at.n != drained) {
                    std::cerr << "out of order: " << r.at.n << " in place of " << drained << '\n';
                    std::exit(1);
                }
                tenth("drained", ++drained);
            }
            if (page->rows.empty()) return;
            const Position last = page->rows.back().at;
            b.spool->write({RemoveOutbox{ByRange{flow, 1, page->rows.front().at.n, last.n}}}, {});
            if (drained < rows) drain(last);
        });
    };
    drain({});
    bool empty = false;
    b.loop.run_until([&] { return drained == rows; });
    b.spool->read(AskTotals{}, [&](const msw::Result<Totals>& t) { empty = t->outbox.rows == 0; });
    b.loop.run_until([&] { return empty; });
    std::printf("drained in order: %.0f/s, peak RSS %ld KiB\n", static_cast<double>(rows) / seconds_since(start),
                status("VmHWM:"));
}

}  // namespace

int main(int argc, char** argv) {
    if (argc < 2) {
        (void)std::fputs("spool_bench FOLDER [SECONDS] [ROWS]\n", stderr);
        return 2;
    }
    const double seconds = argc > 2 ? std::strtod(argv[2], nullptr) : 5;
    const std::uint64_t rows = argc > 3 ? std::strtoull(argv[3], nullptr, 10) : 1'000'000;
    for (const int requesters : {1, 32, 256}) adds(argv[1], requesters, 1024, seconds);
    adds(argv[1], 32, 128, seconds);
    if (rows > 0) there_and_back(argv[1], std::max<std::uint64_t>(rows, 4));
    return 0;
}
