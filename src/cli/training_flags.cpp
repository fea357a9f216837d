#include "cli/training_flags.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <limits>
#include <map>
#include <set>
#include <thread>

#include "base/text.hpp"
#include "models/model.hpp"
#include "space/grid.hpp"
#include "sweetspot/error.hpp"
#include "train/optimizer.hpp"
#include "train/schedule.hpp"

namespace sweetspot::cli {
namespace {

constexpr int64_t kMostSteps = 1'000'000'000;
constexpr int64_t kMostSeeds = 1000;
constexpr int64_t kMostThreads = 1024;

int64_t whole(const char* flag, int64_t value, int64_t low, int64_t high) {
  if (value >= low && value <= high) return value;
  throw Error(ErrorKind::usage,
              fmt::format("--{} {}: must be from {} to {}", flag, value, low, high));
}

void declare_early_stopping(CLI::App& command, bool with_audit, TrainingFlags& flags) {
  command.add_flag("--no-early-stop", flags.no_early_stop,
                   "Train trials that cannot reach the target to their end");
  command.add_flag("--early-stop", flags.early_stop,
                   "Give up hopeless trials even where the rule was not audited");
  if (!with_audit) return;
  command.add_flag("--audit", flags.audit,
                   "Train given-up trials to their end and count how many were given up wrongly");
}

}  // namespace

void declare_training_flags(CLI::App& command, study::Kind kind, TrainingFlags& flags) {
  const bool is_sweep = kind == study::Kind::sweep;
  const bool is_trace = kind == study::Kind::trace;
  const bool is_tune = kind == study::Kind::tune;
  command.add_option("STUDY.toml", flags.file, "A study file; flags win over it");
  command.add_option("--data", flags.data,
                     "mnist, fashion-mnist, or a folder of IDX or CIFAR-10 files [mnist]");
  command.add_option("--model", flags.model,
                     models::choices_text() + " [tiny]; see sweetspot model");
  command.add_option("--width", flags.width, "Times the filters of every convolution [1]");
  if (kind == study::Kind::size) {
    command.add_option("--scales", flags.scales,
                       "Times the filters: low:high:step, both ends, or a list 1,2.5 [1:10:0.25]");
  }
  if (!is_trace && !is_tune) {
    command.add_option("--optimizers", flags.optimizers,
                       fmt::format("all, or a list of {} [{}]", join(train::optimizer_names(), ","),
                                   is_sweep ? "the first six" : "adam"));
    command.add_option("--learning-rates", flags.learning_rates,
                       is_sweep ? "low:high:per-decade, both ends, or a list 1e-3,1e-2 [1e-6:100:6]"
                                : "The same, or a list [1e-4,5e-4,1e-3,1.46e-3,5e-3,1e-2]");
  }
  if (!is_trace) {
    command.add_option("--target", flags.target,
                       fmt::format("train_accuracy=, running_accuracy= or validation_accuracy=, "
                                   "reached when at least that [train_accuracy={}]",
                                   kind == study::Kind::size ? "0.96" : "0.97"));
  }
  command.add_option("--budget", flags.budget,
                     is_trace ? "Steps a trial [2000]" : "Steps a trial [8000]");
  command.add_option("--check-every", flags.check_every, "Steps between checks [50]");
  command.add_option("--batch-size", flags.batch_size, "Images a step [100]");
  command.add_option("--seed", flags.seed, "Of weights, minibatches and dropout [1]");
  if (!is_tune) {
    command.add_option("--seeds", flags.seeds,
                       "Seeds from --seed on, each trains every config [1]");
  }
  command.add_option("--threads", flags.threads, "Cohorts, one a core [all processors]");
  command.add_option("--lanes", flags.lanes, kLanesHelp);
  command.add_option(
      "--study", flags.study,
      fmt::format("The study's file, or its name in the --store [{}.db]", study::name_of(kind)));
  declare_worker_flags(command, flags);
  if (!is_trace) declare_early_stopping(command, !is_tune, flags);
  command.add_option("--set", flags.set, "rmsprop.decay=0.99, dropout=0.3 (may be repeated)");
  command.add_option("--semantics", flags.semantics,
                     "Whose update rules and numbers: tensorflow or pytorch [tensorflow]");
  command.add_option("--schedule", flags.schedule,
                     fmt::format("How the learning rate changes, with its numbers: {}; joined by + "
                                 "they are multiplied [fixed]",
                                 train::schedules_help()));
  command.add_option("--max-trial-seconds", flags.max_trial_seconds,
                     "Compute seconds that end a trial (marked not reproducible)");
  command.add_option("--max-seconds", flags.max_seconds, "Pause the study after so long");
  command.add_flag("--dry-run", flags.dry_run,
                   "Print trials, steps, memory and time; train nothing");
  command.add_flag("--print-config", flags.print_config, "Print the effective study file and stop");
}

void declare_worker_flags(CLI::App& command, TrainingFlags& flags) {
  command.add_option("--store", flags.store,
                     "A file or postgresql://USER@HOST/DATABASE that several workers share "
                     "(docs/cluster.md); this command is one of them");
  command.add_option(
      "--lease", flags.lease,
      "Seconds after which the trials of a worker that fell silent go to others [20]");
  command.add_option("--patience", flags.patience,
                     "Seconds that a worker trains on while its store does not answer [600]");
}

namespace {

void note_given(const TrainingFlags& f, std::set<std::string>& given) {
  const std::map<std::string, bool> all = {{"data", f.data.has_value()},
                                           {"model", f.model.has_value()},
                                           {"width", f.width.has_value()},
                                           {"target", f.target.has_value()},
                                           {"budget", f.budget.has_value()},
                                           {"check_every", f.check_every.has_value()},
                                           {"batch_size", f.batch_size.has_value()},
                                           {"threads", f.threads.has_value()},
                                           {"lanes", f.lanes.has_value()},
                                           {"semantics", f.semantics.has_value()},
                                           {"schedule", f.schedule.has_value()},
                                           {"set", !f.set.empty()},
                                           {"audit", f.audit}};
  for (const auto& [name, is_given] : all) {
    if (is_given) given.insert(name);
  }
}

}  // namespace

void apply_flags(const TrainingFlags& flags, StudyRequest& request) {
  study::Settings& s = request.settings;
  note_given(flags, request.given);
  if (flags.data) s.data = *flags.data;
  if (flags.model) apply_model(*flags.model, s);
  if (flags.width) s.width = *flags.width;
  if (flags.optimizers) s.optimizers = with_all_optimizers(split(*flags.optimizers, ','));
  if (flags.learning_rates) s.learning_rates = space::parse_learning_rates(*flags.learning_rates);
  if (flags.scales) s.scales = space::parse_scales(*flags.scales);
  if (flags.configs) s.configs = study::parse_configs(*flags.configs);
  if (flags.target) s.target = study::parse_target(*flags.target);
  if (flags.budget) s.budget = static_cast<uint64_t>(whole("budget", *flags.budget, 1, kMostSteps));
  if (flags.check_every) {
    s.check_every = static_cast<uint64_t>(whole("check-every", *flags.check_every, 1, kMostSteps));
  }
  if (flags.batch_size) {
    s.batch_size = static_cast<int>(whole("batch-size", *flags.batch_size, 1, kMostSteps));
  }
  if (flags.seed)
    s.seed =
        static_cast<uint64_t>(whole("seed", *flags.seed, 0, std::numeric_limits<int64_t>::max()));
  if (flags.seeds) {
    s.seeds = static_cast<int>(whole("seeds", *flags.seeds, 1, kMostSeeds));
  }
  if (flags.no_early_stop) s.early_stop = "off";
  if (flags.early_stop) s.early_stop = "on";
  if (flags.audit) s.audit = true;
  if (flags.semantics) s.semantics = *flags.semantics;
  if (flags.schedule) s.schedule = *flags.schedule;
  for (const std::string& assignment : flags.set) apply_number(assignment, s);
  if (flags.max_trial_seconds) s.max_trial_seconds = *flags.max_trial_seconds;
  if (flags.max_seconds) request.max_seconds = *flags.max_seconds;
  if (s.max_trial_seconds < 0 || request.max_seconds < 0) {
    throw Error(ErrorKind::usage, "a limit of seconds must be above 0");
  }
  if (flags.store) request.store = *flags.store;
  if (flags.study) request.study = *flags.study;
  if (flags.store && !flags.study && !request.given.contains("study")) {
    throw Error(ErrorKind::usage, "--store: needs --study NAME besides");
  }
  if (flags.lease) request.lease_seconds = *flags.lease;
  if (flags.patience) request.patience_seconds = *flags.patience;
  if (!(request.lease_seconds >= 1 && request.lease_seconds <= 86400)) {
    throw Error(ErrorKind::usage, "--lease: must be from 1 to 86,400 seconds");
  }
  if (!(request.patience_seconds >= 0)) {
    throw Error(ErrorKind::usage, "--patience: must be at least 0 seconds");
  }
  store::require_address(address_of(request));
  if (flags.threads) {
    request.threads = static_cast<int>(whole("threads", *flags.threads, 1, kMostThreads));
  }
  if (flags.lanes) {
    if (!is_lane_count(*flags.lanes)) {
      throw Error(ErrorKind::usage, "--lanes: must be 8, 16 or 32");
    }
    request.lanes = static_cast<int>(*flags.lanes);
  }
  if (request.threads == 0) {
    request.threads = static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
  }
}

}  // namespace sweetspot::cli
