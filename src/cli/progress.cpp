#include "cli/progress.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <vector>

#include "base/text.hpp"
#include "cli/output.hpp"

namespace sweetspot::cli {
namespace {

constexpr std::chrono::milliseconds kPlainEvery{5000};
constexpr std::chrono::milliseconds kTerminalEvery{200};

std::string bar(double share) {
  constexpr int kCells = 24;
  const int filled = static_cast<int>(kCells * std::clamp(share, 0.0, 1.0));
  return "[" + std::string(static_cast<size_t>(filled), '#') +
         std::string(static_cast<size_t>(kCells - filled), '.') + "]";
}

// With those that a search has yet to propose.
int all_trials(const run::RunProgress& p) {
  return std::max(p.trials, p.is_over ? 0 : p.cost_trials);
}

}  // namespace

std::string progress_text(const run::RunProgress& p) {
  std::vector<std::string> parts;
  if (p.cost > 0) {
    parts.push_back(fmt::format("{} of {} steps",
                                with_thousands(static_cast<long long>(p.trial_steps)),
                                with_thousands(static_cast<long long>(p.cost))));
    parts.push_back(counted(p.trials, "trial"));
  } else {
    parts.push_back(fmt::format("{}/{} trials ended", p.ended, all_trials(p)));
  }
  if (p.has_target) parts.push_back(fmt::format("{} reached", p.reached));
  if (p.fewest_steps.has_value()) {
    parts.push_back("the fastest in " + counted(static_cast<long long>(*p.fewest_steps), "step"));
  } else if (p.best_score.has_value()) {
    parts.push_back(fmt::format("best {} {:.4g}", printable(p.metric),
                                p.is_minimized ? -*p.best_score : *p.best_score));
  }
  // Less than one a second in a minute or an hour.
  constexpr double kMinute = 60;
  constexpr double kHour = 3600;
  const double rate = p.steps_per_second;
  if (rate >= 1) {
    parts.push_back(with_thousands(static_cast<long long>(rate)) + " steps/s");
  } else if (rate * kMinute >= 1) {
    parts.push_back(fmt::format("{:.3g} steps/min", rate * kMinute));
  } else if (rate > 0) {
    parts.push_back(fmt::format("{:.2g} steps/h", rate * kHour));
  }
  parts.push_back(duration_text(p.seconds));
  if (p.seconds_left >= 0 && !p.is_over) {
    parts.push_back("about " + duration_text(p.seconds_left) + " left");
  }
  return join(parts, ", ");
}

ProgressLine::ProgressLine()
    : terminal_(isatty(STDERR_FILENO) != 0),
      next_(std::chrono::steady_clock::now() + kPlainEvery) {}

ProgressLine::~ProgressLine() {
  close();
}

void ProgressLine::tell(const std::string& trouble) {
  if (trouble.empty() == trouble_.empty()) return;
  close();
  say("{}\n", trouble.empty()
                  ? "the store answers again; nothing was lost"
                  : trouble + "; training goes on, and everything is kept until it answers");
  trouble_ = trouble;
}

void ProgressLine::show(const run::RunProgress& p) {
  tell(p.trouble);
  const auto now = std::chrono::steady_clock::now();
  if (!terminal_ && now < next_ && !p.is_over) return;
  next_ = now + kPlainEvery;
  const double share = p.cost > 0 ? static_cast<double>(p.trial_steps) / static_cast<double>(p.cost)
                                  : static_cast<double>(p.ended) / std::max(all_trials(p), 1);
  write(share, progress_text(p));
}

void ProgressLine::show(uint64_t done, uint64_t all, const std::string& text) {
  const auto now = std::chrono::steady_clock::now();
  if (now < next_) return;
  next_ = now + (terminal_ ? kTerminalEvery : kPlainEvery);
  write(static_cast<double>(done) / static_cast<double>(all), text);
}

void ProgressLine::write(double share, const std::string& text) {
  if (terminal_) {
    say_raw(fmt::format("\r\033[K{} {}", bar(share), printable(text)));
    open_ = true;
  } else {
    say("{}\n", text);
  }
}

void tell_waits(store::StudyStore& store) {
  store.on_wait([](const std::string& line) { say("\n{}\n", line); });
}

void ProgressLine::close() {
  if (open_) say("\n");
  open_ = false;
}

}  // namespace sweetspot::cli
