// Rows of a study as what they stand for: what is out of the range that a column can have throws
// Error (study), so that nothing further up works with it. Thread-safety: pure functions.
#pragma once

#include <string>
#include <vector>

#include "store/sql.hpp"
#include "store/study_store.hpp"

namespace sweetspot::store {

// Steps, as JSON's readers and doubles hold them.
constexpr int64_t kMostSteps = int64_t{1} << 53;

// The columns of study after its id and names, in the order of SqlStore::record().
StudyRecord record_of(const SqlRow& row);

// The columns that SqlStore::trials_where() asks for.
study::Trial trial_of(const SqlRow& row);

// Of rows (id, name) in the order of the ids, which count from 0.
std::vector<std::string> metrics_of(const std::vector<SqlRow>& rows);

// Adds a row (step, metric, value) to a trial's curve, whose metrics are known.
void add_observation(const SqlValue& step, const SqlValue& metric, const SqlValue& value,
                     study::Curve& curve);

// A part's name, which becomes names of files and of elements of a page.
std::string part_of(const SqlValue& value);

// Whether they are all there, counted from 0, but for those that were left out, and each descends
// from an earlier one. `left_out` is in order.
void require_whole(const std::vector<study::Trial>& trials, const std::vector<int>& left_out);

}  // namespace sweetspot::store
