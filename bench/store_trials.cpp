// A worker whose trainings take no time: what is left is the store. bench/store starts several.
//   store_trials prepare STORE TRIALS       a study of so many trials; prints the seconds it took
//   store_trials work STORE SECONDS LANES [each]
//   store_trials look STORE                 prints the seconds that a look at the whole study takes
// `work` prints "ready", waits for a line, then takes trials, LANES at once, reports ten times for
// each and ends them, until the seconds are over or no trial is left: all reports and ends of a
// claim in one write, or, with `each`, every one in its own. Prints trials, seconds, and the
// longest wait for a claim.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <iostream>
#include <string>

#include "store/open_store.hpp"
#include "sweetspot/error.hpp"

namespace {

using namespace sweetspot;
using Clock = std::chrono::steady_clock;

constexpr uint64_t kReports = 10;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

store::Address address_of(const std::string& store) {
  store::Address address{store, ""};
  if (address.is_server()) address.study = "bench";
  return address;
}

void prepare(const std::string& where, int count) {
  const auto store = store::open_store(address_of(where), store::Access::share);
  const Clock::time_point start = Clock::now();
  store->atomically([&] {
    store::StudyRecord record;
    record.settings.optimizers = {"adam"};
    record.settings.learning_rates = {0.1};
    store->write_record(record, {"accuracy"});
    std::vector<study::Trial> trials(static_cast<size_t>(count));
    for (int i = 0; i < count; ++i) {
      study::Trial& trial = trials[static_cast<size_t>(i)];
      trial.number = trial.priority = i;
      trial.config = {{"optimizer", std::string("adam")}, {"learning_rate", 0.001 * (i + 1)}};
      trial.seed = 1;
    }
    store->add_trials(trials);
  });
  fmt::print("{:.6f}\n", seconds_since(start));
}

store::Batch reports_and_ends(const std::vector<store::Claim>& claims) {
  store::Batch batch;
  for (const store::Claim& claim : claims) {
    study::Trial trial = claim.segment.trial;
    for (uint64_t report = 1; report <= kReports; ++report) {
      batch.observations.push_back(
          {trial.number, {100 * report, {0.09 * static_cast<double>(report)}}});
    }
    trial.outcome = study::Outcome::exhausted;
    trial.steps = 100 * kReports;
    batch.ended.push_back(trial);
  }
  return batch;
}

void write_each(store::StudyStore& store, const store::Batch& batch) {
  for (const store::Observation& observation : batch.observations) {
    store.write({.observations = {observation}});
  }
  for (const study::Trial& trial : batch.ended) store.write({.ended = {trial}});
}

void work(const std::string& where, double seconds, size_t lanes, bool each) {
  const auto store = store::open_store(address_of(where), store::Access::share);
  store->join({fmt::format("bench {}", getpid()), 60});
  fmt::print("ready\n");
  std::fflush(stdout);
  std::string go;
  std::getline(std::cin, go);
  const Clock::time_point start = Clock::now();
  size_t trials = 0;
  double longest = 0;
  while (seconds_since(start) < seconds) {
    const Clock::time_point asked = Clock::now();
    const std::vector<store::Claim> claims = store->claim(lanes, std::nullopt);
    longest = std::max(longest, seconds_since(asked));
    if (claims.empty()) break;
    const store::Batch batch = reports_and_ends(claims);
    if (each) {
      write_each(*store, batch);
    } else {
      store->write(batch);
    }
    trials += claims.size();
  }
  fmt::print("{} {:.6f} {:.6f}\n", trials, seconds_since(start), longest);
}

void look(const std::string& where) {
  const auto store = store::open_store(address_of(where), store::Access::read);
  const Clock::time_point start = Clock::now();
  store->standing();
  fmt::print("{:.6f}\n", seconds_since(start));
}

}  // namespace

int main(int count, char** arguments) {
  const std::string what = count < 2 ? "" : arguments[1];
  try {
    if (what == "prepare" && count == 4) {
      prepare(arguments[2], std::atoi(arguments[3]));
    } else if (what == "work" && count >= 5) {
      const bool each = count > 5 && arguments[5] == std::string("each");
      work(arguments[2], std::atof(arguments[3]), static_cast<size_t>(std::atoi(arguments[4])),
           each);
    } else if (what == "look" && count == 3) {
      look(arguments[2]);
    } else {
      return 2;
    }
    return 0;
  } catch (const Error& error) {
    fmt::print(stderr, "store_trials: {}\n", error.what());
    return static_cast<int>(error.kind());
  }
}
