#include "run/search_director.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "search/answer.hpp"
#include "search/methods.hpp"
#include "search/model_based/transfer.hpp"
#include "store/stored_study.hpp"
#include "sweetspot/error.hpp"

namespace sweetspot::run {
namespace {

// Of the cost, at most, for the search on a proxy.
constexpr double kProxyShare = 0.5;

search::RoundOptions round_options(const study::Settings& settings) {
  return {.size = static_cast<size_t>(settings.search.round),
          .cost = study::search_cost(settings),
          .seed = settings.seed,
          .budget = settings.budget,
          .check_every = settings.check_every,
          .population = settings.search.population,
          .own_budget = settings.command.has_value() && settings.command->own_budget};
}

}  // namespace

SearchDirector::SearchDirector(const study::Settings& settings, double proxy_ratio)
    : settings_(settings),
      space_(settings.search.space),
      options_(round_options(settings)),
      proxy_ratio_(proxy_ratio) {
  search::RoundOptions first = options_;
  if (!settings.search.proxy.empty()) {
    first.cost.steps = static_cast<uint64_t>(kProxyShare * proxy_ratio_ *
                                             static_cast<double>(options_.cost.steps));
  }
  begin_phase(search::make_search(settings.search.method, space_, first), first);
}

void SearchDirector::begin_phase(std::unique_ptr<search::Search> search,
                                 const search::RoundOptions& options) {
  auto phase = std::make_unique<Phase>();
  phase->search = std::move(search);
  phase->rounds = std::make_unique<search::Rounds>(*phase->search, space_, options);
  phase->first = trials();
  phases_.push_back(std::move(phase));
}

size_t SearchDirector::trials() const {
  return phases_.empty() ? 0 : phases_.back()->first + phases_.back()->rounds->trials();
}

SearchDirector::Phase& SearchDirector::phase_of(size_t trial) {
  return trial < phases_.back()->first ? *phases_.front() : *phases_.back();
}

const search::SeenTrial& SearchDirector::seen(size_t trial) {
  const Phase& phase = phase_of(trial);
  return phase.rounds->all()[trial - phase.first];
}

bool SearchDirector::is_on_proxy() const {
  return !settings_.search.proxy.empty() && phases_.size() == 1;
}

void SearchDirector::leave_proxy() {
  const search::Rounds& on_proxy = *phases_.front()->rounds;
  search::RoundOptions options = options_;
  const auto spent = static_cast<uint64_t>(static_cast<double>(on_proxy.spent()) / proxy_ratio_);
  options.cost.steps -= std::min(spent, options.cost.steps);
  begin_phase(search::make_transfer(space_, on_proxy.all()), options);
}

const search::Rounds& SearchDirector::rounds() const {
  return *phases_.back()->rounds;
}

std::optional<size_t> SearchDirector::best() const {
  return search::best_trial(space_, rounds().all());
}

std::optional<double> SearchDirector::best_score() const {
  std::optional<double> best;
  for (const search::SeenTrial& trial : rounds().all()) {
    if (const auto score = search::best_metric(trial))
      best = std::max(best.value_or(*score), *score);
  }
  return best;
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

FedSegment SearchDirector::segment_of(size_t trial, const space::Config& config) const {
  FedSegment segment;
  segment.trial.number = static_cast<int>(phases_.back()->first + trial);
  segment.trial.config = config;
  if (is_on_proxy()) segment.trial.config[study::kProxy] = settings_.search.proxy;
  segment.trial.seed = settings_.seed;
  return segment;
}

void SearchDirector::ask_rounds(std::vector<FedSegment>& segments) {
  while (true) {
    search::Rounds& rounds = *phases_.back()->rounds;
    if (rounds.is_over()) {
      if (!is_on_proxy()) return;
      leave_proxy();
      continue;
    }
    if (!rounds.can_ask()) return;
    const search::Round round = rounds.ask();
    for (const search::Segment& asked : round.segments) {
      FedSegment segment = segment_of(asked.trial, asked.config);
      segment.trial.steps = asked.from;
      segment.trial.origin = asked.origin;
      segment.until = asked.until;
      segment.is_new = asked.is_new;
      segment.is_last = asked.is_last;
      segments.push_back(std::move(segment));
    }
    for (const size_t trial : round.stopped) {
      segments.push_back(segment_of(trial, rounds.all()[trial].config));
      segments.back().stops = true;
    }
  }
}

void SearchDirector::ask_confirmation(std::vector<FedSegment>& segments) {
  const bool is_over = !is_on_proxy() && rounds().is_over();
  if (!is_over || safe_.has_value() || confirmed_ < confirming_.size()) return;
  if (!candidates_.has_value()) {
    candidates_.emplace();
    next_number_ = trials();
    if (const auto fastest = best();
        fastest.has_value() && settings_.search.objective.steps_to_target) {
      candidates_ = search::safe_candidates(space_, rounds().all(), *fastest);
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
  if (number >= trials()) {
    ++confirmed_;
    all_reached_ = all_reached_ && end.outcome == study::Outcome::reached;
    return;
  }
  search::SeenTrial whole = seen(number);
  whole.steps = end.steps;
  whole.outcome = end.outcome;
  whole.curve.insert(whole.curve.end(), end.curve.begin(), end.curve.end());
  end.value = search::objective_value(settings_.search.objective, whole);
  Phase& phase = phase_of(number);
  phase.rounds->end(number - phase.first, std::move(end));
}

std::vector<FedSegment> SearchDirector::after(const study::Trial& trial,
                                              const search::SegmentEnd& segment_end) {
  end(trial, segment_end);
  return ask();
}

namespace {

[[noreturn]] void fail(size_t trial, const std::string& what) {
  throw Error(ErrorKind::study, fmt::format("the study is damaged: trial {} {}", trial, what));
}

void require_same(const study::Trial& kept, const study::Trial& proposed) {
  if (kept.config == proposed.config && kept.seed == proposed.seed &&
      kept.origin == proposed.origin) {
    return;
  }
  throw Error(
      ErrorKind::study,
      fmt::format("trial {} of the study is {}, where the search proposes {}: it was made by "
                  "another version; use another --study file",
                  kept.number, space::text_of(kept.config), space::text_of(proposed.config)));
}

}  // namespace

std::optional<search::SegmentEnd> SearchDirector::end_of(const FedSegment& segment,
                                                         const study::Trial& kept,
                                                         store::StudyStore& store,
                                                         const trials::Ledger& ledger) const {
  require_same(kept, segment.trial);
  const study::Curve curve = store.curve(kept.number);
  const uint64_t last = curve.points.empty() ? 0 : curve.points.back().step;
  // A program of one's own may report beyond its last step.
  const bool is_final = segment.is_last || segment.until >= settings_.budget;
  const bool is_ended = kept.outcome.has_value() && kept.outcome != study::Outcome::pruned &&
                        (kept.steps <= segment.until || is_final);
  if (!is_ended && !ledger.has_stood_at(segment.until, kept, last, store)) return std::nullopt;
  search::SegmentEnd end;
  end.steps = is_ended ? kept.steps : segment.until;
  if (is_ended) end.outcome = kept.outcome;
  end.ended_itself = is_ended && kept.ended_itself();
  for (const study::CurvePoint& point : curve.points) {
    const std::optional<double> metric = trials::judged_score(settings_, curve, point);
    if (metric.has_value() && point.step > segment.trial.steps && point.step <= end.steps) {
      end.curve.push_back({point.step, *metric});
    }
  }
  return end;
}

std::optional<search::SegmentEnd> SearchDirector::begin_segment(FedSegment segment,
                                                                const study::Trial* kept,
                                                                store::StudyStore& store,
                                                                trials::Ledger& ledger) const {
  if (kept == nullptr) {
    std::optional<trials::StateBytes> copied;
    if (segment.trial.origin.has_value()) {
      copied = store.rewind(static_cast<int>(segment.trial.origin->trial));
    }
    ledger.add(segment, copied, {});
    return std::nullopt;
  }
  std::optional<search::SegmentEnd> end = end_of(segment, *kept, store, ledger);
  if (end.has_value()) return end;
  segment.is_new = false;
  const std::optional<trials::StateBytes> state = store.rewind(kept->number);
  ledger.add(segment, state, store.curve(kept->number));
  return std::nullopt;
}

void SearchDirector::begin(store::StudyStore& store, trials::Ledger& ledger) {
  const std::vector<study::Trial> kept = store::stored_trials(store, settings_);
  std::vector<FedSegment> asked = ask();
  std::vector<int> paused;
  while (!asked.empty()) {
    std::vector<FedSegment> next;
    for (const FedSegment& segment : asked) {
      const auto number = static_cast<size_t>(segment.trial.number);
      const study::Trial* known = number < kept.size() ? &kept[number] : nullptr;
      if (segment.stops) {
        if (known == nullptr) fail(number, "is missing, where the search ends it");
        if (known->outcome.has_value()) continue;
        const std::optional<trials::StateBytes> state = store.rewind(known->number);
        if (!state.has_value()) fail(number, "has no snapshot, where it was paused");
        ledger.stop_paused(*known, *state);
        continue;
      }
      std::optional<search::SegmentEnd> segment_end = begin_segment(segment, known, store, ledger);
      if (!segment_end.has_value()) continue;
      study::Trial trial = *known;
      if (!segment_end->outcome.has_value()) {
        trial.outcome.reset();
        paused.push_back(trial.number);
      }
      end(trial, std::move(*segment_end));
      std::vector<FedSegment> more = ask();
      next.insert(next.end(), std::make_move_iterator(more.begin()),
                  std::make_move_iterator(more.end()));
    }
    asked = std::move(next);
  }
  // Those that stand where they paused, for when the search goes on with them.
  for (const int number : paused) {
    const search::SeenTrial& where = seen(static_cast<size_t>(number));
    const bool is_dropped = kept[static_cast<size_t>(number)].outcome.has_value();
    if (where.under_way || where.outcome.has_value() || is_dropped) continue;
    const std::optional<trials::StateBytes> state = store.rewind(number);
    if (!state.has_value()) continue;
    study::Trial trial = kept[static_cast<size_t>(number)];
    trial.steps = where.steps;
    ledger.add_paused(trial, *state, store.curve(number));
  }
}

}  // namespace sweetspot::run
