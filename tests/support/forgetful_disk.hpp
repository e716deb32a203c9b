// A disk in memory that forgets at a power cut what was not synced, and fails where a test wants it to.
//
// What is written is seen at once by who reads, but lasts only from the next successful sync of its file on; a name
// lasts only from the next sync of its folder on. A sync that fails leaves what was written in sight and forgets that
// it was to be written, as Linux does: a later sync that goes well does not bring it to the disk (Rebello et al., "Can
// applications recover from fsync failures?", USENIX ATC 2020).
//
// Faces: FileCalls here, SQLite's in forgetful_vfs.hpp.
#pragma once

#include "base/file_calls.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <random>
#include <set>
#include <string>
#include <string_view>

namespace msw::test {

/// What a power cut makes of what was not synced.
enum class Forget : std::uint8_t {
    all,      ///< all of it is gone
    some,     ///< each sector of 512 bytes, each size and each name is the old one or the new one, as the seed has it
    torn,     ///< it is all there but the end of the last write
    nothing,  ///< only the program died: the cache lives on
};

/// Thread: any.
class ForgetfulDisk final : public FileCalls {
public:
    static constexpr std::size_t kSector = 512;

    /// A file or a symbolic link, whatever its names.
    struct Node {
        std::string now;                 // what a reader sees
        std::string lasting;             // what a power cut leaves
        std::set<std::size_t> unsynced;  // sectors that the next sync writes
        bool is_link = false;
        bool lasting_link = false;
    };
    using File = std::shared_ptr<Node>;

    // ---- what a test does

    /// Cut the power (or kill the program) in place of step number `step`, counted from 1 as of now; 0: never. A step
    /// is whatever changes something: a write, sync, truncation, new name, lost name. From then on all fails.
    void cut_at(std::uint64_t step);
    [[nodiscard]] std::uint64_t steps() const;
    [[nodiscard]] bool is_cut() const;
    /// The power comes back.
    void restart(Forget forget, std::uint64_t seed = 0);

    /// Fail the `nth` sync, write or reading from now on, once, with EIO. 0: none
    void fail_sync(std::uint64_t nth);
    void fail_write(std::uint64_t nth);
    void fail_read(std::uint64_t nth);
    /// Fail every sync until restart(), or this with false.
    void fail_all_syncs(bool fail);
    /// From now on what stands at `offset` of a file can't be read.
    void spoil(const std::string& path, std::size_t offset);
    /// So many bytes fit on it in all. ENOSPC beyond.
    void set_capacity(std::uint64_t bytes);
    [[nodiscard]] std::uint64_t used() const;
    [[nodiscard]] std::uint64_t syncs() const;
    [[nodiscard]] std::uint64_t reads() const;
    /// @return how often it failed because fail_sync(), fail_write() or fail_read() said so
    [[nodiscard]] std::uint64_t faults() const;

    /// @return what a file holds; nothing if there is none
    [[nodiscard]] std::string read_all(const std::string& path) const;
    [[nodiscard]] std::map<std::string, File> names() const;
    void overwrite(const std::string& path, std::size_t offset, std::string_view bytes);
    /// Make what is on it stand in a folder of the real disk.
    /// @param from, to  a path that begins with `from` is written to `to` and the rest
    void copy_out(const std::string& from, const std::string& to) const;

    // ---- FileCalls

    int open(const char* path, int flags, mode_t mode) noexcept override;
    ssize_t write(int fd, const void* bytes, std::size_t size) noexcept override;
    int fsync(int fd) noexcept override;
    int close(int fd) noexcept override;
    int rename(const char* from, const char* to) noexcept override;
    int unlink(const char* path) noexcept override;
    int symlink(const char* target, const char* path) noexcept override;
    int allocate(int fd, off_t size) noexcept override;
    int truncate(int fd, off_t size) noexcept override;
    off_t size(int fd) noexcept override;

    // ---- for other faces; 0 or an errno

    /// @param created  whether it was made
    [[nodiscard]] File open_file(const std::string& path, bool create, bool& created, int& error);
    [[nodiscard]] bool exists(const std::string& path) const;
    [[nodiscard]] int read_at(const File& file, std::size_t offset, char* to, std::size_t size, std::size_t& got);
    [[nodiscard]] int write_at(const File& file, std::size_t offset, std::string_view bytes);
    [[nodiscard]] int sync(const File& file);
    [[nodiscard]] int sync_folder(const std::string& folder);
    [[nodiscard]] int resize(const File& file, std::size_t size);
    [[nodiscard]] int remove(const std::string& path);
    [[nodiscard]] std::size_t size_of(const File& file) const;

private:
    struct Open {
        File file;           // or
        std::string folder;  // this
        std::size_t offset = 0;
    };
    using Names = std::map<std::string, File>;

    [[nodiscard]] bool step();
    /// Count one down. @return whether this is the one that fails
    [[nodiscard]] bool comes(std::uint64_t& nth) noexcept;
    [[nodiscard]] bool alive() const noexcept { return !cut_; }
    [[nodiscard]] bool fits(const File& file, std::size_t size) const;
    static void change_size(Node& n, std::size_t size);
    static void mark(Node& n, std::size_t from, std::size_t to);
    void forget_some(std::uint64_t seed);
    static void forget_some_of(Node& n, std::mt19937_64& random);
    void forget_all();

    mutable std::mutex mutex_;
    Names now_;
    Names lasting_;
    std::map<int, Open> open_;
    int next_fd_ = 1000;
    std::uint64_t steps_ = 0;
    std::uint64_t cut_at_ = 0;
    bool cut_ = false;
    std::uint64_t fail_sync_ = 0;
    std::uint64_t fail_write_ = 0;
    std::uint64_t fail_read_ = 0;
    bool fail_all_syncs_ = false;
    File spoiled_;
    std::size_t spoiled_at_ = 0;
    std::uint64_t capacity_ = UINT64_MAX;
    std::uint64_t syncs_ = 0;
    std::uint64_t reads_ = 0;
    std::uint64_t faults_ = 0;
    std::weak_ptr<Node> last_written_;  // of the write that the power cut came in
    std::size_t torn_from_ = 0;
    std::string torn_bytes_;
};

}  // namespace msw::test
