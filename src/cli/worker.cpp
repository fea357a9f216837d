// sweetspot worker: takes trials of a study that several train until none is left.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <map>
#include <memory>
#include <set>
#include <thread>

#include "cli/command_request.hpp"
#include "cli/command_study.hpp"
#include "cli/commands.hpp"
#include "cli/output.hpp"
#include "cli/progress.hpp"
#include "cli/study_address.hpp"
#include "cli/train_study.hpp"
#include "cluster/worker_fitness.hpp"
#include "cohorts/prepare_study.hpp"
#include "run/shared_study.hpp"
#include "sweetspot/error.hpp"

namespace sweetspot::cli {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::chrono::milliseconds kLookEvery{250};

Clock::time_point after(double seconds) {
  return Clock::now() +
         std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds));
}

struct WorkerFlags {
  TrainingFlags training;
  CommandFlags command;
  double wait = 30;
  double linger = 0;
  std::string bring_back;
};

// None where there is no such study, or its server is away just now.
std::vector<std::string> parts_of(const store::Address& address) {
  try {
    return store::open_store(address, store::Access::read)->parts();
  } catch (const store::NoSuchStudy&) {
    return {};
  } catch (const store::StoreUnreachable&) {
    return {};
  }
}

// Those that a worker which was started with the study may be too early to find.
std::vector<std::string> awaited_parts(const store::Address& address, double most_seconds) {
  const Clock::time_point until = after(most_seconds);
  std::vector<std::string> parts = parts_of(address);
  const bool waits = parts.empty() && most_seconds > 0;
  if (waits) say("waiting for {} to appear\n", address.text());
  while (parts.empty() && Clock::now() < until) {
    std::this_thread::sleep_for(kLookEvery);
    parts = parts_of(address);
  }
  if (!parts.empty()) return parts;
  // Says what is wrong, where there is something else there.
  store::open_store(address, store::Access::read);
  throw Error(ErrorKind::study, fmt::format("{}: there is no such study", address.text()));
}

// Does a piece of work again while its server is away, up to so long.
template <class Work>
auto in_reach(double most_seconds, Work&& work) -> decltype(work()) {
  const Clock::time_point until = after(most_seconds);
  while (true) {
    try {
      return work();
    } catch (const store::StoreUnreachable&) {
      if (Clock::now() >= until) throw;
    }
    std::this_thread::sleep_for(kLookEvery);
  }
}

class Worker {
 public:
  explicit Worker(const WorkerFlags& flags) : flags_(flags) {
    apply_flags(flags.training, request_);
    address_ = address_of(request_);
  }

  int run() {
    std::vector<std::string> parts = awaited_parts(address_, flags_.wait);
    if (!flags_.bring_back.empty()) in_reach(flags_.wait, [&] { bring_back(parts); });
    std::set<std::string> done;
    Clock::time_point until = Clock::now();
    while (true) {
      const auto next = std::find_if(parts.begin(), parts.end(),
                                     [&](const auto& part) { return !done.contains(part); });
      if (next == parts.end()) {
        if (Clock::now() >= until) return 0;
        std::this_thread::sleep_for(kLookEvery);
      } else {
        // Once it trains, a worker has a patience of its own: what comes out here has done nothing.
        const int code = in_reach(flags_.wait, [&] { return train(*next); });
        if (code != 0) return code;
        done.insert(*next);
        until = after(flags_.linger);
      }
      // A server that is away by now has no further part to tell of.
      if (auto now = parts_of(address_); !now.empty()) parts = std::move(now);
    }
  }

 private:
  int train(const std::string& part) {
    request_.part = part;
    const auto store = store::open_store(address_, store::Access::share, part);
    tell_waits(*store);
    const store::StudyRecord record = *store->record();
    request_.settings = record.settings;
    cluster::require_fit(record);
    say("{}: worker {} of {}\n", part, cluster::worker_name(), address_.text());
    if (record.settings.command.has_value()) {
      apply_worker_flags(flags_.command, request_);
      return run_command_worker(*store, request_);
    }
    const data::ImageSet& set = data_of(record);
    if (!train_prepared(*store, request_, set)) return kExitPaused;
    print("{}: no trial of {} is left\n", part, address_.text());
    return 0;
  }

  const data::ImageSet& data_of(const store::StudyRecord& record) {
    const std::string& name = record.settings.data;
    if (!sets_.contains(name)) sets_[name] = load_data(request_);
    cohorts::require_same_data(record, sets_[name].checksum);
    return sets_[name];
  }

  void bring_back(const std::vector<std::string>& parts) const {
    const store::Address file = {flags_.bring_back, ""};
    for (const std::string& part : store::open_store(file, store::Access::read)->parts()) {
      if (std::find(parts.begin(), parts.end(), part) == parts.end()) {
        throw Error(ErrorKind::study, fmt::format("{}: was rescued of another study: {} has no {}",
                                                  file.store, address_.text(), part));
      }
      const auto store = store::open_store(address_, store::Access::share, part);
      const int trials = run::bring_back(file.store, *store, shared_options(request_).worker);
      print("{}: {} trials are in {} now\n", file.store, trials, address_.text());
    }
  }

  const WorkerFlags& flags_;
  StudyRequest request_;
  store::Address address_;
  std::map<std::string, data::ImageSet> sets_;
};

}  // namespace

void add_worker(CLI::App& program, int& exit_code) {
  auto flags = std::make_shared<WorkerFlags>();
  CLI::App* command = program.add_subcommand(
      "worker", "Take trials of a study that several train, until none is left");
  TrainingFlags& training = flags->training;
  command->add_option("--study", training.study, "The study's name in the store")->required();
  declare_worker_flags(*command, training);
  command->get_option("--store")->required();
  command->add_option("--threads", training.threads, "Cohorts, one a core [all processors]");
  command->add_option("--lanes", training.lanes, kLanesHelp);
  command->add_option("--max-seconds", training.max_seconds, "Give everything back after so long");
  constexpr double kMostSeconds = 1e6;
  command
      ->add_option(
          "--wait", flags->wait,
          "Seconds to wait at the beginning for the study to be made, and for its server [30]")
      ->check(CLI::Range(0.0, kMostSeconds));
  command
      ->add_option("--linger", flags->linger,
                   "Seconds to wait for a further part once all have ended, as an article's "
                   "come one after the other [0]")
      ->check(CLI::Range(0.0, kMostSeconds));
  command->add_option("--bring-back", flags->bring_back,
                      "A file that a worker wrote whose store stayed out of reach: what it has "
                      "goes into the study first");
  declare_runner_flags(*command, flags->command);
  command->footer(
      "SIGTERM, SIGINT and SIGUSR1 end a worker gracefully: it keeps a snapshot of each trial "
      "under "
      "way,\ngives all back and exits with 10. Examples:\n"
      "  sweetspot worker --store postgresql://tuner@db/tuning --study mnist --threads 8\n"
      "  sweetspot worker --store results.db --study mnist --threads 1");
  command->callback([flags, &exit_code] { exit_code = Worker(*flags).run(); });
}

}  // namespace sweetspot::cli
