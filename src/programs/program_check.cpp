#include "programs/program_check.hpp"

#include <poll.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <utility>

#include "base/identity.hpp"
#include "programs/argument_template.hpp"
#include "programs/checkpoints.hpp"
#include "programs/program_setup.hpp"
#include "programs/trial_run.hpp"
#include "sweetspot/error.hpp"

namespace sweetspot::programs {
namespace {

namespace fs = std::filesystem;

constexpr uint64_t kEnoughReports = 20;
constexpr uint64_t kEnoughToGoOn = 1;
constexpr uint64_t kMostReports = 100'000;
constexpr size_t kLogLines = 10;
constexpr int kLookEvery = 20;  // milliseconds

space::Config middle_of(const study::Settings& s) {
  if (s.kind == study::Kind::tune) {
    const space::Space space(s.search.space);
    return space.config_at(std::vector<double>(space.size(), 0.5));
  }
  space::Config config;
  for (const space::GridParameter& parameter : s.command->grid) {
    config[parameter.name] = parameter.values[parameter.values.size() / 2];
  }
  if (s.kind == study::Kind::size) config["scale"] = s.scales.front();
  return config;
}

// A folder of its own, removed with all that is in it.
class ScratchFolder {
 public:
  ScratchFolder() {
    std::string pattern = (fs::temp_directory_path() / "sweetspot-check-XXXXXX").string();
    if (mkdtemp(pattern.data()) == nullptr) {
      throw Error(ErrorKind::system, pattern + ": cannot be made");
    }
    path_ = pattern;
  }
  ~ScratchFolder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

class Checker {
 public:
  Checker(const study::Settings& settings, const ProgramOptions& options, double seconds,
          const std::atomic<bool>& interrupted)
      : settings_(settings),
        options_(options),
        seconds_(seconds),
        interrupted_(interrupted),
        arguments_(settings.command->command, settings.command->shell),
        checkpoints_(scratch_.path() / "checkpoints", drawn_identity()) {
    if (!settings.command->metric_pattern.empty()) {
      pattern_.emplace(settings.command->metric_pattern);
    }
  }

  ProgramCheck run() {
    const std::string saved = checkpoints_.create(0);
    ProgramCheck check;
    const std::vector<Report> reports =
        run_once(saved, "", settings_.budget, kEnoughReports, &check);
    ReportSteps steps;
    uint64_t before = 0;
    bool has_number = false;
    for (const Report& report : reports) {
      check.counts_steps = check.counts_steps || report.step.has_value();
      const uint64_t step = steps.take(report);
      if (!check.diverged_at.has_value() && diverges(report, has_number)) check.diverged_at = step;
      if (step > check.last_step) before = std::exchange(check.last_step, step);
      for (const auto& [name, value] : report.metrics) {
        if (std::find(check.metrics.begin(), check.metrics.end(), name) == check.metrics.end()) {
          check.metrics.push_back(name);
        }
      }
    }
    check.reports = reports.size();
    if (check.counts_steps && reports.size() > 1) check.report_interval = check.last_step - before;
    const double measured = check.seconds - check.seconds_to_first;
    if (!reports.empty() && reports.size() > 1 && measured > 0) {
      const uint64_t first = reports.front().step.value_or(1);
      check.steps_per_second = static_cast<double>(check.last_step - first) / measured;
    }
    check.has_saved = checkpoints_.has_content(saved);
    if (check.has_saved && !interrupted_) {
      // Where it was done there is something left to do.
      const auto more =
          run_once(checkpoints_.create(0), saved, 2 * settings_.budget, kEnoughToGoOn, nullptr);
      if (!more.empty()) check.went_on_at = more.front().step.value_or(1);
    }
    check.was_interrupted = interrupted_;
    return check;
  }

 private:
  // As a trial does: by null once there was a number.
  bool diverges(const Report& report, bool& has_number) const {
    const auto judged = report.metrics.find(study::judged_metric(settings_));
    if (judged == report.metrics.end()) return false;
    const bool is_finite = judged->second.has_value() && std::isfinite(*judged->second);
    const bool was_number = std::exchange(has_number, has_number || is_finite);
    return !is_finite && (judged->second.has_value() || was_number);
  }

  bool has_judged_metric(const std::vector<Report>& reports) const {
    const std::string& name = study::judged_metric(settings_);
    return name.empty() || std::any_of(reports.begin(), reports.end(), [&](const Report& report) {
             const auto found = report.metrics.find(name);
             return found != report.metrics.end() && found->second.has_value();
           });
  }

  std::vector<Report> run_once(const std::string& saving, const std::string& from, uint64_t budget,
                               uint64_t enough, ProgramCheck* check) {
    space::Config values = study::as_written(*settings_.command, middle_of(settings_));
    const std::string seed = std::to_string(settings_.seed);
    const std::string folder = checkpoints_.path(saving).string();
    const std::string steps = settings_.command->own_budget ? "" : std::to_string(budget);
    values["trial"] = "0";
    values["seed"] = seed;
    values["steps"] = steps;
    values["checkpoint"] = folder;
    ProcessRequest request;
    request.arguments = arguments_.filled(values);
    request.grace_seconds = options_.grace_seconds;
    request.stops_group = settings_.command->shell;
    request.withheld = options_.withheld_environment;
    request.environment = {
        {"SWEETSPOT_TRIAL", "0"},
        {"SWEETSPOT_SEED", seed},
        {"SWEETSPOT_STEPS", steps},
        {"SWEETSPOT_CHECKPOINT", folder},
        {"SWEETSPOT_RESUME", from.empty() ? "" : checkpoints_.path(from).string()},
        {"PYTHONUNBUFFERED", "1"}};
    if (!options_.gpus.empty()) {
      request.environment.emplace_back("CUDA_VISIBLE_DEVICES", options_.gpus.front());
    }
    const std::string typed = programs::typed(request.arguments);
    TrialRun run(std::move(request), scratch_.path() / "report",
                 pattern_.has_value() ? &*pattern_ : nullptr, {seconds_, options_.stall_seconds});
    std::vector<Report> reports;
    double last_report = 0;
    while (!run.has_ended()) {
      if (interrupted_) return reports;  // what still runs ends with `run`
      std::vector<pollfd> ends;
      for (const int end : run.ends()) ends.push_back({end, POLLIN, 0});
      poll(ends.data(), ends.size(), kLookEvery);
      for (Report& report : run.read()) {
        last_report = run.seconds();
        if (reports.empty() && check != nullptr) check->seconds_to_first = last_report;
        reports.push_back(std::move(report));
      }
      // What is sought may come at the end alone.
      const bool is_seen = check == nullptr || has_judged_metric(reports);
      if (reports.size() >= (is_seen ? enough : kMostReports)) run.stop(StopReason::paused);
    }
    for (Report& report : run.read()) reports.push_back(std::move(report));
    if (check == nullptr) return reports;
    check->command = typed;
    check->seconds = last_report;
    check->log = run.last_lines(kLogLines);
    check->lines = run.counts();
    RunFacts facts = run.facts();
    if (const std::string why = shortage_of(facts); !why.empty()) {
      throw Error(ErrorKind::system, why);
    }
    check->has_ended = facts.stop == StopReason::none;
    facts.judged_metric = study::judged_metric(settings_);
    facts.has_judged_metric = !reports.empty() && has_judged_metric(reports);
    for (const Report& report : reports) {
      for (const auto& [name, value] : report.metrics) {
        facts.other_metrics.push_back(name);
        facts.judged_nulls += name == facts.judged_metric && !value.has_value() ? 1 : 0;
      }
      facts.judged_texts += static_cast<uint64_t>(
          std::count(report.texts.begin(), report.texts.end(), facts.judged_metric));
    }
    std::sort(facts.other_metrics.begin(), facts.other_metrics.end());
    facts.other_metrics.erase(std::unique(facts.other_metrics.begin(), facts.other_metrics.end()),
                              facts.other_metrics.end());
    // That the check's time was up is no failure of a run that reports; that it misses the metric
    // is.
    if (!reports.empty() && facts.stop != StopReason::none) {
      facts.stop = facts.has_judged_metric ? StopReason::paused : StopReason::none;
      facts.end = {};
    }
    check->failure = failure_of(facts);
    return reports;
  }

  const study::Settings& settings_;
  const ProgramOptions& options_;
  double seconds_;
  const std::atomic<bool>& interrupted_;
  const ArgumentTemplate arguments_;
  std::optional<MetricPattern> pattern_;
  ScratchFolder scratch_;
  Checkpoints checkpoints_;
};

}  // namespace

ProgramCheck check_program(const study::Settings& settings, const ProgramOptions& options,
                           double seconds, const std::atomic<bool>& interrupted) {
  require_program(settings);
  return Checker(settings, options, seconds, interrupted).run();
}

}  // namespace sweetspot::programs
