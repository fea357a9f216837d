#include "report/range_report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <tuple>

#include "base/text.hpp"

namespace sweetspot::report {
namespace {

using Json = nlohmann::ordered_json;

std::string rate_text(const std::optional<double>& rate) {
  return rate.has_value() ? fmt::format("{:.3g}", *rate) : "-";
}

size_t count_of(const std::vector<std::optional<double>>& values) {
  return static_cast<size_t>(
      std::count_if(values.begin(), values.end(), [](const auto& v) { return v.has_value(); }));
}

size_t learnt_of(const search::ShortRuns& runs, int classes) {
  return static_cast<size_t>(
      std::count_if(runs.losses.begin(), runs.losses.end(),
                    [&](const auto& loss) { return search::is_learnt(loss, classes); }));
}

uint64_t trial_steps(const cohorts::RangeTestResult& result) {
  return result.test_steps + result.short_steps;
}

double full_trainings(const cohorts::RangeTest& test, const cohorts::RangeTestResult& result) {
  return static_cast<double>(trial_steps(result)) / static_cast<double>(test.settings.budget);
}

std::string confidence_words(const search::RangeVerdict& verdict) {
  if (!verdict.confidence.has_value()) return "confidence unknown (one seed)";
  const auto seeds = static_cast<double>(verdict.by_seed.size());
  return fmt::format("confidence {:.0f} % ({:.0f} of {} seeds agree within a factor of 2)",
                     100 * *verdict.confidence, *verdict.confidence * seeds,
                     verdict.by_seed.size());
}

std::string answer_of(const cohorts::RangeTest& test, const cohorts::RangeTestResult& result) {
  const search::RangeVerdict& verdict = result.verdict;
  std::string text = test.settings.optimizers.front() + ": ";
  if (verdict.rate.has_value()) {
    text += fmt::format("learning rate {:.3g}, band at least {:.3g} .. {:.3g}, {}", *verdict.rate,
                        verdict.band->first, verdict.band->second, confidence_words(verdict));
  } else {
    text += "can't tell: " + verdict.doubt;
  }
  return text + fmt::format(
                    "; cost {} trial-steps, {} of compute, {:.2f} full trainings of {} "
                    "steps\n",
                    with_thousands(static_cast<long long>(trial_steps(result))),
                    duration_text(result.compute_seconds), full_trainings(test, result),
                    with_thousands(static_cast<long long>(test.settings.budget)));
}

std::string advice_of(const search::RangeVerdict& verdict) {
  std::string text;
  for (const auto& [open, end, side] : {std::tuple(verdict.open_below, "first", "below"),
                                        std::tuple(verdict.open_above, "last", "above")}) {
    if (!open) continue;
    text += fmt::format(
        "The lowest loss is at the {} of the rates tried: better ones may lie {} "
        "(--learning-rates).\n",
        end, side);
  }
  return text;
}

std::string suggestions_table(const cohorts::RangeTestResult& result) {
  std::vector<std::vector<std::string>> rows = {
      {"suggestion", "median", "lowest", "highest", "seeds"}};
  for (const cohorts::SuggestionSpread& s : result.suggestions) {
    rows.push_back({std::string(s.name), rate_text(s.median), rate_text(s.lowest),
                    rate_text(s.highest),
                    fmt::format("{}/{}", count_of(s.by_seed), s.by_seed.size())});
  }
  return aligned_columns(rows);
}

std::string short_runs_table(const cohorts::RangeTestResult& result, int classes) {
  std::vector<std::vector<std::string>> rows = {
      {"verified at", "mean loss", "lowest", "highest", "learnt"}};
  for (const search::ShortRuns& runs : result.short_runs) {
    double sum = 0;
    std::optional<double> lowest;
    std::optional<double> highest;
    for (const std::optional<double>& loss : runs.losses) {
      if (!loss.has_value()) continue;
      sum += *loss;
      lowest = std::min(lowest.value_or(*loss), *loss);
      highest = std::max(highest.value_or(*loss), *loss);
    }
    const size_t finite = count_of(runs.losses);
    const bool all = finite == runs.losses.size();
    rows.push_back({shortest(runs.rate),
                    all ? fmt::format("{:.3f}", sum / static_cast<double>(finite))
                        : fmt::format("{} not finite", runs.losses.size() - finite),
                    lowest.has_value() ? fmt::format("{:.3f}", *lowest) : "-",
                    highest.has_value() ? fmt::format("{:.3f}", *highest) : "-",
                    fmt::format("{}/{}", learnt_of(runs, classes), runs.losses.size())});
  }
  return aligned_columns(rows);
}

Json number(const std::optional<double>& value) {
  return value.has_value() && std::isfinite(*value) ? Json(*value) : Json();
}

Json numbers(const std::vector<std::optional<double>>& values) {
  Json json = Json::array();
  for (const auto& value : values) json.push_back(number(value));
  return json;
}

Json curve_json(const search::RangeCurve& curve) {
  Json rows = Json::array();
  for (size_t i = 0; i < curve.rates.size(); ++i) {
    rows.push_back({curve.rates[i], curve.losses[i]});
  }
  return {{"columns", {"learning_rate", "smoothed_loss"}}, {"rows", rows}};
}

}  // namespace

std::string range_test_text(const cohorts::RangeTest& test, int classes,
                            const cohorts::RangeTestResult& result) {
  std::string text =
      answer_of(test, result) + advice_of(result.verdict) + "\n" + suggestions_table(result);
  if (!result.short_runs.empty()) text += "\n" + short_runs_table(result, classes);
  return text;
}

std::string range_test_json(const cohorts::RangeTest& test, int classes,
                            const cohorts::RangeTestResult& result) {
  const search::RangeVerdict& verdict = result.verdict;
  Json suggestions = Json::array();
  for (const cohorts::SuggestionSpread& s : result.suggestions) {
    suggestions.push_back({{"name", s.name},
                           {"median", number(s.median)},
                           {"lowest", number(s.lowest)},
                           {"highest", number(s.highest)},
                           {"by_seed", numbers(s.by_seed)}});
  }
  Json short_runs = Json::array();
  for (const search::ShortRuns& runs : result.short_runs) {
    short_runs.push_back({{"learning_rate", runs.rate},
                          {"losses", numbers(runs.losses)},
                          {"learnt", learnt_of(runs, classes)}});
  }
  Json seeds = Json::array();
  for (const cohorts::TestedSeed& seed : result.seeds) {
    seeds.push_back(
        {{"seed", seed.seed}, {"steps", seed.steps}, {"curve", curve_json(seed.curve)}});
  }
  Json band;
  if (verdict.band.has_value()) band = {verdict.band->first, verdict.band->second};
  const study::Settings& s = test.settings;
  const Json json = {{"format", 1},
                     {"optimizer", s.optimizers.front()},
                     {"learning_rate", number(verdict.rate)},
                     {"band", band},
                     {"confidence", number(verdict.confidence)},
                     {"doubt", verdict.doubt},
                     {"open_below", verdict.open_below},
                     {"open_above", verdict.open_above},
                     {"by_seed", numbers(verdict.by_seed)},
                     {"test",
                      {{"data", s.data},
                       {"model", s.model},
                       {"batch_size", s.batch_size},
                       {"semantics", s.semantics},
                       {"range", {s.learning_rates.front(), s.learning_rates.back()}},
                       {"steps", test.steps},
                       {"short_run_steps", cohorts::kShortRunSteps}}},
                     {"suggestions", suggestions},
                     {"short_runs", short_runs},
                     {"seeds", seeds},
                     {"cost",
                      {{"test_steps", result.test_steps},
                       {"short_run_steps", result.short_steps},
                       {"compute_seconds", result.compute_seconds},
                       {"full_trainings", full_trainings(test, result)}}}};
  return json.dump(1) + "\n";
}

}  // namespace sweetspot::report
