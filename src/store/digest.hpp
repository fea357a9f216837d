// Digests of what a store keeps, by which damage is known that no database sees: XXH3 over values,
// keyed by what they are of. Those of rows that belong together are added up, so that a row that is
// written, replaced or dropped costs as much as that row. Not against who wants to deceive.
//
// A digest has 62 bits: of databases the sum of two is a whole number still.
// Thread-safety: pure functions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "store/sql.hpp"
#include "store/study_store.hpp"

namespace sweetspot::store {

constexpr int64_t kDigestMask = (int64_t{1} << 62U) - 1;

// Of any whole numbers: a damaged study's are not always digests.
inline int64_t sum_of_digests(int64_t a, int64_t b) {
  return static_cast<int64_t>(static_cast<uint64_t>(a) + static_cast<uint64_t>(b)) & kDigestMask;
}
inline int64_t difference_of_digests(int64_t a, int64_t b) {
  return static_cast<int64_t>(static_cast<uint64_t>(a) - static_cast<uint64_t>(b)) & kDigestMask;
}
// The same in SQL, of two expressions.
std::string sum_in_sql(const std::string& a, const std::string& b);

// What has a digest; values are part of stores, never renumber.
enum class Digested : int64_t {
  study = 1,
  part = 2,
  metric = 3,
  worker = 4,
  run = 5,
  trial = 6,
  outcome = 7,
  observation = 8,
  snapshot = 9,
};

// Columns as the database holds them: whole numbers, numbers, texts, bytes and nulls are told
// apart.
int64_t digest_of(Digested kind, const SqlRow& values);

// Columns of a trial that never change, with its row of lineage.
struct TrialColumns {
  int64_t part = 0;
  int64_t number = 0;
  std::string_view config;
  int64_t seed = 0;
  double scale = 1;
  int64_t priority = 0;
  std::optional<study::Origin> origin = {};
};
int64_t digest_of(const TrialColumns& trial);

// Columns of how a trial ended, or stands.
struct OutcomeColumns {
  int64_t part = 0;
  int64_t number = 0;
  std::string_view outcome = {};  // none: none yet
  int64_t steps = 0;
  double compute_seconds = 0;
  std::optional<int64_t> given_up_at = {};
  std::string_view note = {};
  bool reproducible = true;
};
int64_t digest_of(const OutcomeColumns& outcome);

// The value is none where it was not finite.
int64_t observation_digest(int64_t part, int64_t trial, int64_t step, int64_t metric,
                           std::optional<double> value);

// Of a trial's row of snapshot; whichever trial it is, for copies of it begin with the same.
int64_t snapshot_digest(int64_t step, const Bytes& state);

// Sums over columns that databases change by themselves, in SQL: their names, or what they become.
struct StateColumns {
  std::string waiting = "waiting";
  std::string holder = "holder";
  std::string until = "until";
  std::string is_last = "is_last";
  std::string steps = "steps";
};
std::string trial_state(const StateColumns& columns);
std::string worker_state(const std::string& seen_at, const std::string& has_left);
std::string study_state(const std::string& cancelled, const std::string& ender);
// What a column state_digest becomes when those columns change: one that was wrong stays so.
std::string changed_trial_state(const StateColumns& columns);
std::string changed_worker_state(const std::string& seen_at, const std::string& has_left);
std::string changed_study_state(const std::string& cancelled, const std::string& ender);

}  // namespace sweetspot::store
