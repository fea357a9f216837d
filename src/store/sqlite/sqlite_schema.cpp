#include "store/sqlite/sqlite_schema.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <set>
#include <string>
#include <string_view>

#include "store/schema.hpp"
#include "store/sqlite/sqlite_guard.hpp"
#include "sweetspot/error.hpp"

namespace sweetspot::store {
namespace {

constexpr SchemaWords kWords = {
    .id = "INTEGER PRIMARY KEY", .bytes = "BLOB", .by_key = " WITHOUT ROWID"};

// What a table of the newest layout is made of, from the tables of an older one, whose names begin
// with {0}. Layout 1 knew one part, the sweep; layouts 1 and 2 had no lineages; before layout 4 a
// file had one study, without a name, metrics of all its parts, and no workers; before layout 5 no
// study had an identity, and nothing a digest.
struct Table {
  const char* name;
  const char* columns;  // that older layouts have
  const char* of_layout_one;
  const char* of_layout_three;
  const char* of_layout_four;
};

constexpr const char* kTrialColumns =
    "number, config, seed, outcome, steps, compute_seconds, given_up_at, note, reproducible, "
    "coalesce(json_extract(config, '$.scale'), 1) AS scale, number AS priority, 0 AS until, "
    "0 AS is_last";

constexpr const char* kObservations = "SELECT part, trial, step, metric, value FROM {0}observation";
constexpr const char* kSnapshots = "SELECT part, trial, step, state FROM {0}snapshot";
constexpr const char* kRuns =
    "SELECT id, part, wall_seconds, busy_lane_seconds, lane_seconds FROM {0}run";
constexpr const char* kLineages = "SELECT part, trial, origin, step FROM {0}lineage";

constexpr Table kTables[] = {
    {"study",
     "id, name, part, identity, settings, program_version, arithmetic, data_checksum, "
     "weights, operations_per_step, early_stop, networks, cancelled, ender",

     "SELECT id, '' AS name, 'sweep' AS part, '' AS identity, settings, program_version, '' AS "
     "arithmetic, "
     "data_checksum, weights, operations_per_step, early_stop, '[]' AS networks, 0 AS cancelled, "
     "NULL AS ender FROM {0}study",
     "SELECT id, '' AS name, part, '' AS identity, settings, program_version, '' AS arithmetic, "
     "data_checksum, weights, operations_per_step, early_stop, networks, 0 AS cancelled, NULL AS "
     "ender FROM {0}study",
     "SELECT id, name, part, '' AS identity, settings, program_version, arithmetic, data_checksum, "
     "weights, operations_per_step, early_stop, networks, cancelled, ender FROM {0}study"},
    {"metric", "part, id, name", "SELECT 1 AS part, id, name FROM {0}metric",
     "SELECT s.id AS part, m.id AS id, m.name AS name FROM {0}metric m, {0}study s",
     "SELECT part, id, name FROM {0}metric"},
    {"worker", "id, part, name, seen_at, lease_seconds, has_left", nullptr, nullptr,
     "SELECT id, part, name, seen_at, lease_seconds, has_left FROM {0}worker"},
    {"trial",
     "part, number, config, seed, outcome, steps, compute_seconds, given_up_at, note, "
     "reproducible, scale, priority, until, is_last, waiting, holder",
     "SELECT 1 AS part, {1}, outcome IS NULL AS waiting, NULL AS holder FROM {0}trial",
     "SELECT part, {1}, outcome IS NULL AND part NOT IN (SELECT id FROM {0}study WHERE part = "
     "'tune') AS waiting, NULL AS holder FROM {0}trial",
     "SELECT part, number, config, seed, outcome, steps, compute_seconds, given_up_at, note, "
     "reproducible, scale, priority, until, is_last, waiting, holder FROM {0}trial"},
    {"observation", "part, trial, step, metric, value",
     "SELECT 1 AS part, trial, step, metric, value FROM {0}observation", kObservations,
     kObservations},
    {"snapshot", "part, trial, step, state",
     "SELECT 1 AS part, trial, step, state FROM {0}snapshot", kSnapshots, kSnapshots},
    {"run", "id, part, wall_seconds, busy_lane_seconds, lane_seconds",
     "SELECT id, 1 AS part, wall_seconds, busy_lane_seconds, lane_seconds FROM {0}run", kRuns,
     kRuns},
    {"lineage", "part, trial, origin, step", nullptr, kLineages, kLineages},
};

constexpr int kFirstWithParts = 2;
constexpr int kFirstWithLineages = 3;
constexpr int kFirstWithWorkers = 4;

bool has_table(const Table& table, int layout) {
  if (std::strcmp(table.name, "lineage") == 0) return layout >= kFirstWithLineages;
  if (std::strcmp(table.name, "worker") == 0) return layout >= kFirstWithWorkers;
  return true;
}

std::string rows_of(const Table& table, int layout, std::string_view prefix) {
  const char* rows = table.of_layout_four;
  if (layout < kFirstWithWorkers) rows = table.of_layout_three;
  if (layout < kFirstWithParts) rows = table.of_layout_one;
  return fmt::format(fmt::runtime(rows), prefix, kTrialColumns);
}

int layout_of(SqliteSql& sql) {
  return static_cast<int>(whole(sql.run("PRAGMA user_version")[0][0]));
}

void mark(SqliteSql& sql) {
  sql.run(fmt::format("PRAGMA application_id = {}", kApplicationId));
  sql.run(fmt::format("PRAGMA user_version = {}", kLayout));
}

// A file's number of its layout may be damaged, and what its tables are declared as.
void require_statements(SqliteSql& sql, int layout) {
  std::set<std::string> declared;
  for (const SqlRow& row :
       sql.run("SELECT sql FROM main.sqlite_schema WHERE type IN ('table', 'index') AND sql IS "
               "NOT NULL")) {
    declared.insert(text(row[0]));
  }
  const std::vector<std::string> known = table_statements(kWords);
  const bool is_newest = std::all_of(known.begin(), known.end(), [&](const std::string& statement) {
    return declared.contains(statement);
  });
  if (is_newest == (layout == kLayout)) return;
  sql.refuse(
      fmt::format("damaged: its tables are not those of layout {}, which it says it has", layout));
}

}  // namespace

void require_tables(SqliteSql& sql, int layout) {
  const auto require = [&](const char* name) {
    const std::string wrong = sql.guarded([&] { return wrong_with_table(sql.database(), name); });
    if (!wrong.empty()) {
      sql.refuse(fmt::format("damaged: where its table {} should be there is {}", name, wrong));
    }
  };
  for (const Table& table : kTables) {
    if (has_table(table, layout)) require(table.name);
  }
  require_statements(sql, layout);
}

std::vector<std::string> wrong_with_structure(SqliteSql& sql) {
  std::vector<std::string> wrong;
  try {
    for (const SqlRow& row : sql.run("PRAGMA main.integrity_check(100)")) {
      if (text(row[0]) != "ok") wrong.push_back(text(row[0]));
    }
  } catch (const Error& error) {
    wrong.emplace_back(error.what());
  }
  return wrong;
}

void create_schema(SqliteSql& sql) {
  sql.transact([&] {
    if (layout_of(sql) != 0) return;
    create_tables(sql, kWords);
    mark(sql);
  });
}

void upgrade_schema(SqliteSql& sql) {
  sql.transact([&] {
    const int layout = layout_of(sql);
    if (layout == kLayout) return;
    if (layout >= kFirstWithWorkers) end_older_workers(sql);
    // Else the old tables' references would follow the renaming.
    sql.run("PRAGMA legacy_alter_table = ON");
    for (const Table& table : kTables) {
      if (!has_table(table, layout)) continue;
      sql.run(fmt::format("ALTER TABLE {0} RENAME TO old_{0}", table.name));
    }
    // These would keep their names.
    for (const char* index : {"worker_lease", "trial_waiting", "trial_open"}) {
      sql.run(fmt::format("DROP INDEX IF EXISTS {}", index));
    }
    create_tables(sql, kWords);
    for (const Table& table : kTables) {
      if (!has_table(table, layout)) continue;
      sql.run(fmt::format("INSERT INTO {}({}) {}", table.name, table.columns,
                          rows_of(table, layout, "old_")));
    }
    for (size_t i = std::size(kTables); i-- > 0;) {
      if (has_table(kTables[i], layout)) sql.run(fmt::format("DROP TABLE old_{}", kTables[i].name));
    }
    write_what_is_new(sql);
    mark(sql);
  });
}

void read_as_upgraded(SqliteSql& sql, int layout) {
  SQLite::Database& database = sql.database();
  sql.guarded([&] {
    for (const Table& table : kTables) {
      if (has_table(table, layout)) {
        database.exec(
            fmt::format("CREATE TEMP VIEW {} AS {}", table.name, rows_of(table, layout, "main.")));
      }
    }
    if (layout < kFirstWithLineages) {
      database.exec("CREATE TEMP TABLE lineage(part, trial, origin, step)");
    }
    if (layout < kFirstWithWorkers) {
      database.exec("CREATE TEMP TABLE worker(id, part, name, seen_at, lease_seconds, has_left)");
    }
  });
}

}  // namespace sweetspot::store
