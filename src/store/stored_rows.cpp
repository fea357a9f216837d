#include "store/stored_rows.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "base/text.hpp"
#include "store/json_columns.hpp"
#include "sweetspot/error.hpp"

namespace sweetspot::store {
namespace {

constexpr int64_t kMostTrials = std::numeric_limits<int>::max() - 1;
constexpr int64_t kAnyWhole = std::numeric_limits<int64_t>::max();
constexpr size_t kLongestPart = 32;

[[noreturn]] void fail(const std::string& what) {
  throw Error(ErrorKind::study, "the study is damaged: " + what);
}

uint64_t steps_of(const SqlValue& value, const char* name) {
  return static_cast<uint64_t>(whole_in(value, name, 0, kMostSteps));
}

}  // namespace

StudyRecord record_of(const SqlRow& row) {
  StudyRecord record = {.settings = study::settings_from_json(text(row[0])),
                        .program_version = text(row[1]),
                        .arithmetic = text(row[2]),
                        .data_checksum = text(row[3]),
                        .weights = static_cast<uint64_t>(whole_in(row[4], "weights", 0, kAnyWhole)),
                        .operations_per_step = number(row[5]),
                        .early_stop = text(row[6]),
                        .networks = networks_of(text(row[7]))};
  if (record.operations_per_step < 0) fail("operations_per_step is below 0");
  return record;
}

study::Trial trial_of(const SqlRow& row) {
  study::Trial trial;
  trial.number = static_cast<int>(whole_in(row[0], "a trial's number", 0, kMostTrials));
  try {
    trial.config = config_of(text(row[1]));
    trial.seed = static_cast<uint64_t>(whole(row[2]));
    if (!is_null(row[3])) trial.outcome = study::outcome_of(text(row[3]));
    trial.steps = steps_of(row[4], "steps");
    trial.compute_seconds = number(row[5]);
    if (!is_null(row[6])) trial.given_up_at = steps_of(row[6], "given_up_at");
    if (trial.outcome.has_value() && trial.given_up_at.value_or(0) > trial.steps) {
      fail("it was given up at a step that it has not come to");
    }
    trial.note = foreign_text(row[7]);
    trial.reproducible = whole(row[8]) != 0;
    if (!is_null(row[9])) {
      const auto origin = whole_in(row[9], "the trial that it descends from", 0, kMostTrials);
      trial.origin = study::Origin{static_cast<size_t>(origin), steps_of(row[10], "its step")};
    }
    trial.worker = foreign_text(row[11]);
  } catch (const Error& error) {
    throw Error(ErrorKind::study, fmt::format("trial {}: {}", trial.number, error.what()));
  }
  return trial;
}

std::vector<std::string> metrics_of(const std::vector<SqlRow>& rows) {
  std::vector<std::string> metrics;
  for (const SqlRow& row : rows) {
    const auto next = static_cast<int64_t>(metrics.size());
    if (whole(row[0]) != next) fail(fmt::format("metric {} is missing", next));
    metrics.push_back(text(row[1]));
  }
  return metrics;
}

void add_observation(const SqlValue& step, const SqlValue& metric, const SqlValue& value,
                     study::Curve& curve) {
  const uint64_t at = steps_of(step, "an observation's step");
  const auto column = whole(metric);
  if (column < 0 || static_cast<size_t>(column) >= curve.metrics.size()) {
    fail(fmt::format("there is an observation of metric {}, where {} metrics are known", column,
                     curve.metrics.size()));
  }
  if (curve.points.empty() || curve.points.back().step != at) {
    curve.points.push_back({.step = at, .values = {}});
    curve.points.back().values.resize(curve.metrics.size());
  }
  if (!is_null(value)) curve.points.back().values[static_cast<size_t>(column)] = number(value);
}

std::string part_of(const SqlValue& value) {
  std::string name = text(value);
  const bool is_plain =
      !name.empty() && name.size() <= kLongestPart &&
      std::all_of(name.begin(), name.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
      });
  if (!is_plain) fail(fmt::format("it has a part '{}'", printable(name)));
  return name;
}

void require_whole(const std::vector<study::Trial>& trials, const std::vector<int>& left_out) {
  std::vector<const study::Trial*> by_number;  // none for those left out
  for (const study::Trial& trial : trials) {
    while (std::binary_search(left_out.begin(), left_out.end(), by_number.size())) {
      by_number.push_back(nullptr);
    }
    if (static_cast<size_t>(trial.number) != by_number.size()) {
      fail(fmt::format("trial {} is missing, where there is a trial {}", by_number.size(),
                       trial.number));
    }
    by_number.push_back(&trial);
    if (!trial.origin.has_value()) continue;
    if (trial.origin->trial >= static_cast<size_t>(trial.number)) {
      fail(fmt::format("trial {} descends from trial {}, which is no earlier one", trial.number,
                       trial.origin->trial));
    }
    const study::Trial* ancestor = by_number[trial.origin->trial];
    if (ancestor == nullptr || !ancestor->origin.has_value()) continue;
    if (ancestor->origin->step > trial.origin->step) {
      fail(fmt::format("trial {} descends from step {} of trial {}, which begins at step {}",
                       trial.number, trial.origin->step, ancestor->number, ancestor->origin->step));
    }
  }
}

}  // namespace sweetspot::store
