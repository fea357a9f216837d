// sweetspot article: the whole experiment, one study and one report that judges its claims.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <memory>

#include "cli/commands.hpp"
#include "cli/output.hpp"
#include "cli/train_study.hpp"
#include "cohorts/study_setup.hpp"
#include "models/model.hpp"
#include "report/all_parts.hpp"
#include "report/claims/claims.hpp"
#include "report/write_report.hpp"
#include "space/grid.hpp"
#include "store/open_store.hpp"
#include "sweetspot/error.hpp"
#include "train/schedule.hpp"

namespace sweetspot::cli {
namespace {

struct ArticleFlags {
  TrainingFlags training;
  std::string output;
  std::string size_target;
  bool quick = false;
  bool running = false;
  models::Model model;  // read once: its file may change before the last part
};

// What the parts share: data, model, seeds, and how the machine is used.
StudyRequest part_request(const ArticleFlags& flags, study::Kind kind) {
  StudyRequest request = default_request(kind);
  TrainingFlags training = flags.training;
  if (kind != study::Kind::sweep) training.target.reset();
  training.model.reset();
  apply_flags(training, request);
  request.settings.model = flags.model.name;
  request.settings.layers = flags.model.layers;
  if (request.store.empty()) request.study = flags.output + "/study.db";
  if (flags.running && kind != study::Kind::trace) {
    request.settings.target.metric = "running_accuracy";
  }
  return request;
}

StudyRequest sweep_request(const ArticleFlags& flags) {
  StudyRequest request = part_request(flags, study::Kind::sweep);
  if (flags.quick) {
    request.settings.learning_rates = space::parse_learning_rates("1e-6:100:2");
    request.settings.budget = 4000;
  }
  return request;
}

StudyRequest size_request(const ArticleFlags& flags) {
  StudyRequest request = part_request(flags, study::Kind::size);
  if (!flags.size_target.empty()) {
    request.settings.target = study::parse_target(flags.size_target);
  } else if (flags.training.target.has_value()) {
    throw Error(ErrorKind::usage, "--target: an article also needs --size-target then");
  }
  if (flags.quick) {
    request.settings.scales = space::parse_scales("1,2.5,4,5.5,7,8.5,10");
    request.settings.learning_rates = space::parse_learning_rates("1e-3,5e-3,1e-2");
    request.settings.budget = 2000;
  }
  return request;
}

// RMSProp over three values of each of its numbers.
StudyRequest tuned_request(const ArticleFlags& flags) {
  StudyRequest request = part_request(flags, study::Kind::sweep);
  request.part = "tuned";
  request.settings.optimizers = {"rmsprop"};
  request.settings.number_grid = {
      {"decay", {0.9, 0.99, 0.999}}, {"epsilon", {1e-10, 1e-6, 1e-3}}, {"momentum", {0, 0.5, 0.9}}};
  request.settings.learning_rates =
      space::parse_learning_rates(flags.quick ? "1e-3,1e-2" : "1e-4:1e-1:2");
  if (flags.quick) request.settings.budget = 4000;
  return request;
}

// Each optimizer at the best rate of the sweep.
StudyRequest trace_request(const ArticleFlags& flags, const report::Summary& sweep) {
  StudyRequest request = part_request(flags, study::Kind::trace);
  request.settings.budget = flags.quick ? 1000 : 4000;
  for (const report::OptimizerSummary& optimizer : sweep.optimizers) {
    if (!optimizer.best.has_value()) continue;
    request.settings.configs.push_back({optimizer.optimizer, optimizer.best->learning_rate});
  }
  return request;
}

int run_article(ArticleFlags flags) {
  flags.model = models::chosen_model(flags.training.model.value_or("tiny"));
  const StudyRequest sweep = sweep_request(flags);
  const StudyRequest sizes = size_request(flags);
  const data::ImageSet set = load_data(sweep);
  cohorts::require_trainable(sweep.settings, set);
  cohorts::require_trainable(sizes.settings, set);
  std::error_code error;
  std::filesystem::create_directories(flags.output, error);
  if (error) {
    throw Error(ErrorKind::system,
                fmt::format("{}: cannot be made: {}", flags.output, error.message()));
  }
  const auto train_part = [&](const char* words, StudyRequest request) {
    settle(request);
    print("{}\n", words);
    std::fflush(stdout);
    return train_study(request, set);
  };
  if (!train_part("1 of 4: the sweep", sweep)) return kExitPaused;
  const report::Summary summary =
      report::summarize(*store::open_store(address_of(sweep), store::Access::read, sweep.part));
  const StudyRequest trace = trace_request(flags, summary);
  if (trace.settings.configs.empty()) {
    print("2 of 4: no optimizer reached the target, so there is nothing to trace\n");
  } else if (!train_part("2 of 4: the trace of each optimizer's best rate", trace)) {
    return kExitPaused;
  }
  if (!train_part("3 of 4: the sizes", sizes)) return kExitPaused;
  if (!train_part("4 of 4: RMSProp over its numbers", tuned_request(flags))) return kExitPaused;

  const std::vector<report::Summary> parts = report::all_parts(address_of(sweep));
  const auto files = report::write_report(parts, flags.output, /*claims=*/true);
  for (const report::Summary& part : parts) print("\n{}\n", report::answer(part));
  print("\n{}\n{} files in {}; open {}/index.html\n",
        report::claims_text(report::judge_claims(report::article_parts(parts))), files.size(),
        flags.output, flags.output);
  return 0;
}

}  // namespace

void add_article(CLI::App& program, int& exit_code) {
  auto flags = std::make_shared<ArticleFlags>();
  TrainingFlags& training = flags->training;
  CLI::App* command = program.add_subcommand(
      "article", "Run the whole experiment in one study and judge each of its claims");
  command
      ->add_option("--output", flags->output,
                   "The folder for study.db, index.html, claims.json and every figure")
      ->required();
  command->add_option("--model", training.model, models::choices_text() + " [tiny]");
  command->add_option("--data", training.data,
                      "mnist, fashion-mnist, or a folder of IDX or CIFAR-10 files [mnist]");
  command->add_flag("--quick", flags->quick, "Fewer sizes and rates, the same figures");
  command->add_flag("--running", flags->running,
                    "Targets are running accuracies, as the experiment was first coded");
  command->add_option("--target", training.target,
                      "Of the sweep, for data that cannot reach the default; with --size-target "
                      "[train_accuracy=0.97]");
  command->add_option("--size-target", flags->size_target, "Of the sizes [train_accuracy=0.96]");
  command->add_option("--seed", training.seed, "Of weights, minibatches and dropout [1]");
  command->add_option("--seeds", training.seeds,
                      "Seeds from --seed on, each trains every config [1]");
  command->add_option("--semantics", training.semantics,
                      "Whose update rules and numbers: tensorflow or pytorch [tensorflow]");
  command->add_option(
      "--schedule", training.schedule,
      fmt::format("How the learning rate changes: {} [fixed]", train::schedules_help()));
  command->add_option("--study", training.study, "Its name, with --store [OUTPUT/study.db]");
  declare_worker_flags(*command, training);
  command->add_option("--threads", training.threads, "Cohorts, one a core [all processors]");
  command->add_option("--lanes", training.lanes, kLanesHelp);
  command->footer(
      "The same command goes on with an article that was paused or killed. Example:\n"
      "  sweetspot article --quick --output article");
  command->callback([flags, &exit_code] { exit_code = run_article(*flags); });
}

}  // namespace sweetspot::cli
