#include "report/csv.hpp"

#include <fmt/format.h>

#include <set>

#include "base/text.hpp"
#include "report/summary/size_summary.hpp"
#include "study/axes.hpp"

namespace sweetspot::report {
namespace {

std::string field(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char c : text) quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
  return quoted + "\"";
}

std::string field(const std::optional<double>& value) {
  return value.has_value() ? shortest(*value) : "";
}

// Those that any config has: what all studies have comes first.
std::vector<std::string> parameters_of(const Summary& summary) {
  std::set<std::string> names;
  for (const TrialSummary& t : summary.trials) {
    for (const auto& [name, value] : t.trial.config) names.insert(name);
  }
  std::vector<std::string> ordered;
  for (const char* first : {"optimizer", "learning_rate", "scale"}) {
    if (names.erase(first) > 0) ordered.emplace_back(first);
  }
  ordered.insert(ordered.end(), names.begin(), names.end());
  return ordered;
}

}  // namespace

std::string trials_csv(const Summary& summary) {
  const std::vector<std::string> parameters = parameters_of(summary);
  const std::vector<size_t> metrics = used_metrics(summary);
  std::string text = "number";
  for (const std::string& name : parameters) text += "," + field(name);
  text += ",seed,outcome,steps,cost_steps,compute_seconds,given_up_at";
  for (const size_t metric : metrics) {
    text += "," + field(summary.trials.front().curve.metrics[metric]);
  }
  text += ",origin,origin_step,note\n";
  for (const auto& [trial, curve] : summary.trials) {
    text += fmt::format("{}", trial.number);
    for (const std::string& name : parameters) {
      const auto value = trial.config.find(name);
      text += "," + (value == trial.config.end() ? "" : field(space::text_of(value->second)));
    }
    text +=
        fmt::format(",{},{},{},{},{},{}", trial.seed,
                    trial.outcome.has_value() ? study::name_of(*trial.outcome) : "", trial.steps,
                    shortest(cost_steps(summary.record, trial)), shortest(trial.compute_seconds),
                    trial.given_up_at.has_value() ? fmt::format("{}", *trial.given_up_at) : "");
    for (const size_t metric : metrics) {
      text += "," + (curve.points.empty() ? "" : field(curve.points.back().values[metric]));
    }
    text += trial.origin.has_value()
                ? fmt::format(",{},{}", trial.origin->trial, trial.origin->step)
                : ",,";
    text += "," + field(trial.note) + "\n";
  }
  return text;
}

std::string bands_csv(const Summary& summary) {
  std::string text = "optimizer,reached,trials,band_low,band_high,best_learning_rate,best_steps\n";
  const bool has_number = !study::axes_of(summary.record.settings).number.empty();
  for (const OptimizerSummary& o : summary.optimizers) {
    text += fmt::format("{},{},{},", field(o.optimizer), o.reached, o.trials);
    text += o.band.has_value()
                ? fmt::format("{},{},", shortest(o.band->first), shortest(o.band->second))
                : ",,";
    text += o.best.has_value()
                ? fmt::format("{},{}\n", has_number ? shortest(o.best->learning_rate) : "",
                              shortest(o.best->steps))
                : ",\n";
  }
  return text;
}

std::string sizes_csv(const Summary& summary) {
  std::string text =
      "optimizer,learning_rate,scale,weights,operations_per_step,step_seconds,trials,reached,steps,"
      "seconds,operations\n";
  const bool has_number = !study::axes_of(summary.record.settings).number.empty();
  for (const SizeLine& line : summarize_sizes(summary).lines) {
    for (const SizePoint& point : line.points) {
      text +=
          fmt::format("{},{},{},{},{},{},{},{}", field(line.optimizer),
                      has_number ? shortest(line.learning_rate) : "", shortest(point.network.scale),
                      point.network.weights, shortest(point.network.operations_per_step),
                      shortest(point.network.step_seconds), point.trials, point.reached);
      for (const TimeUnit unit : {TimeUnit::steps, TimeUnit::seconds, TimeUnit::operations}) {
        text += "," + (point.all_reached() ? shortest(point.time(unit)) : "");
      }
      text += "\n";
    }
  }
  return text;
}

std::string curves_csv(const Summary& summary) {
  std::string text = "number,step";
  if (!summary.trials.empty()) {
    for (const std::string& metric : summary.trials.front().curve.metrics) {
      text += "," + field(metric);
    }
  }
  text += "\n";
  for (const auto& [trial, curve] : summary.trials) {
    for (const study::CurvePoint& point : curve.points) {
      text += fmt::format("{},{}", trial.number, point.step);
      for (const std::optional<double>& value : point.values) text += "," + field(value);
      text += "\n";
    }
  }
  return text;
}

}  // namespace sweetspot::report
