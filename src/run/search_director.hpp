// What a tune study trains: first what its search proposes, round by round, on a proxy before the
// network itself where there is one; then the answer's confirmation: a config inside the band, with
// fresh seeds. A study that goes on is asked the same again, and what its store has of it counts as
// done.
// Thread-safety: one thread at a time (the ledger's lock).
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "search/rounds.hpp"
#include "store/study_store.hpp"
#include "trials/ledger.hpp"

namespace sweetspot::run {

using study::FedSegment;

class SearchDirector final : public trials::TrialFeed {
 public:
  // Throws Error (usage) for settings that no search takes. proxy_ratio: operations of a step of
  // the network over those of its proxy's.
  SearchDirector(const study::Settings& settings, double proxy_ratio);

  // Asks for as much as can be asked; the ledger gets what is to train. Throws Error (study) where
  // the store's trials are not those that the search proposes.
  void begin(store::StudyStore& store, trials::Ledger& ledger);

  // For studies that several workers train: each asks the same, and tells what has ended, as the
  // store has it, in whatever order.
  std::vector<FedSegment> ask();
  // How a segment ended, by what is kept of its trial; none where it has not.
  std::optional<search::SegmentEnd> end_of(const FedSegment& segment, const study::Trial& kept,
                                           store::StudyStore& store,
                                           const trials::Ledger& ledger) const;

  std::vector<FedSegment> after(const study::Trial& trial, const search::SegmentEnd& end) override;

  // The first trial of the confirmed config, where there is one.
  std::optional<size_t> safe() const { return safe_; }
  // Steps that the whole search may take; 0 where its cost is in trials.
  uint64_t cost_steps() const { return options_.cost.steps; }
  // The same in trials.
  size_t cost_trials() const { return options_.cost.trials; }
  // Of the metric that trials are judged by, on the network itself; none before the first check.
  std::optional<double> best_score() const;

 private:
  // A search on one network: its trials have the numbers from `first` on.
  struct Phase {
    std::unique_ptr<search::Search> search;
    std::unique_ptr<search::Rounds> rounds;
    size_t first = 0;
  };

  void begin_phase(std::unique_ptr<search::Search> search, const search::RoundOptions& options);
  bool is_on_proxy() const;
  // What was found on the proxy begins the search on the network.
  void leave_proxy();
  size_t trials() const;  // of all phases
  Phase& phase_of(size_t trial);
  const search::SeenTrial& seen(size_t trial);
  const search::Rounds& rounds() const;  // of the last phase
  // Of its trials; confirmations are not among them.
  std::optional<size_t> best() const;
  FedSegment segment_of(size_t trial, const space::Config& config) const;
  void ask_rounds(std::vector<FedSegment>& segments);
  void ask_confirmation(std::vector<FedSegment>& segments);
  void end(const study::Trial& trial, search::SegmentEnd end);
  // What the store has of a segment counts as done; where that is not its end, the ledger gets the
  // rest.
  std::optional<search::SegmentEnd> begin_segment(FedSegment segment, const study::Trial* kept,
                                                  store::StudyStore& store,
                                                  trials::Ledger& ledger) const;
  FedSegment confirmation(const space::Config& config, uint64_t seed);

  study::Settings settings_;
  space::Space space_;
  search::RoundOptions options_;
  double proxy_ratio_;
  std::vector<std::unique_ptr<Phase>> phases_;
  size_t next_number_ = 0;

  // The candidates for a safe config, and the trials of the one at hand.
  std::optional<std::vector<space::Config>> candidates_;
  size_t candidate_ = 0;
  std::vector<size_t> confirming_;
  size_t confirmed_ = 0;  // of these ended
  bool all_reached_ = true;
  std::optional<size_t> safe_;
};

// Fresh seeds that a safe config reaches the target with.
constexpr int kFreshSeeds = 3;

}  // namespace sweetspot::run
