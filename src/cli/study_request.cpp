#include "cli/study_request.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"
#include "cli/search_request.hpp"
#include "models/model.hpp"
#include "space/grid.hpp"
#include "sweetspot/error.hpp"
#include "train/optimizer.hpp"
#include "train/schedule.hpp"

namespace sweetspot::cli {

StudyRequest default_request(study::Kind kind) {
  StudyRequest request;
  study::Settings& s = request.settings;
  s.kind = kind;
  request.part = study::name_of(kind);
  request.study = request.part + ".db";
  switch (kind) {
    case study::Kind::sweep:
      s.optimizers = train::experiment_optimizers();
      s.learning_rates = space::parse_learning_rates("1e-6:100:6");
      break;
    case study::Kind::size:
      s.optimizers = {"adam"};
      s.learning_rates = space::parse_learning_rates("1e-4,5e-4,1e-3,1.46e-3,5e-3,1e-2");
      s.scales = space::parse_scales("1:10:0.25");
      s.target.value = 0.96;
      break;
    case study::Kind::tune:
      set_space(space_of(train::experiment_optimizers(), "1e-6:100"), s);
      break;
    case study::Kind::trace:
      s.target = study::parse_target("none");
      s.budget = 2000;
      break;
  }
  return request;
}

bool is_lane_count(int64_t lanes) {
  return lanes == 8 || lanes == 16 || lanes == 32;
}

store::Address address_of(const StudyRequest& request) {
  if (request.store.empty()) return {request.study, ""};
  return {request.store, request.study};
}

void apply_model(const std::string& model, study::Settings& settings) {
  models::Model chosen = models::chosen_model(model);
  settings.model = std::move(chosen.name);
  settings.layers = std::move(chosen.layers);
}

std::vector<std::string> with_all_optimizers(std::vector<std::string> names) {
  if (std::find(names.begin(), names.end(), "all") != names.end()) return train::optimizer_names();
  return names;
}

void settle(StudyRequest& request) {
  study::Settings& s = request.settings;
  // A search for the best of a metric has no target, unless one was asked for, which is refused.
  const bool looks_for_best = s.kind == study::Kind::tune && !s.search.objective.steps_to_target;
  if (looks_for_best && s.target == study::Target{}) s.target = study::parse_target("none");
  s.schedule = train::text_of(train::parse_schedule(s.schedule, s.budget));
}

void apply_number(const std::string& assignment, study::Settings& settings) {
  const size_t equals = assignment.find('=');
  const std::string name = assignment.substr(0, equals);
  const size_t dot = name.find('.');
  const bool is_dropout = name == "dropout";
  if (equals == std::string::npos || (dot == std::string::npos && !is_dropout)) {
    throw Error(ErrorKind::usage,
                fmt::format("set '{}': write OPTIMIZER.NUMBER=VALUE, as rmsprop.decay=0.99, or "
                            "dropout=VALUE",
                            assignment));
  }
  const std::optional<double> value = parse_number(assignment.substr(equals + 1));
  if (!value.has_value()) {
    throw Error(ErrorKind::usage, fmt::format("set '{}': '{}' is not a finite number", assignment,
                                              assignment.substr(equals + 1)));
  }
  if (is_dropout) {
    settings.dropout = value;
  } else {
    settings.numbers[name.substr(0, dot)][name.substr(dot + 1)] = *value;
  }
}

}  // namespace sweetspot::cli
