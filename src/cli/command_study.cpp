#include "cli/command_study.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string>

#include "base/text.hpp"
#include "cli/commands.hpp"
#include "cli/interrupt.hpp"
#include "cli/output.hpp"
#include "cli/progress.hpp"
#include "cli/train_study.hpp"
#include "cluster/worker_fitness.hpp"
#include "programs/argument_template.hpp"
#include "programs/program_runner.hpp"
#include "programs/program_setup.hpp"
#include "space/distinct_configs.hpp"
#include "store/open_store.hpp"

namespace sweetspot::cli {
namespace {

void print_config(const StudyRequest& request) {
  const programs::ProgramOptions& options = request.command;
  if (!request.store.empty()) print("store = {}\n", toml_string(request.store));
  print("study = {}\nparallel = {}\n", toml_string(request.study), options.parallel);
  if (!options.gpus.empty()) {
    print("gpus = {}\n", toml_string(join(options.gpus, ",")));
  }
  if (!options.keep_environment.empty()) {
    print("keep_environment = {}\n", toml_string(join(options.keep_environment, ",")));
  }
  print("grace = {}\nstall_seconds = {}\nretries = {}\ngive_up_after = {}\n", options.grace_seconds,
        options.stall_seconds, options.retries, options.give_up_after);
  if (options.max_seconds > 0) print("max_seconds = {}\n", options.max_seconds);
  print("{}", study::to_toml(request.settings));
}

void print_plan(const StudyRequest& request) {
  const study::Settings& s = request.settings;
  if (s.kind == study::Kind::tune) {
    print("search           {} for {}, rounds of {}\n", s.search.method, s.search.cost,
          s.search.round);
  } else {
    size_t configs = s.kind == study::Kind::size ? s.scales.size() : 1;
    for (const space::GridParameter& parameter : s.command->grid)
      configs *= parameter.values.size();
    print("trials           {} ({} x {}), {} side by side\n",
          configs * static_cast<size_t>(s.seeds),
          counted(static_cast<long long>(configs), "config"), counted(s.seeds, "seed"),
          request.command.parallel);
  }
  print("steps            {}\n",
        s.command->own_budget
            ? "as many as the program takes"
            : fmt::format("at most {} a trial", with_thousands(static_cast<long long>(s.budget))));
  print("time             unknown before a trial has ended; sweetspot check runs one\n");
}

// What is trained again with the same seed tells nothing of a program that is reproducible. How
// often a search does so is known at its end; that it has to, before.
void say_that_configs_are_few(const study::Settings& s) {
  if (s.kind != study::Kind::tune || s.search.method == "grid") return;
  const study::SearchCost cost = study::search_cost(s);
  const uint64_t trainings = cost.trials > 0 ? cost.trials : cost.steps / s.budget;
  constexpr uint64_t kMost = 100'000;
  const size_t configs = space::distinct_configs(space::Space(s.search.space),
                                                 static_cast<size_t>(std::min(trainings, kMost)));
  if (configs >= std::min(trainings, kMost)) return;
  say("the space has only {}, fewer than the {} of --cost {}: some train again, with the same "
      "seed; `sweep` and --method grid train each once\n",
      counted(static_cast<long long>(configs), "config"),
      counted(static_cast<long long>(trainings), "training"), s.search.cost);
}

int run_prepared(store::StudyStore& store, const StudyRequest& request) {
  programs::ProgramOptions options = request.command;
  if (!request.store.empty()) {
    options.shared = shared_options(request);
    options.rescue_file = rescue_file(request);
  }
  programs::ProgramRunner runner(store, options);
  run::RunEnd end;
  {
    const Interrupt interrupt([&runner] { runner.request_pause(); });
    ProgressLine line;
    end = runner.run([&](const run::RunProgress& progress) { line.show(progress); });
    line.close();
  }
  require_reachable(end, request);
  if (!end.failure.empty()) {
    say("sweetspot: {}; stopped: mend the program; `show --json` has each trial's note, {} "
        "their output\n",
        end.failure, end.logs.string());
    return kExitGaveUp;
  }
  if (end.paused) {
    print("paused{}: everything is kept in {}; {}\n", end.why.empty() ? "" : " (" + end.why + ")",
          address_of(request).text(),
          options.shared.has_value() ? "other workers, or the same command, go on"
                                     : "the same command goes on");
    return kExitPaused;
  }
  return 0;
}

// Where nothing but failures came of a study that is over: in a line, with the last one's reason.
std::string all_failed(store::StudyStore& store) {
  std::string last;
  int failed = 0;
  for (const study::Trial& trial : store.trials()) {
    if (trial.outcome == study::Outcome::failed) {
      ++failed;
      last = split(trial.note, '\n').front();
    } else if (trial.outcome.has_value() && trial.outcome != study::Outcome::cancelled) {
      return "";
    }
  }
  if (failed == 0) return "";
  return fmt::format("{} failed; the last: {}; mend the program",
                     failed == 1 ? "the only training" : fmt::format("all {} trainings", failed),
                     last);
}

int exit_code_of(const std::string& failure) {
  if (failure.empty()) return 0;
  say("sweetspot: {}\n", failure);
  return kExitGaveUp;
}

}  // namespace

int run_command_worker(store::StudyStore& store, const StudyRequest& request) {
  programs::require_program(request.settings);
  const int code = run_prepared(store, request);
  return code == 0 ? exit_code_of(all_failed(store)) : code;
}

int run_command_study(const TrainingFlags& flags, const StudyRequest& request) {
  if (flags.print_config) {
    print_config(request);
    return 0;
  }
  programs::require_runnable(request.settings);
  if (flags.dry_run) {
    print_plan(request);
    return 0;
  }
  say_that_configs_are_few(request.settings);
  int code = 0;
  std::string failure;
  {
    const bool is_shared = !request.store.empty();
    const auto store = store::open_store(
        address_of(request), is_shared ? store::Access::share : store::Access::train, request.part);
    tell_waits(*store);
    const auto prepare = [&] {
      programs::prepare_program_study(*store, request.settings, request.retry_failed);
    };
    if (is_shared) {
      store->atomically(prepare);
      cluster::require_fit(*store->record());
    } else {
      prepare();
    }
    code = run_prepared(*store, request);
    if (code == 0) failure = all_failed(*store);
  }
  if (code != 0) return code;
  print_end(address_of(request), request.part);
  return exit_code_of(failure);
}

}  // namespace sweetspot::cli
