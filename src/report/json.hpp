// A study as JSON; the form is documented in docs/json.md and stable. Thread-safety: pure function.
#pragma once

#include <string>

#include "report/summary/summary.hpp"

namespace sweetspot::report {

// A value that is not finite is null. With `indent` < 0 all is on one line.
std::string to_json(const Summary& summary, int indent = 1);

}  // namespace sweetspot::report
