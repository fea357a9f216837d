// sweetspot check: what becomes of a user's own program, by one short run.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <atomic>
#include <memory>

#include "base/text.hpp"
#include "cli/command_request.hpp"
#include "cli/command_study.hpp"
#include "cli/commands.hpp"
#include "cli/interrupt.hpp"
#include "cli/output.hpp"
#include "cli/study_file.hpp"
#include "programs/program_check.hpp"
#include "programs/trial_verdict.hpp"
#include "sweetspot/error.hpp"

namespace sweetspot::cli {
namespace {

constexpr double kSeconds = 60;

std::string indented(const std::string& text) {
  std::string lines;
  for (const std::string& line : split(text, '\n')) lines += "  " + line + "\n";
  return lines;
}

void print_speed(const programs::ProgramCheck& check, const study::Settings& s,
                 const programs::ProgramOptions& options) {
  print("first report     after {}\n", duration_text(check.seconds_to_first));
  if (check.steps_per_second <= 0) return;
  print("speed            {:.3g} steps/s after that\n", check.steps_per_second);
  if (s.command->own_budget) {
    if (check.has_ended) {
      print("one training     {}, {}\n", duration_text(check.seconds),
            counted(static_cast<long long>(check.last_step), "step"));
    }
    return;
  }
  const double training =
      check.seconds_to_first + static_cast<double>(s.budget) / check.steps_per_second;
  const study::SearchCost cost = study::search_cost(s);
  const double trainings = cost.trials > 0
                               ? static_cast<double>(cost.trials)
                               : static_cast<double>(cost.steps) / static_cast<double>(s.budget);
  print("one training     {} of {} steps\n", duration_text(training),
        with_thousands(static_cast<long long>(s.budget)));
  print("a search         {} for --cost {}, {} side by side, if that slows none down\n",
        duration_text(training * trainings / options.parallel), s.search.cost, options.parallel);
}

void print_checkpoints(const programs::ProgramCheck& check) {
  if (!check.has_saved) {
    print(
        "checkpoints      none: nothing was saved into the folder of SWEETSPOT_CHECKPOINT. Fine "
        "for "
        "grid, random, qmc, tpe, gp;\n"
        "                 halving trains from step 0 again where it goes on, pbt cannot do "
        "without\n");
  } else if (!check.went_on_at.has_value()) {
    print("checkpoints      saved, but a second run from it (SWEETSPOT_RESUME) reported nothing\n");
  } else if (*check.went_on_at > check.last_step / 2) {
    print("checkpoints      work: a second run went on at step {}\n", *check.went_on_at);
  } else {
    print(
        "checkpoints      saved, but a second run began at step {}: does it read "
        "SWEETSPOT_RESUME?\n",
        *check.went_on_at);
  }
}

int print_check(const programs::ProgramCheck& check, const study::Settings& s,
                const programs::ProgramOptions& options) {
  if (check.was_interrupted) {
    print("interrupted: nothing is kept of a check\n");
    return kExitPaused;
  }
  print("ran              {}\n", check.command);
  if (!check.metrics.empty()) {
    print("metrics          {} ({}{})\n", join(check.metrics, ", "),
          counted(static_cast<long long>(check.reports), "report"),
          check.counts_steps ? ", with steps" : ", without steps: each counts as one");
    print_speed(check, s, options);
    if (!s.command->own_budget && check.report_interval > 0 &&
        s.check_every % check.report_interval != 0) {
      print(
          "its reports      come every {} steps, and searches look every {}: give --check-every "
          "{}\n",
          check.report_interval, s.check_every, check.report_interval);
    }
    print_checkpoints(check);
  }
  if (check.diverged_at.has_value()) {
    print("diverged         at step {}: {} is no finite number there, and a trial ends\n",
          *check.diverged_at, printable(study::judged_metric(s)));
  }
  if (check.lines.huge > 0) {
    print("output           {} longer than 64 KiB, and not looked at for a pattern\n",
          counted(static_cast<long long>(check.lines.huge), "line"));
  }
  if (check.lines.bad_steps > 0) {
    print("left out         {}\n", programs::bad_steps_text(check.lines));
  }
  if (check.lines.unread > 0) {
    print("not read         {}\n", programs::unread_text(check.lines));
  }
  if (!check.log.empty()) print("its last lines\n{}", indented(check.log));
  if (check.failure.empty()) return 0;
  say("sweetspot: {}\n", check.failure);
  return kExitGaveUp;
}

}  // namespace

void add_check(CLI::App& program, int& exit_code) {
  auto flags = std::make_shared<TrainingFlags>();
  auto search = std::make_shared<SearchFlags>();
  auto own = std::make_shared<CommandFlags>();
  auto seconds = std::make_shared<double>(kSeconds);
  CLI::App* command = program.add_subcommand(
      "check", "Run a program of your own once, briefly, and say what was understood of it");
  command->add_option("STUDY.toml", flags->file, "A study file of tune; flags win over it");
  declare_command_flags(*command, study::Kind::tune, *own);
  command->add_option("--space", search->space, "A file of the parameters that may vary");
  command->add_option("--optimizers", search->optimizers, "A list, for {optimizer}");
  command->add_option("--learning-rates", search->learning_rates, "low:high, for {learning_rate}");
  command->add_option("--target", flags->target, "'METRIC>=VALUE' or 'METRIC<=VALUE'");
  command->add_option("--budget", flags->budget, "Steps of a full training");
  command->add_option("--check-every", flags->check_every,
                      "Steps between two looks of a search [a fortieth of --budget]");
  command->add_option("--cost", search->cost, "Of the search whose time is estimated [20x]");
  command->add_option("--seed", flags->seed, "What SWEETSPOT_SEED says [1]");
  command->add_option("--seconds", *seconds, "At most so long a run")->capture_default_str();
  command->footer(
      "Exit code 0 where a search could begin, 6 where the program failed. Example:\n"
      "  sweetspot check --command 'python3 train.py --lr {learning_rate}' --learning-rates "
      "1e-5:1 --maximize accuracy");
  command->callback([=, &exit_code] {
    StudyRequest request = default_request(study::Kind::tune);
    if (!flags->file.empty()) apply_study_file(flags->file, request);
    if (own->command) begin_command(request);
    if (!request.settings.command.has_value()) {
      throw Error(ErrorKind::usage, "check: needs --command, or a study file that has one");
    }
    if (!(*seconds > 0)) throw Error(ErrorKind::usage, "--seconds: must be above 0");
    apply_flags(*flags, request);
    apply_search_flags(*search, request);
    apply_command_flags(*own, *flags, *search, request);
    std::atomic<bool> interrupted{false};
    const Interrupt interrupt([&interrupted] { interrupted = true; });
    const programs::ProgramCheck check =
        programs::check_program(request.settings, request.command, *seconds, interrupted);
    exit_code = print_check(check, request.settings, request.command);
  });
}

}  // namespace sweetspot::cli
