#include "store/schema.hpp"

#include <fmt/args.h>
#include <fmt/format.h>

#include "base/identity.hpp"
#include "base/text.hpp"
#include "store/row_digests.hpp"
#include "sweetspot/error.hpp"

namespace sweetspot::store {
namespace {

// Observations and snapshots refer to no trial that the database looks up: it would do so for every
// value, and what writes them holds the trial's row.
// Each begins with the end of a line.
constexpr const char* kTables[] = {R"sql(
CREATE TABLE study(
  id {id},
  name TEXT NOT NULL,
  part TEXT NOT NULL,
  identity TEXT NOT NULL,
  settings TEXT NOT NULL,
  program_version TEXT NOT NULL,
  arithmetic TEXT NOT NULL,
  data_checksum TEXT NOT NULL,
  weights BIGINT NOT NULL,
  operations_per_step DOUBLE PRECISION NOT NULL,
  early_stop TEXT NOT NULL,
  networks TEXT NOT NULL,
  cancelled BIGINT NOT NULL DEFAULT 0,
  ender BIGINT,
  digest BIGINT NOT NULL DEFAULT 0,
  state_digest BIGINT NOT NULL DEFAULT 0,
  part_digest BIGINT NOT NULL DEFAULT 0,
  metric_digest BIGINT NOT NULL DEFAULT 0,
  worker_digest BIGINT NOT NULL DEFAULT 0,
  run_digest BIGINT NOT NULL DEFAULT 0,
  trial_digest BIGINT NOT NULL DEFAULT 0,
  trial_count BIGINT NOT NULL DEFAULT 0,
  UNIQUE(name, part)))sql",
                                   R"sql(
CREATE TABLE metric(
  part BIGINT NOT NULL,
  id BIGINT NOT NULL,
  name TEXT NOT NULL,
  PRIMARY KEY(part, id)){by_key})sql",
                                   R"sql(
CREATE TABLE worker(
  id {id},
  part BIGINT NOT NULL REFERENCES study(id),
  name TEXT NOT NULL,
  seen_at DOUBLE PRECISION NOT NULL,
  lease_seconds DOUBLE PRECISION NOT NULL,
  has_left BIGINT NOT NULL DEFAULT 0,
  digest BIGINT NOT NULL DEFAULT 0,
  state_digest BIGINT NOT NULL DEFAULT 0))sql",
                                   R"sql(
CREATE INDEX worker_lease ON worker(part, (seen_at + lease_seconds)) WHERE has_left = 0)sql",
                                   R"sql(
CREATE TABLE trial(
  part BIGINT NOT NULL REFERENCES study(id),
  number BIGINT NOT NULL,
  config TEXT NOT NULL,
  seed BIGINT NOT NULL,
  outcome TEXT,
  steps BIGINT NOT NULL DEFAULT 0,
  compute_seconds DOUBLE PRECISION NOT NULL DEFAULT 0,
  given_up_at BIGINT,
  note TEXT NOT NULL DEFAULT '',
  reproducible BIGINT NOT NULL DEFAULT 1,
  scale DOUBLE PRECISION NOT NULL DEFAULT 1,
  priority BIGINT NOT NULL DEFAULT 0,
  until BIGINT NOT NULL DEFAULT 0,
  is_last BIGINT NOT NULL DEFAULT 0,
  waiting BIGINT NOT NULL DEFAULT 1,
  holder BIGINT,
  digest BIGINT NOT NULL DEFAULT 0,
  outcome_digest BIGINT NOT NULL DEFAULT 0,
  state_digest BIGINT NOT NULL DEFAULT 0,
  curve_digest BIGINT NOT NULL DEFAULT 0,
  snapshot_digest BIGINT NOT NULL DEFAULT 0,
  PRIMARY KEY(part, number)){by_key})sql",
                                   R"sql(
CREATE INDEX trial_waiting ON trial(part, scale DESC, priority)
  WHERE waiting = 1 AND holder IS NULL)sql",
                                   R"sql(
CREATE INDEX trial_open ON trial(part, holder) WHERE waiting = 1)sql",
                                   R"sql(
CREATE TABLE lineage(
  part BIGINT NOT NULL,
  trial BIGINT NOT NULL,
  origin BIGINT NOT NULL,
  step BIGINT NOT NULL,
  PRIMARY KEY(part, trial)){by_key})sql",
                                   R"sql(
CREATE TABLE observation(
  part BIGINT NOT NULL,
  trial BIGINT NOT NULL,
  step BIGINT NOT NULL,
  metric BIGINT NOT NULL,
  value DOUBLE PRECISION,
  PRIMARY KEY(part, trial, step, metric)){by_key})sql",
                                   R"sql(
CREATE TABLE snapshot(
  part BIGINT NOT NULL,
  trial BIGINT NOT NULL,
  step BIGINT NOT NULL,
  state {bytes} NOT NULL,
  PRIMARY KEY(part, trial)))sql",
                                   R"sql(
CREATE TABLE run(
  id {id},
  part BIGINT NOT NULL REFERENCES study(id),
  wall_seconds DOUBLE PRECISION NOT NULL,
  busy_lane_seconds DOUBLE PRECISION NOT NULL,
  lane_seconds DOUBLE PRECISION NOT NULL,
  digest BIGINT NOT NULL DEFAULT 0))sql"};

// For each study that has none.
void draw_identities(Sql& sql) {
  std::vector<SqlRow> drawn;
  for (SqlRow& row : sql.run("SELECT DISTINCT name FROM study WHERE identity = ''")) {
    drawn.push_back({std::move(row[0]), drawn_identity()});
  }
  sql.run_each("UPDATE study SET identity = $2 WHERE name = $1 AND identity = ''", drawn);
}

}  // namespace

std::vector<std::string> table_statements(const SchemaWords& words) {
  std::vector<std::string> statements;
  for (const char* table : kTables) {
    statements.push_back(fmt::format(fmt::runtime(table + 1), fmt::arg("id", words.id),
                                     fmt::arg("bytes", words.bytes),
                                     fmt::arg("by_key", words.by_key)));
  }
  return statements;
}

void create_tables(Sql& sql, const SchemaWords& words) {
  for (const std::string& statement : table_statements(words)) sql.run(statement);
}

void end_older_workers(Sql& sql) {
  const std::string is_alive =
      fmt::format("has_left = 0 AND seen_at + lease_seconds >= {}", sql.now());
  const auto alive = sql.run("SELECT min(name), count(*) FROM worker WHERE " + is_alive);
  if (const int64_t count = whole(alive[0][1]); count > 0) {
    throw Error(ErrorKind::study,
                fmt::format("workers of an older sweetspot train in this store ('{}' and {} more): "
                            "let them end, then give the same command again",
                            printable(text(alive[0][0])), count - 1));
  }
  sql.run("UPDATE trial SET holder = NULL WHERE waiting = 1");
  sql.run("UPDATE worker SET has_left = 1");
}

void write_what_is_new(Sql& sql) {
  draw_identities(sql);
  write_digests(sql);
}

}  // namespace sweetspot::store
