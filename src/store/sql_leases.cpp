// What several workers need of a store: leases, what a search publishes, and how a study stands.
#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <set>
#include <utility>

#include "store/digest.hpp"
#include "store/row_digests.hpp"
#include "store/snapshot_box.hpp"
#include "store/sql_store.hpp"

namespace sweetspot::store {
namespace {

std::vector<int64_t> numbers_of(const std::vector<SqlRow>& rows) {
  std::vector<int64_t> numbers;
  for (const SqlRow& row : rows) numbers.push_back(whole(row[0]));
  return numbers;
}

std::vector<int> as_ints(const std::vector<int64_t>& numbers) {
  return {numbers.begin(), numbers.end()};
}

}  // namespace

void SqlStore::join(const WorkerInfo& worker) {
  is_fenced_ = true;
  lease_seconds_ = worker.lease_seconds;
  const int64_t before = worker_id_;
  transact([&] {
    // The study's row before those of trials, as everywhere.
    worker_id_ = insert_worker(worker);
    give_up_worker(before);
  });
}

int64_t SqlStore::insert_worker(const WorkerInfo& worker) {
  const int64_t id =
      whole(sql_->run("INSERT INTO worker(part, name, seen_at, lease_seconds, state_digest) "
                      "VALUES($1, $2, $3, $4, " +
                          worker_state("CAST($3 AS DOUBLE PRECISION)", "0") + ") RETURNING id",
                      {part_id_, worker.name, database_time(), worker.lease_seconds})[0][0]);
  const int64_t digest =
      digest_of(Digested::worker, {id, part_id_, worker.name, worker.lease_seconds});
  sql_->run("UPDATE worker SET digest = $2 WHERE id = $1", {id, digest});
  add_to_study("worker_digest", digest);
  return id;
}

double SqlStore::database_time() {
  return number(sql_->run("SELECT " + sql_->now())[0][0]);
}

void SqlStore::leave() {
  transact([&] { give_up_worker(worker_id_); });
}

void SqlStore::give_up_worker(int64_t worker) {
  if (worker == 0) return;
  sql_->run(
      "UPDATE trial SET holder = NULL, state_digest = " + changed_trial_state({.holder = "NULL"}) +
          " WHERE part = $1 AND waiting = 1 AND holder = $2",
      {part_id_, worker});
  sql_->run("UPDATE worker SET has_left = 1, state_digest = " +
                changed_worker_state("seen_at", "1") + " WHERE id = $1",
            {worker});
}

// A claim or a heartbeat that a crash of the server takes back is like one that came too late: what
// the worker writes then is refused, and it asks anew.
std::vector<Claim> SqlStore::claim(size_t most, std::optional<double> scale) {
  if (most == 0) return {};
  return transact([&] { return claim_within(most, scale); }, Durability::soon);
}

std::vector<Claim> SqlStore::claim_within(size_t most, std::optional<double> scale) {
  if (!lock_own_lease()) return {};
  const std::string free = "part = $1 AND waiting = 1 AND holder IS NULL";
  if (!scale.has_value()) {
    const auto first = sql_->run(
        "SELECT scale FROM trial WHERE " + free + " ORDER BY scale DESC, priority LIMIT 1",
        {part_id_});
    if (first.empty()) return {};
    scale = number(first[0][0]);
  }
  const auto waiting = sql_->run(
      fmt::format("SELECT number, CASE WHEN state_digest = {} THEN 1 END FROM trial WHERE "
                  "{} AND scale = $2 ORDER BY priority LIMIT $3{}",
                  trial_state({}), free, sql_->skipping_locked()),
      {part_id_, *scale, static_cast<int64_t>(most)});
  for (const SqlRow& row : waiting) {
    require_state(row[1], fmt::format("how trial {} stands", whole(row[0])));
  }
  const std::vector<int64_t> taken = numbers_of(waiting);
  if (taken.empty()) return {};
  auto rows = sql_->run("UPDATE trial SET holder = $3, state_digest = " +
                            changed_trial_state({.holder = "CAST($3 AS BIGINT)"}) +
                            " WHERE part = $1 AND " + sql_->is_among("number", "$2") +
                            " RETURNING priority, number, until, is_last",
                        {part_id_, sql_->list(taken), worker_id_});
  std::sort(rows.begin(), rows.end(),
            [](const SqlRow& a, const SqlRow& b) { return whole(a[0]) < whole(b[0]); });
  return claims_of(rows, taken);
}

// `rows`: priority, number, until, is_last. As many statements for one trial as for many.
std::vector<Claim> SqlStore::claims_of(const std::vector<SqlRow>& rows,
                                       const std::vector<int64_t>& numbers) {
  std::map<int, study::Trial> trials;
  for (study::Trial& trial : trials_among(as_ints(numbers))) {
    trials[trial.number] = std::move(trial);
  }
  auto snapshots = rewind_all(numbers);
  auto curves = curves_at_once(numbers);
  std::vector<Claim> claims;
  for (const SqlRow& row : rows) {
    const auto number = static_cast<int>(whole(row[1]));
    Claim& claim = claims.emplace_back();
    claim.segment.trial = std::move(trials.at(number));
    claim.segment.until = static_cast<uint64_t>(whole(row[2]));
    claim.segment.is_last = whole(row[3]) != 0;
    if (const auto found = snapshots.find(number); found != snapshots.end()) {
      claim.snapshot = std::move(found->second);
    }
    claim.curve = std::move(curves.at(number));
  }
  return claims;
}

std::vector<int> SqlStore::take(const std::vector<int>& numbers) {
  return transact([&]() -> std::vector<int> {
    if (!lock_own_lease()) return {};
    return as_ints(numbers_of(
        sql_->run("UPDATE trial SET holder = $2, state_digest = " +
                      changed_trial_state({.holder = "CAST($2 AS BIGINT)"}) +
                      " WHERE part = $1 AND waiting = 1 AND holder IS NULL AND " +
                      sql_->is_among("number", "$3") + " RETURNING number",
                  {part_id_, worker_id_, sql_->list({numbers.begin(), numbers.end()})})));
  });
}

// Where the clock was set back, a dead worker's lease would hold for as long as that: it begins
// anew, and who lives is seen again before it ends. The first condition is for the index; of leases
// of one length it finds none while the clock is right.
void SqlStore::end_leases_of_the_future(double now) {
  sql_->run("UPDATE worker SET seen_at = $3, state_digest = " +
                worker_state("CAST($3 AS DOUBLE PRECISION)", "0") +
                " WHERE part = $1 AND has_left = 0 AND seen_at + lease_seconds > "
                "CAST($3 AS DOUBLE PRECISION) + CAST($2 AS DOUBLE PRECISION) AND "
                "seen_at > CAST($3 AS DOUBLE PRECISION)",
            {part_id_, lease_seconds_, now});
}

// Every worker does this at every heartbeat, so it must not look at all workers, nor at all trials.
void SqlStore::end_dead_workers() {
  // As a subquery the clock is read once, which is what lets the index be used. Who is locked is
  // at a heartbeat or a claim, or ended by another worker.
  const std::vector<int64_t> dead =
      numbers_of(sql_->run(fmt::format("SELECT id FROM worker WHERE part = $1 AND has_left = 0 AND "
                                       "seen_at + lease_seconds < (SELECT {}) ORDER BY id{}",
                                       sql_->now(), sql_->skipping_locked()),
                           {part_id_}));
  if (dead.empty()) return;
  sql_->run("UPDATE worker SET has_left = 1, state_digest = " +
                changed_worker_state("seen_at", "1") + " WHERE " + sql_->is_among("id", "$1"),
            {sql_->list(dead)});
  sql_->run(
      "UPDATE trial SET holder = NULL, state_digest = " + changed_trial_state({.holder = "NULL"}) +
          " WHERE part = $1 AND waiting = 1 AND " + sql_->is_among("holder", "$2"),
      {part_id_, sql_->list(dead)});
}

// Until the transaction ends nobody gives this worker up: what it takes would stay with it.
bool SqlStore::lock_own_lease() {
  return !sql_->run("SELECT id FROM worker WHERE id = $1 AND has_left = 0" + sql_->for_update(),
                    {worker_id_})
              .empty();
}

std::optional<std::vector<int>> SqlStore::beat() {
  return transact([&] { return beat_within(); }, Durability::soon);
}

std::optional<std::vector<int>> SqlStore::beat_within() {
  const double now = database_time();
  const auto alive = sql_->run("UPDATE worker SET seen_at = $2, state_digest = " +
                                   worker_state("CAST($2 AS DOUBLE PRECISION)", "0") +
                                   " WHERE id = $1 AND has_left = 0 RETURNING id",
                               {worker_id_, now});
  end_leases_of_the_future(now);
  end_dead_workers();
  if (alive.empty()) return std::nullopt;
  return as_ints(numbers_of(
      sql_->run("SELECT number FROM trial WHERE part = $1 AND waiting = 1 AND holder = $2 "
                "ORDER BY number",
                {part_id_, worker_id_})));
}

void SqlStore::give_back(const std::vector<int>& trials) {
  transact([&] {
    sql_->run("UPDATE trial SET holder = NULL, state_digest = " +
                  changed_trial_state({.holder = "NULL"}) +
                  " WHERE part = $1 AND waiting = 1 AND holder = $2 AND " +
                  sql_->is_among("number", "$3"),
              {part_id_, worker_id_, sql_->list({trials.begin(), trials.end()})});
  });
}

std::vector<int> SqlStore::drop_what_is_not_held(Batch& batch) {
  std::set<int> named;
  for (const Observation& observation : batch.observations) named.insert(observation.trial);
  for (const Batch::Snapshot& snapshot : batch.snapshots) named.insert(snapshot.trial);
  for (const Batch::Pause& pause : batch.paused) named.insert(pause.trial);
  for (const study::Trial& trial : batch.ended) named.insert(trial.number);
  // One that this worker ended is still its own, so that a batch whose answer was lost can be
  // written again.
  const std::vector<int> held = as_ints(numbers_of(
      sql_->run("SELECT number FROM trial WHERE part = $1 AND holder = $2 AND " +
                    sql_->is_among("number", "$3") + " ORDER BY number" + sql_->for_update(),
                {part_id_, worker_id_, sql_->list({named.begin(), named.end()})})));
  const std::set<int> kept(held.begin(), held.end());
  std::erase_if(batch.observations, [&](const auto& o) { return !kept.contains(o.trial); });
  std::erase_if(batch.snapshots, [&](const auto& s) { return !kept.contains(s.trial); });
  std::erase_if(batch.paused, [&](const auto& p) { return !kept.contains(p.trial); });
  std::erase_if(batch.ended, [&](const auto& t) { return !kept.contains(t.number); });
  std::vector<int> lost;
  std::set_difference(named.begin(), named.end(), kept.begin(), kept.end(),
                      std::back_inserter(lost));
  return lost;
}

bool SqlStore::begin_end() {
  const bool is_mine = transact([&] {
    return !sql_->run("UPDATE study SET ender = $2, state_digest = " +
                          changed_study_state("cancelled", "CAST($2 AS BIGINT)") +
                          " WHERE id = $1 AND (ender IS NULL OR ender = $2 "
                          "OR ender IN (SELECT id FROM worker WHERE part = $1 AND has_left = 1)) "
                          "RETURNING id",
                      {part_id_, worker_id_})
                .empty();
  });
  if (is_mine) is_fenced_ = false;
  return is_mine;
}

void SqlStore::publish_new(const study::FedSegment& segment) {
  const SqlRow which = {part_id_, int64_t{segment.trial.number}};
  const auto known = sql_->run("SELECT until FROM trial WHERE part = $1 AND number = $2", which);
  if (!known.empty()) return publish_more(segment);
  insert_trials({segment.trial}, /*waiting=*/true);
  sql_->run(
      "UPDATE trial SET until = $3, is_last = $4, state_digest = " +
          changed_trial_state({.until = "CAST($3 AS BIGINT)", .is_last = "CAST($4 AS BIGINT)"}) +
          " WHERE part = $1 AND number = $2",
      {which[0], which[1], static_cast<int64_t>(segment.until), int64_t{segment.is_last ? 1 : 0}});
  if (!segment.trial.origin.has_value()) return;
  // The trial that is copied stands there until it is published again, in a later row than this.
  sql_->run(
      "INSERT INTO snapshot(part, trial, step, state) SELECT part, $2, step, state FROM "
      "snapshot WHERE part = $1 AND trial = $3",
      {which[0], which[1], static_cast<int64_t>(segment.trial.origin->trial)});
  sql_->run(
      "UPDATE trial SET snapshot_digest = coalesce((SELECT o.snapshot_digest FROM trial o WHERE "
      "o.part = $1 AND o.number = $3), 0) WHERE part = $1 AND number = $2",
      {which[0], which[1], static_cast<int64_t>(segment.trial.origin->trial)});
}

void SqlStore::publish_more(const study::FedSegment& segment) {
  const SqlRow which = {part_id_, int64_t{segment.trial.number}};
  if (segment.stops) {
    end_open_trials(study::Outcome::pruned, segment.trial.note, " AND number = $2", which);
    sql_->run("DELETE FROM snapshot WHERE part = $1 AND trial = $2", which);
    return;
  }
  sql_->run(
      "UPDATE trial SET waiting = 1, holder = NULL, until = $3, is_last = $4, state_digest = " +
          changed_trial_state({.waiting = "1",
                               .holder = "NULL",
                               .until = "CAST($3 AS BIGINT)",
                               .is_last = "CAST($4 AS BIGINT)"}) +
          " WHERE part = $1 AND number = $2 AND outcome IS NULL AND until < $3",
      {which[0], which[1], static_cast<int64_t>(segment.until), int64_t{segment.is_last ? 1 : 0}});
}

void SqlStore::publish(const std::vector<study::FedSegment>& segments) {
  if (segments.empty()) return;
  transact([&] {
    const auto open =
        sql_->run("SELECT cancelled FROM study WHERE id = $1" + sql_->for_update(), {part_id_});
    if (whole(open[0][0]) != 0) return;
    // Copies first: the trial that is copied may itself go on.
    for (const study::FedSegment& segment : segments) {
      if (segment.is_new) publish_new(segment);
    }
    for (const study::FedSegment& segment : segments) {
      if (!segment.is_new) publish_more(segment);
    }
  });
}

}  // namespace sweetspot::store
