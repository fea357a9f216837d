#include "store/row_digests.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace sweetspot::store {
namespace {

// Whatever bytes it has: a program's note need not be UTF-8.
std::string_view any_text(const SqlValue& value) {
  if (const auto* found = std::get_if<std::string>(&value)) return *found;
  text(value);  // Throws, but for a null.
  return {};
}

// So many trials' observations are in memory at once.
constexpr int64_t kAtOnce = 200;

void write_trial_digests(Sql& sql, int64_t part) {
  std::vector<SqlRow> digests;
  int64_t sum = 0;
  for (const SqlRow& row :
       sql.run(fmt::format("SELECT {} FROM trial t LEFT JOIN lineage l ON l.part = t.part AND "
                           "l.trial = t.number WHERE t.part = $1 ORDER BY t.number",
                           kDigestedColumns),
               {part})) {
    const int64_t digest = digest_of(trial_columns(part, row));
    digests.push_back({part, row[0], digest, digest_of(outcome_columns(part, row))});
    sum = sum_of_digests(sum, digest);
  }
  sql.run_each("UPDATE trial SET digest = $3, outcome_digest = $4 WHERE part = $1 AND number = $2",
               digests);
  sql.run("UPDATE study SET trial_count = $2, trial_digest = $3 WHERE id = $1",
          {part, static_cast<int64_t>(digests.size()), sum});
}

void write_curve_digests(Sql& sql, int64_t part) {
  const auto last = sql.run("SELECT max(number) FROM trial WHERE part = $1", {part});
  if (is_null(last[0][0])) return;
  for (int64_t first = 0; first <= whole(last[0][0]); first += kAtOnce) {
    CurveDigests sums;
    for (const SqlRow& row : sql.run("SELECT part, trial, step, metric, value FROM observation "
                                     "WHERE part = $1 AND trial >= $2 AND trial < $3",
                                     {part, first, first + kAtOnce})) {
      int64_t& sum = sums[whole(row[1])];
      sum = sum_of_digests(sum, observation_digest(row));
    }
    std::vector<SqlRow> digests;
    for (const auto& [trial, sum] : sums) digests.push_back({part, trial, sum});
    sql.run_each("UPDATE trial SET curve_digest = $3 WHERE part = $1 AND number = $2", digests);
  }
}

void write_snapshot_digests(Sql& sql, int64_t part) {
  for (const SqlRow& trial : sql.run("SELECT trial FROM snapshot WHERE part = $1", {part})) {
    const auto rows = sql.run("SELECT step, state FROM snapshot WHERE part = $1 AND trial = $2",
                              {part, trial[0]});
    sql.run("UPDATE trial SET snapshot_digest = $3 WHERE part = $1 AND number = $2",
            {part, trial[0], snapshot_digest(whole(rows[0][0]), bytes(rows[0][1]))});
  }
}

// Of the rows of one kind: each one's, and their sum in the study's row.
void write_member_digests(Sql& sql, int64_t part) {
  int64_t metrics = 0;
  for (const SqlRow& row : sql.run("SELECT part, id, name FROM metric WHERE part = $1", {part})) {
    metrics = sum_of_digests(metrics, digest_of(Digested::metric, row));
  }
  int64_t workers = 0;
  std::vector<SqlRow> of_workers;
  for (const SqlRow& row :
       sql.run("SELECT id, part, name, lease_seconds FROM worker WHERE part = $1", {part})) {
    of_workers.push_back({row[0], digest_of(Digested::worker, row)});
    workers = sum_of_digests(workers, whole(of_workers.back()[1]));
  }
  sql.run_each("UPDATE worker SET digest = $2 WHERE id = $1", of_workers);
  int64_t runs = 0;
  std::vector<SqlRow> of_runs;
  for (const SqlRow& row :
       sql.run("SELECT id, wall_seconds, busy_lane_seconds, lane_seconds FROM run WHERE part = $1",
               {part})) {
    of_runs.push_back({row[0], digest_of(Digested::run, row)});
    runs = sum_of_digests(runs, member_digest(Digested::run, whole(row[0])));
  }
  sql.run_each("UPDATE run SET digest = $2 WHERE id = $1", of_runs);
  sql.run("UPDATE study SET metric_digest = $2, worker_digest = $3, run_digest = $4 WHERE id = $1",
          {part, metrics, workers, runs});
}

// Gives the studies' ids.
std::vector<int64_t> write_study_digests(Sql& sql) {
  std::vector<SqlRow> digests;
  std::map<std::string, int64_t> parts;
  std::vector<int64_t> ids;
  for (const SqlRow& row :
       sql.run(fmt::format("SELECT {} FROM study ORDER BY id", kDigestedStudyColumns))) {
    ids.push_back(whole(row[0]));
    digests.push_back({row[0], digest_of(Digested::study, row)});
    int64_t& sum = parts[std::string(any_text(row[1]))];
    sum = sum_of_digests(sum, member_digest(Digested::part, whole(row[0])));
  }
  sql.run_each("UPDATE study SET digest = $2 WHERE id = $1", digests);
  for (const auto& [name, sum] : parts) {
    sql.run("UPDATE study SET part_digest = $2 WHERE name = $1", {name, sum});
  }
  return ids;
}

}  // namespace

const char* const kDigestedColumns =
    "t.number, t.config, t.seed, t.outcome, t.steps, t.compute_seconds, t.given_up_at, t.note, "
    "t.reproducible, l.origin, l.step, NULL, t.scale, t.priority";

const char* const kDigestedStudyColumns =
    "id, name, part, identity, settings, program_version, arithmetic, data_checksum, weights, "
    "operations_per_step, early_stop, networks";

int64_t taken(CurveDigests& digests, int64_t trial) {
  const auto node = digests.extract(trial);
  return node.empty() ? 0 : node.mapped();
}

int64_t observation_digest(const SqlRow& row) {
  std::optional<double> value;
  if (!is_null(row[4])) value = number(row[4]);
  return observation_digest(whole(row[0]), whole(row[1]), whole(row[2]), whole(row[3]), value);
}

int64_t member_digest(Digested kind, int64_t id) {
  return digest_of(kind, {id});
}

TrialColumns trial_columns(int64_t part, const SqlRow& row) {
  TrialColumns columns = {.part = part,
                          .number = whole(row[0]),
                          .config = any_text(row[1]),
                          .seed = whole(row[2]),
                          .scale = number(row[12]),
                          .priority = whole(row[13])};
  if (!is_null(row[9])) {
    columns.origin = {static_cast<size_t>(whole(row[9])), static_cast<uint64_t>(whole(row[10]))};
  }
  return columns;
}

OutcomeColumns outcome_columns(int64_t part, const SqlRow& row) {
  OutcomeColumns columns = {.part = part,
                            .number = whole(row[0]),
                            .outcome = any_text(row[3]),
                            .steps = whole(row[4]),
                            .compute_seconds = number(row[5]),
                            .note = any_text(row[7]),
                            .reproducible = whole(row[8]) != 0};
  if (!is_null(row[6])) columns.given_up_at = whole(row[6]);
  return columns;
}

void write_digests(Sql& sql) {
  for (const int64_t part : write_study_digests(sql)) {
    write_trial_digests(sql, part);
    write_curve_digests(sql, part);
    write_snapshot_digests(sql, part);
    write_member_digests(sql, part);
  }
  sql.run("UPDATE study SET state_digest = " + study_state("cancelled", "ender"));
  sql.run("UPDATE worker SET state_digest = " + worker_state("seen_at", "has_left"));
  sql.run("UPDATE trial SET state_digest = " + trial_state({}));
}

}  // namespace sweetspot::store
