#include "report/part_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "base/text.hpp"
#include "report/summary/size_summary.hpp"
#include "report/summary/trace_summary.hpp"
#include "report/summary/tune_summary.hpp"
#include "study/axes.hpp"

namespace sweetspot::report {
namespace {

std::string outcome_counts(const Summary& summary, const std::string& optimizer) {
  const study::Axes axes = study::axes_of(summary.record.settings);
  std::map<study::Outcome, int> counts;
  for (const TrialSummary& t : summary.trials) {
    if (study::group_in(axes, t.trial.config) != optimizer) continue;
    if (t.trial.outcome.has_value() && t.trial.outcome != study::Outcome::reached) {
      ++counts[*t.trial.outcome];
    }
  }
  std::vector<std::string> parts;
  for (const auto& [outcome, count] : counts) {
    parts.push_back(fmt::format("{} {}", count, study::name_of(outcome)));
  }
  return join(parts, ", ");
}

PartTable sweep_table(const Summary& summary) {
  PartTable table;
  const study::Axes axes = study::axes_of(summary.record.settings);
  const bool is_rate = axes.number == "learning_rate";
  const bool has_number = !axes.number.empty();
  table.columns = {axes.group.empty() ? "trials" : axes.group, "reached"};
  if (has_number) {
    table.columns.insert(table.columns.end(),
                         {"band", is_rate ? "best rate" : "best " + axes.number});
  }
  table.columns.insert(table.columns.end(), {"steps", "the others"});
  for (const OptimizerSummary& o : summary.optimizers) {
    const std::string band = o.band.has_value() ? fmt::format("{} .. {}", shortest(o.band->first),
                                                              shortest(o.band->second))
                                                : "-";
    std::vector<std::string> row = {o.optimizer, fmt::format("{}/{}", o.reached, o.trials)};
    if (has_number) {
      row.insert(row.end(), {band, o.best.has_value() ? shortest(o.best->learning_rate) : "-"});
    }
    row.insert(row.end(), {o.best.has_value() ? with_thousands(std::llround(o.best->steps)) : "-",
                           outcome_counts(summary, o.optimizer)});
    table.rows.push_back(std::move(row));
  }
  return table;
}

// The five fastest of a grid over an optimizer's numbers.
PartTable number_table(const Summary& summary) {
  constexpr size_t kShown = 5;
  std::vector<const TrialSummary*> reached;
  for (const TrialSummary& t : summary.trials) {
    if (t.trial.outcome == study::Outcome::reached) reached.push_back(&t);
  }
  std::stable_sort(reached.begin(), reached.end(),
                   [](const auto* a, const auto* b) { return a->trial.steps < b->trial.steps; });
  PartTable table;
  table.columns = {"the fastest", "steps"};
  for (size_t i = 0; i < std::min(kShown, reached.size()); ++i) {
    table.rows.push_back({space::text_of(reached[i]->trial.config),
                          with_thousands(static_cast<long long>(reached[i]->trial.steps))});
  }
  return table;
}

std::string interval_text(double value, const std::pair<double, double>& interval) {
  return fmt::format("{:.3g} ({:.3g} .. {:.3g})", value, interval.first, interval.second);
}

// A row for each rate and clock.
PartTable size_table(const Summary& summary) {
  PartTable table;
  table.columns = {"time = c + k n", "sizes reached",     "clock",
                   "c (95 %)",       "k a weight (95 %)", "R squared"};
  const bool is_command = summary.record.settings.command.has_value();
  if (is_command) table.columns[4] = "k a unit of scale (95 %)";
  for (const SizeLine& line : summarize_sizes(summary).lines) {
    const int reached = line.sizes_reached();
    for (const TimeUnit unit : {TimeUnit::steps, TimeUnit::seconds, TimeUnit::operations}) {
      if (is_command && unit != TimeUnit::steps) continue;
      const std::optional<LineFit> fit = line.fit(unit);
      table.rows.push_back(
          {line_name(summary, line), fmt::format("{}/{}", reached, line.points.size()),
           std::string(name_of(unit)),
           fit.has_value() ? interval_text(fit->intercept, fit->intercept_interval) : "-",
           fit.has_value() ? interval_text(fit->slope, fit->slope_interval) : "-",
           fit.has_value() ? fmt::format("{:.3f}", fit->r_squared) : "-"});
    }
  }
  return table;
}

std::string percent(const std::optional<double>& share) {
  return share.has_value() ? fmt::format("{:.2f} %", 100 * *share) : "-";
}

// Of a search's score; accuracies of our own as percentages.
std::string metric_text(const study::Settings& settings, double score) {
  const double metric = study::score_of(settings, score);
  return settings.command.has_value() ? fmt::format("{:.6g}", metric) : percent(metric);
}

// The five best of a search.
PartTable tune_table(const Summary& summary) {
  constexpr size_t kShown = 5;
  const study::Objective& objective = summary.record.settings.search.objective;
  std::vector<std::pair<double, const TrialSummary*>> worked;
  for (const TrialSummary& t : summary.trials) {
    if (t.trial.seed != summary.record.settings.seed || t.trial.config.contains(study::kProxy)) {
      continue;
    }
    if (const auto value = searched_value(summary.record.settings, t)) {
      worked.emplace_back(*value, &t);
    }
  }
  std::stable_sort(worked.begin(), worked.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  PartTable table;
  table.columns = objective.steps_to_target
                      ? std::vector<std::string>{"the fastest", "steps"}
                      : std::vector<std::string>{"the best", objective.metric};
  for (size_t i = 0; i < std::min(kShown, worked.size()); ++i) {
    const auto& [value, trial] = worked[i];
    table.rows.push_back({space::text_of(trial->trial.config),
                          objective.steps_to_target
                              ? with_thousands(static_cast<long long>(trial->trial.steps))
                              : metric_text(summary.record.settings, -value)});
  }
  return table;
}

PartTable trace_table(const Summary& summary) {
  PartTable table;
  table.columns = {"training", "seed", "validation accuracy", "best", "largest fall"};
  for (const TraceLine& line : summarize_trace(summary)) {
    table.rows.push_back(
        {fmt::format("{} at {}", line.config.optimizer, shortest(line.config.learning_rate)),
         fmt::format("{}", line.seed), line.diverged ? "diverged" : percent(line.last),
         percent(line.best), fmt::format("{:.2f} points", 100 * line.largest_fall)});
  }
  return table;
}

}  // namespace

PartTable part_table(const Summary& summary) {
  switch (summary.record.settings.kind) {
    case study::Kind::size:
      return size_table(summary);
    case study::Kind::trace:
      return trace_table(summary);
    case study::Kind::tune:
      return tune_table(summary);
    default:
      return study::has_more_parameters(summary.record.settings) ? number_table(summary)
                                                                 : sweep_table(summary);
  }
}

}  // namespace sweetspot::report
