// A worker of a shared study on a clock of its own: what it asks of the store is really done and
// takes its real time on that clock, its trainings are stood in for by waiting.
// Thread-safety: one thread at a time a worker.
#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "store/study_store.hpp"

namespace sweetspot::bench {

using Clock = std::chrono::steady_clock;

inline constexpr int kReports = 10;
// As the runners and SharedStudy have them.
inline constexpr double kWriteEvery = 0.5;
inline constexpr double kGatherFor = 0.02;
inline constexpr double kBeatEvery = 5;
inline constexpr double kStandingShare = 0.02;
inline constexpr double kAllStandingShare = 0.2;
// What is shown begins so many seconds after the first worker.
inline constexpr double kWarmSeconds = 20;

struct Options {
  std::string store;
  std::vector<int> workers = {100, 300, 1000, 3000};
  double seconds = 120;
  int connections = 16;
  double pace = 0;
  double trial_seconds = 60;
  int lanes = 10;
  bool search = false;
};

inline double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

enum Work { kWrite, kClaim, kBeat, kStanding, kSearch, kWorks };
inline constexpr std::array<const char*, kWorks> kNames = {"write", "claim", "beat", "standing",
                                                           "search"};

struct Measured {
  struct Calls {
    double count = 0;
    double seconds = 0;
    double longest = 0;
  };
  std::array<Calls, kWorks> calls;
  double trials = 0;
  double busy_seconds = 0;
  double first_wait = 0;      // for the first trials of a worker
  std::vector<double> waits;  // of lanes, from a training's end to the next one's start
  double lost = 0;

  void add(const Measured& other) {
    for (size_t i = 0; i < kWorks; ++i) {
      calls[i].count += other.calls[i].count;
      calls[i].seconds += other.calls[i].seconds;
      calls[i].longest = std::max(calls[i].longest, other.calls[i].longest);
    }
    trials += other.trials;
    busy_seconds += other.busy_seconds;
    first_wait = std::max(first_wait, other.first_wait);
    waits.insert(waits.end(), other.waits.begin(), other.waits.end());
    lost += other.lost;
  }
};

struct Training {
  study::Trial trial;
  double start = 0;
  double length = 0;
  int reported = 0;

  double end() const { return start + length; }
  double report_at(int report) const { return start + length * report / kReports; }
};

class VirtualWorker {
 public:
  // `asked`: the trials that its search looks at.
  VirtualWorker(std::unique_ptr<store::StudyStore> store, const Options& options,
                const std::vector<int>& asked, double start, uint32_t seed)
      : store_(std::move(store)),
        options_(options),
        asked_(asked),
        next_beat_(start),
        next_standing_(start) {
    random_.seed(seed);
    free_since_.assign(static_cast<size_t>(options.lanes), start);
  }

  // All that is due at a moment of the workers' clock; gives the moment of the next time.
  double tick(double now, Measured& measured) {
    is_shown_ = now >= kWarmSeconds;
    now_ = now;
    write(measured);
    beat(measured);
    look_at_asked(measured);
    claim(measured);
    return next();
  }

  // What its trainings under way have trained until then.
  double busy_until(double end) const {
    double seconds = 0;
    for (const Training& t : trainings_) {
      seconds += std::max(0.0, std::min(end, t.end()) - std::max(t.start, kWarmSeconds));
    }
    return seconds;
  }

 private:
  template <class Done>
  auto timed(Work work, Measured& measured, Done&& done) {
    const Clock::time_point start = Clock::now();
    auto result = done();
    const double seconds = seconds_since(start);
    now_ += seconds;
    if (is_shown_) {
      Measured::Calls& calls = measured.calls[work];
      ++calls.count;
      calls.seconds += seconds;
      calls.longest = std::max(calls.longest, seconds);
    }
    return result;
  }

  void write(Measured& measured) {
    store::Batch batch;
    for (Training& training : trainings_) {
      while (training.reported < kReports && training.report_at(training.reported + 1) <= now_) {
        const int report = ++training.reported;
        batch.observations.push_back(
            {training.trial.number, {static_cast<uint64_t>(100 * report), {0.09 * report}}});
      }
      if (training.reported == kReports) end(training, batch, measured);
    }
    std::erase_if(trainings_, [](const Training& t) { return t.reported == kReports; });
    if (batch.empty()) return;
    const auto lost = timed(kWrite, measured, [&] { return store_->write(batch); });
    measured.lost += static_cast<double>(lost.size());
  }

  void end(Training& training, store::Batch& batch, Measured& measured) {
    training.trial.outcome = study::Outcome::exhausted;
    training.trial.steps = 100 * kReports;
    training.trial.compute_seconds = training.length;
    batch.ended.push_back(training.trial);
    free_since_.push_back(training.end());
    if (is_shown_) ++measured.trials;
    const double shown = training.end() - std::max(training.start, kWarmSeconds);
    measured.busy_seconds += std::max(0.0, shown);
  }

  void beat(Measured& measured) {
    if (now_ < next_beat_) return;
    if (!has_joined_) {
      // The run may take longer than its clock says: no lease is to end by that.
      store_->join({"virtual", 3600});
      has_joined_ = true;
    }
    const double before = now_;
    const auto held = timed(kBeat, measured, [&] {
      store_->is_cancelled();
      return store_->beat();
    });
    if (!held.has_value()) ++measured.lost;
    next_beat_ = before + kBeatEvery;
    if (before < next_standing_) return;
    const double asked = now_;
    const store::Standing all = timed(kStanding, measured, [&] { return store_->standing(); });
    const double took = now_ - asked;
    next_standing_ = before + std::max({kBeatEvery, took / kStandingShare,
                                        took * all.workers / kAllStandingShare});
  }

  void look_at_asked(Measured& measured) {
    if (asked_.empty()) return;
    timed(kSearch, measured, [&] { return store_->stopped_among(asked_); });
  }

  void claim(Measured& measured) {
    if (free_since_.empty()) return;
    const auto claims =
        timed(kClaim, measured, [&] { return store_->claim(free_since_.size(), std::nullopt); });
    std::exponential_distribution<double> length(1 / options_.trial_seconds);
    for (const store::Claim& claim : claims) {
      const double wait = now_ - free_since_.back();
      free_since_.pop_back();
      trainings_.push_back({claim.segment.trial, now_, length(random_)});
      if (!has_trained_) measured.first_wait = std::max(measured.first_wait, wait);
      if (is_shown_ && has_trained_) measured.waits.push_back(wait);
    }
    has_trained_ = has_trained_ || !claims.empty();
  }

  double next() const {
    double first_end = std::numeric_limits<double>::infinity();
    for (const Training& training : trainings_) first_end = std::min(first_end, training.end());
    return std::min(now_ + kWriteEvery, std::max(now_, first_end) + kGatherFor);
  }

  std::unique_ptr<store::StudyStore> store_;
  const Options& options_;
  const std::vector<int>& asked_;
  std::minstd_rand random_;
  std::vector<Training> trainings_;
  std::vector<double> free_since_;  // of the lanes without a training
  double now_ = 0;
  double next_beat_;
  double next_standing_;
  bool has_joined_ = false;
  bool has_trained_ = false;
  bool is_shown_ = false;
};

}  // namespace sweetspot::bench
