#include "report/table.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"
#include "report/part_table.hpp"

namespace sweetspot::report {
namespace {

std::string aligned(const PartTable& table) {
  std::vector<size_t> widths;
  for (size_t column = 0; column < table.columns.size(); ++column) {
    size_t width = table.columns[column].size();
    for (const auto& row : table.rows) width = std::max(width, row[column].size());
    widths.push_back(width);
  }
  std::string text;
  const auto line = [&](const std::vector<std::string>& cells) {
    std::string row;
    for (size_t i = 0; i < cells.size(); ++i) {
      row += fmt::format("{}{:<{}}", i == 0 ? "" : "  ", cells[i], widths[i]);
    }
    text += row.substr(0, row.find_last_not_of(' ') + 1) + "\n";
  };
  line(table.columns);
  for (const auto& row : table.rows) line(row);
  return text;
}

}  // namespace

std::string table(const Summary& summary) {
  std::string text = answer(summary) + "\n\n" + aligned(part_table(summary));
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
