// sweetspot trace: validation accuracy over time, of a sweep's best or of given configs.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "base/text.hpp"
#include "cli/commands.hpp"
#include "cli/output.hpp"
#include "cli/study_file.hpp"
#include "cli/train_study.hpp"
#include "report/summary/summary.hpp"
#include "store/open_store.hpp"
#include "store/stored_study.hpp"
#include "sweetspot/error.hpp"

namespace sweetspot::cli {
namespace {

// The settings of the sweep, and each optimizer at the best rate that it found.
void start_from(const store::Address& address, study::Settings& settings) {
  const std::string file = address.text();
  const auto store = store::open_store(address, store::Access::read);
  if (!store->record().has_value()) {
    throw Error(ErrorKind::study, fmt::format("{}: no sweep in this study, only: {}", file,
                                              join(store->parts(), ", ")));
  }
  const report::Summary sweep = report::summarize(*store);
  const study::Settings trace = settings;
  settings = sweep.record.settings;
  settings.kind = trace.kind;
  settings.target = trace.target;
  settings.budget = trace.budget;
  settings.check_every = trace.check_every;
  settings.optimizers.clear();
  settings.learning_rates.clear();
  settings.early_stop = trace.early_stop;
  settings.audit = false;
  for (const report::OptimizerSummary& optimizer : sweep.optimizers) {
    if (optimizer.best.has_value()) {
      settings.configs.push_back({optimizer.optimizer, optimizer.best->learning_rate});
    } else {
      say("{} reached the target at no rate of {}; it is left out\n", optimizer.optimizer, file);
    }
  }
  if (settings.configs.empty()) {
    throw Error(ErrorKind::usage, fmt::format("{}: no optimizer reached the target", file));
  }
}

// What diverged in the sweep has no accuracy to trace.
void refuse_diverged(const store::Address& address,
                     const std::vector<study::TraceConfig>& configs) {
  const std::string file = address.text();
  const auto store = store::open_store(address, store::Access::read);
  for (const study::Trial& trial : store::stored_study(*store).trials) {
    if (trial.outcome != study::Outcome::diverged) continue;
    const study::TraceConfig diverged = {space::choice_in(trial.config, "optimizer"),
                                         space::number_in(trial.config, "learning_rate")};
    for (const study::TraceConfig& config : configs) {
      if (config == diverged) {
        throw Error(ErrorKind::usage, fmt::format("config {}: it diverged at step {} of {}",
                                                  study::text_of(config), trial.steps, file));
      }
    }
  }
}

}  // namespace

void add_trace(CLI::App& program, int& exit_code) {
  auto flags = std::make_shared<TrainingFlags>();
  auto from = std::make_shared<std::string>();
  CLI::App* command = program.add_subcommand(
      "trace", "Train some configs to their budget and keep their validation accuracy over time");
  command->add_option(
      "--from", *from,
      "A sweep (its file, or its name in the --store): its settings, and the best rate of "
      "each optimizer");
  command->add_option("--configs", flags->configs, "OPTIMIZER:RATE,... instead: adam:1e-3,gd:0.2");
  declare_training_flags(*command, study::Kind::trace, *flags);
  command->footer(
      "Checks come --check-every steps apart, and 5 apart in the first 100. Example:\n"
      "  sweetspot trace --from sweep.db --study trace.db && \\\n"
      "  sweetspot report trace.db --output trace");
  command->callback([flags, from, &exit_code] {
    StudyRequest request = default_request(study::Kind::trace);
    if (!flags->file.empty()) apply_study_file(flags->file, request);
    // A sweep in the same store has its name there, any other is a file.
    const store::Address sweep =
        flags->store.has_value() ? store::Address{*flags->store, *from} : store::Address{*from, ""};
    if (!from->empty()) start_from(sweep, request.settings);
    apply_flags(*flags, request);
    if (!from->empty()) refuse_diverged(sweep, request.settings.configs);
    if (request.settings.configs.empty()) {
      throw Error(ErrorKind::usage,
                  "trace: --from SWEEP.db or --configs adam:1e-3,gd:0.2 is needed");
    }
    exit_code = run_study_command(*flags, request);
  });
}

}  // namespace sweetspot::cli
