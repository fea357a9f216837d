#include "library/optimize_loop.hpp"

#include <fmt/format.h>

#include <system_error>
#include <utility>

#include "sweetspot/error.hpp"

namespace sweetspot {

bool TrialRun::report(uint64_t step, double value) {
  if (has_ended_ || broken_off_) return false;
  const int number = asked_.number;
  Advice advice = Advice::stop;
  try {
    advice = loop_.engine_.report(number, step, value);
  } catch (const Error& error) {
    // A mistake of the function is its trial's failure; a file that cannot be written is not.
    if (error.kind() == ErrorKind::usage) throw;
    const Lock lock(loop_.mutex_);
    loop_.give_up(std::current_exception());
    broken_off_ = true;
    return false;
  }
  if (advice == Advice::stop) {
    has_ended_ = true;
    return false;
  }
  const Lock lock(loop_.mutex_);
  if (advice == Advice::pause) {
    OptimizeLoop::Place& place = loop_.runs_.at(number);
    place.waits = true;
    --loop_.running_;
    loop_.changed_.notify_all();
    while (!place.may_go_on && !place.released) loop_.changed_.wait(loop_.mutex_);
    place.waits = false;
    if (!place.may_go_on) {
      ++loop_.running_;
      has_ended_ = true;
      return false;
    }
    place.may_go_on = false;
  }
  broken_off_ = loop_.is_stopping();
  return !broken_off_;
}

void TrialRun::call(const std::function<double(Trial&)>& function) {
  const int number = asked_.number;
  StudyEngine& engine = loop_.engine_;
  std::exception_ptr error;
  try {
    Trial trial(*this);
    std::string failure;
    double value = 0;
    try {
      value = function(trial);
    } catch (const std::exception& thrown) {
      failure = *thrown.what() == '\0' ? "an exception without a message" : thrown.what();
    } catch (...) {
      failure = "an exception that is no std::exception";
    }
    if (broken_off_) {
      engine.put_back(number);
    } else if (!has_ended_ && !failure.empty()) {
      engine.fail(number, failure);
    } else if (!has_ended_) {
      engine.tell(number, value);
    }
  } catch (...) {
    error = std::current_exception();
  }
  const Lock lock(loop_.mutex_);
  if (error != nullptr) loop_.give_up(error);
  loop_.runs_.at(number).returned = true;
  --loop_.running_;
  loop_.changed_.notify_all();
}

OptimizeLoop::OptimizeLoop(StudyEngine& engine, const std::function<double(Trial&)>& function,
                           const OptimizeOptions& options, const std::atomic<bool>& stop)
    : engine_(engine), function_(function), options_(options), stop_(stop) {}

void OptimizeLoop::give_up(std::exception_ptr error) {
  if (error_ == nullptr) error_ = std::move(error);
}

void OptimizeLoop::wake() {
  const Lock lock(mutex_);
  changed_.notify_all();
}

void OptimizeLoop::start(AskedTrial asked) {
  const int number = asked.number;
  ++running_;
  if (const auto waiting = runs_.find(number); waiting != runs_.end()) {
    waiting->second.may_go_on = true;
    return;
  }
  Place& place = runs_[number];
  place.run = std::make_unique<TrialRun>(*this, std::move(asked));
  try {
    place.thread = std::thread([this, run = place.run.get()] { run->call(function_); });
  } catch (const std::system_error& error) {
    runs_.erase(number);
    --running_;
    engine_.put_back(number);
    throw Error(ErrorKind::system,
                fmt::format("trial {}: no thread can be started for it, beside {} that wait or "
                            "train: {}",
                            number, runs_.size(), error.what()));
  }
}

void OptimizeLoop::start_trials() {
  while (!is_stopping() && running_ < options_.threads) {
    std::optional<AskedTrial> asked = engine_.ask();
    if (!asked.has_value()) break;
    start(std::move(*asked));
  }
}

void OptimizeLoop::release(bool all) {
  for (auto& [number, place] : runs_) {
    if (!place.waits || place.may_go_on || (!all && !engine_.has_ended(number))) continue;
    if (!place.released && !engine_.has_ended(number)) engine_.lose(number);
    place.released = true;
  }
}

void OptimizeLoop::count_failure(const TrialResult& trial) {
  if (trial.outcome != study::Outcome::failed) {
    equal_failures_ = 0;
    return;
  }
  equal_failures_ = trial.note == last_failure_ ? equal_failures_ + 1 : 1;
  last_failure_ = trial.note;
  if (equal_failures_ < options_.equal_failures) return;
  give_up(std::make_exception_ptr(Error(
      ErrorKind::usage, fmt::format("{} trials in a row failed in the same way, the last with "
                                    "{}: {}",
                                    equal_failures_, space::text_of(trial.config), trial.note))));
}

void OptimizeLoop::reap() {
  for (auto run = runs_.begin(); run != runs_.end();) {
    if (!run->second.returned) {
      ++run;
      continue;
    }
    run->second.thread.join();
    const int number = run->first;
    run = runs_.erase(run);
    const TrialResult trial = engine_.trial(number);
    if (!trial.outcome.has_value()) continue;
    count_failure(trial);
    if (!options_.on_end) continue;
    mutex_.unlock();
    std::exception_ptr error;
    try {
      options_.on_end(trial);
    } catch (...) {
      error = std::current_exception();
    }
    mutex_.lock();
    if (error != nullptr) give_up(error);
    run = runs_.begin();
  }
}

void OptimizeLoop::run() {
  const Lock lock(mutex_);
  while (true) {
    reap();
    try {
      start_trials();
    } catch (...) {
      give_up(std::current_exception());
    }
    release(running_ == 0);
    if (runs_.empty()) break;
    changed_.notify_all();
    changed_.wait(mutex_);
  }
  if (error_ != nullptr) std::rethrow_exception(error_);
}

}  // namespace sweetspot
