// A part's answer in a sentence or two.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/text.hpp"
#include "report/summary/size_summary.hpp"
#include "report/summary/summary.hpp"
#include "report/summary/trace_summary.hpp"
#include "report/summary/tune_summary.hpp"
#include "study/axes.hpp"

namespace sweetspot::report {
namespace {

long long waiting_trials(const Summary& summary) {
  return std::count_if(summary.trials.begin(), summary.trials.end(),
                       [](const TrialSummary& t) { return !t.trial.outcome.has_value(); });
}

std::string cost_words(const Summary& summary) {
  const auto failed = std::count_if(
      summary.trials.begin(), summary.trials.end(),
      [](const TrialSummary& t) { return t.trial.outcome == study::Outcome::failed; });
  const auto ended = static_cast<long long>(summary.trials.size()) - waiting_trials(summary);
  return fmt::format("{}{}, {}, {} of compute ({} on the clock)", counted(ended, "training"),
                     failed > 0 ? fmt::format(" ({} failed)", failed) : "",
                     counted(static_cast<long long>(summary.cost.trial_steps), "step"),
                     duration_text(summary.cost.compute_seconds),
                     duration_text(summary.cost.wall_seconds));
}

// Where a training has a budget.
std::string within_budget(const study::Settings& settings) {
  if (settings.command.has_value() && settings.command->own_budget) return "";
  return " within " + counted(static_cast<long long>(settings.budget), "step");
}

// Accuracies of our own have four digits that mean something.
std::string metric_text(const study::Settings& settings, double value) {
  return settings.command.has_value() ? fmt::format("{:.6g}", value) : fmt::format("{:.4f}", value);
}

// Why trainings failed, where some did and nothing worked.
std::string failure_words(const Summary& summary) {
  for (const TrialSummary& t : summary.trials) {
    if (t.trial.outcome != study::Outcome::failed) continue;
    return fmt::format(" Trial {} failed: {}.", t.trial.number, split(t.trial.note, '\n').front());
  }
  return "";
}

std::string sweep_answer(const Summary& summary) {
  const OptimizerSummary* best = nullptr;
  for (const OptimizerSummary& optimizer : summary.optimizers) {
    if (!optimizer.best.has_value()) continue;
    if (best == nullptr || optimizer.best->steps < best->best->steps) best = &optimizer;
  }
  const std::string target = study::text_of(summary.record.settings.target);
  if (best == nullptr) {
    return fmt::format("{} reached {}{}, after {}.{}",
                       summary.record.settings.command.has_value() ? "Nothing" : "No optimizer",
                       target, within_budget(summary.record.settings), cost_words(summary),
                       failure_words(summary));
  }
  const study::Axes axes = study::axes_of(summary.record.settings);
  const std::string number = axes.number == "learning_rate" ? "a learning rate" : axes.number;
  const std::string choice =
      axes.number.empty()
          ? best->optimizer
          : fmt::format("{}{} of {}", axes.group.empty() ? "" : best->optimizer + " at ", number,
                        shortest(best->best->learning_rate));
  std::string text = fmt::format("Use {}: it reaches {} in {}", choice, target,
                                 counted(std::llround(best->best->steps), "step"));
  if (best->band.has_value()) {
    const auto [low, high] = *best->band;
    text += fmt::format("; its band runs from {} to {}", shortest(low), shortest(high));
    if (axes.is_log) text += fmt::format(" ({:.1f} decades)", std::log10(high / low));
  }
  return text + fmt::format(". Found with {}.", cost_words(summary));
}

std::string number_answer(const Summary& summary) {
  const auto reached = std::count_if(
      summary.trials.begin(), summary.trials.end(),
      [](const TrialSummary& t) { return t.trial.outcome == study::Outcome::reached; });
  const study::Settings& settings = summary.record.settings;
  const std::string of_what =
      settings.command.has_value()
          ? ""
          : fmt::format(" of {}'s numbers and rates", join(settings.optimizers, " and "));
  return fmt::format("{} of {} combinations{} reach {}. Found with {}.", reached,
                     summary.trials.size(), of_what, study::text_of(settings.target),
                     cost_words(summary));
}

std::string size_answer(const Summary& summary) {
  const SizeSummary sizes = summarize_sizes(summary);
  const SizeLine* line = widest_line(sizes);
  const std::string target = study::text_of(summary.record.settings.target);
  if (line == nullptr) {
    return fmt::format("No rate reached {} at any size, after {}.", target, cost_words(summary));
  }
  const int reached = line->sizes_reached();
  std::string text = fmt::format("{} reaches {} at {} of {} sizes.", line_name(summary, *line),
                                 target, reached, line->points.size());
  const std::optional<LineFit> steps = line->fit(TimeUnit::steps);
  const std::optional<LineFit> seconds = line->fit(TimeUnit::seconds);
  if (steps.has_value() && summary.record.settings.command.has_value()) {
    text += fmt::format(" Per unit of scale its steps change by {:.3g} (R squared {:.2f}).",
                        steps->slope, steps->r_squared);
  } else if (steps.has_value() && seconds.has_value()) {
    text += fmt::format(
        " Per weight more, its steps change by {:.3g} (R squared {:.2f}) and its compute seconds "
        "by "
        "{:.3g} (R squared {:.2f}).",
        steps->slope, steps->r_squared, seconds->slope, seconds->r_squared);
  }
  return text + fmt::format(" Found with {}.", cost_words(summary));
}

// Of a search that found nothing: what came nearest, and which way to widen.
std::string nearest_words(const Summary& summary) {
  const study::Settings& settings = summary.record.settings;
  const TrialSummary* nearest = nullptr;
  double best = 0;
  double lowest = std::numeric_limits<double>::infinity();
  double highest = -lowest;
  for (const TrialSummary& t : summary.trials) {
    if (t.trial.config.contains(study::kProxy)) continue;
    const std::optional<double> metric = best_judged(settings, t);
    if (!metric.has_value()) continue;
    lowest = std::min(lowest, *metric);
    highest = std::max(highest, *metric);
    if (nearest == nullptr ||
        study::score_of(settings, *metric) > study::score_of(settings, best)) {
      best = *metric;
      nearest = &t;
    }
  }
  const std::string failure = failure_words(summary);
  if (nearest == nullptr) return failure.empty() ? " A larger --cost may find something." : failure;
  // What goes on has no end of its own yet.
  const uint64_t steps = nearest->trial.outcome.has_value() || nearest->curve.points.empty()
                             ? nearest->trial.steps
                             : nearest->curve.points.back().step;
  std::string text =
      fmt::format(" The nearest was {} with a {} of {} after {}",
                  space::text_of(nearest->trial.config), study::judged_metric(settings),
                  metric_text(settings, best), counted(static_cast<long long>(steps), "step"));
  constexpr double kChance = 0.05;  // between accuracies of trainings that learnt nothing
  if (!settings.command.has_value() && highest - lowest < kChance) {
    return text +
           "; but the trainings hardly differ, so that nothing tells which way: widen the range at "
           "both ends.";
  }
  constexpr double kNearTheEnd = 0.1;  // of the range
  for (const space::Parameter& parameter : settings.search.space) {
    const auto value = nearest->trial.config.find(parameter.name);
    if (space::is_categorical(parameter) || value == nearest->trial.config.end()) continue;
    const double at = space::unit_of(parameter.distribution, value->second);
    if (at > kNearTheEnd && at < 1 - kNearTheEnd) continue;
    return text + fmt::format("; its {} lies at the {} end of the range, which may be too narrow.",
                              parameter.name, at < 0.5 ? "low" : "high");
  }
  return text +
         ", inside the range: a larger --budget or --cost, or a lower target, is more "
         "likely to help than a wider range.";
}

bool ended_badly(const TrialSummary& t) {
  return t.trial.outcome == study::Outcome::diverged || t.trial.outcome == study::Outcome::failed;
}

// What a search's value is known to be, and why the answer is not the trial whose value is the
// best.
std::string noise_words(const Summary& summary, const TuneSummary& tune) {
  const study::Settings& settings = summary.record.settings;
  const auto text_of = [&](double value) {
    return settings.search.objective.steps_to_target
               ? counted(std::llround(value), "step")
               : settings.search.objective.metric + " " + metric_text(settings, value);
  };
  if (!tune.follow_configs) {
    return " Nothing tells the configs apart: over those that were tried the values follow no "
           "parameter, so the best may be luck.";
  }
  if (!tune.smoothed.has_value()) return "";
  std::string text =
      fmt::format(" Like configs differ by noise; with it taken out this one comes to {} +- {:.2g}",
                  text_of(tune.smoothed->value), tune.smoothed->deviation);
  if (tune.best_valued != *tune.best) {
    text += fmt::format(", and {}, with the best value of all, {}, to no better",
                        space::text_of(summary.trials[tune.best_valued].trial.config),
                        text_of(tune.best_value));
  }
  return text + ".";
}

std::string tune_answer(const Summary& summary) {
  const TuneSummary tune = summarize_tune(summary);
  const study::Settings& settings = summary.record.settings;
  const bool to_target = settings.search.objective.steps_to_target;
  std::string price = cost_words(summary);
  if (!settings.command.has_value() || !settings.command->own_budget) {
    price += fmt::format(", {:.1f} full trainings", tune.full_trainings);
  }
  if (tune.on_proxy > 0) {
    price += fmt::format("; {} of the trainings were of the proxy, {}", tune.on_proxy,
                         settings.search.proxy);
  }
  if (tune.repeated > 0) {
    price += fmt::format("; {} of the trainings were of configs that had been trained already",
                         tune.repeated);
  }
  if (!tune.best.has_value()) {
    const std::string what =
        to_target ? "reached " + study::text_of(settings.target) : "trained to its end";
    return fmt::format("Nothing that was tried {}{}, after {}.{}", what, within_budget(settings),
                       price, nearest_words(summary));
  }
  const study::Trial& best = summary.trials[*tune.best].trial;
  const char* first = to_target ? "Fastest" : "Best";
  std::string text =
      tune.lineage.empty()
          ? fmt::format("{}: {}", first, space::text_of(best.config))
          : fmt::format(
                "{}: the schedule of trial {}, of {} configs (`replay --trial {}` shows "
                "them), the last {}",
                first, best.number, tune.lineage.size(), best.number, space::text_of(best.config));
  if (to_target) {
    text += fmt::format(", {} in {}", study::text_of(settings.target),
                        counted(std::llround(tune.value), "step"));
  } else {
    text +=
        fmt::format(", {} {}", settings.search.objective.metric, metric_text(settings, tune.value));
  }
  // Where nothing can fail, everything works.
  const bool can_fail =
      to_target || std::any_of(summary.trials.begin(), summary.trials.end(), ended_badly);
  if (can_fail && tune.band.has_value() && tune.band->first < tune.band->second) {
    text += fmt::format("; what was tried from {} to {} works", shortest(tune.band->first),
                        shortest(tune.band->second));
  }
  text += "." + noise_words(summary, tune);
  if (tune.safe.has_value()) {
    text += fmt::format(" Safe: {}, reached by {} of {} fresh seeds in {} on average",
                        space::text_of(tune.safe->config), tune.safe->seeds, tune.safe->seeds,
                        counted(std::llround(tune.safe->steps), "step"));
    if (tune.safe->test_accuracy.has_value()) {
      text += fmt::format(", test accuracy {:.2f} %", 100 * *tune.safe->test_accuracy);
    }
    text += ".";
  } else if (tune.confirming > 0) {
    text += " No config that was tried reached the target with every fresh seed.";
  }
  return text + fmt::format(" Found with {}.", price);
}

std::string trace_answer(const Summary& summary) {
  std::vector<TraceLine> lines = summarize_trace(summary);
  std::erase_if(lines, [](const TraceLine& line) { return !line.last.has_value(); });
  if (lines.empty()) return fmt::format("Nothing to trace yet, after {}.", cost_words(summary));
  const auto best =
      std::max_element(lines.begin(), lines.end(),
                       [](const TraceLine& a, const TraceLine& b) { return *a.last < *b.last; });
  return fmt::format(
      "After {} steps {} at {} has the highest validation accuracy, {:.2f} %. Found with {}.",
      with_thousands(static_cast<long long>(summary.record.settings.budget)),
      best->config.optimizer, shortest(best->config.learning_rate), 100 * *best->last,
      cost_words(summary));
}

}  // namespace

std::string answer(const Summary& summary) {
  std::string text;
  switch (summary.record.settings.kind) {
    case study::Kind::size:
      text = size_answer(summary);
      break;
    case study::Kind::trace:
      text = trace_answer(summary);
      break;
    case study::Kind::tune:
      text = tune_answer(summary);
      break;
    default:
      text = study::has_more_parameters(summary.record.settings) ? number_answer(summary)
                                                                 : sweep_answer(summary);
  }
  const long long waiting = waiting_trials(summary);
  if (waiting > 0) {
    text += fmt::format(" {} {} not ended yet.", counted(waiting, "trial"),
                        waiting == 1 ? "has" : "have");
  }
  return text;
}

}  // namespace sweetspot::report
