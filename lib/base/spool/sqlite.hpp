// SQLite in the shape in which the spool uses it: one connection, statements that are prepared once, and a failure that
// sticks, so that a sequence of statements is written straight down and asked at its end whether it went well.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

struct sqlite3;
struct sqlite3_stmt;

namespace msw::spool {

/// What a failure of SQLite means for the spool (https://www.sqlite.org/rescode.html).
enum class Trouble : std::uint8_t {
    none,
    full,     ///< no room on the disk: nothing is wrong with what is there
    damaged,  ///< the file is not, or no more, what it should be
    in_use,   ///< another connection has the file
    disk,     ///< all else: what is on the disk has to be found out anew
};

/// A connection. Thread: one at a time.
class Database {
public:
    /// Open an existing file (an empty one is an empty database). failure() says how it went.
    /// @param vfs    SQLite's name of the layer below; empty: the default
    /// @param chunk  bytes in whose multiples the file grows
    Database(const std::string& path, const std::string& vfs, int chunk);
    Database(const Database&) = delete;
    Database& operator=(const Database&) = delete;
    Database(Database&&) = delete;
    Database& operator=(Database&&) = delete;
    /// Closes. If all went well, the log is carried over into the file and removed. All statements must be gone.
    ~Database();

    [[nodiscard]] Trouble trouble() const noexcept;
    [[nodiscard]] bool failed() const noexcept { return failure_ != 0; }
    /// What SQLite said first, for people.
    [[nodiscard]] const std::string& why() const noexcept { return why_; }
    void forgive() noexcept;

    /// Run statements that give no rows.
    void run(const char* sql);
    /// @return the first column of the only row, 0 if there is none
    [[nodiscard]] std::int64_t number(const char* sql);
    [[nodiscard]] std::string text(const char* sql);

    /// @return whether a transaction is open. SQLite rolls back by itself at some failures.
    [[nodiscard]] bool in_transaction() const noexcept;
    /// @return rows that the last statement inserted, changed or removed
    [[nodiscard]] std::int64_t changes() const noexcept;
    /// @return pages in the log, as the last commit left it
    [[nodiscard]] int wal_pages() const noexcept { return wal_pages_; }
    /// Carry the log over into the file; the next commit begins it anew.
    /// @param cut  make the log short as well: else it keeps its place on the disk
    void checkpoint(bool cut);
    /// Give the file room on the disk for so many bytes. @return false: there is none
    [[nodiscard]] bool make_room(std::int64_t bytes);
    /// Write the log as it reads once more and sync it. Nothing if it is empty.
    void rewrite_log();
    /// Look through the whole file for damage; then trouble() says so.
    void look_for_damage();
    /// Leave the log as it is when the connection is closed.
    void keep_log_at_close() noexcept;

    // For Statement.
    [[nodiscard]] sqlite3* handle() const noexcept { return db_; }
    void fail(int code);
    /// Take it as damaged, for what SQLite itself doesn't mind.
    void refuse(const std::string& why);

private:
    void read_all();

    sqlite3* db_ = nullptr;
    int failure_ = 0;
    int system_error_ = 0;
    int wal_pages_ = 0;
    std::string why_;
};

/// A statement, prepared once. After a failure of its Database it does nothing and gives no rows.
///
///     for (get.with(app, after); get.next();) use(get.text(0), get.number(1));
///
/// Thread: that of its Database, which outlives it.
class Statement {
public:
    Statement(Database& db, const char* sql);

    /// Begin anew with these values for ?1, ?2, …: std::int64_t, std::uint64_t (its bits: SQLite has no unsigned
    /// numbers), std::string_view (text), Blob, std::optional (NULL).
    /// What the views point to must stay until the last next().
    template <class... Values>
    Statement& with(const Values&... values) {
        begin();
        [[maybe_unused]] int place = 0;
        (bind(++place, values), ...);
        return *this;
    }
    /// @return whether there is a row, to be read with the functions below before the next call
    [[nodiscard]] bool next();
    /// No more rows are wanted.
    void end() noexcept;
    /// All rows, unread.
    void run() {
        while (next()) {
        }
    }

    [[nodiscard]] std::int64_t number(int column) const noexcept;
    [[nodiscard]] std::uint64_t unsigned_number(int column) const noexcept {
        return std::bit_cast<std::uint64_t>(number(column));
    }
    [[nodiscard]] std::optional<std::int64_t> maybe_number(int column) const noexcept;
    /// Text or blob. Valid until next() or end().
    [[nodiscard]] std::string_view bytes(int column) const noexcept;
    [[nodiscard]] std::string text(int column) const { return std::string(bytes(column)); }

    struct Blob {
        std::string_view bytes;
    };

private:
    void begin();
    void bind(int place, std::int64_t value);
    void bind(int place, std::uint64_t value) { bind(place, std::bit_cast<std::int64_t>(value)); }
    void bind(int place, std::string_view value);
    void bind(int place, Blob value);
    template <class Number>
    void bind(int place, const std::optional<Number>& value) {
        if (value) {
            bind(place, *value);
        } else {
            bind_null(place);
        }
    }
    void bind_null(int place);

    struct Finalize {
        void operator()(sqlite3_stmt* s) const noexcept;
    };
    Database* db_;
    std::unique_ptr<sqlite3_stmt, Finalize> statement_;
};

}  // namespace msw::spool
