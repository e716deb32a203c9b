#include "tests/support/forgetful_disk.hpp"

#include "base/replace_file.hpp"

#include <fcntl.h>
#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <fstream>

namespace msw::test {
namespace {

int failed(int error) noexcept {
    errno = error;
    return -1;
}

int as_call(int error) noexcept { return error == 0 ? 0 : failed(error); }

}  // namespace

// ------------------------------------------------------------------------------------------------- what a test does

void ForgetfulDisk::cut_at(std::uint64_t step) {
    const std::lock_guard lock(mutex_);
    steps_ = 0;
    cut_at_ = step;
}

std::uint64_t ForgetfulDisk::steps() const {
    const std::lock_guard lock(mutex_);
    return steps_;
}

bool ForgetfulDisk::is_cut() const {
    const std::lock_guard lock(mutex_);
    return cut_;
}

void ForgetfulDisk::restart(Forget forget, std::uint64_t seed) {
    const std::lock_guard lock(mutex_);
    switch (forget) {
        case Forget::all: forget_all(); break;
        case Forget::some: forget_some(seed); break;
        case Forget::torn:
            if (const File last = last_written_.lock()) {
                const std::size_t end = torn_from_ + torn_bytes_.size();
                if (last->now.size() < end) change_size(*last, end);
                last->now.replace(torn_from_, torn_bytes_.size(), torn_bytes_);
            }
            break;
        case Forget::nothing: break;
    }
    if (forget == Forget::torn || forget == Forget::some) {  // what came through is on the disk for good
        for (const auto& [name, node] : now_) {
            node->lasting = node->now;
            node->lasting_link = node->is_link;
            node->unsynced.clear();
        }
        lasting_ = now_;
    }
    open_.clear();
    cut_ = false;
    cut_at_ = 0;
    fail_sync_ = fail_write_ = fail_read_ = 0;
    fail_all_syncs_ = false;
    spoiled_.reset();
    last_written_.reset();
}

void ForgetfulDisk::forget_all() {
    now_ = lasting_;
    for (const auto& [name, node] : now_) {
        node->now = node->lasting;
        node->is_link = node->lasting_link;
        node->unsynced.clear();
    }
}

void ForgetfulDisk::forget_some(std::uint64_t seed) {
    std::mt19937_64 random(seed);
    std::set<File> nodes;
    for (const Names* names : {&now_, &lasting_}) {
        for (const auto& [name, node] : *names) nodes.insert(node);
    }
    Names names;
    for (const Names* all : {&now_, &lasting_}) {
        for (const auto& [name, node] : *all) {
            if (names.contains(name)) continue;
            const auto before = lasting_.find(name);
            const auto after = now_.find(name);
            const auto kept = random() % 2 == 0 ? before : after;
            if (kept != lasting_.end() && kept != now_.end()) names.emplace(name, kept->second);
        }
    }
    for (const File& node : nodes) forget_some_of(*node, random);
    now_ = names;
}

void ForgetfulDisk::forget_some_of(Node& n, std::mt19937_64& random) {
    std::string left = n.lasting;
    if (random() % 2 == 0) left.resize(n.now.size(), '\0');
    for (const std::size_t sector : n.unsynced) {
        const std::size_t from = sector * kSector;
        if (random() % 2 == 0 || from >= n.now.size()) continue;
        const std::size_t size = std::min(kSector, n.now.size() - from);
        if (left.size() < from + size) left.resize(from + size, '\0');
        left.replace(from, size, n.now, from, size);
    }
    n.now = left;
}

void ForgetfulDisk::fail_sync(std::uint64_t nth) {
    const std::lock_guard lock(mutex_);
    fail_sync_ = nth;
}

void ForgetfulDisk::fail_write(std::uint64_t nth) {
    const std::lock_guard lock(mutex_);
    fail_write_ = nth;
}

void ForgetfulDisk::fail_read(std::uint64_t nth) {
    const std::lock_guard lock(mutex_);
    fail_read_ = nth;
}

void ForgetfulDisk::fail_all_syncs(bool fail) {
    const std::lock_guard lock(mutex_);
    fail_all_syncs_ = fail;
}

void ForgetfulDisk::spoil(const std::string& path, std::size_t offset) {
    const std::lock_guard lock(mutex_);
    spoiled_ = now_.at(path);
    spoiled_at_ = offset;
}

void ForgetfulDisk::set_capacity(std::uint64_t bytes) {
    const std::lock_guard lock(mutex_);
    capacity_ = bytes;
}

std::uint64_t ForgetfulDisk::used() const {
    const std::lock_guard lock(mutex_);
    std::uint64_t sum = 0;
    for (const auto& [name, node] : now_) sum += node->now.size();
    return sum;
}

std::uint64_t ForgetfulDisk::syncs() const {
    const std::lock_guard lock(mutex_);
    return syncs_;
}

std::uint64_t ForgetfulDisk::reads() const {
    const std::lock_guard lock(mutex_);
    return reads_;
}

std::uint64_t ForgetfulDisk::faults() const {
    const std::lock_guard lock(mutex_);
    return faults_;
}

std::string ForgetfulDisk::read_all(const std::string& path) const {
    const std::lock_guard lock(mutex_);
    const auto at = now_.find(path);
    return at == now_.end() ? std::string() : at->second->now;
}

std::map<std::string, ForgetfulDisk::File> ForgetfulDisk::names() const {
    const std::lock_guard lock(mutex_);
    return now_;
}

void ForgetfulDisk::overwrite(const std::string& path, std::size_t offset, std::string_view bytes) {
    const std::lock_guard lock(mutex_);
    Node& n = *now_.at(path);
    n.now.replace(offset, bytes.size(), bytes);
    n.lasting = n.now;
}

void ForgetfulDisk::copy_out(const std::string& from, const std::string& to) const {
    const std::lock_guard lock(mutex_);
    for (const auto& [name, node] : now_) {
        if (name.compare(0, from.size(), from) != 0) continue;
        const std::string path = to + name.substr(from.size());
        std::filesystem::create_directories(folder_of(path));
        if (node->is_link) {
            std::filesystem::create_symlink(node->now, path);
        } else {
            std::ofstream(path, std::ios::binary) << node->now;
        }
    }
}

// ------------------------------------------------------------------------------------------------- for other faces

/// @return whether it may happen
bool ForgetfulDisk::step() {
    if (cut_) return false;
    ++steps_;
    if (cut_at_ != 0 && steps_ >= cut_at_) cut_ = true;
    return !cut_;
}

bool ForgetfulDisk::comes(std::uint64_t& nth) noexcept {
    if (nth == 0 || --nth > 0) return false;
    ++faults_;
    return true;
}

bool ForgetfulDisk::fits(const File& file, std::size_t size) const {
    if (size <= file->now.size() || capacity_ == UINT64_MAX) return true;
    std::uint64_t sum = size - file->now.size();
    for (const auto& [name, node] : now_) sum += node->now.size();
    return sum <= capacity_;
}

void ForgetfulDisk::mark(Node& n, std::size_t from, std::size_t to) {
    for (std::size_t s = from / kSector; s * kSector < to; ++s) n.unsynced.insert(s);
}

void ForgetfulDisk::change_size(Node& n, std::size_t size) {
    if (size > n.now.size()) mark(n, n.now.size(), size);  // the zeros between, too
    n.now.resize(size, '\0');
}

ForgetfulDisk::File ForgetfulDisk::open_file(const std::string& path, bool create, bool& created, int& error) {
    const std::lock_guard lock(mutex_);
    created = false;
    error = EIO;
    if (!alive()) return {};
    const auto at = now_.find(path);
    if (at != now_.end()) return at->second;
    error = ENOENT;
    if (!create) return {};
    error = EIO;
    if (!step()) return {};
    created = true;
    return now_[path] = std::make_shared<Node>();
}

bool ForgetfulDisk::exists(const std::string& path) const {
    const std::lock_guard lock(mutex_);
    return now_.contains(path);
}

int ForgetfulDisk::read_at(const File& file, std::size_t offset, char* to, std::size_t size, std::size_t& got) {
    const std::lock_guard lock(mutex_);
    ++reads_;
    if (!alive() || comes(fail_read_)) return EIO;
    if (file == spoiled_ && offset <= spoiled_at_ && spoiled_at_ - offset < size) return EIO;
    got = offset >= file->now.size() ? 0 : std::min(size, file->now.size() - offset);
    if (got > 0) file->now.copy(to, got, offset);
    return 0;
}

int ForgetfulDisk::write_at(const File& file, std::size_t offset, std::string_view bytes) {
    const std::lock_guard lock(mutex_);
    const bool was_alive = alive();
    if (!step()) {
        if (was_alive) {
            last_written_ = file;
            torn_from_ = offset;
            torn_bytes_ = bytes.substr(0, bytes.size() / 2 / kSector * kSector);
        }
        return EIO;
    }
    if (comes(fail_write_)) return EIO;
    if (!fits(file, offset + bytes.size())) return ENOSPC;
    if (offset + bytes.size() > file->now.size()) change_size(*file, offset + bytes.size());
    file->now.replace(offset, bytes.size(), bytes);
    mark(*file, offset, offset + bytes.size());
    return 0;
}

int ForgetfulDisk::sync(const File& file) {
    const std::lock_guard lock(mutex_);
    if (!step()) return EIO;
    ++syncs_;
    if (comes(fail_sync_) || fail_all_syncs_) {
        file->unsynced.clear();
        return EIO;
    }
    file->lasting.resize(file->now.size(), '\0');
    for (const std::size_t sector : file->unsynced) {
        const std::size_t from = sector * kSector;
        if (from >= file->now.size()) continue;
        const std::size_t size = std::min(kSector, file->now.size() - from);
        file->lasting.replace(from, size, file->now, from, size);
    }
    file->unsynced.clear();
    return 0;
}

int ForgetfulDisk::sync_folder(const std::string& folder) {
    const std::lock_guard lock(mutex_);
    if (!step()) return EIO;
    ++syncs_;
    if (comes(fail_sync_) || fail_all_syncs_) return EIO;
    const auto in_it = [&](const auto& entry) { return folder_of(entry.first) == folder; };
    std::erase_if(lasting_, in_it);
    for (const auto& entry : now_) {
        if (in_it(entry)) lasting_.insert(entry);
    }
    return 0;
}

int ForgetfulDisk::resize(const File& file, std::size_t size) {
    const std::lock_guard lock(mutex_);
    if (!step()) return EIO;
    if (!fits(file, size)) return ENOSPC;
    change_size(*file, size);
    return 0;
}

int ForgetfulDisk::remove(const std::string& path) {
    const std::lock_guard lock(mutex_);
    if (!alive()) return EIO;
    if (!now_.contains(path)) return ENOENT;
    if (!step()) return EIO;
    now_.erase(path);
    return 0;
}

std::size_t ForgetfulDisk::size_of(const File& file) const {
    const std::lock_guard lock(mutex_);
    return file->now.size();
}

// --------------------------------------------------------------------------------------------------------- FileCalls

int ForgetfulDisk::open(const char* path, int flags, mode_t /*mode*/) noexcept {
    Open opened;
    if ((flags & O_DIRECTORY) != 0) {
        opened.folder = path;
    } else {
        const bool create = (flags & O_CREAT) != 0;
        if (create && (flags & O_EXCL) != 0 && exists(path)) return failed(EEXIST);
        bool created = false;
        int error = 0;
        opened.file = open_file(path, create, created, error);
        if (!opened.file) return failed(error);
        if ((flags & O_TRUNC) != 0 && !created) {
            if (const int no = resize(opened.file, 0); no != 0) return failed(no);
        }
    }
    const std::lock_guard lock(mutex_);
    open_[next_fd_] = std::move(opened);
    return next_fd_++;
}

ssize_t ForgetfulDisk::write(int fd, const void* bytes, std::size_t size) noexcept {
    Open* opened = nullptr;
    {
        const std::lock_guard lock(mutex_);
        const auto at = open_.find(fd);
        if (at == open_.end()) return failed(EBADF);
        opened = &at->second;
    }
    const int no = write_at(opened->file, opened->offset, {static_cast<const char*>(bytes), size});
    if (no != 0) return failed(no);
    opened->offset += size;
    return static_cast<ssize_t>(size);
}

int ForgetfulDisk::fsync(int fd) noexcept {
    Open opened;
    {
        const std::lock_guard lock(mutex_);
        const auto at = open_.find(fd);
        if (at == open_.end()) return failed(EBADF);
        opened = at->second;
    }
    return as_call(opened.file ? sync(opened.file) : sync_folder(opened.folder));
}

int ForgetfulDisk::close(int fd) noexcept {
    const std::lock_guard lock(mutex_);
    return open_.erase(fd) == 1 ? 0 : failed(EBADF);
}

int ForgetfulDisk::rename(const char* from, const char* to) noexcept {
    const std::lock_guard lock(mutex_);
    if (!alive()) return failed(EIO);
    const auto at = now_.find(from);
    if (at == now_.end()) return failed(ENOENT);
    if (!step()) return failed(EIO);
    const File file = at->second;
    now_.erase(at);
    now_[to] = file;
    return 0;
}

int ForgetfulDisk::unlink(const char* path) noexcept { return as_call(remove(path)); }

int ForgetfulDisk::symlink(const char* target, const char* path) noexcept {
    const std::lock_guard lock(mutex_);
    if (!step()) return failed(EIO);
    if (now_.contains(path)) return failed(EEXIST);
    auto node = std::make_shared<Node>();
    node->is_link = node->lasting_link = true;  // a link's target comes with its name
    node->now = node->lasting = target;
    now_[path] = std::move(node);
    return 0;
}

int ForgetfulDisk::allocate(int fd, off_t size) noexcept {
    File file;
    {
        const std::lock_guard lock(mutex_);
        file = open_.at(fd).file;
    }
    const auto wanted = static_cast<std::size_t>(size);
    return size_of(file) >= wanted ? 0 : as_call(resize(file, wanted));
}

int ForgetfulDisk::truncate(int fd, off_t size) noexcept {
    File file;
    {
        const std::lock_guard lock(mutex_);
        file = open_.at(fd).file;
    }
    return as_call(resize(file, static_cast<std::size_t>(size)));
}

off_t ForgetfulDisk::size(int fd) noexcept {
    const std::lock_guard lock(mutex_);
    const auto at = open_.find(fd);
    return at == open_.end() ? failed(EBADF) : static_cast<off_t>(at->second.file->now.size());
}

}  // namespace msw::test
