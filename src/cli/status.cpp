// sweetspot status: how a study stands that several train, and who trains it.
#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <memory>
#include <thread>

#include "base/text.hpp"
#include "cli/commands.hpp"
#include "cli/output.hpp"
#include "cli/study_address.hpp"

namespace sweetspot::cli {
namespace {

constexpr std::chrono::seconds kFollowEvery{2};

// Whether a trial waits or trains.
bool print_part(store::StudyStore& study, const std::string& part) {
  const store::Standing standing = study.standing();
  print("{}: {} trials, {} ended, {} reached, {} training, {} waiting, {} steps{}\n", part,
        standing.trials, standing.ended, standing.reached, standing.training, standing.waiting,
        with_thousands(static_cast<long long>(standing.trial_steps)),
        standing.is_cancelled ? "; cancelled" : "");
  std::vector<std::vector<std::string>> rows = {{"worker", "seen", "training", "ended", "failed"}};
  for (const store::WorkerStanding& worker : study.workers()) {
    rows.push_back({worker.name,
                    worker.is_alive ? duration_text(worker.seen_seconds_ago) + " ago" : "gone",
                    std::to_string(worker.training), std::to_string(worker.ended),
                    std::to_string(worker.failed)});
  }
  if (rows.size() > 1) print("{}", aligned_columns(rows));
  return standing.waiting + standing.training > 0;
}

bool print_study(const store::Address& address) {
  bool is_open = false;
  for (const std::string& part : store::open_store(address, store::Access::read)->parts()) {
    const auto study = store::open_store(address, store::Access::read, part);
    is_open = print_part(*study, part) || is_open;
  }
  flush_output();
  return is_open;
}

}  // namespace

void add_status(CLI::App& program, int& exit_code) {
  struct Flags {
    AddressFlags study;
    bool follow = false;
  };
  auto flags = std::make_shared<Flags>();
  CLI::App* command = program.add_subcommand(
      "status", "How a study stands that several train: its trials, and each worker's");
  declare_address(*command, flags->study);
  command->add_flag("--follow", flags->follow, "Every two seconds, until no trial is left");
  command->callback([flags, &exit_code] {
    const store::Address address = address_of(flags->study);
    const bool is_terminal = isatty(STDOUT_FILENO) != 0;
    while (print_study(address) && flags->follow) {
      std::this_thread::sleep_for(kFollowEvery);
      if (is_terminal) fmt::print("\033[2J\033[H");
    }
    exit_code = 0;
  });
}

}  // namespace sweetspot::cli
