#include "report/csv.hpp"

#include <fmt/format.h>

#include "base/text.hpp"
#include "report/size_summary.hpp"

namespace sweetspot::report {
namespace {

std::string field(const std::string& text) {
  if (text.find_first_of(",\"\n") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char c : text) quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
  return quoted + "\"";
}

std::string field(const std::optional<double>& value) {
  return value.has_value() ? shortest(*value) : "";
}

}  // namespace

std::string trials_csv(const Summary& summary) {
  const bool sizes = summary.record.settings.kind == study::Kind::size;
  std::string text = fmt::format(
      "number,optimizer,learning_rate,{}seed,outcome,steps,compute_seconds,given_up_at,note\n",
      sizes ? "scale," : "");
  for (const auto& [trial, curve] : summary.trials) {
    const std::string outcome =
        trial.outcome.has_value() ? std::string(study::name_of(*trial.outcome)) : "";
    const std::string scale = sizes ? shortest(space::number_in(trial.config, "scale")) + "," : "";
    text += fmt::format("{},{},{},{}{},{},{},{},{},{}\n", trial.number,
                        field(space::choice_in(trial.config, "optimizer")),
                        shortest(space::number_in(trial.config, "learning_rate")), scale,
                        trial.seed, outcome, trial.steps, shortest(trial.compute_seconds),
                        trial.given_up_at.has_value() ? fmt::format("{}", *trial.given_up_at) : "",
                        field(trial.note));
  }
  return text;
}

std::string bands_csv(const Summary& summary) {
  std::string text = "optimizer,reached,trials,band_low,band_high,best_learning_rate,best_steps\n";
  for (const OptimizerSummary& o : summary.optimizers) {
    text += fmt::format("{},{},{},", field(o.optimizer), o.reached, o.trials);
    text += o.band.has_value()
                ? fmt::format("{},{},", shortest(o.band->first), shortest(o.band->second))
                : ",,";
    text += o.best.has_value()
                ? fmt::format("{},{}\n", shortest(o.best->learning_rate), shortest(o.best->steps))
                : ",\n";
  }
  return text;
}

std::string sizes_csv(const Summary& summary) {
  std::string text =
      "optimizer,learning_rate,scale,weights,operations_per_step,step_seconds,trials,reached,steps,"
      "seconds,operations\n";
  for (const SizeLine& line : summarize_sizes(summary).lines) {
    for (const SizePoint& point : line.points) {
      text += fmt::format("{},{},{},{},{},{},{},{}", field(line.optimizer),
                          shortest(line.learning_rate), shortest(point.network.scale),
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
    for (const std::string& metric : summary.trials.front().curve.metrics) text += "," + metric;
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
