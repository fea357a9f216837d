#include "store/sqlite_schema.hpp"

#include <fmt/format.h>

#include <cstring>
#include <string>
#include <string_view>

#include "store/schema.hpp"

namespace sweetspot::store {
namespace {

constexpr SchemaWords kWords = {
    .id = "INTEGER PRIMARY KEY", .bytes = "BLOB", .by_key = " WITHOUT ROWID"};

// What a table of the newest layout is made of, from the tables of an older one, whose names begin
// with {0}. Layout 1 knew one part, the sweep; layouts 1 and 2 had no lineages; before layout 4 a
// file had one study, without a name, and metrics of all its parts. The same columns in the same
// order as in schema.cpp.
struct Table {
  const char* name;
  const char* of_layout_one;
  const char* of_layout_three;
};

constexpr const char* kTrialColumns =
    "number, config, seed, outcome, steps, compute_seconds, given_up_at, note, reproducible, "
    "coalesce(json_extract(config, '$.scale'), 1) AS scale, number AS priority, 0 AS until, "
    "0 AS is_last";

constexpr Table kTables[] = {
    {"study",
     "SELECT id, '' AS name, 'sweep' AS part, settings, program_version, '' AS arithmetic, "
     "data_checksum, weights, operations_per_step, early_stop, '[]' AS networks, 0 AS cancelled, "
     "NULL AS ender FROM {0}study",
     "SELECT id, '' AS name, part, settings, program_version, '' AS arithmetic, data_checksum, "
     "weights, operations_per_step, early_stop, networks, 0 AS cancelled, NULL AS ender FROM "
     "{0}study"},
    {"metric", "SELECT 1 AS part, id, name FROM {0}metric",
     "SELECT s.id AS part, m.id AS id, m.name AS name FROM {0}metric m, {0}study s"},
    {"trial", "SELECT 1 AS part, {1}, outcome IS NULL AS waiting, NULL AS holder FROM {0}trial",
     "SELECT part, {1}, outcome IS NULL AND part NOT IN (SELECT id FROM {0}study WHERE part = "
     "'tune') AS waiting, NULL AS holder FROM {0}trial"},
    {"observation", "SELECT 1 AS part, trial, step, metric, value FROM {0}observation",
     "SELECT part, trial, step, metric, value FROM {0}observation"},
    {"snapshot", "SELECT 1 AS part, trial, step, state FROM {0}snapshot",
     "SELECT part, trial, step, state FROM {0}snapshot"},
    {"run", "SELECT id, 1 AS part, wall_seconds, busy_lane_seconds, lane_seconds FROM {0}run",
     "SELECT id, part, wall_seconds, busy_lane_seconds, lane_seconds FROM {0}run"},
    {"lineage", nullptr, "SELECT part, trial, origin, step FROM {0}lineage"},
};

constexpr int kFirstWithParts = 2;
constexpr int kFirstWithLineages = 3;

bool has_table(const Table& table, int layout) {
  return layout >= kFirstWithLineages || std::strcmp(table.name, "lineage") != 0;
}

std::string rows_of(const Table& table, int layout, std::string_view prefix) {
  return fmt::format(
      fmt::runtime(layout < kFirstWithParts ? table.of_layout_one : table.of_layout_three), prefix,
      kTrialColumns);
}

void mark(SqliteSql& sql) {
  sql.run(fmt::format("PRAGMA application_id = {}", kApplicationId));
  sql.run(fmt::format("PRAGMA user_version = {}", kLayout));
}

}  // namespace

void create_schema(SqliteSql& sql) {
  sql.transact([&] {
    create_tables(sql, kWords);
    mark(sql);
  });
}

void upgrade_schema(SqliteSql& sql, int layout) {
  sql.transact([&] {
    // Else the old tables' references would follow the renaming.
    sql.run("PRAGMA legacy_alter_table = ON");
    for (const Table& table : kTables) {
      if (!has_table(table, layout)) continue;
      sql.run(fmt::format("ALTER TABLE {0} RENAME TO old_{0}", table.name));
    }
    create_tables(sql, kWords);
    for (const Table& table : kTables) {
      if (!has_table(table, layout)) continue;
      sql.run(fmt::format("INSERT INTO {} {}", table.name, rows_of(table, layout, "old_")));
    }
    for (size_t i = std::size(kTables); i-- > 0;) {
      if (has_table(kTables[i], layout)) sql.run(fmt::format("DROP TABLE old_{}", kTables[i].name));
    }
    mark(sql);
  });
}

void read_as_upgraded(SqliteSql& sql, int layout) {
  SQLite::Database& database = sql.database();
  sql.guarded([&] {
    database.exec("CREATE TEMP TABLE worker(id, part, name, seen_at, lease_seconds, has_left)");
    for (const Table& table : kTables) {
      if (has_table(table, layout)) {
        database.exec(
            fmt::format("CREATE TEMP VIEW {} AS {}", table.name, rows_of(table, layout, "main.")));
      } else {
        database.exec("CREATE TEMP TABLE lineage(part, trial, origin, step)");
      }
    }
  });
}

}  // namespace sweetspot::store
