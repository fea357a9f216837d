// How a study of several workers stands, and its end before all trials have ended.
#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <set>
#include <utility>

#include "store/digest.hpp"
#include "store/row_digests.hpp"
#include "store/sql_store.hpp"

namespace sweetspot::store {
namespace {

// Who was seen further in the future than this was seen before the clock was set back.
constexpr double kClockSlack = 1;

constexpr const char* kOutcomes =
    "'reached', 'exhausted', 'diverged', 'hopeless', 'pruned', 'failed', 'cancelled'";

}  // namespace

void SqlStore::cancel() {
  if (part_id_ == 0) throw NoSuchStudy(fmt::format("{}: there is no such study", shown_));
  transact([&] {
    sql_->run("UPDATE study SET cancelled = 1, state_digest = " +
                  changed_study_state("1", "ender") + " WHERE id = $1",
              {part_id_});
    sql_->run(
        "DELETE FROM snapshot WHERE part = $1 AND trial IN (SELECT number FROM trial WHERE "
        "part = $1 AND outcome IS NULL)",
        {part_id_});
    end_open_trials(study::Outcome::cancelled, std::nullopt, "", {part_id_});
  });
}

// Of the trials that a condition names those that have not ended; their steps stay, and what was
// noted of them where there is nothing to note.
void SqlStore::end_open_trials(study::Outcome outcome, const std::optional<std::string>& note,
                               const std::string& condition, const SqlRow& parameters) {
  const auto open = sql_->run(
      "SELECT number, NULL, NULL, outcome, steps, compute_seconds, given_up_at, note, "
      "reproducible, outcome_digest FROM trial WHERE part = $1 AND outcome IS NULL" +
          condition + " ORDER BY number" + sql_->for_update(),
      parameters);
  const std::string_view name = study::name_of(outcome);
  std::vector<SqlRow> rows;
  for (const SqlRow& row : open) {
    OutcomeColumns end = outcome_columns(part_id_, row);
    // Where it was not that of the row, it will not be.
    const int64_t wrong = difference_of_digests(whole(row[9]), digest_of(end));
    const std::string noted = without_nul(note.value_or(std::string(end.note)));
    end.outcome = name;
    end.note = noted;
    rows.push_back(
        {part_id_, end.number, std::string(name), noted, sum_of_digests(digest_of(end), wrong)});
  }
  sql_->run_each(
      "UPDATE trial SET outcome = $3, note = $4, waiting = 0, holder = NULL, "
      "snapshot_digest = 0, outcome_digest = $5, state_digest = " +
          changed_trial_state({.waiting = "0", .holder = "NULL"}) +
          " WHERE part = $1 AND number = $2",
      rows);
}

bool SqlStore::is_cancelled() {
  const std::string is_right =
      has_digests_ ? "state_digest = " + study_state("cancelled", "ender") : "1 = 1";
  const auto rows = sql_->run(
      fmt::format("SELECT cancelled, CASE WHEN {} THEN 1 END FROM study WHERE id = $1", is_right),
      {part_id_});
  if (rows.empty()) return false;
  require_state(rows[0][1], "whether it was cancelled");
  return whole(rows[0][0]) != 0;
}

bool SqlStore::has_open_trials() {
  return !sql_->run("SELECT number FROM trial WHERE part = $1 AND waiting = 1 LIMIT 1", {part_id_})
              .empty();
}

Standing SqlStore::standing() {
  // What the counts stand on is checked by the database itself: all rows would have to come here.
  const std::string are_right =
      has_digests_ ? fmt::format(
                         "(SELECT trial_count FROM study WHERE id = $1) = count(*) AND count(*) = "
                         "count(CASE WHEN state_digest = {} AND (outcome IS NULL OR outcome IN "
                         "({})) THEN 1 END)",
                         trial_state({}), kOutcomes)
                   : "1 = 1";
  const auto rows = sql_->run(
      "SELECT count(*), count(outcome), count(CASE WHEN outcome = 'reached' THEN 1 END), "
      "count(CASE WHEN waiting = 1 AND holder IS NULL THEN 1 END), "
      "count(CASE WHEN waiting = 1 AND holder IS NOT NULL THEN 1 END), "
      "CAST(coalesce(sum(CASE WHEN outcome IS NOT NULL THEN steps END), 0) AS BIGINT), "
      "(SELECT count(*) FROM worker WHERE part = $1 AND has_left = 0), CASE WHEN " +
          are_right + " THEN 1 END FROM trial WHERE part = $1",
      {part_id_});
  const SqlRow& row = rows[0];
  require_state(row[7], "how its trials stand");
  return {.trials = static_cast<int>(whole(row[0])),
          .ended = static_cast<int>(whole(row[1])),
          .reached = static_cast<int>(whole(row[2])),
          .waiting = static_cast<int>(whole(row[3])),
          .training = static_cast<int>(whole(row[4])),
          .trial_steps = static_cast<uint64_t>(whole(row[5])),
          .workers = static_cast<int>(whole(row[6])),
          .is_cancelled = is_cancelled()};
}

std::vector<WorkerStanding> SqlStore::workers() {
  std::vector<WorkerStanding> workers;
  const std::string digests = has_digests_
                                  ? fmt::format(
                                        "w.digest, CASE WHEN w.state_digest = {} THEN 1 END, "
                                        "s.worker_digest",
                                        worker_state("w.seen_at", "w.has_left"))
                                  : "0, 1, 0";
  const auto rows = sql_->run(
      fmt::format(
          "SELECT w.id, w.part, w.name, w.lease_seconds, {0} - w.seen_at, "
          "CASE WHEN w.has_left = 0 AND w.seen_at + w.lease_seconds >= {0} AND w.seen_at <= {0} + "
          "{2} THEN 1 ELSE 0 END, "
          "t.training, t.ended, t.failed, {1} FROM study s LEFT JOIN worker w ON w.part = s.id "
          "LEFT JOIN (SELECT holder, count(CASE WHEN waiting = 1 THEN 1 END) AS training, "
          "count(outcome) AS ended, count(CASE WHEN outcome = 'failed' THEN 1 END) AS failed "
          "FROM trial WHERE part = $1 AND holder IS NOT NULL GROUP BY holder) t ON t.holder = w.id "
          "WHERE s.id = $1 ORDER BY w.id",
          sql_->now(), digests, kClockSlack),
      {part_id_});
  int64_t sum = 0;
  for (const SqlRow& row : rows) {
    if (is_null(row[0])) continue;
    const int64_t digest = digest_of(Digested::worker, {row[0], row[1], row[2], row[3]});
    sum = sum_of_digests(sum, digest);
    if (has_digests_ && digest != whole(row[9])) {
      damaged(fmt::format("worker {} is not what was written", whole(row[0])));
    }
    require_state(row[10], fmt::format("how worker {} stands", whole(row[0])));
    workers.push_back({.name = foreign_text(row[2]),
                       .seen_seconds_ago = std::max(number(row[4]), 0.0),
                       .is_alive = whole(row[5]) != 0,
                       .training = static_cast<int>(whole(row[6])),
                       .ended = static_cast<int>(whole(row[7])),
                       .failed = static_cast<int>(whole(row[8]))});
  }
  if (has_digests_ && !rows.empty() && sum != whole(rows[0][11]))
    damaged("its workers are not those that were written");
  return workers;
}

}  // namespace sweetspot::store
