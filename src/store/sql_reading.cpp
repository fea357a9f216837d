// What is read of a part: each row is checked against its digest before it is used.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>
#include <utility>

#include "store/damage.hpp"
#include "store/digest.hpp"
#include "store/row_digests.hpp"
#include "store/snapshot_box.hpp"
#include "store/sql_store.hpp"
#include "store/stored_rows.hpp"
#include "sweetspot/error.hpp"

namespace sweetspot::store {

void SqlStore::damaged(const std::string& what) const {
  throw Damage(shown_, part_, std::nullopt, what);
}

void SqlStore::damaged_trial(int64_t number, const std::string& what) {
  if (!skips_damaged_) throw Damage(shown_, part_, number, what);
  damaged_.emplace(static_cast<int>(number), what);
}

std::vector<int> SqlStore::damaged() const {
  std::vector<int> numbers;
  for (const auto& [number, why] : damaged_) numbers.push_back(number);
  return numbers;
}

void SqlStore::require_state(const SqlValue& is_right, const std::string& what) const {
  if (is_null(is_right)) damaged(what + " is not what was written");
}

std::vector<SqlRow> SqlStore::study_row() {
  const std::string digests =
      has_digests_
          ? "digest, CASE WHEN state_digest = " + study_state("cancelled", "ender") + " THEN 1 END"
          : "0, 1";
  std::string columns = kDigestedStudyColumns;
  if (!has_digests_) columns.replace(columns.find("identity"), 8, "''");
  auto rows = sql_->run(
      fmt::format("SELECT {}, {} FROM study WHERE name = $1 AND part = $2", columns, digests),
      {name_, part_});
  if (rows.empty()) return rows;
  SqlRow& row = rows[0];
  require_state(row[13], "how it stands");
  const int64_t digest = whole(row[12]);
  row.resize(12);
  if (has_digests_ && digest_of(Digested::study, row) != digest)
    damaged("its settings are not what was written");
  return rows;
}

std::optional<StudyRecord> SqlStore::record() {
  const auto rows = study_row();
  if (rows.empty()) return std::nullopt;
  const SqlRow& row = rows[0];
  StudyRecord record = named([&] { return record_of({row.begin() + 4, row.end()}); });
  record.identity = text(row[3]);
  return record;
}

std::string SqlStore::identity() {
  if (!has_digests_) return "";
  const auto rows =
      sql_->run("SELECT identity FROM study WHERE name = $1 ORDER BY id LIMIT 1", {name_});
  return rows.empty() ? "" : text(rows[0][0]);
}

std::vector<std::string> SqlStore::parts() {
  const auto rows =
      sql_->run(fmt::format("SELECT id, part, {} FROM study WHERE name = $1 ORDER BY id",
                            has_digests_ ? "part_digest" : "0"),
                {name_});
  std::vector<std::string> parts;
  int64_t sum = 0;
  named([&] {
    for (const SqlRow& row : rows) {
      parts.push_back(part_of(row[1]));
      sum = sum_of_digests(sum, member_digest(Digested::part, whole(row[0])));
    }
  });
  for (const SqlRow& row : rows) {
    if (has_digests_ && whole(row[2]) != sum) {
      refuse("damaged: its parts are not those that were written");
    }
  }
  return parts;
}

std::vector<std::string> SqlStore::metrics_here() {
  const auto rows = sql_->run(
      fmt::format("SELECT m.part, m.id, m.name, {} FROM study s LEFT JOIN metric m ON m.part = "
                  "s.id WHERE s.id = $1 ORDER BY m.id",
                  has_digests_ ? "s.metric_digest" : "0"),
      {part_id_});
  std::vector<SqlRow> names;
  int64_t sum = 0;
  for (const SqlRow& row : rows) {
    if (is_null(row[0])) continue;
    sum = sum_of_digests(sum, digest_of(Digested::metric, {row[0], row[1], row[2]}));
    names.push_back({row[1], row[2]});
  }
  if (has_digests_ && !rows.empty() && whole(rows[0][3]) != sum)
    damaged("its metrics are not what was written");
  return named([&] { return metrics_of(names); });
}

const std::string& SqlStore::worker_name(int64_t id) {
  if (const auto found = worker_names_.find(id); found != worker_names_.end()) return found->second;
  for (const SqlRow& row :
       sql_->run(fmt::format("SELECT id, part, name, lease_seconds, {} FROM worker WHERE part = $1",
                             has_digests_ ? "digest" : "0"),
                 {part_id_})) {
    const bool is_right = !has_digests_ || digest_of(Digested::worker, {row[0], row[1], row[2],
                                                                        row[3]}) == whole(row[4]);
    if (!is_right && !skips_damaged_)
      damaged(fmt::format("worker {} is not what was written", whole(row[0])));
    worker_names_[whole(row[0])] = is_right ? foreign_text(row[2]) : "";
  }
  const auto found = worker_names_.find(id);
  if (found != worker_names_.end()) return found->second;
  if (!skips_damaged_) damaged(fmt::format("worker {} is missing", id));
  return worker_names_[id];
}

std::string SqlStore::selected_trial() const {
  const std::string digests =
      has_digests_ ? "t.digest, t.outcome_digest, CASE WHEN t.state_digest = " + trial_state({}) +
                         " THEN 1 END"
                   : "0, 0, 1";
  return fmt::format("SELECT {}, CASE WHEN t.outcome IS NOT NULL THEN t.holder END, {}",
                     kDigestedColumns, digests);
}

study::Trial SqlStore::trial_of_row(const SqlRow& row) {
  if (has_digests_) {
    const bool is_right = digest_of(trial_columns(part_id_, row)) == whole(row[15]) &&
                          digest_of(outcome_columns(part_id_, row)) == whole(row[16]) &&
                          !is_null(row[17]);
    if (!is_right) throw Damage(shown_, part_, whole(row[0]), "its row is not what was written");
  }
  study::Trial trial = trial_of(row);
  if (!is_null(row[14])) trial.worker = worker_name(whole(row[14]));
  return trial;
}

std::vector<study::Trial> SqlStore::trials_of_rows(const std::vector<SqlRow>& rows) {
  std::vector<study::Trial> trials;
  trials.reserve(rows.size());
  for (const SqlRow& row : rows) {
    if (!has_digests_) {
      named([&] { trials.push_back(trial_of_row(row)); });
      continue;
    }
    try {
      trials.push_back(trial_of_row(row));
    } catch (const Damage& damage) {
      if (!damage.trial().has_value()) throw;
      damaged_trial(*damage.trial(), damage.what_is_wrong());
    } catch (const Error& error) {
      const int64_t* number = std::get_if<int64_t>(&row[0]);
      if (number == nullptr) damaged("the number of one of its trials is not what was written");
      damaged_trial(*number, error.what());
    }
  }
  return trials;
}

std::vector<study::Trial> SqlStore::trials_where(const std::string& condition,
                                                 const SqlRow& parameters) {
  return trials_of_rows(sql_->run(
      selected_trial() +
          " FROM trial t LEFT JOIN lineage l ON l.part = t.part AND l.trial = t.number WHERE "
          "t.part = $1" +
          condition + " ORDER BY t.number",
      parameters));
}

std::vector<study::Trial> SqlStore::trials() {
  std::vector<study::Trial> trials = trials_here();
  named([&] { require_whole(trials, damaged()); });
  return trials;
}

std::vector<study::Trial> SqlStore::trials_here() {
  if (!has_digests_) return trials_where("", {part_id_});
  if (!skips_damaged_) return all_trials();
  try {
    return all_trials();
  } catch (const Error&) {
    return trials_one_by_one();
  }
}

// With the study's row, for what the set of all is.
std::vector<study::Trial> SqlStore::all_trials() {
  auto rows = sql_->run(selected_trial() +
                            ", s.trial_count, s.trial_digest FROM study s LEFT JOIN trial t ON "
                            "t.part = s.id LEFT JOIN lineage l ON l.part = t.part AND l.trial = "
                            "t.number WHERE s.id = $1 ORDER BY t.number",
                        {part_id_});
  if (rows.empty()) return {};
  require_all_there(rows);
  const bool has_none = rows.size() == 1 && is_null(rows[0][0]) && is_null(rows[0][1]);
  if (has_none) return {};
  return trials_of_rows(rows);
}

void SqlStore::require_all_there(const std::vector<SqlRow>& rows) {
  const int64_t count = whole(rows[0][18]);
  int64_t sum = 0;
  int64_t there = 0;
  std::set<int64_t> numbers;
  for (const SqlRow& row : rows) {
    if (is_null(row[0]) && is_null(row[1])) continue;
    ++there;
    sum = sum_of_digests(sum, whole(row[15]));
  }
  if (there == count && sum == whole(rows[0][19])) return;
  for (const SqlRow& row : rows) {
    const int64_t* number = std::get_if<int64_t>(&row[0]);
    if (number != nullptr && !numbers.insert(*number).second) {
      damaged(fmt::format("it has two trials {}", *number));
    }
  }
  // Those of a study count from 0; of what a worker rescued any numbers are there.
  for (int64_t number = 0; number < count && there < count; ++number) {
    if (numbers.contains(number)) continue;
    damaged_trial(number, "its row is missing");
    if (++there == count) return;
  }
  // A trial whose own row is damaged says so itself.
  if (there == count) return;
  damaged("its trials are not those that were written");
}

// Where not even the database can read them all.
std::vector<study::Trial> SqlStore::trials_one_by_one() {
  const auto counted = sql_->run("SELECT trial_count FROM study WHERE id = $1", {part_id_});
  const int64_t count = counted.empty() ? 0 : whole(counted[0][0]);
  std::vector<study::Trial> trials;
  for (int64_t number = 0; number < count; ++number) {
    std::vector<study::Trial> one;
    try {
      one = trials_where(" AND t.number = $2", {part_id_, number});
    } catch (const Error& error) {
      damaged_trial(number, error.what());
      continue;
    }
    if (one.size() == 1) {
      trials.push_back(std::move(one.front()));
    } else {
      damaged_trial(number, "its row is missing");
    }
  }
  return trials;
}

std::vector<study::Trial> SqlStore::trials_among(const std::vector<int>& numbers) {
  return trials_where(" AND " + sql_->is_among("t.number", "$2"),
                      {part_id_, sql_->list({numbers.begin(), numbers.end()})});
}

std::vector<study::Trial> SqlStore::stopped_among(const std::vector<int>& numbers) {
  return trials_where(" AND t.waiting = 0 AND " + sql_->is_among("t.number", "$2"),
                      {part_id_, sql_->list({numbers.begin(), numbers.end()})});
}

study::Curve SqlStore::curve(int trial) {
  return curves_at_once({trial}).at(trial);
}

std::map<int, study::Curve> SqlStore::curves(const std::vector<int>& trials) {
  if (!skips_damaged_) return curves_at_once({trials.begin(), trials.end()});
  try {
    return curves_at_once({trials.begin(), trials.end()});
  } catch (const Error&) {
    metrics_here();  // Whose damage is no trial's.
  }
  std::map<int, study::Curve> curves;
  for (const int trial : trials) {
    try {
      curves.merge(curves_at_once({trial}));
    } catch (const Damage& damage) {
      damaged_trial(trial, damage.what_is_wrong());
    } catch (const Error& error) {
      damaged_trial(trial, error.what());
    }
  }
  return curves;
}

std::map<int, study::Curve> SqlStore::curves_at_once(const std::vector<int64_t>& trials) {
  std::map<int, study::Curve> curves;
  const std::vector<std::string> metrics = metrics_here();
  for (const int64_t trial : trials) curves[static_cast<int>(trial)].metrics = metrics;
  const auto rows = sql_->run(
      fmt::format("SELECT t.part, t.number, o.step, o.metric, o.value, {} FROM trial t LEFT JOIN "
                  "observation o ON o.part = t.part AND o.trial = t.number WHERE t.part = $1 AND "
                  "{} ORDER BY t.number, o.step, o.metric",
                  has_digests_ ? "t.curve_digest" : "0", sql_->is_among("t.number", "$2")),
      {part_id_, sql_->list(trials)});
  int64_t sum = 0;
  for (size_t i = 0; i < rows.size(); ++i) {
    const SqlRow& row = rows[i];
    const int64_t trial = whole(row[1]);
    const bool is_there = !is_null(row[2]);
    if (is_there) {
      if (has_digests_) sum = sum_of_digests(sum, observation_digest(row));
      named([&] { add_observation(row[2], row[3], row[4], curves.at(static_cast<int>(trial))); });
    }
    const bool is_last = i + 1 == rows.size() || whole(rows[i + 1][1]) != trial;
    if (!is_last) continue;
    if (has_digests_ && sum != whole(row[5])) {
      throw Damage(shown_, part_, trial, "its curve is not what was written");
    }
    sum = 0;
  }
  return curves;
}

Cost SqlStore::cost() {
  const auto rows = sql_->run(
      fmt::format("SELECT r.id, r.wall_seconds, r.busy_lane_seconds, r.lane_seconds, {} FROM study "
                  "s LEFT JOIN run r ON r.part = s.id WHERE s.id = $1 ORDER BY r.id",
                  has_digests_ ? "r.digest, s.run_digest" : "0, 0"),
      {part_id_});
  Cost cost;
  int64_t sum = 0;
  for (const SqlRow& row : rows) {
    if (is_null(row[0])) continue;
    sum = sum_of_digests(sum, member_digest(Digested::run, whole(row[0])));
    const bool is_right = !has_digests_ || digest_of(Digested::run, {row[0], row[1], row[2],
                                                                     row[3]}) == whole(row[4]);
    if (!is_right && skips_damaged_) continue;
    if (!is_right) damaged(fmt::format("what run {} took is not what was written", whole(row[0])));
    cost.wall_seconds += number(row[1]);
    cost.busy_lane_seconds += number(row[2]);
    cost.lane_seconds += number(row[3]);
  }
  if (has_digests_ && !rows.empty() && sum != whole(rows[0][5]) && !skips_damaged_) {
    damaged("its runs are not those that were written");
  }
  return cost;
}

std::vector<SqlRow> SqlStore::snapshot_rows(const std::vector<int64_t>& trials) {
  return sql_->run(
      fmt::format(
          "SELECT t.number, s.step, s.state, {} FROM trial t LEFT JOIN snapshot s ON s.part "
          "= t.part AND s.trial = t.number WHERE t.part = $1 AND {} ORDER BY t.number",
          has_digests_ ? "t.snapshot_digest, t.curve_digest" : "0, 0",
          sql_->is_among("t.number", "$2")),
      {part_id_, sql_->list(trials)});
}

std::optional<std::vector<uint8_t>> SqlStore::snapshot_of(const SqlRow& row) {
  const bool is_there = !is_null(row[2]);
  const int64_t digest = is_there ? snapshot_digest(whole(row[1]), bytes(row[2])) : 0;
  if (has_digests_ && digest != whole(row[3])) {
    throw Damage(shown_, part_, whole(row[0]), "its snapshot is not what was written");
  }
  if (!is_there) return std::nullopt;
  return named([&] { return unpacked(bytes(row[2])); });
}

std::optional<std::vector<uint8_t>> SqlStore::snapshot(int trial) {
  const auto rows = snapshot_rows({trial});
  if (rows.empty()) return std::nullopt;
  return snapshot_of(rows[0]);
}

}  // namespace sweetspot::store
