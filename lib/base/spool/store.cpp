#include "base/spool/store.hpp"

#include "base/file_calls.hpp"
#include "base/replace_file.hpp"
#include "base/spool/schema.hpp"
#include "base/system_error.hpp"

#include <fcntl.h>
#include <algorithm>
#include <cerrno>
#include <ctime>

namespace msw::spool {
namespace {

constexpr std::int64_t kPage = 4096;           // SQLite's default
constexpr std::int64_t kChunk = 1024L * 1024;  // in which the file grows
constexpr int kLogKept = 32 * 1024 * 1024;     // bytes: what one huge group made the log grow to is given back

std::string utc_now() {
    const std::time_t now = std::time(nullptr);
    std::tm parts{};
    ::gmtime_r(&now, &parts);
    std::string text(32, '\0');
    text.resize(std::strftime(text.data(), text.size(), "%Y%m%dT%H%M%SZ", &parts));
    return text;
}

FileCalls& files_of(const Settings& s) noexcept { return s.files == nullptr ? system_files() : *s.files; }

// A file that is half empty is made shorter, but a small one may stay as it is: it is full again soon.
constexpr std::int64_t kSparePages = 16L * 1024 * 1024 / kPage;

/// The only number that a statement gives.
std::int64_t only_number(Statement& s) {
    const std::int64_t n = s.with().next() ? s.number(0) : 0;
    s.end();
    return n;
}

/// How the connection is to work (https://www.sqlite.org/pragma.html).
void tune(Database& db) {
    // Before all else: with it there is no shared memory file, and a second process is kept out for good.
    db.run("PRAGMA locking_mode = EXCLUSIVE");
    // So that the file can become smaller again. In one that isn't empty it changes nothing, yet would be a commit.
    if (db.number("PRAGMA page_count") == 0) db.run("PRAGMA auto_vacuum = INCREMENTAL");
    if (db.text("PRAGMA journal_mode = WAL") != "wal" && !db.failed()) db.refuse("it can't have a log");
    db.run("PRAGMA synchronous = FULL");
    db.run(("PRAGMA journal_size_limit = " + std::to_string(kLogKept)).c_str());
    db.run("PRAGMA cache_size = -4096");  // KiB
    db.run("PRAGMA temp_store = MEMORY");
    db.run("PRAGMA trusted_schema = OFF");
    db.run("PRAGMA cell_size_check = ON");
}

}  // namespace

Store::Prepared::Prepared(Database& db, Ledger& ledger, const Settings& settings)
    : begin(db, "BEGIN IMMEDIATE"),
      commit(db, "COMMIT"),
      page_count(db, "PRAGMA page_count"),
      free_pages(db, "PRAGMA freelist_count"),
      set_meta(db, "UPDATE meta SET generation = ?1, next_row = ?2"),
      changer(db, ledger, settings),
      reader(db, ledger) {}

Store::Store(const Settings& settings, Report report)
    : settings_(settings),
      files_(files_of(settings)),
      report_(std::move(report)),
      ballast_(files_, settings.path + "-ballast", settings.ballast_bytes) {}

Store::~Store() { close(); }

Trouble Store::trouble() const noexcept { return db_ ? db_->trouble() : Trouble::none; }

const std::string& Store::why() const noexcept {
    static const std::string nothing;
    return db_ ? db_->why() : nothing;
}

Result<void> Store::make_file() const {
    const char* const path = settings_.path.c_str();
    const OpenFile there(files_, path, O_RDONLY | O_CLOEXEC);
    if (there) return {};
    if (errno != ENOENT) return io_error(settings_.path, errno);
    // SQLite would make it readable for all. Its log gets the permissions of the file.
    const OpenFile made(files_, path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (!made) return io_error(settings_.path, errno);
    if (const int failed = sync_folder(folder_of(settings_.path), files_); failed != 0) {
        return io_error(folder_of(settings_.path), failed);
    }
    return {};
}

Result<void> Store::open() {
    Result<void> opened = try_open();
    if (opened && trouble() == Trouble::damaged) {
        set_aside();
        opened = try_open();
    }
    const Trouble trouble = this->trouble();
    if (!opened || trouble != Trouble::none) {
        const std::string why = this->why();
        close(true);
        if (!opened) return opened;
        if (trouble == Trouble::in_use) {
            return Error{Code::name_taken, settings_.path + ": another process has it; stop that one first"};
        }
        return Error{trouble == Trouble::full ? Code::disk_full : Code::io, settings_.path + ": " + why};
    }
    return {};
}

Result<void> Store::try_open() {
    if (Result<void> made = make_file(); !made) return made;
    db_ = std::make_unique<Database>(settings_.path, settings_.vfs, static_cast<int>(kChunk));
    tune(*db_);
    // Reading the schema makes SQLite read the log that a crash left. What it takes from there as committed may never
    // have come to the disk: the process ended before its fsync, or that failed. Others are soon told of it.
    (void)db_->number("SELECT count(*) FROM sqlite_schema");
    db_->rewrite_log();
    look_for_damage();
    if (Result<void> ours = prepare_schema(*db_, settings_.path); !ours) return ours;
    prepared_.emplace(*db_, ledger_, settings_);
    ledger_.load(*db_);
    generation_ = static_cast<std::uint64_t>(db_->number("SELECT generation FROM meta"));
    prepared_->changer.set_next_row(db_->number("SELECT next_row FROM meta"));
    pages_with_room_ = 0;
    return {};
}

void Store::look_for_damage() {
    const std::int64_t pages = db_->number("PRAGMA page_count");
    if (static_cast<std::uint64_t>(pages * kPage) <= settings_.check_bytes) db_->look_for_damage();
}

void Store::begin() { prepared_->begin.with().run(); }

Result<Written> Store::apply(const Changes& changes) { return prepared_->changer.apply(changes); }

Trouble Store::commit() {
    ledger_.write(*db_);
    prepared_->set_meta.with(static_cast<std::int64_t>(next_generation()), prepared_->changer.next_row()).run();
    if (!room_for_pages()) return Trouble::full;
    prepared_->commit.with().run();
    if (db_->failed()) return db_->trouble();
    ++generation_;
    ledger_.committed();
    return Trouble::none;
}

/// The log must be able to go over into the file even when the disk is full by then, or it would grow for ever.
bool Store::room_for_pages() {
    const std::int64_t pages = only_number(prepared_->page_count);
    if (pages <= pages_with_room_) return true;
    if (!db_->make_room(pages * kPage)) return false;
    pages_with_room_ = (pages * kPage + kChunk - 1) / kChunk * (kChunk / kPage);
    return true;
}

void Store::roll_back() {
    db_->forgive();
    if (db_->in_transaction()) db_->run("ROLLBACK");
    ledger_.roll_back(0);
    prepared_->changer.set_next_row(db_->number("SELECT next_row FROM meta"));
}

void Store::carry_over(bool at_once) {
    const std::int64_t bytes = db_->wal_pages() * kPage;
    if (bytes == 0 || (!at_once && bytes < static_cast<std::int64_t>(settings_.wal_bytes))) return;
    db_->checkpoint(false);
    pages_with_room_ = 0;  // it may have become shorter
}

bool Store::take_ballast(bool cut_log) {
    if (ballast_.take()) return true;
    if (!cut_log || !is_open() || !ballast_.fits_with(log_bytes())) return false;
    db_->checkpoint(true);
    pages_with_room_ = 0;
    return trouble() == Trouble::none && ballast_.take();
}

std::uint64_t Store::log_bytes() const {
    const OpenFile log(files_, (settings_.path + "-wal").c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    return log ? static_cast<std::uint64_t>(std::max<off_t>(0, files_.size(log.get()))) : 0;
}

bool Store::has_spare_room() {
    if (!is_open()) return false;
    const std::int64_t spare = only_number(prepared_->free_pages);
    return spare > kSparePages && spare > only_number(prepared_->page_count) / 2;
}

void Store::shrink() {
    db_->run("PRAGMA incremental_vacuum(512)");
    carry_over(true);  // which makes the file as short as it has become
}

void Store::close(bool keep_log) {
    if (db_ && keep_log) db_->keep_log_at_close();
    prepared_.reset();
    db_.reset();
}

void Store::give_up() { close(true); }

void Store::set_aside() {
    const std::string why = this->why();
    close(true);
    const std::string aside = settings_.path + ".damaged-" + utc_now();
    int failed = 0;
    for (const char* part :
         {"", "-wal"}) {  // the file first: a log without one SQLite drops, a file without one it takes
        const std::string from = settings_.path + part;
        if (files_.rename(from.c_str(), (aside + part).c_str()) != 0 && errno != ENOENT) failed = errno;
    }
    if (failed == 0) failed = sync_folder(folder_of(settings_.path), files_);
    report_(Priority::error,
            settings_.path + " is damaged (" + why + "): " +
                (failed == 0 ? "it was set aside as " + aside + ", and a new one begun; what waited in it is not sent"
                             : "and it can't be set aside: " + system_says(failed)));
}

}  // namespace msw::spool
