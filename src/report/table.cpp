#include "report/table.hpp"

#include <fmt/format.h>

#include <cmath>
#include <map>

#include "base/text.hpp"

namespace sweetspot::report {
namespace {

std::string outcome_counts(const Summary& summary, const std::string& optimizer) {
  std::map<study::Outcome, int> counts;
  for (const TrialSummary& t : summary.trials) {
    if (space::choice_in(t.trial.config, "optimizer") != optimizer) continue;
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

}  // namespace

std::string table(const Summary& summary) {
  std::string text = answer(summary) + "\n\n";
  text += fmt::format("{:<10} {:>8}  {:<24} {:>10} {:>8}  {}\n", "optimizer", "reached", "band",
                      "best rate", "steps", "the others");
  for (const OptimizerSummary& o : summary.optimizers) {
    const std::string band = o.band.has_value() ? fmt::format("{} .. {}", shortest(o.band->first),
                                                              shortest(o.band->second))
                                                : "-";
    text += fmt::format("{:<10} {:>8}  {:<24} {:>10} {:>8}  {}\n", o.optimizer,
                        fmt::format("{}/{}", o.reached, o.trials), band,
                        o.best.has_value() ? shortest(o.best->learning_rate) : "-",
                        o.best.has_value() ? with_thousands(std::llround(o.best->steps)) : "-",
                        outcome_counts(summary, o.optimizer));
  }
  text += fmt::format("\ncost: {} trial-steps, {:.3g} operations, {} of compute, {} on the clock",
                      with_thousands(static_cast<long long>(summary.cost.trial_steps)),
                      summary.cost.operations, duration_text(summary.cost.compute_seconds),
                      duration_text(summary.cost.wall_seconds));
  if (summary.cost.lanes_busy.has_value()) {
    text += fmt::format(", lanes busy {:.1f} %", 100 * *summary.cost.lanes_busy);
  }
  text += fmt::format("\nearly stopping: {}\n", summary.record.early_stop);
  if (summary.audit.has_value()) {
    const AuditSummary& a = *summary.audit;
    text += fmt::format(
        "audit: {} of {} trials that reach the target would have been given up ({:.2f} %); the "
        "rule "
        "saves {:.1f} % of the {} steps of those that do not\n",
        a.wrongly_given_up, a.reached, a.reached > 0 ? 100.0 * a.wrongly_given_up / a.reached : 0.0,
        a.failing_steps > 0
            ? 100.0 * static_cast<double>(a.saved_steps) / static_cast<double>(a.failing_steps)
            : 0.0,
        with_thousands(static_cast<long long>(a.failing_steps)));
  }
  return text;
}

}  // namespace sweetspot::report
