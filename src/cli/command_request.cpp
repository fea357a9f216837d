#include "cli/command_request.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cctype>
#include <cmath>
#include <filesystem>

#include "base/text.hpp"
#include "space/grid.hpp"
#include "space/space_file.hpp"
#include "store/postgres/credentials.hpp"
#include "study/axes.hpp"
#include "sweetspot/error.hpp"

namespace sweetspot::cli {
namespace {

constexpr const char* kGroup = "A program of your own (docs/own-program.md)";
// Trials that are proposed at once: dear ones, of which few are trained.
constexpr int kCommandRound = 4;
// Checks in a budget.
constexpr uint64_t kChecks = 40;

[[noreturn]] void refuse(const std::string& what) {
  throw Error(ErrorKind::usage, what);
}

int whole_between(const char* flag, int64_t value, int64_t low, int64_t high) {
  if (value < low || value > high) {
    refuse(fmt::format("--{} {}: must be from {} to {}", flag, value, low, high));
  }
  return static_cast<int>(value);
}

double seconds_of(const char* flag, double value) {
  if (!(value >= 0) || value > 1e6) {
    refuse(fmt::format("--{} {}: must be from 0 to 1e6 seconds", flag, value));
  }
  return value;
}

// What CUDA_VISIBLE_DEVICES takes one of.
void require_gpu(const std::string& name) {
  const auto all = [](std::string_view text, int (*is_kind)(int)) {
    return !text.empty() &&
           std::all_of(text.begin(), text.end(), [&](unsigned char c) { return is_kind(c) != 0; });
  };
  const auto of_uuid = [](int c) { return c == '-' || c == '/' ? 1 : std::isalnum(c); };
  const bool is_uuid = (name.starts_with("GPU-") || name.starts_with("MIG-")) &&
                       all(std::string_view(name).substr(4), of_uuid);
  if (is_uuid || all(name, std::isdigit)) return;
  refuse(fmt::format(
      "--gpus: '{}' is no GPU; write whole numbers, or uuids that begin with GPU- or MIG-, as 0,1",
      name));
}

void apply_grid_flags(const CommandFlags& flags, const TrainingFlags& training,
                      study::CommandSettings& command) {
  if (flags.space) {
    command.grid.clear();
    command.written.clear();
    for (const space::Parameter& parameter : space::read_space_file(*flags.space)) {
      study::add_grid_parameter(swept_values(parameter), command);
    }
  }
  if (training.optimizers) {
    const std::vector<std::string> names = split(*training.optimizers, ',');
    study::add_grid_parameter({"optimizer", {names.begin(), names.end()}}, command);
  }
  if (training.learning_rates) {
    const std::vector<double> rates = space::parse_learning_rates(*training.learning_rates);
    study::add_grid_parameter({"learning_rate", {rates.begin(), rates.end()}}, command);
    study::keep_written("learning_rate", split(*training.learning_rates, ','), command);
  }
  if (training.scales) study::keep_written("scale", split(*training.scales, ','), command);
  for (const std::string& assignment : flags.grid) {
    study::add_grid_parameter(assignment, command);
  }
}

void apply_space_flags(const SearchFlags& flags, std::vector<space::Parameter>& space) {
  const auto put = [&](space::Parameter parameter) {
    std::erase_if(space, [&](const auto& p) { return p.name == parameter.name; });
    space.push_back(std::move(parameter));
  };
  if (flags.optimizers) put({"optimizer", space::Categorical{split(*flags.optimizers, ',')}});
  if (flags.learning_rates) put({"learning_rate", parse_rate_range(*flags.learning_rates)});
}

void apply_runner_flags(const CommandFlags& flags, StudyRequest& request) {
  programs::ProgramOptions& options = request.command;
  if (flags.gpus) options.gpus = split(*flags.gpus, ',');
  if (flags.parallel) options.parallel = whole_between("parallel", *flags.parallel, 1, 10000);
  if (flags.parallel) request.given.insert("parallel");
  if (flags.retries) options.retries = whole_between("retries", *flags.retries, 0, 1000);
  if (flags.give_up_after) {
    options.give_up_after = whole_between("give-up-after", *flags.give_up_after, 0, 1'000'000);
  }
  if (!flags.keep_environment.empty()) options.keep_environment = flags.keep_environment;
  if (flags.grace) options.grace_seconds = seconds_of("grace", *flags.grace);
  if (flags.stall_seconds) {
    options.stall_seconds = seconds_of("stall-seconds", *flags.stall_seconds);
  }
}

// A program has no use for what opens our store, and its output may tell all that it has.
std::vector<std::string> withheld(const std::vector<std::string>& kept) {
  std::vector<std::string> names = store::credential_variables();
  for (const std::string& name : kept) {
    if (std::erase(names, name) > 0) continue;
    refuse("--keep-environment: " +
           unknown_name("variable that is withheld", name, store::credential_variables()));
  }
  return names;
}

void settle_runner(StudyRequest& request) {
  programs::ProgramOptions& options = request.command;
  for (const std::string& gpu : options.gpus) require_gpu(gpu);
  if (!request.given.contains("parallel") && !options.gpus.empty()) {
    options.parallel = static_cast<int>(options.gpus.size());
  }
  options.withheld_environment = withheld(options.keep_environment);
  if (!address_of(request).is_server()) options.withheld_environment.clear();
  options.max_seconds = request.max_seconds;
  options.files = request.study + ".files";
  seconds_of("grace", options.grace_seconds);
  seconds_of("stall-seconds", options.stall_seconds);
}

}  // namespace

space::GridParameter swept_values(const space::Parameter& parameter) {
  constexpr int kPerDecade = 6;
  constexpr int kPoints = 11;
  if (parameter.when.has_value()) {
    refuse(fmt::format("space.{}: a sweep trains every combination; it takes no condition",
                       parameter.name));
  }
  space::GridParameter grid = {parameter.name, {}};
  const auto add_even = [&](int points) {
    for (int i = 0; i < points; ++i) {
      const double unit = points == 1 ? 0.5 : static_cast<double>(i) / (points - 1);
      space::Value value = space::value_at(parameter.distribution, unit);
      if (grid.values.empty() || grid.values.back() != value) grid.values.push_back(value);
    }
  };
  if (const auto* choices = std::get_if<space::Categorical>(&parameter.distribution)) {
    grid.values.assign(choices->values.begin(), choices->values.end());
  } else if (const auto* log = std::get_if<space::LogUniform>(&parameter.distribution)) {
    add_even(static_cast<int>(std::lround(kPerDecade * std::log10(log->high / log->low))) + 1);
  } else {
    add_even(kPoints);
  }
  return grid;
}

void declare_runner_flags(CLI::App& command, CommandFlags& flags) {
  const auto add = [&](const char* name, auto& to, const char* about) {
    command.add_option(name, to, about)->group(kGroup);
  };
  add("--parallel", flags.parallel, "Trials side by side [1, or one for each of --gpus]");
  add("--gpus", flags.gpus, "0,1: each place gets one in turn as CUDA_VISIBLE_DEVICES");
  add("--grace", flags.grace, "Seconds from SIGTERM to SIGKILL [10]");
  add("--stall-seconds", flags.stall_seconds, "Stop a run that reports nothing for so long");
  add("--keep-environment", flags.keep_environment,
      "With a store on PostgreSQL: a variable of its credentials that programs get all the same, "
      "as "
      "PGPASSWORD (may be repeated)");
  add("--retries", flags.retries, "Of a trial whose run fails [0]");
  add("--give-up-after", flags.give_up_after,
      "Stop after so many trials in a row that fail alike; 0: never [5]");
}

void declare_command_flags(CLI::App& command, study::Kind kind, CommandFlags& flags) {
  const auto add = [&](const char* name, auto& to, const char* about) {
    command.add_option(name, to, about)->group(kGroup);
  };
  add("--command", flags.command,
      "The program, with {placeholders} for the parameters: 'python3 train.py --lr "
      "{learning_rate}'; run without a shell");
  if (kind == study::Kind::tune) {
    add("--maximize", flags.maximize, "A metric that it reports: the most is the best");
    add("--minimize", flags.minimize, "A metric that it reports: the least is the best");
  } else {
    add("--grid", flags.grid, "NAME=low:high:per-decade or NAME=a,b,c (may be repeated)");
    add("--space", flags.space,
        "A file of parameters: a sweep takes 6 a decade of a log, 11 of another range");
  }
  command.add_flag("--shell", flags.shell, "Run the command by /bin/sh")->group(kGroup);
  add("--metric-pattern", flags.metric_pattern,
      "Reports in any text, by named groups: 'step (?<step>\\d+) .*acc=(?<accuracy>[0-9.]+)'");
  declare_runner_flags(command, flags);
  // Of a search it is known to be refused.
  command.add_flag("--retry-failed", flags.retry_failed, "Train trials that failed again")
      ->group(kind == study::Kind::tune ? "" : kGroup);
}

void begin_command(StudyRequest& request) {
  if (!request.settings.command.has_value()) request.settings.command.emplace();
}

void apply_command_flags(const CommandFlags& flags, const TrainingFlags& training,
                         const SearchFlags& search, StudyRequest& request) {
  study::Settings& s = request.settings;
  if (flags.command) s.command->command = *flags.command;
  const bool any = flags.metric_pattern || flags.maximize || flags.minimize || flags.gpus ||
                   flags.parallel || flags.retries || flags.give_up_after || flags.grace ||
                   flags.stall_seconds || !flags.grid.empty() || !flags.keep_environment.empty() ||
                   flags.shell || flags.retry_failed || flags.space;
  if (!s.command.has_value()) {
    if (!any) return;
    refuse(
        "--metric-pattern, --maximize, --minimize, --grid, --parallel and the like go with "
        "--command");
  }
  if (flags.retry_failed && s.kind == study::Kind::tune) {
    refuse(
        "--retry-failed: a search has gone on from its failures, and would have proposed otherwise "
        "without them; give --retries for failures of chance, and another --study once the program "
        "is mended");
  }
  study::CommandSettings& command = *s.command;
  if (flags.shell) command.shell = true;
  if (flags.metric_pattern) command.metric_pattern = *flags.metric_pattern;
  if (flags.maximize && flags.minimize) refuse("--maximize and --minimize: give one of them");
  if (flags.maximize) s.search.objective = study::parse_objective("best:" + *flags.maximize);
  if (flags.minimize) s.search.objective = study::parse_objective("least:" + *flags.minimize);
  apply_runner_flags(flags, request);
  request.retry_failed = request.retry_failed || flags.retry_failed;
  if (s.kind == study::Kind::tune) {
    // Networks have a space of their own where none is given.
    const bool is_given = request.given.contains("space") || search.space.has_value();
    if (!is_given) s.search.space.clear();
    apply_space_flags(search, s.search.space);
  } else {
    apply_grid_flags(flags, training, command);
  }
  settle_command(request);
}

void apply_worker_flags(const CommandFlags& flags, StudyRequest& request) {
  apply_runner_flags(flags, request);
  settle_runner(request);
}

void settle_command(StudyRequest& request) {
  study::Settings& s = request.settings;
  study::CommandSettings& command = *s.command;
  for (const char* of_a_network :
       {"data", "model", "width", "batch_size", "semantics", "schedule", "set", "dropout",
        "optimizer", "lanes", "threads", "audit", "proxy", "configs", "validation_images"}) {
    if (!request.given.contains(of_a_network)) continue;
    refuse(fmt::format("{}: is a network's; a program of your own trains as its command says",
                       of_a_network));
  }
  if (!request.given.contains("target")) s.target = study::parse_target("none");
  command.own_budget = !request.given.contains("budget");
  if (command.own_budget) s.budget = study::kOwnBudget;
  if (!request.given.contains("check_every")) {
    s.check_every = command.own_budget ? 1 : std::max<uint64_t>(1, s.budget / kChecks);
  }
  if (!request.given.contains("round")) s.search.round = kCommandRound;
  if (!request.given.contains("cost")) s.search.cost = command.own_budget ? "20t" : "20x";
  settle_runner(request);
  s.learning_rates.clear();
  s.optimizers = study::groups_of(s);
}

}  // namespace sweetspot::cli
