#include "trials/verdict.hpp"

#include <algorithm>
#include <string>

#include "search/hopeless.hpp"
#include "sweetspot/config.hpp"

namespace sweetspot::trials {
namespace {

bool has_target(const study::Settings& settings) {
  return !settings.target.metric.empty() &&
         settings.target.metric == study::judged_metric(settings);
}

}  // namespace

bool is_final(const study::Settings& settings, const OpenTrial& open) {
  return open.is_last || open.until >= settings.budget;
}

bool gives_up(const study::Settings& settings, const EarlyStopping& rule, OpenTrial& open) {
  if (!rule.is_on || !has_target(settings) || open.trial.given_up_at.has_value()) return false;
  if (rule.of_audited_optimizers &&
      !search::rule_is_audited_with(space::choice_in(open.trial.config, "optimizer"))) {
    return false;
  }
  const std::string reason = search::hopeless_reason({.target = settings.target.value,
                                                      .running = rule.of_running_accuracy,
                                                      .budget = settings.budget,
                                                      .warm_up = rule.warm_up,
                                                      .resolution = rule.resolution,
                                                      .curve = open.history});
  if (reason.empty()) return false;
  open.trial.given_up_at = open.history.back().step;
  open.trial.note = (settings.audit ? "would have been given up: " : "") + reason;
  return !settings.audit;
}

Verdict judge(const study::Settings& settings, const EarlyStopping& rule, OpenTrial& open) {
  const auto [step, score] = open.history.back();
  if (has_target(settings) && score >= study::score_of(settings, settings.target.value)) {
    return Verdict::reached;
  }
  if (step >= open.until && is_final(settings, open)) return Verdict::exhausted;
  if (gives_up(settings, rule, open)) return Verdict::hopeless;
  return step >= open.until ? Verdict::pause : Verdict::go_on;
}

std::optional<double> judged_score(const study::Settings& settings, const study::Curve& curve,
                                   const study::CurvePoint& point) {
  // A store may have the metrics in another order: that in which another worker came upon them.
  const auto found =
      std::find(curve.metrics.begin(), curve.metrics.end(), study::judged_metric(settings));
  const auto column = static_cast<size_t>(found - curve.metrics.begin());
  if (column >= point.values.size() || !point.values[column].has_value()) return std::nullopt;
  return study::score_of(settings, *point.values[column]);
}

}  // namespace sweetspot::trials
