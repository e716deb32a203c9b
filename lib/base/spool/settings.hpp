// What a spool is given at its start.
#pragma once

#include "base/log.hpp"
#include "base/spool/rows.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>

namespace msw {
class FileCalls;
}

namespace msw::spool {

/// Bounds, in bytes of weight() (a Datapack and kRowWeight for its row). A row that goes beyond is refused with
/// Code::queue_full and a sentence that names the setting. Of each, a twentieth is kept for answers.
struct Quotas {
    std::uint64_t bytes = 4096UL << 20;                  ///< `spool.max_bytes`: outbox and inbox together
    std::uint64_t per_destination_bytes = 1024UL << 20;  ///< `spool.max_bytes_per_destination`
    std::uint64_t per_origin_bytes = 1024UL << 20;       ///< `spool.max_bytes_per_origin`
    std::uint64_t dead_bytes = 256UL << 20;              ///< `spool.max_dead_bytes`: beyond it the oldest go
};

struct Settings {
    std::string path;  ///< the file; `-wal` and `-ballast` stand beside it
    Quotas quotas = {};
    Seconds dead_age = 30 * Seconds{86400};   ///< dead letters that are older go at a Tidy
    Seconds marks_age = 14 * Seconds{86400};  ///< marks that were not touched for so long go at a Tidy
    std::size_t queue_bytes = 32UL << 20;     ///< requests that wait for the disk; beyond it Code::queue_full
    std::size_t queue_requests = 65536;
    std::uint64_t ballast_bytes = 8UL << 20;  ///< given up when the disk is full, so that rows can still go. 0: none
    std::size_t wal_bytes = 16UL << 20;       ///< how long the log may become before it is carried over
    std::uint64_t check_bytes = 4UL << 20;    ///< a file up to this size is looked through for damage at the start
    std::chrono::milliseconds retry{1000};    ///< between two tries to open the file after the disk failed

    // For tests.
    std::string vfs = {};        ///< SQLite's name of what stands for the disk; empty: the disk
    FileCalls* files = nullptr;  ///< the same for the files that are not SQLite's; nullptr: the disk
};

struct Hooks {
    /// Run something on the loop thread, in the order of the calls. Must take it from any thread and not throw.
    std::function<void(std::function<void()>)> post;
    /// A line for the journal. Called on any thread.
    std::function<void(Priority, const std::string&)> report;
};

}  // namespace msw::spool
