#include "library/study_text.hpp"

#include <fmt/format.h>

#include <map>

#include "base/text.hpp"
#include "library/study_keeper.hpp"

namespace sweetspot {
namespace {

// The smaller the better; none where the trial did not work.
std::optional<double> loss_of(const StudyOptions& options, const TrialResult& trial) {
  if (!trial.value.has_value()) return std::nullopt;
  if (!options.target.has_value()) return -score_of(options, *trial.value);
  if (trial.outcome != study::Outcome::reached) return std::nullopt;
  return static_cast<double>(trial.steps);
}

std::string outcomes_text(const std::vector<TrialResult>& trials) {
  std::map<std::string, size_t> counts;
  for (const TrialResult& trial : trials) {
    ++counts[trial.outcome.has_value() ? std::string(study::name_of(*trial.outcome)) : "not ended"];
  }
  std::vector<std::string> parts;
  for (const auto& [name, count] : counts) parts.push_back(fmt::format("{} {}", count, name));
  return fmt::format("{} trials: {}", trials.size(), join(parts, ", "));
}

// As it is best read: six digits.
std::string text_of_value(double value) {
  return shortest(parse_number(fmt::format("{:.6g}", value)).value_or(value));
}

std::string quoted(const std::string& cell) {
  if (cell.find_first_of(",\"\r\n") == std::string::npos) return cell;
  std::string text = "\"";
  for (const char c : cell) {
    text += c;
    if (c == '"') text += c;
  }
  return text + '"';
}

}  // namespace

std::optional<TrialResult> best_of(const StudyOptions& options,
                                   const std::vector<TrialResult>& trials) {
  const TrialResult* best = nullptr;
  std::optional<double> least;
  for (const TrialResult& trial : trials) {
    const std::optional<double> loss = loss_of(options, trial);
    if (!loss.has_value() || (least.has_value() && *loss >= *least)) continue;
    least = loss;
    best = &trial;
  }
  return best == nullptr ? std::nullopt : std::optional(*best);
}

std::string answer_text(const StudyOptions& options, const std::vector<TrialResult>& trials) {
  const std::optional<TrialResult> best = best_of(options, trials);
  if (!best.has_value()) {
    return fmt::format("No trial {} yet. {}.",
                       options.target.has_value() ? "reached the target" : "worked",
                       outcomes_text(trials));
  }
  const std::string after =
      options.target.has_value() ? fmt::format(" after {} steps", best->steps) : "";
  return fmt::format("{}: {} (trial {}), {} {}{}. {}.",
                     options.target.has_value() ? "Fastest" : "Best", space::text_of(best->config),
                     best->number, options.metric, text_of_value(*best->value), after,
                     outcomes_text(trials));
}

std::string trials_csv(const space::Space& space, const std::vector<TrialResult>& trials) {
  std::string csv = "trial,outcome,steps,value,seconds,note";
  for (const space::Parameter& parameter : space.parameters()) csv += ',' + quoted(parameter.name);
  csv += '\n';
  for (const TrialResult& trial : trials) {
    csv += fmt::format("{},{},{},{},{:.6g},{}", trial.number,
                       trial.outcome.has_value() ? study::name_of(*trial.outcome) : "", trial.steps,
                       trial.value.has_value() ? shortest(*trial.value) : "", trial.seconds,
                       quoted(trial.note));
    for (const space::Parameter& parameter : space.parameters()) {
      const auto value = trial.config.find(parameter.name);
      csv += ',';
      if (value != trial.config.end()) csv += quoted(space::text_of(value->second));
    }
    csv += '\n';
  }
  return csv;
}

}  // namespace sweetspot
