// The range test against recorded sweeps: how far the published suggestions, and the verified
// answer of `sweetspot find`, lie from each optimizer's fastest rate.
//   find SEEDS LOW:HIGH STEPS STUDY.db...      studies of `sweetspot sweep`, or articles
// A cell has the distance in decades (log10) of the median over the seeds from the fastest rate,
// in parentheses that from the lowest to the highest seed's, and `in` where the median lies in the
// band: the rates around the fastest that reached the target, without a gap. Ours: the verdict
// over all seeds, then how far single seeds' lie apart.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <map>

#include "base/text.hpp"
#include "bench/replay.hpp"
#include "cohorts/range_test.hpp"
#include "data/fetch.hpp"
#include "sweetspot/config.hpp"
#include "sweetspot/error.hpp"

namespace {

using namespace sweetspot;
using namespace sweetspot::bench;

struct Truth {
  double best = 0;  // learning rate
  double low = 0;   // of the band
  double high = 0;
  bool known = false;

  bool in_band(double rate) const { return rate >= low && rate <= high; }
};

// Of the trials that have ended; of a sweep under way the others are left out.
Truth truth_of(const RecordedStudy& study, const std::string& optimizer) {
  std::map<double, const study::Trial*> trials;
  for (const RecordedTrial& recorded : study.trials) {
    const study::Trial& trial = recorded.trial;
    if (trial.seed != study.settings.seed) continue;
    if (space::choice_in(trial.config, "optimizer") != optimizer) continue;
    trials[space::number_in(trial.config, "learning_rate")] = &trial;
  }
  const auto reached = [](const auto& entry) {
    return entry.second->outcome == study::Outcome::reached;
  };
  auto best = trials.end();
  for (auto i = trials.begin(); i != trials.end(); ++i) {
    if (reached(*i) && (best == trials.end() || i->second->steps < best->second->steps)) best = i;
  }
  if (best == trials.end()) return {};
  auto low = best;
  while (low != trials.begin() && reached(*std::prev(low))) --low;
  auto high = best;
  while (std::next(high) != trials.end() && reached(*std::next(high))) ++high;
  return {best->first, low->first, high->first, true};
}

// What one way of suggesting did over all optimizers and studies.
struct Score {
  std::vector<double> distances;  // decades, absolute
  int asked = 0;
  int in_band = 0;
};

std::string cell(const std::optional<double>& rate, std::vector<std::optional<double>> by_seed,
                 const Truth& truth, Score& score) {
  ++score.asked;
  std::erase(by_seed, std::nullopt);
  std::string spread = "-";
  if (by_seed.size() > 1) {
    const auto [low, high] = std::minmax_element(by_seed.begin(), by_seed.end());
    spread = fmt::format("{:.2f}", std::log10(**high / **low));
  }
  if (!rate.has_value()) return fmt::format("none ({})", spread);
  const double distance = std::log10(*rate / truth.best);
  score.distances.push_back(std::abs(distance));
  score.in_band += truth.in_band(*rate) ? 1 : 0;
  return fmt::format("{:+.2f} ({}){}", distance, spread, truth.in_band(*rate) ? " in" : "");
}

void print(const RecordedStudy& study, const cohorts::RangeTest& asked,
           std::map<std::string, Score>& scores, std::vector<std::string>& names) {
  cohorts::RangeTest test = asked;
  test.settings = study.settings;
  test.settings.seeds = asked.settings.seeds;
  test.settings.learning_rates = asked.settings.learning_rates;
  const data::ImageSet set =
      data::load_image_set(study.settings.data, data::real_fetch_tools([](const std::string&) {}));
  std::vector<std::vector<std::string>> rows = {{"optimizer", "fastest", "band"}};
  for (const auto& published : search::published_suggestions()) {
    rows.front().emplace_back(published.name);
  }
  names.assign(rows.front().begin() + 3, rows.front().end());
  names.emplace_back("ours");
  rows.front().insert(rows.front().end(), {"ours", "confidence", "steps"});
  for (const std::string& optimizer : study.settings.optimizers) {
    const Truth truth = truth_of(study, optimizer);
    if (!truth.known) continue;
    test.settings.optimizers = {optimizer};
    const cohorts::RangeTestResult result =
        cohorts::run_range_test(test, set, [](const cohorts::TestProgress&) {});
    std::vector<std::string> row = {optimizer, fmt::format("{:.3g}", truth.best),
                                    fmt::format("{:.3g}..{:.3g}", truth.low, truth.high)};
    for (const cohorts::SuggestionSpread& spread : result.suggestions) {
      row.push_back(cell(spread.median, spread.by_seed, truth, scores[std::string(spread.name)]));
    }
    const search::RangeVerdict& verdict = result.verdict;
    row.push_back(cell(verdict.rate, verdict.by_seed, truth, scores["ours"]));
    row.push_back(
        verdict.confidence.has_value() ? fmt::format("{:.0f} %", 100 * *verdict.confidence) : "-");
    row.push_back(with_thousands(static_cast<long long>(result.test_steps + result.short_steps)));
    rows.push_back(std::move(row));
  }
  fmt::print("{}:\n{}\n", study.name, aligned_columns(rows));
  std::fflush(stdout);
}

void print(const std::map<std::string, Score>& scores, const std::vector<std::string>& names) {
  std::vector<std::vector<std::string>> rows = {
      {"all together", "median distance", "largest", "within 0.35 decades", "in the band", "none"}};
  for (const std::string& name : names) {
    const Score& score = scores.at(name);
    std::vector<double> sorted = score.distances;
    std::sort(sorted.begin(), sorted.end());
    const auto close =
        std::count_if(sorted.begin(), sorted.end(), [](double d) { return d <= 0.35; });
    rows.push_back({name,
                    sorted.empty() ? "-" : fmt::format("{:.2f}", sorted[(sorted.size() - 1) / 2]),
                    sorted.empty() ? "-" : fmt::format("{:.2f}", sorted.back()),
                    fmt::format("{} of {}", close, score.asked),
                    fmt::format("{} of {}", score.in_band, score.asked),
                    fmt::format("{}", static_cast<size_t>(score.asked) - sorted.size())});
  }
  fmt::print("{}", aligned_columns(rows));
}

}  // namespace

int main(int count, char** arguments) {
  if (count < 5) return 2;
  try {
    cohorts::RangeTest test;
    test.settings.seeds = std::atoi(arguments[1]);
    const std::vector<std::string> ends = split(arguments[2], ':');
    test.settings.learning_rates = {parse_number(ends.front()).value_or(0),
                                    parse_number(ends.back()).value_or(0)};
    test.steps = std::atoi(arguments[3]);
    std::map<std::string, Score> scores;
    std::vector<std::string> names;
    for (int i = 4; i < count; ++i) print(read_study(arguments[i]), test, scores, names);
    print(scores, names);
    return 0;
  } catch (const Error& error) {
    fmt::print(stderr, "find: {}\n", error.what());
    return static_cast<int>(error.kind());
  }
}
