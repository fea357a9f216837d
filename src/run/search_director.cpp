#include "run/search_director.hpp"

#include <fmt/format.h>

#include <iterator>
#include <utility>

#include "base/error.hpp"
#include "search/answer.hpp"
#include "search/methods.hpp"

namespace sweetspot::run {
namespace {

search::RoundOptions round_options(const study::Settings& settings) {
  return {.size = static_cast<size_t>(settings.search.round),
          .cost = study::parse_cost(settings.search.cost, settings.budget),
          .seed = settings.seed,
          .budget = settings.budget,
          .check_every = settings.check_every};
}

}  // namespace

SearchDirector::SearchDirector(const study::Settings& settings)
    : settings_(settings),
      space_(settings.search.space),
      options_(round_options(settings)),
      search_(search::make_search(settings.search.method, space_, options_)),
      rounds_(*search_, space_, options_) {}

std::optional<size_t> SearchDirector::best() const {
  return search::best_trial(space_, rounds_.all());
}

FedSegment SearchDirector::confirmation(const space::Config& config, uint64_t seed) {
  FedSegment segment;
  segment.trial.number = static_cast<int>(next_number_++);
  segment.trial.config = config;
  segment.trial.seed = seed;
  segment.until = settings_.budget;
  segment.is_new = true;
  return segment;
}

void SearchDirector::ask_rounds(std::vector<FedSegment>& segments) {
  while (!rounds_.is_over() && rounds_.can_ask()) {
    const std::vector<search::Segment> round = rounds_.ask();
    for (const search::Segment& asked : round) {
      FedSegment segment;
      segment.trial.number = static_cast<int>(asked.trial);
      segment.trial.config = asked.config;
      segment.trial.seed = settings_.seed;
      segment.trial.steps = asked.from;
      segment.until = asked.until;
      segment.is_new = asked.from == 0;
      segments.push_back(std::move(segment));
    }
    // An empty round only lets the next one see more.
    if (!round.empty()) break;
  }
}

void SearchDirector::ask_confirmation(std::vector<FedSegment>& segments) {
  if (!rounds_.is_over() || safe_.has_value() || confirmed_ < confirming_.size()) return;
  if (!candidates_.has_value()) {
    candidates_.emplace();
    next_number_ = rounds_.trials();
    if (const auto fastest = best();
        fastest.has_value() && settings_.search.objective.steps_to_target) {
      candidates_ = search::safe_candidates(space_, rounds_.all(), *fastest);
    }
  } else if (!confirming_.empty()) {
    if (all_reached_) {
      safe_ = confirming_.front();
      return;
    }
    ++candidate_;
  }
  confirming_.clear();
  confirmed_ = 0;
  all_reached_ = true;
  if (candidate_ >= candidates_->size()) return;
  for (int seed = 1; seed <= kFreshSeeds; ++seed) {
    segments.push_back(
        confirmation((*candidates_)[candidate_], settings_.seed + static_cast<uint64_t>(seed)));
    confirming_.push_back(static_cast<size_t>(segments.back().trial.number));
  }
}

std::vector<FedSegment> SearchDirector::ask() {
  std::vector<FedSegment> segments;
  ask_rounds(segments);
  ask_confirmation(segments);
  return segments;
}

void SearchDirector::end(const study::Trial& trial, search::SegmentEnd end) {
  const auto number = static_cast<size_t>(trial.number);
  if (number >= rounds_.trials()) {
    ++confirmed_;
    all_reached_ = all_reached_ && end.outcome == study::Outcome::reached;
    return;
  }
  search::SeenTrial whole = rounds_.all()[number];
  whole.steps = end.steps;
  whole.outcome = end.outcome;
  whole.curve.insert(whole.curve.end(), end.curve.begin(), end.curve.end());
  end.value = search::objective_value(settings_.search.objective, whole);
  rounds_.end(number, std::move(end));
}

std::vector<FedSegment> SearchDirector::after(const study::Trial& trial,
                                              const search::SegmentEnd& segment_end) {
  end(trial, segment_end);
  return ask();
}

void SearchDirector::begin(store::StudyStore& store, TrialHost& host) {
  const std::vector<study::Trial> kept = store.trials();
  std::vector<FedSegment> asked = ask();
  std::vector<int> paused;
  while (!asked.empty()) {
    std::vector<FedSegment> next;
    for (FedSegment& segment : asked) {
      const auto number = static_cast<size_t>(segment.trial.number);
      if (number >= kept.size()) {
        host.add_segment(segment, std::nullopt, {});
        continue;
      }
      study::Trial trial = kept[number];
      if (trial.config != segment.trial.config || trial.seed != segment.trial.seed) {
        throw Error(ErrorKind::study,
                    fmt::format("trial {} of the study is {}, where the search proposes {}: it was "
                                "made by another version; use another --study file",
                                number, space::text_of(trial.config),
                                space::text_of(segment.trial.config)));
      }
      const study::Curve curve = store.curve(trial.number);
      const uint64_t last = curve.points.empty() ? 0 : curve.points.back().step;
      const bool is_ended = trial.outcome.has_value() && trial.outcome != study::Outcome::pruned &&
                            trial.steps <= segment.until;
      if (!is_ended && last < segment.until) {
        segment.is_new = false;
        std::optional<train::TrialSnapshot> snapshot;
        if (const auto bytes = store.rewind(trial.number); bytes.has_value()) {
          snapshot = train::snapshot_from_bytes(*bytes);
        }
        host.add_segment(segment, std::move(snapshot), store.curve(trial.number));
        continue;
      }
      search::SegmentEnd segment_end;
      segment_end.steps = is_ended ? trial.steps : segment.until;
      if (is_ended) segment_end.outcome = trial.outcome;
      for (const study::CurvePoint& point : curve.points) {
        if (point.step > segment.trial.steps && point.step <= segment_end.steps) {
          segment_end.curve.push_back({point.step, host.judged_metric(point)});
        }
      }
      if (!is_ended) {
        trial.outcome.reset();
        paused.push_back(trial.number);
      }
      end(trial, std::move(segment_end));
      std::vector<FedSegment> more = ask();
      next.insert(next.end(), std::make_move_iterator(more.begin()),
                  std::make_move_iterator(more.end()));
    }
    asked = std::move(next);
  }
  // Those that stand where they paused, for when the search goes on with them.
  for (const int number : paused) {
    const search::SeenTrial& seen = rounds_.all()[static_cast<size_t>(number)];
    const bool is_dropped = kept[static_cast<size_t>(number)].outcome.has_value();
    if (seen.under_way || seen.outcome.has_value() || is_dropped) continue;
    const auto bytes = store.rewind(number);
    if (!bytes.has_value()) continue;
    study::Trial trial = kept[static_cast<size_t>(number)];
    trial.steps = seen.steps;
    host.add_paused(trial, train::snapshot_from_bytes(*bytes), store.curve(number));
  }
}

}  // namespace sweetspot::run
