#include "report/table.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <vector>

#include "base/fitted_columns.hpp"
#include "base/text.hpp"
#include "report/part_table.hpp"
#include "report/summary/tune_summary.hpp"

namespace sweetspot::report {
namespace {

// Of a search's safe config, or its fastest where there is none.
std::string lines_to_paste(const Summary& summary) {
  if (summary.record.settings.kind != study::Kind::tune) return "";
  const TuneSummary tune = summarize_tune(summary);
  if (!tune.best.has_value()) return "";
  const space::Config& config =
      tune.safe.has_value() ? tune.safe->config : summary.trials[*tune.best].trial.config;
  std::string text;
  for (const PasteLine& line : paste_lines(summary.record.settings, config)) {
    text += fmt::format("\n{:<13} {}", line.framework, line.line);
    if (!line.differs.empty()) text += "\n" + std::string(16, ' ') + line.differs;
  }
  return text.empty() ? text : text + "\n";
}

}  // namespace

std::string cost_line(const Summary& summary) {
  const bool is_command = summary.record.settings.command.has_value();
  std::string text = fmt::format("{} trial-steps, ",
                                 with_thousands(static_cast<long long>(summary.cost.trial_steps)));
  if (!is_command) text += fmt::format("{:.3g} operations, ", summary.cost.operations);
  text += fmt::format("{} of compute, {} on the clock", duration_text(summary.cost.compute_seconds),
                      duration_text(summary.cost.wall_seconds));
  if (summary.cost.lanes_busy.has_value()) {
    text += fmt::format(", {} busy {:.1f} %", is_command ? "places" : "lanes",
                        100 * *summary.cost.lanes_busy);
  }
  return text;
}

std::string table(const Summary& summary, size_t width) {
  const PartTable part = part_table(summary);
  std::vector<std::vector<std::string>> rows = {part.columns};
  rows.insert(rows.end(), part.rows.begin(), part.rows.end());
  std::string text = answer(summary) + "\n\n" + fitted_columns(rows, width);
  text += lines_to_paste(summary);
  text += "\ncost: " + cost_line(summary);
  if (!summary.damaged.empty()) {
    text += fmt::format("\nleft out, for they are damaged: {} {}",
                        summary.damaged.size() == 1 ? "trial" : "trials",
                        fmt::join(summary.damaged, ", "));
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
