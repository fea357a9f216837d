#include "store/sqlite_schema.hpp"

#include <fmt/format.h>

#include "store/sqlite_store.hpp"

namespace sweetspot::store {
namespace {

constexpr const char* kSchema = R"sql(
CREATE TABLE study(
  id INTEGER PRIMARY KEY,
  part TEXT NOT NULL UNIQUE,
  settings TEXT NOT NULL,
  program_version TEXT NOT NULL,
  data_checksum TEXT NOT NULL,
  weights INTEGER NOT NULL,
  operations_per_step REAL NOT NULL,
  early_stop TEXT NOT NULL,
  networks TEXT NOT NULL);
CREATE TABLE metric(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
CREATE TABLE trial(
  part INTEGER NOT NULL REFERENCES study(id),
  number INTEGER NOT NULL,
  config TEXT NOT NULL,
  seed INTEGER NOT NULL,
  outcome TEXT,
  steps INTEGER NOT NULL DEFAULT 0,
  compute_seconds REAL NOT NULL DEFAULT 0,
  given_up_at INTEGER,
  note TEXT NOT NULL DEFAULT '',
  reproducible INTEGER NOT NULL DEFAULT 1,
  PRIMARY KEY(part, number)) WITHOUT ROWID;
CREATE TABLE observation(
  part INTEGER NOT NULL,
  trial INTEGER NOT NULL,
  step INTEGER NOT NULL,
  metric INTEGER NOT NULL REFERENCES metric(id),
  value REAL,
  PRIMARY KEY(part, trial, step, metric),
  FOREIGN KEY(part, trial) REFERENCES trial(part, number)) WITHOUT ROWID;
CREATE TABLE snapshot(
  part INTEGER NOT NULL,
  trial INTEGER NOT NULL,
  step INTEGER NOT NULL,
  state BLOB NOT NULL,
  PRIMARY KEY(part, trial),
  FOREIGN KEY(part, trial) REFERENCES trial(part, number));
CREATE TABLE run(
  id INTEGER PRIMARY KEY,
  part INTEGER NOT NULL REFERENCES study(id),
  wall_seconds REAL NOT NULL,
  busy_lane_seconds REAL NOT NULL,
  lane_seconds REAL NOT NULL);
)sql";

// Layouts 1 and 2 had none.
constexpr const char* kLineageColumns =
    "part INTEGER NOT NULL, trial INTEGER NOT NULL, origin INTEGER NOT NULL, step INTEGER NOT "
    "NULL, "
    "PRIMARY KEY(part, trial)";

void create_lineage(SQLite::Database& database) {
  database.exec(
      fmt::format("CREATE TABLE lineage({}, FOREIGN KEY(part, trial) REFERENCES "
                  "trial(part, number), FOREIGN KEY(part, origin) REFERENCES "
                  "trial(part, number)) WITHOUT ROWID",
                  kLineageColumns));
}

// Layout 1 knew one part, the sweep, and no `part` in any table. A name, and the columns that a
// layout 1 table gives for those of the new one.
struct Table {
  const char* name;
  const char* columns;
};
constexpr Table kTables[] = {
    {"study",
     "id, 'sweep' AS part, settings, program_version, data_checksum, weights, "
     "operations_per_step, early_stop, '[]' AS networks"},
    {"metric", "id, name"},
    {"trial",
     "1 AS part, number, config, seed, outcome, steps, compute_seconds, given_up_at, note, "
     "reproducible"},
    {"observation", "1 AS part, trial, step, metric, value"},
    {"snapshot", "1 AS part, trial, step, state"},
    {"run", "id, 1 AS part, wall_seconds, busy_lane_seconds, lane_seconds"}};

void mark(SQLite::Database& database) {
  database.exec(fmt::format("PRAGMA application_id = {}", kApplicationId));
  database.exec(fmt::format("PRAGMA user_version = {}", kSchemaVersion));
}

}  // namespace

void create_schema(SQLite::Database& database) {
  SQLite::Transaction transaction(database);
  database.exec(kSchema);
  create_lineage(database);
  mark(database);
  transaction.commit();
}

namespace {

void rewrite_layout_one(SQLite::Database& database) {
  // Else the old tables' references would follow the renaming.
  database.exec("PRAGMA legacy_alter_table = ON");
  for (const Table& table : kTables) {
    database.exec(fmt::format("ALTER TABLE {0} RENAME TO old_{0}", table.name));
  }
  database.exec(kSchema);
  for (const Table& table : kTables) {
    database.exec(
        fmt::format("INSERT INTO {0} SELECT {1} FROM old_{0}", table.name, table.columns));
  }
  for (size_t i = std::size(kTables); i-- > 0;) {
    database.exec(fmt::format("DROP TABLE old_{}", kTables[i].name));
  }
}

}  // namespace

void upgrade_schema(SQLite::Database& database, int layout) {
  SQLite::Transaction transaction(database);
  if (layout == 1) rewrite_layout_one(database);
  create_lineage(database);
  mark(database);
  transaction.commit();
}

void read_as_upgraded(SQLite::Database& database, int layout) {
  database.exec(fmt::format("CREATE TEMP TABLE lineage({}) WITHOUT ROWID", kLineageColumns));
  if (layout > 1) return;
  for (const Table& table : kTables) {
    database.exec(
        fmt::format("CREATE TEMP VIEW {0} AS SELECT {1} FROM main.{0}", table.name, table.columns));
  }
}

}  // namespace sweetspot::store
