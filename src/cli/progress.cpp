#include "cli/progress.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>

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

}  // namespace

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
  const double share = p.cost > 0 ? static_cast<double>(p.trial_steps) / static_cast<double>(p.cost)
                                  : static_cast<double>(p.ended) / std::max(p.trials, 1);
  write(share, text);
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
