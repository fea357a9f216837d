// What a run writes of its trials, and goes on from.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <set>
#include <tuple>
#include <utility>

#include "store/digest.hpp"
#include "store/row_digests.hpp"
#include "store/snapshot_box.hpp"
#include "store/sql_store.hpp"
#include "store/stored_rows.hpp"
#include "sweetspot/error.hpp"

namespace sweetspot::store {
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
