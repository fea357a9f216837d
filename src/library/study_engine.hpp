// What a study does, whoever calls its trials: asks its search round by round, hands out stretches
// of trials, takes their reports, and keeps all in the file. A study that goes on is asked the same
// again, and what its file has of it counts as done.
// Thread-safety: every member function may be called from any thread.
#pragma once

#include <chrono>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "base/mutex.hpp"
#include "library/study_keeper.hpp"
#include "search/rounds.hpp"
#include "sweetspot/study.hpp"

namespace sweetspot {

// The one search that needs trainings whose state can be copied.
inline constexpr const char* kPopulationMethod = "pbt";

class StudyEngine {
 public:
  // Throws as Study().
  StudyEngine(space::Space space, StudyOptions options);

  std::optional<AskedTrial> ask();
  Advice report(int trial, uint64_t step, double value);
  void tell(int trial, double value);
  void fail(int trial, const std::string& why);
  // A trial under way was broken off, and its state is lost: it is asked for again.
  void put_back(int trial);
  // A paused trial's state is lost.
  void lose(int trial);
  bool is_over();

  const space::Space& space() const { return space_; }
  const StudyOptions& options() const { return options_; }
  std::vector<TrialResult> trials() const;
  TrialResult trial(int number) const;
  bool has_ended(int trial) const;

 private:
  enum class Stage { queued, under_way, paused, ended };
  struct Progress {
    Stage stage = Stage::queued;
    TrialResult result;
    search::Segment segment;
    // What the file has; its end counts once the search has asked for that stretch.
    const TrialResult* kept = nullptr;
    uint64_t reported = 0;  // last step that its present run reported
    std::chrono::steady_clock::time_point since;
  };

  // Asks for all that can be asked.
  void ask_rounds() REQUIRES(mutex_);
  void begin_segment(const search::Segment& segment) REQUIRES(mutex_);
  void begin_trial(const search::Segment& segment) REQUIRES(mutex_);
  // Whether the end that the file has lies in the trial's present segment.
  bool ended_in_segment(const Progress& progress) const;
  // What the file has of a segment; false where it is still to train.
  bool settle(Progress& progress) REQUIRES(mutex_);
  void drop(Progress& progress) REQUIRES(mutex_);
  void drop_paused() REQUIRES(mutex_);

  Progress& under_way(int trial) REQUIRES(mutex_);
  void require_report(const Progress& progress, uint64_t step) const;
  bool is_target(double value) const;
  Advice pause(Progress& progress) REQUIRES(mutex_);
  void end(Progress& progress, study::Outcome outcome, const std::string& note) REQUIRES(mutex_);
  // Tells the search how a segment ended, or paused.
  void end_segment(const Progress& progress) REQUIRES(mutex_);
  void stop_clock(Progress& progress) const;

  const space::Space space_;
  const StudyOptions options_;
  const std::unique_ptr<search::Search> search_;
  mutable Mutex mutex_;
  search::Rounds rounds_ GUARDED_BY(mutex_);
  StudyKeeper keeper_ GUARDED_BY(mutex_);
  std::deque<Progress> trials_ GUARDED_BY(mutex_);  // by number; none ever moves
  std::deque<int> queue_ GUARDED_BY(mutex_);        // segments that are to train
};

}  // namespace sweetspot
