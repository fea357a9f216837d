// What `sweetspot find` prints of a range test. Thread-safety: pure functions.
#pragma once

#include <string>

#include "cohorts/range_test.hpp"

namespace sweetspot::report {

// The answer in a line, the published suggestions over the seeds, and the short trainings.
// `classes` are those of the data.
std::string range_test_text(const cohorts::RangeTest& test, int classes,
                            const cohorts::RangeTestResult& result);

// The same and every seed's curve, as docs/json.md has it.
std::string range_test_json(const cohorts::RangeTest& test, int classes,
                            const cohorts::RangeTestResult& result);

}  // namespace sweetspot::report
