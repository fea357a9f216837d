// sweetspot replay: a trial trained again from the start, compared with what the study keeps.
#include "cohorts/replay.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "base/text.hpp"
#include "cli/commands.hpp"
#include "cli/output.hpp"
#include "cli/study_address.hpp"
#include "cli/train_study.hpp"
#include "store/open_store.hpp"
#include "sweetspot/error.hpp"

namespace sweetspot::cli {
namespace {

std::string part_with_trials(const store::Address& study, const std::string& wanted) {
  const std::vector<std::string> parts = store::open_store(study, store::Access::read)->parts();
  if (parts.empty()) throw Error(ErrorKind::study, study.text() + ": holds no study yet");
  if (wanted.empty()) return parts.front();
  if (std::find(parts.begin(), parts.end(), wanted) == parts.end()) {
    throw Error(ErrorKind::usage, unknown_name("part of this study", wanted, parts));
  }
  return wanted;
}

void print_schedule(const std::vector<cohorts::ReplayStretch>& schedule) {
  for (const cohorts::ReplayStretch& stretch : schedule) {
    print("steps {:>6} to {:>6}  trial {:>4}  {}\n", stretch.from, stretch.until, stretch.trial,
          space::text_of(stretch.config));
  }
}

int replay_trial(const AddressFlags& flags, const std::string& part, int trial) {
  const store::Address study = address_of(flags);
  const auto store =
      store::open_store(study, store::Access::read, part_with_trials(study, part), flags.damaged());
  StudyRequest request;
  request.settings = store->record()->settings;
  print_schedule(cohorts::schedule_of(*store, trial));
  if (request.settings.command.has_value()) {
    print("trained by a program of your own: only that can train it again\n");
    return 0;
  }
  const bool is_terminal = isatty(STDERR_FILENO) != 0;
  const data::ImageSet set = load_data(request);
  const cohorts::Replay replay = cohorts::replay(*store, set, trial, [&](uint64_t step) {
    if (is_terminal) say("\rstep {} ", step);
  });
  if (is_terminal) say("\r");
  if (replay.different.has_value()) {
    print("different: {}\n", *replay.different);
    return static_cast<int>(ErrorKind::study);
  }
  print("trained again: {} observations, all equal to the bit{}{}\n",
        with_thousands(static_cast<long long>(replay.compared)),
        replay.diverged ? "; the loss became not finite, as before" : "",
        !replay.same_snapshot.has_value() ? ""
        : *replay.same_snapshot           ? "; so is the snapshot that the study keeps"
                                          : "; but the snapshot that the study keeps differs");
  return replay.same_snapshot.value_or(true) ? 0 : static_cast<int>(ErrorKind::study);
}

}  // namespace

void add_replay(CLI::App& program, int& exit_code) {
  struct Flags {
    AddressFlags study;
    std::string part;
    int trial = 0;
  };
  auto flags = std::make_shared<Flags>();
  CLI::App* command = program.add_subcommand(
      "replay", "Train a trial again from the start, by the schedule of its lineage");
  declare_address(*command, flags->study);
  declare_skip_damaged(*command, flags->study);
  command->add_option("--trial", flags->trial, "Its number, as in `show --json`")->required();
  command->add_option("--part", flags->part, "The study's part [the first]");
  command->footer(
      "Prints what the trial was trained with (of population-based training a schedule: a copy "
      "goes\n"
      "on from another one's state with other numbers), trains it, and compares every observation\n"
      "with the study's. Exit code 0: all are equal to the bit. Example:\n"
      "  sweetspot replay tune.db --trial 37");
  command->callback(
      [flags, &exit_code] { exit_code = replay_trial(flags->study, flags->part, flags->trial); });
}

}  // namespace sweetspot::cli
