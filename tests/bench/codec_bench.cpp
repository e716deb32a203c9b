// Decoder and encoder on one core: a head of 5 fields and a body of 128 bytes, with allocations counted.
#include "msw/decoder.hpp"
#include "msw/encoder.hpp"

#include <benchmark/benchmark.h>
#include <atomic>
#include <cstdlib>
#include <cstring>
#include <new>
#include <string>

namespace {
std::atomic<std::uint64_t> allocations{0};
}  // namespace

// Not inlined: else the compiler sees malloc() and free() beside new and delete.
[[gnu::noinline]] void* operator new(std::size_t size) {
    allocations.fetch_add(1, std::memory_order_relaxed);
    if (void* p = std::malloc(size)) return p;
    throw std::bad_alloc();
}
[[gnu::noinline]] void operator delete(void* p) noexcept { std::free(p); }
[[gnu::noinline]] void operator delete(void* p, std::size_t) noexcept { std::free(p); }

namespace {

msw::Datapack sample() {
    msw::Datapack d("post", "shell", std::string(128, 'x'));
    d.set("id", "hmsy");
    d.set("from", "test");
    d.set("by", "uid:1000");
    d.set("flag", "1a2b3c4d5e6f7081");
    return d;  // and `length`: five fields on the wire
}

constexpr int kBatch = 1000;

void decode(benchmark::State& state) {
    std::string bytes;
    for (int i = 0; i < kBatch; ++i) bytes += *msw::encode(sample(), msw::Dialect::v1);
    msw::Decoder decoder;
    std::uint64_t before = 0;
    std::uint64_t rounds = 0;
    while (state.KeepRunning()) {
        if (rounds++ == 1) before = allocations.load();  // the first round warms its buffers
        const std::span<char> room = decoder.room(bytes.size());
        std::memcpy(room.data(), bytes.data(), bytes.size());
        decoder.commit(bytes.size());
        int seen = 0;
        while (decoder.next() == msw::Decoder::Event::datapack) {
            benchmark::DoNotOptimize(decoder.datapack().body.data());
            ++seen;
        }
        if (seen != kBatch) state.SkipWithError("not all decoded");
    }
    const std::uint64_t after = allocations.load();  // what follows allocates, too
    state.SetItemsProcessed(state.iterations() * kBatch);
    if (rounds > 1) state.counters["allocations"] = static_cast<double>(after - before);
}
BENCHMARK(decode);

void encode(benchmark::State& state) {
    const msw::Datapack d = sample();
    msw::Encoder encoder(msw::Dialect::v1);
    std::uint64_t before = 0;
    std::uint64_t rounds = 0;
    while (state.KeepRunning()) {
        if (rounds++ == 1) before = allocations.load();
        encoder.clear();
        for (int i = 0; i < kBatch; ++i) {
            if (!encoder.add(d)) state.SkipWithError("not encoded");
        }
        benchmark::DoNotOptimize(encoder.iovecs().data());
    }
    const std::uint64_t after = allocations.load();  // what follows allocates, too
    state.SetItemsProcessed(state.iterations() * kBatch);
    if (rounds > 1) state.counters["allocations"] = static_cast<double>(after - before);
}
BENCHMARK(encode);

}  // namespace

BENCHMARK_MAIN();
