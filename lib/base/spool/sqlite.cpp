#include "base/spool/sqlite.hpp"

#include "base/system_error.hpp"

#include <sqlite3.h>
#include <algorithm>
#include <cerrno>

namespace msw::spool {
namespace {

int remember_pages(void* pages, sqlite3* /*db*/, const char* /*name*/, int count) {
    *static_cast<int*>(pages) = count;
    return SQLITE_OK;
}

}  // namespace

Database::Database(const std::string& path, const std::string& vfs, int chunk) {
    const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
    const int result = sqlite3_open_v2(path.c_str(), &db_, flags, vfs.empty() ? nullptr : vfs.c_str());
    if (result != SQLITE_OK) fail(result);
    // In place of automatic checkpoints, whose failures SQLite keeps to itself.
    if (db_ != nullptr) sqlite3_wal_hook(db_, remember_pages, &wal_pages_);
    if (!failed()) (void)sqlite3_file_control(db_, "main", SQLITE_FCNTL_CHUNK_SIZE, &chunk);
}

Database::~Database() { sqlite3_close(db_); }

Trouble Database::trouble() const noexcept {
    switch (failure_ & 0xff) {
        case SQLITE_OK: return Trouble::none;
        case SQLITE_FULL: return Trouble::full;
        case SQLITE_CORRUPT:
        case SQLITE_NOTADB: return Trouble::damaged;
        case SQLITE_BUSY:
        case SQLITE_LOCKED: return Trouble::in_use;
        default:
            // A user's quota is no room either. Only of a write: after a failed fsync nobody knows what is there.
            return failure_ == SQLITE_IOERR_WRITE && system_error_ == EDQUOT ? Trouble::full : Trouble::disk;
    }
}

void Database::fail(int code) {
    if (failed()) return;
    failure_ = code;
    system_error_ = db_ == nullptr ? 0 : sqlite3_system_errno(db_);
    why_ = db_ == nullptr ? sqlite3_errstr(code) : sqlite3_errmsg(db_);
    const bool of_the_system = (code & 0xff) == SQLITE_IOERR || (code & 0xff) == SQLITE_CANTOPEN;
    if (of_the_system && system_error_ != 0) why_ += " (" + system_says(system_error_) + ')';
}

void Database::refuse(const std::string& why) {
    if (failed()) return;
    failure_ = SQLITE_CORRUPT;
    why_ = why;
}

void Database::forgive() noexcept {
    failure_ = 0;
    system_error_ = 0;
    why_.clear();
}

void Database::run(const char* sql) {
    if (failed()) return;
    const int result = sqlite3_exec(db_, sql, nullptr, nullptr, nullptr);
    if (result != SQLITE_OK) fail(result);
}

std::int64_t Database::number(const char* sql) {
    Statement s(*this, sql);
    const std::int64_t value = s.with().next() ? s.number(0) : 0;
    s.run();
    return value;
}

std::string Database::text(const char* sql) {
    Statement s(*this, sql);
    std::string value = s.with().next() ? s.text(0) : std::string();
    s.run();
    return value;
}

bool Database::in_transaction() const noexcept { return sqlite3_get_autocommit(db_) == 0; }

std::int64_t Database::changes() const noexcept { return sqlite3_changes64(db_); }

void Database::checkpoint(bool cut) {
    if (failed()) return;
    int pages = 0;
    int carried = 0;
    const int mode = cut ? SQLITE_CHECKPOINT_TRUNCATE : SQLITE_CHECKPOINT_PASSIVE;
    const int result = sqlite3_wal_checkpoint_v2(db_, nullptr, mode, &pages, &carried);
    if (result != SQLITE_OK) return fail(result);
    if (carried == pages) wal_pages_ = 0;
}

bool Database::make_room(std::int64_t bytes) {
    return failed() || sqlite3_file_control(db_, "main", SQLITE_FCNTL_SIZE_HINT, &bytes) == SQLITE_OK;
}

void Database::look_for_damage() {
    if (text("PRAGMA quick_check(1)") == "ok" || failed()) return;
    // A page that the disk would not give counts as damage with it, but is none: see whether there is such a one.
    read_all();
    const std::string found = text("PRAGMA quick_check(1)");
    if (found != "ok") refuse(found);
}

void Database::read_all() {
    sqlite3_file* file = nullptr;
    (void)sqlite3_file_control(db_, "main", SQLITE_FCNTL_FILE_POINTER, static_cast<void*>(&file));
    if (file == nullptr || file->pMethods == nullptr) return;
    sqlite3_int64 size = 0;
    int result = file->pMethods->xFileSize(file, &size);
    std::string page(4096, '\0');
    for (sqlite3_int64 at = 0; result == SQLITE_OK && at < size; at += static_cast<sqlite3_int64>(page.size())) {
        result = file->pMethods->xRead(file, page.data(), static_cast<int>(page.size()), at);
        if (result == SQLITE_IOERR_SHORT_READ) result = SQLITE_OK;
    }
    if (result != SQLITE_OK) fail(result);
}

void Database::rewrite_log() {
    if (failed()) return;
    sqlite3_file* log = nullptr;
    if (const int no = sqlite3_file_control(db_, "main", SQLITE_FCNTL_JOURNAL_POINTER, static_cast<void*>(&log));
        no != SQLITE_OK) {
        return fail(no);
    }
    if (log == nullptr || log->pMethods == nullptr) return;
    sqlite3_int64 size = 0;
    int result = log->pMethods->xFileSize(log, &size);
    std::string piece(64UL * 1024, '\0');
    for (sqlite3_int64 at = 0; result == SQLITE_OK && at < size; at += static_cast<sqlite3_int64>(piece.size())) {
        const int n = static_cast<int>(std::min(size - at, static_cast<sqlite3_int64>(piece.size())));
        result = log->pMethods->xRead(log, piece.data(), n, at);
        if (result == SQLITE_OK) result = log->pMethods->xWrite(log, piece.data(), n, at);
    }
    if (result == SQLITE_OK && size > 0) result = log->pMethods->xSync(log, SQLITE_SYNC_NORMAL);
    if (result != SQLITE_OK) {
        fail(result);
        why_ = sqlite3_errstr(result);  // these calls leave no message with the connection
    }
}

void Database::keep_log_at_close() noexcept {
    if (db_ != nullptr) sqlite3_db_config(db_, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
}

void Statement::Finalize::operator()(sqlite3_stmt* s) const noexcept { sqlite3_finalize(s); }

Statement::Statement(Database& db, const char* sql) : db_(&db) {
    if (db.failed()) return;
    sqlite3_stmt* made = nullptr;
    const int result = sqlite3_prepare_v3(db.handle(), sql, -1, SQLITE_PREPARE_PERSISTENT, &made, nullptr);
    statement_.reset(made);
    if (result != SQLITE_OK) db.fail(result);
}

void Statement::begin() { sqlite3_reset(statement_.get()); }

bool Statement::next() {
    if (db_->failed() || !statement_) return false;
    const int result = sqlite3_step(statement_.get());
    if (result == SQLITE_ROW) return true;
    if (result != SQLITE_DONE) db_->fail(result);
    end();
    return false;
}

void Statement::end() noexcept {
    sqlite3_reset(statement_.get());
    sqlite3_clear_bindings(statement_.get());
}

std::int64_t Statement::number(int column) const noexcept { return sqlite3_column_int64(statement_.get(), column); }

std::optional<std::int64_t> Statement::maybe_number(int column) const noexcept {
    if (sqlite3_column_type(statement_.get(), column) == SQLITE_NULL) return std::nullopt;
    return number(column);
}

std::string_view Statement::bytes(int column) const noexcept {
    const void* data = sqlite3_column_blob(statement_.get(), column);
    const int size = sqlite3_column_bytes(statement_.get(), column);
    return data == nullptr ? std::string_view() : std::string_view(static_cast<const char*>(data), std::size_t(size));
}

void Statement::bind(int place, std::int64_t value) {
    if (!db_->failed()) sqlite3_bind_int64(statement_.get(), place, value);
}

void Statement::bind(int place, std::string_view value) {
    if (db_->failed()) return;
    const char* const data = value.data() == nullptr ? "" : value.data();  // a null pointer would bind NULL
    const int result = sqlite3_bind_text64(statement_.get(), place, data, value.size(), SQLITE_STATIC, SQLITE_UTF8);
    if (result != SQLITE_OK) db_->fail(result);
}

void Statement::bind(int place, Blob value) {
    if (db_->failed()) return;
    const char* const data = value.bytes.data() == nullptr ? "" : value.bytes.data();
    const int result = sqlite3_bind_blob64(statement_.get(), place, data, value.bytes.size(), SQLITE_STATIC);
    if (result != SQLITE_OK) db_->fail(result);
}

void Statement::bind_null(int place) {
    if (!db_->failed()) sqlite3_bind_null(statement_.get(), place);
}

}  // namespace msw::spool
