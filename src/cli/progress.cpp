#include "cli/progress.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "base/text.hpp"

namespace sweetspot::cli {
namespace {

constexpr std::chrono::seconds kPlainEvery{5};

std::string bar(int done, int all) {
  constexpr int kCells = 24;
  const int filled = all > 0 ? kCells * done / all : 0;
  return "[" + std::string(static_cast<size_t>(filled), '#') +
         std::string(static_cast<size_t>(kCells - filled), '.') + "]";
}

}  // namespace

ProgressLine::ProgressLine()
    : terminal_(isatty(STDERR_FILENO) != 0),
      next_(std::chrono::steady_clock::now() + kPlainEvery) {}

ProgressLine::~ProgressLine() {
  close();
}

void ProgressLine::show(const run::RunProgress& p) {
  const auto now = std::chrono::steady_clock::now();
  const bool last = p.ended == p.trials;
  if (!terminal_ && now < next_ && !last) return;
  next_ = now + kPlainEvery;
  const std::string left =
      p.seconds_left < 0 ? "" : ", about " + duration_text(p.seconds_left) + " left";
  const std::string text =
      p.cost > 0
          ? fmt::format("{} of {} steps, {} trials, {} reached, {} steps/s, {}",
                        with_thousands(static_cast<long long>(p.trial_steps)),
                        with_thousands(static_cast<long long>(p.cost)), p.trials, p.reached,
                        with_thousands(static_cast<long long>(p.steps_per_second)),
                        duration_text(p.seconds))
          : fmt::format("{}/{} trials ended, {} reached, {} steps/s, {}{}", p.ended, p.trials,
                        p.reached, with_thousands(static_cast<long long>(p.steps_per_second)),
                        duration_text(p.seconds), left);
  if (terminal_) {
    const auto share = static_cast<double>(p.trial_steps) / static_cast<double>(p.cost);
    const int done = p.cost > 0 ? static_cast<int>(100 * std::min(share, 1.0)) : p.ended;
    fmt::print(stderr, "\r\033[K{} {}", bar(done, p.cost > 0 ? 100 : p.trials), text);
    open_ = true;
  } else {
    fmt::print(stderr, "{}\n", text);
  }
  std::fflush(stderr);
}

void ProgressLine::close() {
  if (open_) fmt::print(stderr, "\n");
  open_ = false;
}

}  // namespace sweetspot::cli
