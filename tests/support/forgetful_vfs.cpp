#include "tests/support/forgetful_vfs.hpp"

#include "base/replace_file.hpp"

#include <sqlite3.h>
#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <utility>

namespace msw::test {
namespace {

ForgetfulDisk& disk_of(sqlite3_vfs* vfs) noexcept { return *static_cast<ForgetfulDisk*>(vfs->pAppData); }

/// What SQLite keeps of an open file: it makes the room for it.
struct Handle {
    sqlite3_file base;
    struct Inside {
        ForgetfulDisk* disk;
        ForgetfulDisk::File file;
        std::string sync_folder;  // with the first sync: SQLite's own does so for a new log or journal
        std::string remove;       // at the end
        std::size_t chunk = 0;
    };
    Inside* inside;
};

Handle::Inside& in(sqlite3_file* f) noexcept { return *reinterpret_cast<Handle*>(f)->inside; }

int code(int error, int otherwise) noexcept {
    if (error == 0) return SQLITE_OK;
    return error == ENOSPC ? SQLITE_FULL : otherwise;
}

int close(sqlite3_file* f) {
    Handle::Inside& i = in(f);
    if (!i.remove.empty()) (void)i.disk->remove(i.remove);
    delete &i;
    return SQLITE_OK;
}

int read(sqlite3_file* f, void* to, int size, sqlite3_int64 offset) {
    std::size_t got = 0;
    const auto wanted = static_cast<std::size_t>(size);
    auto* const bytes = static_cast<char*>(to);
    if (in(f).disk->read_at(in(f).file, static_cast<std::size_t>(offset), bytes, wanted, got) != 0)
        return SQLITE_IOERR_READ;
    if (got == wanted) return SQLITE_OK;
    std::memset(bytes + got, 0, wanted - got);
    return SQLITE_IOERR_SHORT_READ;
}

int write(sqlite3_file* f, const void* from, int size, sqlite3_int64 offset) {
    const std::string_view bytes(static_cast<const char*>(from), static_cast<std::size_t>(size));
    return code(in(f).disk->write_at(in(f).file, static_cast<std::size_t>(offset), bytes), SQLITE_IOERR_WRITE);
}

std::size_t in_chunks(const Handle::Inside& i, std::size_t size) noexcept {
    return i.chunk == 0 ? size : (size + i.chunk - 1) / i.chunk * i.chunk;
}

int truncate(sqlite3_file* f, sqlite3_int64 size) {
    const std::size_t to = in_chunks(in(f), static_cast<std::size_t>(size));
    return code(in(f).disk->resize(in(f).file, to), SQLITE_IOERR_TRUNCATE);
}

int sync(sqlite3_file* f, int /*flags*/) {
    Handle::Inside& i = in(f);
    if (i.disk->sync(i.file) != 0) return SQLITE_IOERR_FSYNC;
    if (i.sync_folder.empty()) return SQLITE_OK;
    if (i.disk->sync_folder(i.sync_folder) != 0) return SQLITE_IOERR_DIR_FSYNC;
    i.sync_folder.clear();
    return SQLITE_OK;
}

int file_size(sqlite3_file* f, sqlite3_int64* size) {
    *size = static_cast<sqlite3_int64>(in(f).disk->size_of(in(f).file));
    return SQLITE_OK;
}

int lock(sqlite3_file* /*f*/, int /*level*/) { return SQLITE_OK; }

int check_lock(sqlite3_file* /*f*/, int* held) {
    *held = 0;
    return SQLITE_OK;
}

int control(sqlite3_file* f, int op, void* value) {
    Handle::Inside& i = in(f);
    if (op == SQLITE_FCNTL_CHUNK_SIZE) {
        i.chunk = static_cast<std::size_t>(*static_cast<int*>(value));
        return SQLITE_OK;
    }
    if (op == SQLITE_FCNTL_SIZE_HINT) {
        const std::size_t to = in_chunks(i, static_cast<std::size_t>(*static_cast<sqlite3_int64*>(value)));
        if (i.chunk == 0 || to <= i.disk->size_of(i.file)) return SQLITE_OK;
        return i.disk->resize(i.file, to) == 0 ? SQLITE_OK : SQLITE_IOERR_WRITE;
    }
    return SQLITE_NOTFOUND;
}

int sector_size(sqlite3_file* /*f*/) { return 4096; }

// As the system's own says: a write leaves what stands beside it in its sector alone.
int characteristics(sqlite3_file* /*f*/) { return SQLITE_IOCAP_POWERSAFE_OVERWRITE; }

const sqlite3_io_methods kMethods = [] {
    sqlite3_io_methods m{};
    m.iVersion = 1;
    m.xClose = close;
    m.xRead = read;
    m.xWrite = write;
    m.xTruncate = truncate;
    m.xSync = sync;
    m.xFileSize = file_size;
    m.xLock = lock;
    m.xUnlock = lock;
    m.xCheckReservedLock = check_lock;
    m.xFileControl = control;
    m.xSectorSize = sector_size;
    m.xDeviceCharacteristics = characteristics;
    return m;
}();

int open(sqlite3_vfs* vfs, const char* name, sqlite3_file* f, int flags, int* out_flags) {
    f->pMethods = nullptr;
    static int anonymous = 0;
    const std::string path = name == nullptr ? "temporary-" + std::to_string(++anonymous) : name;
    bool created = false;
    int error = 0;
    ForgetfulDisk::File file = disk_of(vfs).open_file(path, (flags & SQLITE_OPEN_CREATE) != 0, created, error);
    if (!file) return SQLITE_CANTOPEN;
    auto* const inside = new Handle::Inside{&disk_of(vfs), std::move(file), {}, {}};
    if (created && (flags & (SQLITE_OPEN_WAL | SQLITE_OPEN_MAIN_JOURNAL)) != 0) inside->sync_folder = folder_of(path);
    if ((flags & SQLITE_OPEN_DELETEONCLOSE) != 0) inside->remove = path;
    reinterpret_cast<Handle*>(f)->inside = inside;
    f->pMethods = &kMethods;
    if (out_flags != nullptr) *out_flags = flags;
    return SQLITE_OK;
}

int remove(sqlite3_vfs* vfs, const char* name, int sync_folder) {
    const int error = disk_of(vfs).remove(name);
    if (error == ENOENT) return SQLITE_IOERR_DELETE_NOENT;
    if (error != 0) return SQLITE_IOERR_DELETE;
    if (sync_folder != 0 && disk_of(vfs).sync_folder(folder_of(name)) != 0) return SQLITE_IOERR_DIR_FSYNC;
    return SQLITE_OK;
}

int access(sqlite3_vfs* vfs, const char* name, int /*flags*/, int* there) {
    *there = disk_of(vfs).exists(name) ? 1 : 0;
    return SQLITE_OK;
}

int full_path(sqlite3_vfs* /*vfs*/, const char* name, int size, char* to) {
    if (std::strlen(name) >= static_cast<std::size_t>(size)) return SQLITE_CANTOPEN;
    std::strncpy(to, name, static_cast<std::size_t>(size));
    return SQLITE_OK;
}

// The world beyond the disk is the real one.
sqlite3_vfs* real() noexcept { return sqlite3_vfs_find(nullptr); }
int randomness(sqlite3_vfs* /*vfs*/, int size, char* to) { return real()->xRandomness(real(), size, to); }
int sleep(sqlite3_vfs* /*vfs*/, int us) { return real()->xSleep(real(), us); }
int time_now(sqlite3_vfs* /*vfs*/, double* days) { return real()->xCurrentTime(real(), days); }
int last_error(sqlite3_vfs* /*vfs*/, int /*size*/, char* /*to*/) { return 0; }

}  // namespace

ForgetfulVfs::ForgetfulVfs(ForgetfulDisk& disk, std::string name)
    : name_(std::move(name)), vfs_(std::make_unique<sqlite3_vfs>()) {
    vfs_->iVersion = 1;
    vfs_->szOsFile = sizeof(Handle);
    vfs_->mxPathname = 512;
    vfs_->zName = name_.c_str();
    vfs_->pAppData = &disk;
    vfs_->xOpen = open;
    vfs_->xDelete = remove;
    vfs_->xAccess = access;
    vfs_->xFullPathname = full_path;
    vfs_->xRandomness = randomness;
    vfs_->xSleep = sleep;
    vfs_->xCurrentTime = time_now;
    vfs_->xGetLastError = last_error;
    if (sqlite3_vfs_register(vfs_.get(), 0) != SQLITE_OK) throw std::runtime_error("sqlite3_vfs_register");
}

ForgetfulVfs::~ForgetfulVfs() { sqlite3_vfs_unregister(vfs_.get()); }

}  // namespace msw::test
