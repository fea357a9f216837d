// sweetspot sweep: every optimizer at every learning rate.
#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <atomic>
#include <csignal>
#include <memory>
#include <thread>

#include "base/error.hpp"
#include "base/text.hpp"
#include "cli/commands.hpp"
#include "cli/progress.hpp"
#include "cli/study_file.hpp"
#include "cli/sweep_request.hpp"
#include "data/fetch.hpp"
#include "report/summary.hpp"
#include "report/table.hpp"
#include "run/estimate.hpp"
#include "run/sweep_runner.hpp"
#include "space/grid.hpp"
#include "store/sqlite_store.hpp"
#include "train/lane_block.hpp"

namespace sweetspot::cli {
namespace {

// What was given on the command line; it wins over the study file.
struct SweepFlags {
  std::string file;
  std::optional<std::string> data, model, optimizers, learning_rates, target, semantics, study;
  std::optional<double> width, max_trial_seconds, max_seconds;
  std::optional<int64_t> budget, check_every, batch_size, seed, seeds, threads, lanes;
  std::vector<std::string> set;
  bool no_early_stop = false;
  bool early_stop = false;
  bool audit = false;
  bool dry_run = false;
  bool print_config = false;
};

int64_t at_least(const char* flag, int64_t value, int64_t low) {
  if (value < low) {
    throw Error(ErrorKind::usage, fmt::format("--{} {}: must be at least {}", flag, value, low));
  }
  return value;
}

void apply_flags(const SweepFlags& flags, SweepRequest& request) {
  study::Settings& s = request.settings;
  if (flags.data) s.data = *flags.data;
  if (flags.model) {
    s.model = *flags.model;
    s.layers.clear();
  }
  if (flags.width) s.width = *flags.width;
  if (flags.optimizers) s.optimizers = split(*flags.optimizers, ',');
  if (flags.learning_rates) s.learning_rates = space::parse_learning_rates(*flags.learning_rates);
  if (flags.target) s.target = study::parse_target(*flags.target);
  if (flags.budget) s.budget = static_cast<uint64_t>(at_least("budget", *flags.budget, 1));
  if (flags.check_every) {
    s.check_every = static_cast<uint64_t>(at_least("check-every", *flags.check_every, 1));
  }
  if (flags.batch_size) {
    s.batch_size = static_cast<int>(
        std::min<int64_t>(at_least("batch-size", *flags.batch_size, 1), 1'000'000'000));
  }
  if (flags.seed) s.seed = static_cast<uint64_t>(at_least("seed", *flags.seed, 0));
  if (flags.seeds) {
    s.seeds = static_cast<int>(std::min<int64_t>(at_least("seeds", *flags.seeds, 1), 100'000));
  }
  if (flags.no_early_stop) s.early_stop = "off";
  if (flags.early_stop) s.early_stop = "on";
  if (flags.audit) s.audit = true;
  if (flags.semantics) s.semantics = *flags.semantics;
  for (const std::string& assignment : flags.set) apply_number(assignment, s);
  if (flags.max_trial_seconds) s.max_trial_seconds = *flags.max_trial_seconds;
  if (flags.max_seconds) request.max_seconds = *flags.max_seconds;
  if (s.max_trial_seconds < 0 || request.max_seconds < 0) {
    throw Error(ErrorKind::usage, "a limit of seconds must be above 0");
  }
  if (flags.study) request.study = *flags.study;
  if (flags.threads) {
    request.threads =
        static_cast<int>(std::min<int64_t>(at_least("threads", *flags.threads, 1), 1024));
  }
  if (flags.lanes) request.lanes = static_cast<int>(std::clamp<int64_t>(*flags.lanes, 0, 64));
  if (request.lanes != 8 && request.lanes != 16 && request.lanes != 32) {
    throw Error(ErrorKind::usage, "--lanes: must be 8, 16 or 32");
  }
  if (request.threads == 0) {
    request.threads = static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
  }
}

// The runner that Ctrl-C pauses; a second Ctrl-C ends the program at once, which loses at most what
// was observed in the last half second.
std::atomic<run::SweepRunner*> interrupted_runner{nullptr};

void on_interrupt(int signal) {
  if (run::SweepRunner* runner = interrupted_runner.exchange(nullptr); runner != nullptr) {
    runner->request_pause();
  } else {
    std::signal(signal, SIG_DFL);
    std::raise(signal);
  }
}

void print_plan(const SweepRequest& request, const data::ImageSet& set) {
  const study::Settings& s = request.settings;
  const train::Network network = run::network_of(s, set);
  const train::Stages stages = train::stages_of(network);
  const size_t trials =
      s.optimizers.size() * s.learning_rates.size() * static_cast<size_t>(s.seeds);
  const double operations = train::operations_per_step(stages, s.batch_size);
  const double block_bytes = train::lane_block_bytes(network, s.batch_size);
  const double cohort_bytes = block_bytes * request.lanes / train::kBlockLanes;
  const double step_seconds = run::measured_step_seconds(s, set);
  const double most =
      static_cast<double>(trials) * static_cast<double>(s.budget) * step_seconds / request.threads;
  fmt::print("trials           {} ({} optimizers x {} learning rates x {} seeds)\n", trials,
             s.optimizers.size(), s.learning_rates.size(), s.seeds);
  fmt::print("network          {} weights, {:.1f} million operations a step\n",
             with_thousands(static_cast<long long>(train::weight_count(stages))), operations / 1e6);
  fmt::print("steps            at most {} a trial, {} in all\n",
             with_thousands(static_cast<long long>(s.budget)),
             with_thousands(static_cast<long long>(trials * s.budget)));
  fmt::print("memory           {} a cohort, {} cohorts, and {} of images\n",
             bytes_text(cohort_bytes), request.threads,
             bytes_text(2.3 * static_cast<double>(set.train_pixels.size())));
  fmt::print("early stopping   {}\n", run::rule_state(s, set).words);
  fmt::print(
      "time             at most {}: {:.3g} ms a trial-step measured here, {} threads; trials "
      "that reach the target or are given up end sooner\n",
      duration_text(most), 1e3 * step_seconds, request.threads);
}

int train(const SweepRequest& request, const data::ImageSet& set) {
  const auto store = store::open_sqlite(request.study, store::Access::train);
  run::prepare_study(*store, request.settings, set);
  run::SweepRunner runner(
      *store, set,
      {.threads = request.threads, .lanes = request.lanes, .max_seconds = request.max_seconds});
  interrupted_runner = &runner;
  std::signal(SIGINT, on_interrupt);
  std::signal(SIGTERM, on_interrupt);
  ProgressLine line;
  run::RunEnd end;
  try {
    end = runner.run([&](const run::RunProgress& progress) { line.show(progress); });
  } catch (...) {
    interrupted_runner = nullptr;
    throw;
  }
  interrupted_runner = nullptr;
  line.close();
  if (end.paused) {
    fmt::print("paused{}: everything is kept in {}; the same command goes on\n",
               end.why.empty() ? "" : " (" + end.why + ")", request.study);
    return kExitPaused;
  }
  fmt::print("{}", report::table(report::summarize(*store)));
  fmt::print("\nstudy kept in {0}; sweetspot report {0} --output DIR draws it\n", request.study);
  return 0;
}

int run_sweep(const SweepFlags& flags) {
  SweepRequest request = default_request();
  if (!flags.file.empty()) apply_study_file(flags.file, request);
  apply_flags(flags, request);
  if (flags.print_config) {
    fmt::print("study = {}\nthreads = {}\nlanes = {}\n", study::toml_string(request.study),
               request.threads, request.lanes);
    if (request.max_seconds > 0) fmt::print("max_seconds = {}\n", request.max_seconds);
    fmt::print("{}", study::to_toml(request.settings));
    return 0;
  }
  const data::ImageSet set = data::load_image_set(
      request.settings.data,
      data::real_fetch_tools([](const std::string& text) { fmt::print(stderr, "{}\n", text); }));
  run::require_trainable(request.settings, set);
  if (flags.dry_run) {
    print_plan(request, set);
    return 0;
  }
  return train(request, set);
}

}  // namespace

void add_sweep(CLI::App& program, int& exit_code) {
  auto flags = std::make_shared<SweepFlags>();
  CLI::App* sweep = program.add_subcommand(
      "sweep", "Train every optimizer at every learning rate and keep what happens");
  sweep->add_option("STUDY.toml", flags->file, "A study file; flags win over it");
  sweep->add_option("--data", flags->data,
                    "mnist, fashion-mnist, or a folder of IDX files [mnist]");
  sweep->add_option("--model", flags->model, "tiny, small or tutorial [tiny]");
  sweep->add_option("--width", flags->width, "Times the filters of both convolutions [1]");
  sweep->add_option("--optimizers", flags->optimizers,
                    "A list of gd,momentum,adagrad,adadelta,rmsprop,adam [all six]");
  sweep->add_option("--learning-rates", flags->learning_rates,
                    "low:high:per-decade, both ends, or a list 1e-3,1e-2 [1e-6:100:6]");
  sweep->add_option("--target", flags->target,
                    "train_accuracy=, running_accuracy= or validation_accuracy=, reached when at "
                    "least that [train_accuracy=0.97]");
  sweep->add_option("--budget", flags->budget, "Steps a trial [8000]");
  sweep->add_option("--check-every", flags->check_every, "Steps between checks [50]");
  sweep->add_option("--batch-size", flags->batch_size, "Images a step [100]");
  sweep->add_option("--seed", flags->seed, "Of weights, minibatches and dropout [1]");
  sweep->add_option("--seeds", flags->seeds, "Seeds from --seed on, each trains every config [1]");
  sweep->add_option("--threads", flags->threads, "Cohorts, one a core [all processors]");
  sweep->add_option("--lanes", flags->lanes, "Trials a cohort: 8, 16 or 32 [8]");
  sweep->add_option("--study", flags->study, "Where the study is kept [sweep.db]");
  sweep->add_flag("--no-early-stop", flags->no_early_stop,
                  "Train trials that cannot reach the target to their end");
  sweep->add_flag("--early-stop", flags->early_stop,
                  "Give up hopeless trials even where the rule was not audited");
  sweep->add_flag("--audit", flags->audit,
                  "Train given-up trials to their end and count how many were given up wrongly");
  sweep->add_option("--set", flags->set, "rmsprop.decay=0.99, dropout=0.3 (may be repeated)");
  sweep->add_option("--semantics", flags->semantics,
                    "Whose update rules and numbers: tensorflow or pytorch [tensorflow]");
  sweep->add_option("--max-trial-seconds", flags->max_trial_seconds,
                    "Compute seconds that end a trial (marked not reproducible)");
  sweep->add_option("--max-seconds", flags->max_seconds, "Pause the study after so long");
  sweep->add_flag("--dry-run", flags->dry_run,
                  "Print trials, steps, memory and time; train nothing");
  sweep->add_flag("--print-config", flags->print_config, "Print the effective study file and stop");
  sweep->footer(
      "The same command goes on with a study that was paused or killed. More rates, optimizers or\n"
      "seeds, or a larger budget extend it. Example:\n"
      "  sweetspot sweep --model tiny --study tiny.db && sweetspot report tiny.db --output tiny");
  sweep->callback([flags, &exit_code] { exit_code = run_sweep(*flags); });
}

}  // namespace sweetspot::cli
