// sweetspot find: the learning-rate range test of one optimizer, verified by short trainings.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "base/text.hpp"
#include "cli/commands.hpp"
#include "cli/output.hpp"
#include "cli/progress.hpp"
#include "cli/search_request.hpp"
#include "cli/train_study.hpp"
#include "cohorts/range_test.hpp"
#include "models/model.hpp"
#include "report/range_report.hpp"
#include "train/optimizer.hpp"

namespace sweetspot::cli {
namespace {

struct FindFlags {
  TrainingFlags training;
  std::string optimizer = "adam";
  std::string learning_rates = "1e-6:100";
  int64_t steps = 200;
  bool json = false;
};

void declare_find_flags(CLI::App& command, FindFlags& flags) {
  command.add_option("--optimizer", flags.optimizer,
                     fmt::format("{} [adam]", join(train::optimizer_names(), ", ")));
  command.add_option("--data", flags.training.data,
                     "mnist, fashion-mnist, or a folder of IDX or CIFAR-10 files [mnist]");
  command.add_option("--model", flags.training.model,
                     models::choices_text() + " [tiny]; see sweetspot model");
  command.add_option("--width", flags.training.width, "Times the filters of every convolution [1]");
  command.add_option("--learning-rates", flags.learning_rates,
                     "low:high, the ends of the test [1e-6:100]");
  command.add_option("--steps", flags.steps, "Steps from end to end, a seed [200]");
  command.add_option("--seeds", flags.training.seeds,
                     fmt::format("From --seed on, at most {} [5]", cohorts::kMostTestSeeds));
  command.add_option("--seed", flags.training.seed, "Of weights, minibatches and dropout [1]");
  command.add_option("--batch-size", flags.training.batch_size, "Images a step [100]");
  command.add_option("--set", flags.training.set,
                     "rmsprop.decay=0.99, dropout=0.3 (may be repeated)");
  command.add_option("--semantics", flags.training.semantics,
                     "Whose update rules and numbers: tensorflow or pytorch [tensorflow]");
  command.add_option("--threads", flags.training.threads, "[all processors]");
  command.add_flag("--json", flags.json, "All of it, curves included, as JSON (docs/json.md)");
}

cohorts::RangeTest test_of(const FindFlags& flags, const StudyRequest& request) {
  cohorts::RangeTest test;
  test.settings = request.settings;
  const space::LogUniform range = parse_rate_range(flags.learning_rates);
  test.settings.learning_rates = {range.low, range.high};
  // An unknown name is known before any data is fetched.
  train::optimizer_index(flags.optimizer);
  test.settings.optimizers = {flags.optimizer};
  test.steps = flags.steps;
  test.threads = request.threads;
  return test;
}

int find(const FindFlags& flags) {
  StudyRequest request = default_request(study::Kind::sweep);
  request.settings.seeds = 5;
  apply_flags(flags.training, request);
  const cohorts::RangeTest test = test_of(flags, request);
  const data::ImageSet set = load_data(request);
  ProgressLine line;
  const cohorts::RangeTestResult result =
      cohorts::run_range_test(test, set, [&](const cohorts::TestProgress& p) {
        line.show(p.steps, p.planned,
                  fmt::format("{} of {} steps that are planned so far",
                              with_thousands(static_cast<long long>(p.steps)),
                              with_thousands(static_cast<long long>(p.planned))));
      });
  line.close();
  if (flags.json) {
    print_json(report::range_test_json(test, set.classes, result));
  } else {
    print("{}", report::range_test_text(test, set.classes, result));
  }
  return 0;
}

}  // namespace

void add_find(CLI::App& program, int& exit_code) {
  auto flags = std::make_shared<FindFlags>();
  CLI::App* command = program.add_subcommand(
      "find", "Find one optimizer's learning rate by a range test, verified by short trainings");
  declare_find_flags(*command, *flags);
  command->footer(
      "Trains each seed while the rate rises from low to high (Smith, WACV 2017), takes fastai's\n"
      "suggestions from the curves, trains shortly at fixed rates around them, and answers with a\n"
      "rate, its band and how many seeds agree; or that it can't tell. docs/notes/find.md has how "
      "far\n"
      "suggestions and answer lie from the best. Example:\n"
      "  sweetspot find --optimizer rmsprop --model small --data fashion-mnist");
  command->callback([flags, &exit_code] { exit_code = find(*flags); });
}

}  // namespace sweetspot::cli
