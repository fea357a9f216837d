#include "library/study_engine.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/text.hpp"
#include "search/methods.hpp"
#include "sweetspot/error.hpp"

namespace sweetspot {
namespace {

[[noreturn]] void refuse(const std::string& what) {
  throw Error(ErrorKind::usage, what);
}

search::RoundOptions round_options(const StudyOptions& options) {
  return {.size = static_cast<size_t>(options.round),
          .cost = {.steps = options.total_steps,
                   .trials = options.total_steps > 0 ? 0 : options.trials},
          .seed = options.seed,
          .budget = options.steps,
          .check_every = options.report_every};
}

StudyOptions checked(const space::Space& space, StudyOptions options) {
  if (options.metric.empty() || options.metric.find('=') != std::string::npos) {
    refuse(fmt::format("metric '{}': must be a name without '='", options.metric));
  }
  if (options.round < 1 || options.round > 1000) {
    refuse(fmt::format("round {}: must be from 1 to 1000", options.round));
  }
  if (options.steps == 0) refuse("steps 0: a trial has at least one");
  if (options.report_every == 0 || options.report_every > options.steps) {
    refuse(fmt::format("report_every {}: must be from 1 to {}, the steps of a trial",
                       options.report_every, options.steps));
  }
  if (options.total_steps == 0 && options.trials == 0) refuse("trials 0: a study has at least one");
  if (options.total_steps > 0 && options.total_steps < options.steps) {
    refuse(fmt::format("total_steps {}: is less than one trial of {} steps", options.total_steps,
                       options.steps));
  }
  if (options.target.has_value() && !std::isfinite(*options.target)) {
    refuse("target: must be a finite value");
  }
  if (options.target.has_value() && options.steps == 1) {
    refuse("target: trials are judged by their steps to it, so steps must be above 1");
  }
  if (options.method == kPopulationMethod) {
    refuse("method pbt: it copies the state of trainings, which a study of the library has not");
  }
  if (options.method == "auto" && options.report_every == options.steps) {
    // Nothing to stop early by: a model of the values is what is left.
    const auto is_plain = [](const space::Parameter& p) {
      return !space::is_categorical(p) && !p.when.has_value();
    };
    const auto& all = space.parameters();
    options.method = std::all_of(all.begin(), all.end(), is_plain) ? "gp" : "tpe";
  }
  return options;
}

}  // namespace

StudyEngine::StudyEngine(space::Space space, StudyOptions options)
    : space_(as_begun(space, options.file)),
      options_(checked(space_, std::move(options))),
      search_(search::make_search(options_.method, space_, round_options(options_))),
      rounds_(*search_, space_, round_options(options_)),
      keeper_(space_, options_) {
  const Lock lock(mutex_);
  ask_rounds();
}

void StudyEngine::ask_rounds() {
  while (!rounds_.is_over() && rounds_.can_ask()) {
    const search::Round round = rounds_.ask();
    for (const search::Segment& segment : round.segments) begin_segment(segment);
    for (const size_t trial : round.stopped) drop(trials_[trial]);
  }
  if (rounds_.is_over()) drop_paused();
  keeper_.write(true);
}

void StudyEngine::begin_trial(const search::Segment& segment) {
  Progress& progress = trials_.emplace_back();
  progress.result.number = static_cast<int>(segment.trial);
  progress.result.config = segment.config;
  if (segment.trial >= keeper_.kept().size()) {
    keeper_.add(progress.result);
    return;
  }
  const TrialResult& kept = keeper_.kept()[segment.trial];
  if (kept.config != segment.config) {
    throw Error(ErrorKind::study,
                fmt::format("{}: trial {} is {}, where the search proposes {}: it was made by "
                            "another version; use another file",
                            options_.file.string(), kept.number, space::text_of(kept.config),
                            space::text_of(segment.config)));
  }
  progress.kept = &kept;
  progress.result.curve = kept.curve;
  progress.result.steps = kept.steps;
  progress.result.seconds = kept.seconds;
}

bool StudyEngine::ended_in_segment(const Progress& progress) const {
  const TrialResult* kept = progress.kept;
  // One that the search dropped may be what a longer search goes on with.
  if (kept == nullptr || !kept->outcome.has_value() || kept->outcome == study::Outcome::pruned) {
    return false;
  }
  const uint64_t until = progress.segment.until;
  const uint64_t last = kept->curve.empty() ? 0 : kept->curve.back().step;
  const bool broke =
      kept->outcome == study::Outcome::failed || kept->outcome == study::Outcome::diverged;
  // One that broke after it was checked where the segment ends did so in a later segment.
  const bool broke_later = broke && last >= until && until < options_.steps;
  return kept->steps <= until && !broke_later;
}

void StudyEngine::begin_segment(const search::Segment& segment) {
  if (segment.is_new) begin_trial(segment);
  Progress& progress = trials_[segment.trial];
  progress.segment = segment;
  if (settle(progress)) return;
  progress.stage = Stage::queued;
  queue_.push_back(progress.result.number);
}

bool StudyEngine::settle(Progress& progress) {
  TrialResult& result = progress.result;
  const uint64_t last = result.curve.empty() ? 0 : result.curve.back().step;
  const uint64_t until = progress.segment.until;
  if (ended_in_segment(progress)) {
    progress.stage = Stage::ended;
    result = *progress.kept;
  } else if (last >= until && until < options_.steps) {
    progress.stage = Stage::paused;
  } else {
    return false;
  }
  end_segment(progress);
  return true;
}

void StudyEngine::drop(Progress& progress) {
  progress.stage = Stage::ended;
  progress.result.outcome = study::Outcome::pruned;
  progress.result.note = study::kDropped;
  keeper_.end(progress.result);
}

void StudyEngine::drop_paused() {
  for (Progress& progress : trials_) {
    if (progress.stage == Stage::paused) drop(progress);
  }
}

std::optional<AskedTrial> StudyEngine::ask() {
  const Lock lock(mutex_);
  if (queue_.empty()) return std::nullopt;
  Progress& progress = trials_[static_cast<size_t>(queue_.front())];
  queue_.pop_front();
  progress.stage = Stage::under_way;
  progress.since = std::chrono::steady_clock::now();
  return AskedTrial{progress.result.number, progress.result.config, progress.segment.from,
                    progress.segment.until};
}

StudyEngine::Progress& StudyEngine::under_way(int trial) {
  const auto number = static_cast<size_t>(trial);
  if (trial < 0 || number >= trials_.size() || trials_[number].stage != Stage::under_way) {
    refuse(fmt::format("trial {}: is not under way; ask() gives those to train", trial));
  }
  return trials_[number];
}

void StudyEngine::require_report(const Progress& progress, uint64_t step) const {
  const int trial = progress.result.number;
  if (step <= progress.reported) {
    refuse(fmt::format("trial {}: reports step {} after step {}", trial, step, progress.reported));
  }
  if (step > options_.steps) {
    refuse(fmt::format("trial {}: reports step {}, of {}", trial, step, options_.steps));
  }
  if (step % options_.report_every != 0 && step != options_.steps) {
    refuse(fmt::format("trial {}: reports step {}, where a report is due every {} steps", trial,
                       step, options_.report_every));
  }
  if (step > progress.segment.until) {
    refuse(fmt::format("trial {}: reports step {}, but none for step {}, where it was to pause",
                       trial, step, progress.segment.until));
  }
}

bool StudyEngine::is_target(double value) const {
  return options_.target.has_value() &&
         score_of(options_, value) >= score_of(options_, *options_.target);
}

Advice StudyEngine::report(int trial, uint64_t step, double value) {
  const Lock lock(mutex_);
  Progress& progress = under_way(trial);
  require_report(progress, step);
  progress.reported = step;
  TrialResult& result = progress.result;
  if (!result.curve.empty() && step <= result.curve.back().step) return Advice::go_on;
  result.steps = step;
  if (!std::isfinite(value)) {
    end(progress, study::Outcome::diverged, "the value is not finite");
    return Advice::stop;
  }
  result.curve.push_back({step, value});
  keeper_.observe(trial, result.curve.back());
  if (is_target(value)) {
    result.value = value;
    end(progress, study::Outcome::reached, "");
    return Advice::stop;
  }
  if (step < progress.segment.until || step == options_.steps) {
    keeper_.write(false);
    return Advice::go_on;
  }
  if (progress.segment.is_last) {
    result.value = value;
    end(progress, study::Outcome::exhausted, "");
    return Advice::stop;
  }
  return pause(progress);
}

Advice StudyEngine::pause(Progress& progress) {
  stop_clock(progress);
  progress.stage = Stage::paused;
  end_segment(progress);
  ask_rounds();
  if (progress.stage == Stage::ended) return Advice::stop;
  const auto next = std::find(queue_.begin(), queue_.end(), progress.result.number);
  if (next == queue_.end()) return Advice::pause;
  queue_.erase(next);
  progress.stage = Stage::under_way;
  progress.since = std::chrono::steady_clock::now();
  return Advice::go_on;
}

void StudyEngine::tell(int trial, double value) {
  const Lock lock(mutex_);
  Progress& progress = under_way(trial);
  TrialResult& result = progress.result;
  if (!std::isfinite(value)) {
    return end(progress, study::Outcome::diverged, "the value is not finite");
  }
  // A report of this segment, which the search has not seen, makes way; one that it has seen stays.
  const uint64_t last = result.curve.empty() ? 0 : result.curve.back().step;
  if (last > progress.segment.from) {
    result.curve.pop_back();
    result.steps = last;
  } else {
    result.steps = last == 0 ? progress.segment.until : last + 1;
  }
  result.curve.push_back({result.steps, value});
  keeper_.observe(trial, result.curve.back());
  result.value = value;
  end(progress, is_target(value) ? study::Outcome::reached : study::Outcome::exhausted, "");
}

void StudyEngine::fail(int trial, const std::string& why) {
  const Lock lock(mutex_);
  end(under_way(trial), study::Outcome::failed, why);
}

void StudyEngine::stop_clock(Progress& progress) const {
  progress.result.seconds +=
      std::chrono::duration<double>(std::chrono::steady_clock::now() - progress.since).count();
}

void StudyEngine::end(Progress& progress, study::Outcome outcome, const std::string& note) {
  stop_clock(progress);
  progress.stage = Stage::ended;
  progress.result.outcome = outcome;
  progress.result.note = note;
  keeper_.end(progress.result);
  end_segment(progress);
  ask_rounds();
}

void StudyEngine::end_segment(const Progress& progress) {
  const TrialResult& result = progress.result;
  search::SegmentEnd end;
  end.outcome = result.outcome;
  end.steps = result.outcome.has_value() ? std::max(result.steps, progress.segment.from)
                                         : progress.segment.until;
  for (const Check& check : result.curve) {
    if (check.step <= progress.segment.from || check.step > end.steps) continue;
    end.curve.push_back({check.step, score_of(options_, check.value)});
  }
  if (options_.target.has_value()) {
    if (end.outcome == study::Outcome::reached) end.value = static_cast<double>(end.steps);
  } else if (end.outcome == study::Outcome::exhausted) {
    end.value = -score_of(options_, *result.value);
  }
  rounds_.end(progress.segment.trial, std::move(end));
}

void StudyEngine::put_back(int trial) {
  const Lock lock(mutex_);
  Progress& progress = under_way(trial);
  stop_clock(progress);
  progress.stage = Stage::queued;
  progress.reported = 0;
  queue_.push_front(trial);
}

void StudyEngine::lose(int trial) {
  const Lock lock(mutex_);
  trials_[static_cast<size_t>(trial)].reported = 0;
}

bool StudyEngine::is_over() {
  const Lock lock(mutex_);
  return rounds_.is_over() && queue_.empty();
}

std::vector<TrialResult> StudyEngine::trials() const {
  const Lock lock(mutex_);
  std::vector<TrialResult> results;
  for (const Progress& progress : trials_) results.push_back(progress.result);
  return results;
}

TrialResult StudyEngine::trial(int number) const {
  const Lock lock(mutex_);
  return trials_[static_cast<size_t>(number)].result;
}

bool StudyEngine::has_ended(int trial) const {
  const Lock lock(mutex_);
  return trials_[static_cast<size_t>(trial)].stage == Stage::ended;
}

}  // namespace sweetspot
