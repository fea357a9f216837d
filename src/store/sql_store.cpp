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

}  // namespace sweetspot::store
