// What one worker has of a study that several train: it takes trials on lease, holds the leases,
// writes what it observed, and publishes what the study's search asks for. Every worker asks the
// search for itself: what it asks for follows from the trials alone, so all come to the same.
// Where the store is out of reach, training goes on and everything is kept until it answers again.
// Thread-safety: one thread at a time.
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "run/held_failures.hpp"
#include "run/run_progress.hpp"
#include "run/search_director.hpp"
#include "run/shared_options.hpp"
#include "store/study_store.hpp"
#include "study/settings.hpp"
#include "trials/ledger.hpp"

namespace sweetspot::run {

// Trials that could be trained here at once.
struct Shortage {
  size_t trials = 0;
  std::optional<double> scale = {};  // of these networks alone
};

class SharedStudy {
 public:
  // All must outlive the object. proxy_ratio: as SearchDirector's. Joins the study.
  SharedStudy(store::StudyStore& store, const study::Settings& settings, trials::Ledger& ledger,
              const SharedOptions& options, double proxy_ratio);

  // Writes `batch` and does what is due; `shortages` are asked for once all is written. `is_idle`:
  // nothing trains here, and nothing waits. Throws StoreUnreachable once the patience is over.
  void tick(store::Batch batch, const std::function<std::vector<Shortage>()>& shortages,
            bool is_idle = false);

  // Every trial of the study has ended, here or elsewhere.
  bool is_over() const { return is_over_; }
  bool is_cancelled() const { return standing_.is_cancelled; }  // at the last heartbeat
  // What is wrong with this machine, whose trials went back; empty: nothing is known to be.
  const std::string& fault() const { return failures_.words(); }
  // Why the store does not answer just now; empty: it does.
  const std::string& trouble() const { return trouble_; }
  // What a worker shows, with how the whole study stood at a heartbeat: in a large study of many
  // workers, minutes ago.
  RunProgress of_all_workers(RunProgress own);
  // Sends a heartbeat where one is due, whatever comes of it: for work at the study's end.
  void hold_lease();
  const SearchDirector* director() const { return director_.has_value() ? &*director_ : nullptr; }

  // The same as the last thing: without asking for more.
  void write_last(store::Batch batch);
  // Writes the batch and gives everything back.
  void leave(store::Batch batch);

  // For a store that stays out of reach: everything that it did not get goes into a study file of
  // its own, from which bring_back() takes it. Gives how many trials that is about.
  void keep(store::Batch batch) { take_in(std::move(batch)); }
  int rescue(const store::StudyRecord& record, const std::vector<std::string>& metrics,
             const std::filesystem::path& file);

 private:
  using Clock = std::chrono::steady_clock;

  void take_in(store::Batch batch);
  void abandon(const std::vector<int>& numbers);
  std::vector<int> open_numbers();
  void write();
  void beat();
  void give_back_strays(const std::vector<int>& open, const std::vector<int>& held);
  void note_asked(std::vector<FedSegment> segments);
  void ask_search();
  // Tells the search which of its segments have ended; says whether any. `look` reads those of the
  // trials that may have.
  using Look = std::vector<study::Trial> (store::StudyStore::*)(const std::vector<int>& numbers);
  bool take_ends(Look look);
  void claim(const std::vector<Shortage>& shortages);
  void be_patient(const store::StoreUnreachable& error);

  store::StudyStore& store_;
  const study::Settings settings_;
  trials::Ledger& ledger_;
  const SharedOptions options_;
  std::optional<SearchDirector> director_;
  std::map<int, FedSegment> asked_;  // of the search, that have not ended
  std::vector<FedSegment> unpublished_;
  bool has_asked_ = false;
  std::vector<int> strays_;  // at the last beat, ascending
  std::map<int, study::Trial> claimed_;
  HeldFailures failures_;
  store::Batch unwritten_;
  store::Standing standing_;
  std::optional<int> ended_at_first_;
  bool is_over_ = false;
  Clock::time_point next_beat_ = Clock::now();
  Clock::time_point next_standing_ = Clock::now();
  Clock::time_point next_look_ = Clock::now();
  Clock::time_point next_try_ = Clock::now();
  std::optional<Clock::time_point> out_of_reach_since_;
  double wait_seconds_ = 0;
  std::string trouble_;
  std::minstd_rand jitter_{std::random_device{}()};
};

// Writes what a rescue file has into the store, as far as the trials still wait there; gives how
// many trials that were. Joins the study under the worker's name, and leaves it. Throws Error
// (study): the file has no such part, or is another study's.
int bring_back(const std::filesystem::path& file, store::StudyStore& store,
               const store::WorkerInfo& worker);

}  // namespace sweetspot::run
