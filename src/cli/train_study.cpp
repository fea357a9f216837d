#include "cli/train_study.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>

#include "base/text.hpp"
#include "cli/command_request.hpp"
#include "cli/command_study.hpp"
#include "cli/commands.hpp"
#include "cli/interrupt.hpp"
#include "cli/output.hpp"
#include "cli/progress.hpp"
#include "cli/study_address.hpp"
#include "cli/study_file.hpp"
#include "cli/terminal.hpp"
#include "cluster/worker_fitness.hpp"
#include "cohorts/cohort_lanes.hpp"
#include "cohorts/prepare_study.hpp"
#include "cohorts/rule_state.hpp"
#include "cohorts/step_time.hpp"
#include "cohorts/study_runner.hpp"
#include "cohorts/study_setup.hpp"
#include "data/fetch.hpp"
#include "report/summary/summary.hpp"
#include "report/table.hpp"
#include "store/open_store.hpp"
#include "sweetspot/error.hpp"
#include "train/lane_block.hpp"

namespace sweetspot::cli {
namespace {

void say_which_scales_are_one(const study::Settings& settings, const data::ImageSet& set) {
  if (settings.kind != study::Kind::size) return;
  const std::vector<double> distinct = cohorts::distinct_scales(settings, set);
  std::vector<std::string> others;
  for (const double scale : settings.scales) {
    if (std::find(distinct.begin(), distinct.end(), scale) == distinct.end()) {
      others.push_back(shortest(scale));
    }
  }
  if (others.empty()) return;
  say("scales {}: the network rounds to that of a smaller scale; it is trained once\n",
      join(others, ", "));
}

void print_plan(const StudyRequest& request, const data::ImageSet& set) {
  const study::Settings& s = request.settings;
  study::Settings largest = s;
  if (s.kind == study::Kind::size) largest.width *= s.scales.back();
  const train::Network network = cohorts::network_of(largest, set);
  const train::Stages stages = train::stages_of(network);
  const bool is_tune = s.kind == study::Kind::tune;
  const size_t scales = cohorts::distinct_scales(s, set).size();
  const size_t configs = s.kind == study::Kind::trace
                             ? s.configs.size()
                             : s.optimizers.size() * s.learning_rates.size() * scales;
  const size_t trials = configs * static_cast<size_t>(s.seeds);
  const double operations = train::operations_per_step(stages, s.batch_size);
  const size_t lanes = request.lanes > 0
                           ? static_cast<size_t>(request.lanes)
                           : cohorts::cohort_lanes(s, trials, static_cast<size_t>(request.threads),
                                                   !request.store.empty());
  const double cohort_bytes =
      train::lane_block_bytes(network, s.batch_size, cohorts::optimizer_slots(s), lanes);
  const double step_seconds = cohorts::measured_step_seconds(largest, set, lanes);
  double most_steps = static_cast<double>(trials) * static_cast<double>(s.budget);
  if (is_tune) {
    const study::SearchCost cost = study::parse_cost(s.search.cost, s.budget);
    most_steps = cost.steps > 0 ? static_cast<double>(cost.steps)
                                : static_cast<double>(cost.trials * s.budget);
  }
  const double most = most_steps * step_seconds / request.threads;
  if (is_tune) {
    print("search           {} for {}, rounds of {}\n", s.search.method, s.search.cost,
          s.search.round);
  } else {
    print("trials           {} ({} configs x {} seeds)\n", trials, configs, s.seeds);
  }
  if (s.kind == study::Kind::size) {
    print("sizes            {} of {} differ; the network and time below are of the largest\n",
          scales, s.scales.size());
  }
  print("network          {} weights, {:.1f} million operations a step\n",
        with_thousands(static_cast<long long>(train::weight_count(stages))), operations / 1e6);
  print("steps            at most {} a trial, {} in all\n",
        with_thousands(static_cast<long long>(s.budget)),
        with_thousands(static_cast<long long>(most_steps)));
  print("memory           {} a cohort, {} cohorts, and {} of images\n", bytes_text(cohort_bytes),
        request.threads, bytes_text(2.3 * static_cast<double>(set.train_pixels.size())));
  print("early stopping   {}\n", cohorts::rule_state(s, set).words);
  print(
      "time             at most {}: {:.3g} ms a trial-step measured here, {} threads; trials "
      "that reach the target or are given up end sooner\n",
      duration_text(most), 1e3 * step_seconds, request.threads);
}

}  // namespace

data::ImageSet load_data(const StudyRequest& request) {
  return data::load_image_set(
      request.settings.data,
      data::real_fetch_tools([](const std::string& text) { say("{}\n", text); }));
}

namespace {

cohorts::RunOptions run_options(const StudyRequest& request) {
  cohorts::RunOptions options = {
      .threads = request.threads, .lanes = request.lanes, .max_seconds = request.max_seconds};
  if (request.store.empty()) return options;
  options.shared = shared_options(request);
  options.rescue_file = rescue_file(request);
  return options;
}

}  // namespace

std::string rescue_file(const StudyRequest& request) {
  return fmt::format("{}-rescued-{}.db", request.study, getpid());
}

void require_reachable(const run::RunEnd& end, const StudyRequest& request) {
  if (end.unreachable.empty()) return;
  if (end.rescued == 0) throw Error(ErrorKind::system, end.unreachable);
  throw Error(ErrorKind::system,
              fmt::format("{}; {} trials stand in {}: `sweetspot worker {} --bring-back {}` takes "
                          "them there",
                          end.unreachable, end.rescued, rescue_file(request),
                          arguments_of(address_of(request)), rescue_file(request)));
}

run::SharedOptions shared_options(const StudyRequest& request) {
  constexpr double kBeatsALease = 4;
  return {.worker = {.name = cluster::worker_name(), .lease_seconds = request.lease_seconds},
          .beat_seconds = request.lease_seconds / kBeatsALease,
          .patience_seconds = request.patience_seconds};
}

bool train_prepared(store::StudyStore& store, const StudyRequest& request,
                    const data::ImageSet& set) {
  const cohorts::RunOptions options = run_options(request);
  cohorts::StudyRunner runner(store, set, options);
  // A second Ctrl-C loses at most what was observed in the last half second.
  const Interrupt interrupt([&runner] { runner.request_pause(); });
  ProgressLine line;
  const run::RunEnd end =
      runner.run([&](const run::RunProgress& progress) { line.show(progress); });
  line.close();
  require_reachable(end, request);
  const std::string where = address_of(request).text();
  if (end.paused) {
    print("paused{}: everything is kept in {}; {}\n", end.why.empty() ? "" : " (" + end.why + ")",
          where,
          options.shared.has_value() ? "other workers, or the same command, go on"
                                     : "the same command goes on");
    return false;
  }
  return true;
}

bool train_study(const StudyRequest& request, const data::ImageSet& set) {
  const bool is_shared = !request.store.empty();
  study::to_json(request.settings);  // no study is begun that could not be kept
  const auto store = store::open_store(
      address_of(request), is_shared ? store::Access::share : store::Access::train, request.part);
  tell_waits(*store);
  say_which_scales_are_one(request.settings, set);
  if (is_shared) {
    // Else of two that begin at once each would add the trials.
    store->atomically([&] { cohorts::prepare_study(*store, request.settings, set); });
    cluster::require_fit(*store->record());
  } else {
    cohorts::prepare_study(*store, request.settings, set);
  }
  return train_prepared(*store, request, set);
}

void print_end(const store::Address& study, const std::string& part) {
  print("{}", report::table(report::summarize(*store::open_store(study, store::Access::read, part)),
                            terminal_width()));
  print("\nstudy kept in {}; sweetspot report {} --output DIR draws it\n", study.text(),
        arguments_of(study));
}

int run_study_command(const TrainingFlags& flags, StudyRequest request) {
  if (request.settings.command.has_value()) return run_command_study(flags, request);
  settle(request);
  if (flags.print_config) {
    if (!request.store.empty()) print("store = {}\n", toml_string(request.store));
    print("study = {}\nthreads = {}\n", toml_string(request.study), request.threads);
    if (request.lanes > 0) print("lanes = {}\n", request.lanes);
    if (request.max_seconds > 0) print("max_seconds = {}\n", request.max_seconds);
    print("{}", study::to_toml(request.settings));
    return 0;
  }
  const data::ImageSet set = load_data(request);
  cohorts::require_trainable(request.settings, set);
  if (flags.dry_run) {
    print_plan(request, set);
    return 0;
  }
  if (!train_study(request, set)) return kExitPaused;
  print_end(address_of(request), request.part);
  return 0;
}

void add_study_command(CLI::App& program, study::Kind kind, int& exit_code,
                       const std::string& about, const std::string& footer) {
  auto flags = std::make_shared<TrainingFlags>();
  auto own = std::make_shared<CommandFlags>();
  CLI::App* command = program.add_subcommand(std::string(study::name_of(kind)), about);
  declare_training_flags(*command, kind, *flags);
  if (kind != study::Kind::trace) declare_command_flags(*command, kind, *own);
  command->footer(footer);
  command->callback([flags, own, kind, &exit_code] {
    StudyRequest request = default_request(kind);
    if (!flags->file.empty()) apply_study_file(flags->file, request);
    if (own->command) begin_command(request);
    apply_flags(*flags, request);
    apply_command_flags(*own, *flags, {}, request);
    exit_code = run_study_command(*flags, request);
  });
}

}  // namespace sweetspot::cli
