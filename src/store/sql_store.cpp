#include "store/sql_store.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <set>
#include <tuple>
#include <utility>

#include "base/identity.hpp"
#include "store/digest.hpp"
#include "store/json_columns.hpp"
#include "store/row_digests.hpp"
#include "store/schema.hpp"
#include "store/snapshot_box.hpp"
#include "store/stored_rows.hpp"
#include "sweetspot/error.hpp"

namespace sweetspot::store {
namespace {

SqlValue as_whole(uint64_t value) {
  return static_cast<int64_t>(value);
}

}  // namespace

SqlStore::SqlStore(std::unique_ptr<Sql> sql, int layout, std::unique_ptr<FileLock> lock,
                   std::string shown, std::string name, std::string part, Damaged damaged)
    : sql_(std::move(sql)),
      has_digests_(layout >= kFirstWithDigests),
      lock_(std::move(lock)),
      shown_(std::move(shown)),
      name_(std::move(name)),
      part_(std::move(part)),
      skips_damaged_(damaged == Damaged::skipped) {
  find_part();
}

void SqlStore::refuse(const std::string& what) const {
  throw Error(ErrorKind::study, fmt::format("{}: {}", shown_, what));
}

void SqlStore::find_part() {
  const auto rows = sql_->run("SELECT id FROM study WHERE name = $1 AND part = $2", {name_, part_});
  part_id_ = rows.empty() ? 0 : whole(rows[0][0]);
}

void SqlStore::atomically(const std::function<void()>& work) {
  transact([&] {
    sql_->lock(name_);
    work();
  });
}

void SqlStore::write_record(const StudyRecord& record, const std::vector<std::string>& metrics) {
  transact([&] {
    sql_->lock(name_);  // Two parts begun at the same time have one identity.
    std::string of_study = identity();
    if (of_study.empty()) of_study = record.identity.empty() ? drawn_identity() : record.identity;
    find_part();
    const bool is_new = part_id_ == 0;
    // What stays of a damaged row must not get a digest that fits.
    if (!is_new) study_row();
    const auto rows = sql_->run(
        "INSERT INTO study(settings, program_version, arithmetic, data_checksum, weights, "
        "operations_per_step, early_stop, networks, name, part, identity, state_digest) "
        "VALUES($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, " +
            study_state("0", "NULL") +
            ") ON CONFLICT(name, part) DO UPDATE SET settings = excluded.settings, "
            "networks = excluded.networks RETURNING id",
        {study::to_json(record.settings), record.program_version, record.arithmetic,
         record.data_checksum, as_whole(record.weights), record.operations_per_step,
         record.early_stop, networks_json(record.networks), name_, part_, of_study});
    part_id_ = whole(rows[0][0]);
    write_study_digest();
    if (is_new) add_to_parts();
    const size_t known = metrics_here().size();
    if (metrics.size() > known) {
      insert_metrics({metrics.begin() + static_cast<std::ptrdiff_t>(known), metrics.end()}, known);
    }
  });
}

void SqlStore::write_study_digest() {
  const auto rows = sql_->run(
      fmt::format("SELECT {} FROM study WHERE id = $1", kDigestedStudyColumns), {part_id_});
  sql_->run("UPDATE study SET digest = $2 WHERE id = $1",
            {part_id_, digest_of(Digested::study, rows[0])});
}

// Each part's row has the sum of all of the study's.
void SqlStore::add_to_parts() {
  const auto others =
      sql_->run("SELECT part_digest FROM study WHERE name = $1 AND id <> $2 ORDER BY id LIMIT 1",
                {name_, part_id_});
  const int64_t before = others.empty() ? 0 : whole(others[0][0]);
  sql_->run("UPDATE study SET part_digest = $2 WHERE name = $1",
            {name_, sum_of_digests(before, member_digest(Digested::part, part_id_))});
}

std::vector<std::string> SqlStore::register_metrics(const std::vector<std::string>& metrics) {
  return transact([&] {
    sql_->lock(name_);
    std::vector<std::string> all = metrics_here();
    std::vector<std::string> added;
    for (const std::string& metric : metrics) {
      if (std::find(all.begin(), all.end(), metric) != all.end()) continue;
      all.push_back(metric);
      added.push_back(metric);
    }
    insert_metrics(added, all.size() - added.size());
    return all;
  });
}

void SqlStore::insert_metrics(const std::vector<std::string>& metrics, size_t first) {
  if (metrics.empty()) return;
  std::vector<SqlRow> rows;
  int64_t sum = 0;
  for (const std::string& metric : metrics) {
    rows.push_back({part_id_, as_whole(first + rows.size()), metric});
    sum = sum_of_digests(sum, digest_of(Digested::metric, rows.back()));
  }
  sql_->run_each("INSERT INTO metric(part, id, name) VALUES($1, $2, $3)", rows);
  add_to_study("metric_digest", sum);
}

// To one of the sums that the study's row has of its other rows.
void SqlStore::add_to_study(const std::string& column, int64_t digest) {
  sql_->run(fmt::format("UPDATE study SET {} = {} WHERE id = $1", column,
                        sum_in_sql(column, "CAST($2 AS BIGINT)")),
            {part_id_, digest});
}

void SqlStore::insert_trials(const std::vector<study::Trial>& trials, bool waiting) {
  if (trials.empty()) return;
  std::vector<SqlRow> rows;
  int64_t sum = 0;
  for (const study::Trial& trial : trials) {
    const auto scale = trial.config.find("scale");
    const double* of_network =
        scale == trial.config.end() ? nullptr : std::get_if<double>(&scale->second);
    const std::string config = config_json(trial.config);
    const TrialColumns columns = {.part = part_id_,
                                  .number = trial.number,
                                  .config = config,
                                  .seed = static_cast<int64_t>(trial.seed),
                                  .scale = of_network == nullptr ? 1.0 : *of_network,
                                  .priority = trial.priority,
                                  .origin = trial.origin};
    const int64_t digest = digest_of(columns);
    rows.push_back({part_id_, columns.number, config, columns.seed, columns.scale, columns.priority,
                    int64_t{waiting ? 1 : 0}, digest,
                    digest_of(OutcomeColumns{.part = part_id_, .number = trial.number})});
    sum = sum_of_digests(sum, digest);
  }
  sql_->run_each(
      "INSERT INTO trial(part, number, config, seed, scale, priority, waiting, digest, "
      "outcome_digest, state_digest) VALUES($1, $2, $3, $4, $5, $6, $7, $8, $9, " +
          trial_state({.waiting = "CAST($7 AS BIGINT)",
                       .holder = "NULL",
                       .until = "0",
                       .is_last = "0",
                       .steps = "0"}) +
          ")",
      rows);
  for (const study::Trial& trial : trials) insert_lineage(trial);
  sql_->run("UPDATE study SET trial_count = trial_count + $2, trial_digest = " +
                sum_in_sql("trial_digest", "CAST($3 AS BIGINT)") + " WHERE id = $1",
            {part_id_, as_whole(trials.size()), sum});
}

void SqlStore::insert_lineage(const study::Trial& trial) {
  if (!trial.origin.has_value()) return;
  sql_->run(
      "INSERT INTO lineage(part, trial, origin, step) VALUES($1, $2, $3, $4) "
      "ON CONFLICT DO NOTHING",
      {part_id_, int64_t{trial.number}, as_whole(trial.origin->trial),
       as_whole(trial.origin->step)});
}

void SqlStore::add_trials(const std::vector<study::Trial>& trials) {
  if (trials.empty()) return;
  transact([&] {
    insert_trials(trials, /*waiting=*/true);
    reopen();
  });
}

void SqlStore::reset_trials(const std::vector<int>& numbers) {
  if (numbers.empty()) return;
  transact([&] {
    reopen();
    const SqlRow which = {part_id_, sql_->list({numbers.begin(), numbers.end()})};
    const std::string among = sql_->is_among("trial", "$2");
    std::vector<SqlRow> rows;
    for (const int number : numbers) {
      rows.push_back({part_id_, int64_t{number},
                      digest_of(OutcomeColumns{.part = part_id_, .number = number})});
    }
    sql_->run_each(
        "UPDATE trial SET outcome = NULL, steps = 0, compute_seconds = 0, "
        "given_up_at = NULL, note = '', reproducible = 1, waiting = 1, holder = NULL, "
        "outcome_digest = $3, curve_digest = 0, snapshot_digest = 0, state_digest = " +
            changed_trial_state({.waiting = "1", .holder = "NULL", .steps = "0"}) +
            " WHERE part = $1 AND number = $2",
        rows);
    sql_->run("DELETE FROM observation WHERE part = $1 AND " + among, which);
    sql_->run("DELETE FROM snapshot WHERE part = $1 AND " + among, which);
  });
}

// A study that was cancelled, and that is asked for more.
void SqlStore::reopen() {
  sql_->run("UPDATE study SET cancelled = 0, state_digest = " + changed_study_state("0", "ender") +
                " WHERE id = $1",
            {part_id_});
}

std::vector<int> SqlStore::write(const Batch& batch) {
  // What a transaction that fails has inserted is not there.
  int64_t run = 0;
  std::vector<int> lost;
  transact([&] {
    Batch mine = batch;
    lost.clear();
    // First, for it changes the study's row, which publish() locks before it touches trials.
    run = run_id_ == 0 ? insert_run() : run_id_;
    if (is_fenced_) lost = drop_what_is_not_held(mine);
    insert_trials(mine.added, /*waiting=*/false);
    CurveDigests curves = insert_observations(mine.observations);
    write_snapshots(mine.snapshots);
    write_pauses(mine.paused, curves);
    write_ends(mine.ended, curves);
    write_curve_digests(curves);
    write_cost(mine.cost, run);
  });
  run_id_ = run;
  return lost;
}

// Of the rows that others take the place of, as what is to be added to their trials' digests. What
// a trial reports goes on where it stood, so that there hardly ever are any.
CurveDigests SqlStore::replaced_digests(const std::vector<SqlRow>& observations) {
  std::map<int64_t, std::set<std::pair<int64_t, int64_t>>> written;
  for (const SqlRow& row : observations) {
    written[whole(row[1])].emplace(whole(row[2]), whole(row[3]));
  }
  std::vector<int64_t> trials;
  for (const auto& [trial, places] : written) trials.push_back(trial);
  CurveDigests digests;
  for (const SqlRow& last : sql_->run(
           "SELECT t.number, (SELECT max(o.step) FROM observation o WHERE o.part = t.part AND "
           "o.trial = t.number) FROM trial t WHERE t.part = $1 AND " +
               sql_->is_among("t.number", "$2"),
           {part_id_, sql_->list(trials)})) {
    const auto& places = written.at(whole(last[0]));
    if (is_null(last[1]) || whole(last[1]) < places.begin()->first) continue;
    for (const SqlRow& row : sql_->run(
             "SELECT part, trial, step, metric, value FROM observation WHERE part = $1 AND trial "
             "= $2 AND step >= $3",
             {part_id_, last[0], places.begin()->first})) {
      if (!places.contains({whole(row[2]), whole(row[3])})) continue;
      int64_t& digest = digests[whole(row[1])];
      digest = difference_of_digests(digest, observation_digest(row));
    }
  }
  return digests;
}

void SqlStore::write_curve_digests(const CurveDigests& digests) {
  std::vector<SqlRow> rows;
  for (const auto& [trial, digest] : digests) rows.push_back({part_id_, trial, digest});
  sql_->run_each(
      "UPDATE trial SET curve_digest = " + sum_in_sql("curve_digest", "CAST($3 AS BIGINT)") +
          " WHERE part = $1 AND number = $2",
      rows);
}

CurveDigests SqlStore::insert_observations(const std::vector<Observation>& observations) {
  if (observations.empty()) return {};
  // Of two that are about the same the later one counts.
  std::map<std::tuple<int, uint64_t, size_t>, SqlValue> values;
  for (const Observation& observation : observations) {
    const std::vector<std::optional<double>>& point = observation.point.values;
    const auto place = [&](size_t metric) {
      return std::tuple(observation.trial, observation.point.step, metric);
    };
    bool has_number = false;
    for (size_t metric = 0; metric < point.size(); ++metric) {
      if (!point[metric].has_value() || !std::isfinite(*point[metric])) continue;
      values[place(metric)] = *point[metric];
      has_number = true;
    }
    // A row for each metric that has no number there would make of many metrics, each at steps of
    // its own, as many rows as the product of both. One says that the step was there.
    if (!has_number && !point.empty()) values.emplace(place(point.size() - 1), SqlValue());
  }
  std::vector<SqlRow> rows;
  for (auto& [place, value] : values) {
    const auto& [trial, step, metric] = place;
    rows.push_back({part_id_, int64_t{trial}, as_whole(step), as_whole(metric), std::move(value)});
  }
  CurveDigests digests = replaced_digests(rows);
  for (const SqlRow& row : rows) {
    int64_t& digest = digests[whole(row[1])];
    digest = sum_of_digests(digest, observation_digest(row));
  }
  sql_->run_each(
      "INSERT INTO observation(part, trial, step, metric, value) VALUES($1, $2, $3, $4, $5) "
      "ON CONFLICT(part, trial, step, metric) DO UPDATE SET value = excluded.value",
      rows);
  return digests;
}

void SqlStore::write_snapshots(const std::vector<Batch::Snapshot>& snapshots) {
  for (const Batch::Snapshot& snapshot : snapshots) {
    const Bytes state = packed(snapshot.bytes);
    const int64_t step = static_cast<int64_t>(snapshot.step);
    sql_->run(
        "INSERT INTO snapshot(part, trial, step, state) VALUES($1, $2, $3, $4) "
        "ON CONFLICT(part, trial) DO UPDATE SET step = excluded.step, state = excluded.state",
        {part_id_, int64_t{snapshot.trial}, step, state});
    sql_->run("UPDATE trial SET snapshot_digest = $3 WHERE part = $1 AND number = $2",
              {part_id_, int64_t{snapshot.trial}, snapshot_digest(step, state)});
  }
}

void SqlStore::write_pauses(const std::vector<Batch::Pause>& pauses, CurveDigests& curves) {
  std::vector<SqlRow> rows;
  for (const Batch::Pause& pause : pauses) {
    const OutcomeColumns stands = {.part = part_id_,
                                   .number = pause.trial,
                                   .steps = static_cast<int64_t>(pause.step),
                                   .compute_seconds = pause.compute_seconds};
    rows.push_back({part_id_, stands.number, stands.steps, stands.compute_seconds,
                    digest_of(stands), taken(curves, pause.trial)});
  }
  sql_->run_each(
      "UPDATE trial SET waiting = 0, holder = NULL, steps = $3, compute_seconds = $4, "
      "outcome_digest = $5, curve_digest = " +
          sum_in_sql("curve_digest", "CAST($6 AS BIGINT)") + ", state_digest = " +
          changed_trial_state({.waiting = "0", .holder = "NULL", .steps = "CAST($3 AS BIGINT)"}) +
          " WHERE part = $1 AND number = $2",
      rows);
}

void SqlStore::write_ends(const std::vector<study::Trial>& trials, CurveDigests& curves) {
  std::vector<SqlRow> rows;
  std::vector<SqlRow> gone;
  for (const study::Trial& trial : trials) {
    const SqlValue given_up =
        trial.given_up_at.has_value() ? as_whole(*trial.given_up_at) : SqlValue();
    const std::string note = without_nul(trial.note);
    const OutcomeColumns end = {.part = part_id_,
                                .number = trial.number,
                                .outcome = study::name_of(*trial.outcome),
                                .steps = static_cast<int64_t>(trial.steps),
                                .compute_seconds = trial.compute_seconds,
                                .given_up_at = trial.given_up_at,
                                .note = note,
                                .reproducible = trial.reproducible};
    rows.push_back({part_id_, end.number, std::string(end.outcome), end.steps, end.compute_seconds,
                    given_up, note, int64_t{end.reproducible ? 1 : 0}, digest_of(end),
                    taken(curves, trial.number)});
    gone.push_back({part_id_, int64_t{trial.number}});
  }
  sql_->run_each(
      "UPDATE trial SET outcome = $3, steps = $4, compute_seconds = $5, "
      "given_up_at = $6, note = $7, reproducible = $8, waiting = 0, outcome_digest = "
      "$9, snapshot_digest = 0, curve_digest = " +
          sum_in_sql("curve_digest", "CAST($10 AS BIGINT)") + ", state_digest = " +
          changed_trial_state({.waiting = "0", .steps = "CAST($4 AS BIGINT)"}) +
          " WHERE part = $1 AND number = $2",
      rows);
  sql_->run_each("DELETE FROM snapshot WHERE part = $1 AND trial = $2", gone);
}

int64_t SqlStore::insert_run() {
  const int64_t run =
      whole(sql_->run("INSERT INTO run(part, wall_seconds, busy_lane_seconds, "
                      "lane_seconds) VALUES($1, 0, 0, 0) RETURNING id",
                      {part_id_})[0][0]);
  add_to_study("run_digest", member_digest(Digested::run, run));
  return run;
}

void SqlStore::write_cost(const Cost& cost, int64_t run) {
  const SqlRow row = {run, cost.wall_seconds, cost.busy_lane_seconds, cost.lane_seconds};
  const int64_t digest = digest_of(Digested::run, row);
  sql_->run(
      "UPDATE run SET wall_seconds = $2, busy_lane_seconds = $3, lane_seconds = $4, digest = $5 "
      "WHERE id = $1",
      {run, cost.wall_seconds, cost.busy_lane_seconds, cost.lane_seconds, digest});
}

std::optional<std::vector<uint8_t>> SqlStore::rewind(int trial) {
  auto snapshots = transact([&] { return rewind_all({trial}); });
  if (snapshots.empty()) return std::nullopt;
  return std::move(snapshots.begin()->second);
}

std::map<int, std::vector<uint8_t>> SqlStore::rewind_all(const std::vector<int64_t>& trials) {
  std::map<int, std::vector<uint8_t>> snapshots;
  std::set<int64_t> to_the_start;
  for (const SqlRow& row : snapshot_rows(trials)) {
    const int64_t trial = whole(row[0]);
    if (auto snapshot = snapshot_of(row)) {
      snapshots[static_cast<int>(trial)] = std::move(*snapshot);
    } else if (whole(row[4]) != 0) {
      to_the_start.insert(trial);
    }
  }
  const auto dropped = sql_->run(
      "DELETE FROM observation WHERE part = $1 AND " + sql_->is_among("trial", "$2") +
          " AND step > coalesce((SELECT s.step FROM snapshot s WHERE s.part = "
          "observation.part AND s.trial = observation.trial), 0) RETURNING part, trial, step, "
          "metric, value",
      {part_id_, sql_->list(trials)});
  CurveDigests digests;
  for (const SqlRow& row : dropped) {
    if (to_the_start.contains(whole(row[1]))) continue;
    int64_t& digest = digests[whole(row[1])];
    digest = difference_of_digests(digest, observation_digest(row));
  }
  write_curve_digests(digests);
  // Of a curve that is dropped as a whole no damage is left.
  if (!to_the_start.empty()) {
    sql_->run(
        "UPDATE trial SET curve_digest = 0 WHERE part = $1 AND " + sql_->is_among("number", "$2"),
        {part_id_, sql_->list({to_the_start.begin(), to_the_start.end()})});
  }
  return snapshots;
}

}  // namespace sweetspot::store
