#include "report/json.hpp"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "report/summary/size_summary.hpp"
#include "report/summary/tune_summary.hpp"
#include "report/summary/untuned.hpp"
#include "study/axes.hpp"
#include "train/schedule.hpp"

namespace sweetspot::report {
namespace {

using Json = nlohmann::ordered_json;

Json number(double value) {
  return std::isfinite(value) ? Json(value) : Json();
}
Json number(const std::optional<double>& value) {
  return value.has_value() ? number(*value) : Json();
}

Json config_json(const space::Config& config) {
  Json json = Json::object();
  for (const auto& name : {"optimizer", "learning_rate", "scale"}) {
    if (const auto found = config.find(name); found != config.end()) json[name] = nullptr;
  }
  for (const auto& [name, value] : config) {
    std::visit([&, key = name](const auto& v) { json[key] = v; }, value);
  }
  return json;
}

Json trial_json(const TrialSummary& t, double cost_steps, const std::vector<size_t>& metrics) {
  Json last = Json::object();
  Json columns = {"step"};
  Json rows = Json::array();
  for (const size_t metric : metrics) columns.push_back(t.curve.metrics[metric]);
  for (const study::CurvePoint& point : t.curve.points) {
    Json row = {point.step};
    for (const size_t metric : metrics) row.push_back(number(point.values[metric]));
    rows.push_back(std::move(row));
  }
  for (const size_t metric : metrics) {
    last[t.curve.metrics[metric]] =
        t.curve.points.empty() ? Json() : number(t.curve.points.back().values[metric]);
  }
  const study::Trial& trial = t.trial;
  Json origin;
  if (trial.origin.has_value()) {
    origin = {{"trial", trial.origin->trial}, {"step", trial.origin->step}};
  }
  return {{"number", trial.number},
          {"config", config_json(trial.config)},
          {"seed", trial.seed},
          {"outcome", trial.outcome.has_value() ? Json(study::name_of(*trial.outcome)) : Json()},
          {"steps", trial.steps},
          {"cost_steps", cost_steps},
          {"compute_seconds", number(trial.compute_seconds)},
          {"given_up_at", trial.given_up_at.has_value() ? Json(*trial.given_up_at) : Json()},
          {"note", trial.note},
          {"reproducible", trial.reproducible},
          {"origin", origin},
          {"worker", trial.worker.empty() ? Json() : Json(trial.worker)},
          {"metrics", last},
          {"curve", {{"columns", columns}, {"rows", rows}}}};
}

Json untuned_json(const std::optional<Untuned>& untuned) {
  if (!untuned.has_value()) return {};
  return {{"learning_rate", untuned->learning_rate}, {"steps", number(untuned->steps)}};
}

Json optimizer_json(const Summary& summary, const OptimizerSummary& o) {
  Json band;
  if (o.band.has_value()) band = {o.band->first, o.band->second};
  Json best;
  if (o.best.has_value()) {
    const bool has_number = !study::axes_of(summary.record.settings).number.empty();
    best = {{"learning_rate", has_number ? Json(o.best->learning_rate) : Json()},
            {"steps", o.best->steps}};
  }
  return {{"optimizer", o.optimizer},
          {"reached", o.reached},
          {"trials", o.trials},
          {"band", band},
          {"also_reached", o.also_reached},
          {"best", best},
          {"untuned", untuned_json(untuned(summary, o))}};
}

Json interval(const std::pair<double, double>& interval) {
  return {number(interval.first), number(interval.second)};
}

Json fit_json(const SizeLine& line, TimeUnit unit) {
  const std::optional<LineFit> fit = line.fit(unit);
  if (!fit.has_value()) return {};
  return {{"intercept", number(fit->intercept)},
          {"slope", number(fit->slope)},
          {"r_squared", number(fit->r_squared)},
          {"intercept_interval", interval(fit->intercept_interval)},
          {"slope_interval", interval(fit->slope_interval)},
          {"sizes", fit->count}};
}

Json line_json(const SizeLine& line, bool has_number) {
  Json points = Json::array();
  for (const SizePoint& p : line.points) {
    Json point = {{"scale", p.network.scale},
                  {"weights", p.network.weights},
                  {"reached", p.reached},
                  {"trials", p.trials}};
    for (const TimeUnit unit : {TimeUnit::steps, TimeUnit::seconds, TimeUnit::operations}) {
      point[std::string(name_of(unit))] = p.all_reached() ? number(p.time(unit)) : Json();
    }
    points.push_back(std::move(point));
  }
  Json fits = Json::object();
  for (const TimeUnit unit : {TimeUnit::steps, TimeUnit::seconds, TimeUnit::operations}) {
    fits[std::string(name_of(unit))] = fit_json(line, unit);
  }
  return {{"optimizer", line.optimizer},
          {"learning_rate", has_number ? Json(line.learning_rate) : Json()},
          {"points", points},
          {"fits", fits}};
}

Json sizes_json(const Summary& summary) {
  const SizeSummary sizes = summarize_sizes(summary);
  const bool has_number = !study::axes_of(summary.record.settings).number.empty();
  Json networks = Json::array();
  for (const store::NetworkSize& n : summary.record.networks) {
    networks.push_back({{"scale", n.scale},
                        {"weights", n.weights},
                        {"operations_per_step", n.operations_per_step},
                        {"step_seconds", n.step_seconds > 0 ? number(n.step_seconds) : Json()}});
  }
  Json lines = Json::array();
  for (const SizeLine& line : sizes.lines) lines.push_back(line_json(line, has_number));
  Json best = Json::array();
  for (const BestAtSize& b : sizes.best) {
    Json entry = {
        {"scale", b.network.scale}, {"weights", b.network.weights},
        {"optimizer", b.optimizer}, {"learning_rate", nullptr},
        {"steps", nullptr},         {"steps_at_first_best", number(b.steps_at_first_best)}};
    if (b.best.has_value()) {
      if (has_number) entry["learning_rate"] = b.best->learning_rate;
      entry["steps"] = b.best->steps;
    }
    best.push_back(std::move(entry));
  }
  const SizeLine* widest = widest_line(sizes);
  return {{"networks", networks},
          {"lines", lines},
          {"best", best},
          {"widest", widest == nullptr ? Json() : Json(widest - sizes.lines.data())}};
}

Json answer_json(const Summary& summary) {
  const TuneSummary tune = summarize_tune(summary);
  if (!tune.best.has_value()) return {};
  const study::Trial& best = summary.trials[*tune.best].trial;
  Json safe;
  if (tune.safe.has_value()) {
    safe = {{"config", config_json(tune.safe->config)},
            {"seeds", tune.safe->seeds},
            {"steps", number(tune.safe->steps)},
            {"test_accuracy", number(tune.safe->test_accuracy)}};
  }
  Json smoothed;
  if (tune.smoothed.has_value()) {
    smoothed = {{"value", number(tune.smoothed->value)},
                {"deviation", number(tune.smoothed->deviation)}};
  }
  Json band;
  if (tune.band.has_value()) band = {tune.band->first, tune.band->second};
  Json importance = Json::array();
  for (const Importance& one : tune.importance) {
    importance.push_back(
        {{"parameter", one.parameter}, {"share", one.share}, {"trials", one.trials}});
  }
  Json lines = Json::array();
  for (const PasteLine& line : paste_lines(
           summary.record.settings, tune.safe.has_value() ? tune.safe->config : best.config)) {
    lines.push_back(
        {{"framework", line.framework}, {"line", line.line}, {"differs", line.differs}});
  }
  Json lineage = Json::array();
  for (const size_t ancestor : tune.lineage) {
    const study::Trial& trial = summary.trials[ancestor].trial;
    lineage.push_back({{"trial", trial.number},
                       {"config", config_json(trial.config)},
                       {"from", trial.origin.has_value() ? trial.origin->step : 0}});
  }
  return {{"config", config_json(best.config)},
          {"value", number(tune.value)},
          {"steps", best.steps},
          {"smoothed", smoothed},
          {"best_valued",
           {{"trial", summary.trials[tune.best_valued].trial.number},
            {"value", number(tune.best_value)}}},
          {"follow_configs", tune.follow_configs},
          {"trials", tune.searched},
          {"band", band},
          {"lineage", lineage},
          {"safe", safe},
          {"importance", importance},
          {"cost",
           {{"trial_steps", summary.cost.trial_steps},
            {"compute_seconds", number(summary.cost.compute_seconds)},
            {"full_trainings", number(tune.full_trainings)}}},
          {"paste", lines}};
}

// [step, factor], often enough for a smooth line; none of a fixed rate.
Json schedule_curve(const study::Settings& settings) {
  const train::Schedule schedule = train::parse_schedule(settings.schedule, settings.budget);
  if (schedule.is_fixed()) return {};
  constexpr uint64_t kPoints = 1000;
  const uint64_t every = std::max<uint64_t>(1, settings.budget / kPoints);
  Json curve = Json::array();
  for (uint64_t step = 0; step < settings.budget; step += every) {
    curve.push_back({step, schedule.factor(step)});
  }
  return curve;
}

}  // namespace

std::string to_json(const Summary& summary, int indent) {
  const store::StudyRecord& record = summary.record;
  Json study = Json::parse(study::to_json(record.settings));
  study["program_version"] = record.program_version;
  study["data_checksum"] = record.data_checksum;
  study["weights"] = record.weights;
  study["operations_per_step"] = record.operations_per_step;
  study["early_stopping"] = record.early_stop;
  study["answer"] = answer(summary);
  const study::Axes axes = study::axes_of(record.settings);
  study["axes"] = {{"group", axes.group}, {"number", axes.number}, {"is_log", axes.is_log}};
  if (Json curve = schedule_curve(record.settings); !curve.is_null()) {
    study["schedule_curve"] = std::move(curve);
  }
  Json trials = Json::array();
  const std::vector<size_t> metrics = used_metrics(summary);
  for (const TrialSummary& trial : summary.trials) {
    trials.push_back(trial_json(trial, cost_steps(record, trial.trial), metrics));
  }
  Json optimizers = Json::array();
  for (const OptimizerSummary& o : summary.optimizers) {
    optimizers.push_back(optimizer_json(summary, o));
  }
  Json json = {{"format", 1},
               {"study", study},
               {"trials", trials},
               {"optimizers", optimizers},
               {"cost",
                {{"trial_steps", summary.cost.trial_steps},
                 {"operations", summary.cost.operations},
                 {"compute_seconds", number(summary.cost.compute_seconds)},
                 {"wall_seconds", number(summary.cost.wall_seconds)},
                 {"lanes_busy", number(summary.cost.lanes_busy)}}}};
  if (!summary.damaged.empty()) json["damaged_trials"] = summary.damaged;
  if (record.settings.kind == study::Kind::tune) json["answer"] = answer_json(summary);
  if (record.settings.kind == study::Kind::size) json["sizes"] = sizes_json(summary);
  if (summary.audit.has_value()) {
    json["audit"] = {{"reached", summary.audit->reached},
                     {"wrongly_given_up", summary.audit->wrongly_given_up},
                     {"failing_steps", summary.audit->failing_steps},
                     {"saved_steps", summary.audit->saved_steps}};
  }
  // What is no UTF-8 becomes the mark for that, rather than no JSON at all.
  return json.dump(indent, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace sweetspot::report
