// Studies whose every text tries to become markup, code or another file, and whose values have no
// place on an axis: what a program prints, a notebook names or a damaged file holds. Pure
// functions.
#pragma once

#include <cmath>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "report/json.hpp"
#include "report/summary/summary.hpp"

namespace sweetspot::testing_support {

using Json = nlohmann::ordered_json;

// Where one of them ran, window.ran says which.
inline std::vector<std::string> hostile_texts() {
  return {"<img src=x onerror=\"window.ran='img'\">",
          "</script><script>window.ran='script'</script>",
          "\"'><svg/onload=window.ran='svg'>",
          "<a href=\"javascript:window.ran='link'\">x</a>",
          "<iframe srcdoc=\"<script>parent.ran='frame'</script>\"></iframe>",
          "javascript:window.ran='address'",
          "<!--",
          "{{study}}",
          "{b|{a}} {b} {c}",
          "__proto__",
          "constructor",
          "",
          " ",
          "-",
          "a,b\"c\nd",
          "\x1b[31mred\x07\x01",
          "\xe2\x80\xae right to left",
          "=HYPERLINK(\"http://127.0.0.1:9/\")",
          "&lt;b&gt;&amp;",
          "../../x"};
}

// A program's own, drawn by a hostile choice over a hostile number.
inline report::Summary hostile_record(study::Kind kind, const std::vector<std::string>& choices) {
  const std::string markup = hostile_texts()[0];
  report::Summary summary;
  summary.part = std::string(study::name_of(kind));
  summary.record.program_version = markup;
  summary.record.early_stop = markup;
  study::Settings& s = summary.record.settings;
  s.kind = kind;
  s.command.emplace();
  s.command->command = "sh " + hostile_texts()[0] + hostile_texts()[1] + " {lr}";
  s.command->own_budget = false;
  s.budget = 100;
  s.optimizers = choices;
  s.target = {.metric = markup, .value = 0.5};
  return summary;
}

inline report::TrialSummary hostile_trial(const report::Summary& summary, const std::string& choice,
                                          double rate) {
  const std::string markup = hostile_texts()[0];
  report::TrialSummary t;
  t.trial.number = static_cast<int>(summary.trials.size());
  t.trial.config = {{"<b>choice</b>" + markup, choice}, {"lr" + markup, rate}};
  t.trial.seed = 1;
  t.trial.outcome = study::Outcome::reached;
  t.trial.steps = 10 + static_cast<uint64_t>(7 * t.trial.number);
  t.trial.compute_seconds = 0.5;
  // The last bytes are no UTF-8.
  t.trial.note = hostile_texts()[static_cast<size_t>(t.trial.number) % hostile_texts().size()] +
                 "\n" + hostile_texts()[0] + "\x02\xff\xfe";
  t.curve.metrics = {markup, "a,b"};
  t.curve.points = {{t.trial.steps / 2, {0.2, 0.1}}, {t.trial.steps, {0.5, 0.1}}};
  return t;
}

// A grid: of each choice at each rate a training; the first one reached its target at step 0.
inline report::Summary hostile_sweep() {
  const std::string markup = hostile_texts()[0];
  const std::vector<std::string> choices = hostile_texts();
  report::Summary summary = hostile_record(study::Kind::sweep, choices);
  space::GridParameter groups = {"<b>choice</b>" + markup, {}};
  for (const std::string& choice : choices) groups.values.emplace_back(choice);
  summary.record.settings.command->grid = {groups, {"lr" + markup, {0.001, 0.01, 0.1, 1.0}}};
  constexpr study::Outcome kEnds[] = {study::Outcome::reached,   study::Outcome::reached,
                                      study::Outcome::exhausted, study::Outcome::diverged,
                                      study::Outcome::failed,    study::Outcome::hopeless};
  for (const std::string& choice : choices) {
    for (const double rate : {0.001, 0.01, 0.1, 1.0}) {
      report::TrialSummary t = hostile_trial(summary, choice, rate);
      t.trial.outcome = kEnds[static_cast<size_t>(t.trial.number) % std::size(kEnds)];
      if (t.trial.number == 0) {
        t.trial.steps = 0;
        t.trial.compute_seconds = 0;
        t.curve.points = {{0, {0.7, -1.0}}};
      }
      summary.trials.push_back(std::move(t));
    }
  }
  return of_seed(summary, 1);
}

// A search whose objective is the least of a metric.
inline report::Summary hostile_search(const std::vector<std::string>& choices, int trials) {
  const std::string markup = hostile_texts()[0];
  report::Summary summary = hostile_record(study::Kind::tune, choices);
  study::Settings& s = summary.record.settings;
  s.target = study::parse_target("none");
  s.search.method = markup;
  s.search.objective = {.steps_to_target = false, .metric = markup, .minimize = true};
  s.search.space = {{"<b>choice</b>" + markup, space::Categorical{choices}},
                    {"lr" + markup, space::LogUniform{1e-5, 1}},
                    {"__proto__", space::Uniform{0, 1}}};
  for (int i = 0; i < trials; ++i) {
    const double rate = std::pow(10.0, -5 + 5.0 * i / trials);
    report::TrialSummary t =
        hostile_trial(summary, choices[static_cast<size_t>(i) % choices.size()], rate);
    t.trial.config["__proto__"] = (i % 7) / 7.0;
    t.trial.outcome = i % 5 == 4 ? study::Outcome::pruned : study::Outcome::exhausted;
    t.curve.points.back().values[0] = 0.01 + 0.37 * (i % 9);
    summary.trials.push_back(std::move(t));
  }
  return summary;
}

// The JSON of a search, some of whose numbers are what no logarithmic axis has a place for.
inline std::string without_places(const report::Summary& search) {
  Json json = Json::parse(report::to_json(search, -1));
  const std::string rate = "lr" + hostile_texts()[0];
  Json& trials = json["trials"];
  const std::vector<Json> numbers = {0.0, -3.0, nullptr, "text", 1e-320, 1e308, Json::array()};
  for (size_t i = 0; i < numbers.size(); ++i) trials[i]["config"][rate] = numbers[i];
  trials[numbers.size()]["config"].erase(rate);
  const std::vector<Json> values = {0.0, 1e-320, 1e308, nullptr};
  for (size_t i = 0; i < values.size(); ++i) {
    for (Json& row : trials[10 + i]["curve"]["rows"]) row[1] = values[i];
  }
  trials[15]["steps"] = 0;
  trials[15]["cost_steps"] = 0;
  trials[15]["curve"]["rows"] = Json::array({Json::array({0, 0.5, 0.1})});
  return json.dump() + "\n";
}

// Sizes that a program of one's own trains at.
inline report::Summary hostile_sizes() {
  const std::string markup = hostile_texts()[0];
  const std::vector<std::string> choices = {hostile_texts()[0], hostile_texts()[1]};
  report::Summary summary = hostile_record(study::Kind::size, choices);
  summary.record.settings.command->grid = {{"<b>choice</b>" + markup, {choices[0], choices[1]}},
                                           {"lr" + markup, {0.01, 0.1}}};
  summary.record.settings.scales = {1, 2, 3};
  for (const double scale : {1.0, 2.0, 3.0}) {
    summary.record.networks.push_back({.scale = scale});
    for (const std::string& choice : choices) {
      for (const double rate : {0.01, 0.1}) {
        report::TrialSummary t = hostile_trial(summary, choice, rate);
        t.trial.config["scale"] = scale;
        if (t.trial.number == 0) t.trial.steps = 0;
        summary.trials.push_back(std::move(t));
      }
    }
  }
  return of_seed(summary, 1);
}

}  // namespace sweetspot::testing_support
