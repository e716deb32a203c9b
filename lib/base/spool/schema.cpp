#include "base/spool/schema.hpp"

#include "base/spool/sqlite.hpp"

namespace msw::spool {
namespace {

// Datapacks are the last column: what comes before is read without their pages. Row numbers are given out by meta, as
// one sequence for all boxes that never goes back (an INTEGER PRIMARY KEY alone would be used again after the last row
// went, and AUTOINCREMENT would cost one more page a commit).
constexpr const char* kTables = R"sql(
CREATE TABLE meta(
  id         INTEGER PRIMARY KEY CHECK (id = 1),
  generation INTEGER NOT NULL,
  next_row   INTEGER NOT NULL);
INSERT INTO meta VALUES(1, 0, 1);

CREATE TABLE totals(
  kind   INTEGER NOT NULL,
  member TEXT NOT NULL,
  app    TEXT NOT NULL,
  rows   INTEGER NOT NULL,
  bytes  INTEGER NOT NULL,
  PRIMARY KEY (kind, member, app)) WITHOUT ROWID;

CREATE TABLE outbox(
  row         INTEGER PRIMARY KEY,
  member      TEXT NOT NULL,
  host        TEXT NOT NULL,
  app         TEXT NOT NULL,
  epoch       INTEGER NOT NULL,
  n           INTEGER NOT NULL,
  run         INTEGER NOT NULL,
  flag        TEXT NOT NULL,
  asker       TEXT NOT NULL,
  accepted    INTEGER NOT NULL,
  expires     INTEGER NOT NULL,
  sent_for    INTEGER,
  redelivered INTEGER NOT NULL,
  state       INTEGER NOT NULL,
  bytes       INTEGER NOT NULL,
  datapack    BLOB NOT NULL,
  UNIQUE (member, app, epoch, n));
CREATE INDEX outbox_expires ON outbox(expires);
CREATE INDEX outbox_flag ON outbox(flag);

CREATE TABLE inbox(
  row         INTEGER PRIMARY KEY,
  app         TEXT NOT NULL,
  origin      TEXT NOT NULL,
  origin_host TEXT NOT NULL,
  run         INTEGER NOT NULL,
  n           INTEGER NOT NULL,
  flag        TEXT NOT NULL,
  asker       TEXT NOT NULL,
  expires     INTEGER NOT NULL,
  handed      INTEGER NOT NULL,
  bytes       INTEGER NOT NULL,
  datapack    BLOB NOT NULL);
CREATE INDEX inbox_app ON inbox(app);
CREATE INDEX inbox_expires ON inbox(expires);
CREATE INDEX inbox_flag ON inbox(flag);

CREATE TABLE marks(
  origin  TEXT NOT NULL,
  run     INTEGER NOT NULL,
  app     TEXT NOT NULL,
  touched INTEGER NOT NULL,
  state   BLOB NOT NULL,
  PRIMARY KEY (origin, run, app));

CREATE TABLE dead(
  row             INTEGER PRIMARY KEY,
  box             INTEGER NOT NULL,
  since           INTEGER NOT NULL,
  why             TEXT NOT NULL,
  maybe_delivered INTEGER NOT NULL,
  member          TEXT NOT NULL,
  host            TEXT NOT NULL,
  app             TEXT NOT NULL,
  epoch           INTEGER NOT NULL,
  n               INTEGER NOT NULL,
  run             INTEGER NOT NULL,
  flag            TEXT NOT NULL,
  asker           TEXT NOT NULL,
  expires         INTEGER NOT NULL,
  bytes           INTEGER NOT NULL,
  datapack        BLOB NOT NULL);
CREATE INDEX dead_since ON dead(since);
CREATE INDEX dead_flag ON dead(flag);
)sql";

void make_tables(Database& db) {
    db.run("BEGIN IMMEDIATE");
    db.run(kTables);
    db.run(("PRAGMA application_id = " + std::to_string(kApplicationId)).c_str());
    db.run(("PRAGMA user_version = " + std::to_string(kSchemaVersion)).c_str());
    db.run("COMMIT");
}

}  // namespace

Result<void> prepare_schema(Database& db, const std::string& path) {
    const std::int64_t id = db.number("PRAGMA application_id");
    const std::int64_t version = db.number("PRAGMA user_version");
    const std::int64_t tables = db.number("SELECT count(*) FROM sqlite_schema");
    if (db.failed()) return {};
    if (tables == 0 && id == 0 && version == 0) {
        make_tables(db);
        return {};
    }
    if (id != kApplicationId) {
        return Error{Code::unsupported,
                     path + " is an SQLite file of some other program; move it away, and mswd begins a new one"};
    }
    if (version > kSchemaVersion) {
        return Error{Code::unsupported,
                     path + " was written by a newer mswd (its version is " + std::to_string(version) +
                         ", this one knows up to " + std::to_string(kSchemaVersion) +
                         "); start the newer mswd again, or move the file away: what waits in it is then not sent"};
    }
    return {};
}

}  // namespace msw::spool
