// Digests of rows as they come from a database, and what they are added up to.
// Thread-safety: pure functions; with an Sql, one thread at a time a connection.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "store/digest.hpp"
#include "store/sql.hpp"

namespace sweetspot::store {

// By trials, what their curves' digests are, or change by.
using CurveDigests = std::map<int64_t, int64_t>;

// What there is of that trial, which is taken out; 0 where there is nothing.
int64_t taken(CurveDigests& digests, int64_t trial);

// A row of observation: part, trial, step, metric, value.
int64_t observation_digest(const SqlRow& row);

// That so many rows of a kind are there, in the sum that the study's row has of them.
int64_t member_digest(Digested kind, int64_t id);

// The columns of a trial that digests are of, from trial `t` and lineage `l`; in this order they
// stand at the beginning of a row, as trial_of() has them, too (stored_rows.hpp). What comes back
// points into the row.
extern const char* const kDigestedColumns;
TrialColumns trial_columns(int64_t part, const SqlRow& row);
OutcomeColumns outcome_columns(int64_t part, const SqlRow& row);

// The columns of study that its digest is of.
extern const char* const kDigestedStudyColumns;

// Of all rows that there are: what older layouts have not. In a transaction of the caller's.
void write_digests(Sql& sql);

}  // namespace sweetspot::store
