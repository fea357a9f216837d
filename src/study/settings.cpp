#include "study/settings.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "base/json_text.hpp"
#include "base/text.hpp"
#include "space/space_file.hpp"
#include "sweetspot/error.hpp"

namespace sweetspot::study {
namespace {

constexpr double kMost = std::numeric_limits<double>::max();
constexpr double kLeastAbove = std::numeric_limits<double>::denorm_min();
// As the store counts them.
constexpr uint64_t kMostSteps = std::numeric_limits<int64_t>::max();
// No more than what makes sense; a count that was damaged must not fill the memory.
constexpr uint64_t kMostSeeds = 10'000;
constexpr uint64_t kLargestBatch = 1'000'000'000;

Json layer_json(const LayerSetting& layer) {
  Json json = {{"type", layer.type}};
  for (const auto& [name, value] : layer.numbers) json[name] = value;
  if (!layer.padding.empty()) json["padding"] = layer.padding;
  return json;
}

LayerSetting layer_of(const Json& json) {
  const JsonFields fields(json);
  LayerSetting layer;
  for (const auto& [name, value] : json.items()) {
    if (name == "type" || name == "padding") {
      (name == "type" ? layer.type : layer.padding) = fields.text(name.c_str());
    } else {
      layer.numbers[name] = number_of(value, name);
    }
  }
  return layer;
}

std::map<std::string, double> numbers_by_name(const Json& json) {
  std::map<std::string, double> numbers;
  for (const auto& [name, value] : json.items()) numbers[name] = number_of(value, name);
  return numbers;
}

void require_one_of(const char* key, const std::string& value, std::vector<std::string> known) {
  if (std::find(known.begin(), known.end(), value) == known.end()) {
    throw Error(ErrorKind::study, fmt::format("{} is '{}'; it must be one of {}", key,
                                              printable(value), join(known, ", ")));
  }
}

// Of a study of a user's own program: none of what a network would need.
Json command_json_of(const Settings& s) {
  return {{"kind", name_of(s.kind)},
          {"command", Json::parse(to_json(*s.command))},
          {"optimizers", s.optimizers},
          {"scales", s.scales},
          {"search", s.kind == Kind::tune ? Json::parse(to_json(s.search)) : Json()},
          {"target", text_of(s.target)},
          {"budget", s.command->own_budget ? Json() : Json(s.budget)},
          {"check_every", s.check_every},
          {"seed", s.seed},
          {"seeds", s.seeds},
          {"early_stop", s.early_stop},
          {"max_trial_seconds", s.max_trial_seconds}};
}

Json json_of(const Settings& s) {
  if (s.command.has_value()) return command_json_of(s);
  Json layers = Json::array();
  for (const LayerSetting& layer : s.layers) layers.push_back(layer_json(layer));
  std::vector<std::string> configs;
  for (const TraceConfig& config : s.configs) configs.push_back(text_of(config));
  return {{"kind", name_of(s.kind)},
          {"data", s.data},
          {"model", s.model},
          {"width", s.width},
          {"layers", layers},
          {"optimizers", s.optimizers},
          {"learning_rates", s.learning_rates},
          {"scales", s.scales},
          {"configs", configs},
          {"number_grid", s.number_grid},
          {"search", s.kind == Kind::tune ? Json::parse(to_json(s.search)) : Json()},
          {"target", text_of(s.target)},
          {"budget", s.budget},
          {"check_every", s.check_every},
          {"batch_size", s.batch_size},
          {"seed", s.seed},
          {"seeds", s.seeds},
          {"early_stop", s.early_stop},
          {"audit", s.audit},
          {"semantics", s.semantics},
          {"schedule", s.schedule},
          {"dropout", s.dropout.has_value() ? Json(*s.dropout) : Json()},
          {"numbers", s.numbers},
          {"max_trial_seconds", s.max_trial_seconds}};
}

std::string toml_numbers(const std::vector<double>& numbers) {
  std::string text;
  for (const double number : numbers) {
    text += (text.empty() ? "" : ", ") + shortest(number);
    // TOML tells a float by its point or exponent.
    if (text.find_first_of(".e", text.rfind(' ') + 1) == std::string::npos) text += ".0";
  }
  return text;
}

}  // namespace

std::string_view name_of(Kind kind) {
  switch (kind) {
    case Kind::size:
      return "size";
    case Kind::trace:
      return "trace";
    case Kind::tune:
      return "tune";
    default:
      return "sweep";
  }
}

Kind kind_of(std::string_view name) {
  for (const Kind kind : {Kind::sweep, Kind::size, Kind::trace, Kind::tune}) {
    if (name_of(kind) == name) return kind;
  }
  throw Error(ErrorKind::study, fmt::format("unknown kind of study '{}'", name));
}

std::vector<TraceConfig> parse_configs(std::string_view text) {
  std::vector<TraceConfig> configs;
  for (const std::string& part : split(text, ',')) {
    const size_t colon = part.find(':');
    const std::optional<double> rate =
        colon == std::string::npos ? std::nullopt : parse_number(part.substr(colon + 1));
    if (!rate.has_value() || !(*rate > 0)) {
      throw Error(
          ErrorKind::usage,
          fmt::format("config '{}': write OPTIMIZER:RATE, as adam:1e-3, with a rate above 0",
                      part));
    }
    configs.push_back({part.substr(0, colon), *rate});
  }
  return configs;
}

std::string text_of(const TraceConfig& config) {
  return fmt::format("{}:{}", config.optimizer, shortest(config.learning_rate));
}

const std::string& judged_metric(const Settings& settings) {
  const Objective& objective = settings.search.objective;
  const bool is_best = settings.kind == Kind::tune && !objective.steps_to_target;
  return is_best ? objective.metric : settings.target.metric;
}

double score_of(const Settings& settings, double metric) {
  const Objective& objective = settings.search.objective;
  const bool is_best = settings.kind == Kind::tune && !objective.steps_to_target;
  const bool minimize = is_best ? objective.minimize : settings.target.at_most;
  return minimize ? -metric : metric;
}

bool has_proxy(const Settings& settings) {
  return settings.kind == Kind::tune && !settings.search.proxy.empty();
}

SearchCost search_cost(const Settings& settings) {
  const std::string& text = settings.search.cost;
  if (!settings.command.has_value() || !settings.command->own_budget) {
    return parse_cost(text, settings.budget);
  }
  if (!text.ends_with('x') && !text.ends_with('t')) {
    throw Error(ErrorKind::usage,
                fmt::format("cost '{}': without --budget there are no steps to count; write trials "
                            "as 40t",
                            text));
  }
  return parse_cost(text.substr(0, text.size() - 1) + 't', settings.budget);
}

std::string to_json(const Settings& settings) {
  return json_text(json_of(settings));
}

namespace {

// What studies of networks and of programs have alike.
void read_limits(const JsonFields& json, Settings& s) {
  s.optimizers = json.texts("optimizers");
  s.target = parse_target(json.text("target"));
  s.check_every = json.whole<uint64_t>("check_every", 1, kMostSteps);
  s.seed = json.whole<uint64_t>("seed", 0, std::numeric_limits<uint64_t>::max());
  s.seeds = json.whole<int>("seeds", 1, kMostSeeds);
  s.early_stop = json.text("early_stop");
  require_one_of("early_stop", s.early_stop, {"auto", "on", "off"});
  s.max_trial_seconds = json.number("max_trial_seconds", 0, kMost);
}

void read_network_study(const JsonFields& json, Settings& s) {
  s.data = json.text("data");
  s.model = json.text("model");
  s.width = json.number("width", kLeastAbove, kMost);
  for (const Json& layer : json.at("layers")) s.layers.push_back(layer_of(layer));
  s.learning_rates = json.numbers("learning_rates", kLeastAbove, kMost);
  s.budget = json.whole<uint64_t>("budget", 1, kMostSteps);
  s.batch_size = json.whole<int>("batch_size", 1, kLargestBatch);
  s.audit = json.flag("audit");
  s.semantics = json.text("semantics");
  require_one_of("semantics", s.semantics, {"tensorflow", "pytorch"});
  if (json.find("dropout") != nullptr) s.dropout = json.number("dropout", 0, 1);
  for (const auto& [optimizer, numbers] : json.at("numbers").items()) {
    s.numbers[optimizer] = numbers_by_name(numbers);
  }
  if (json.find("configs") != nullptr) {
    for (const std::string& config : json.texts("configs")) {
      s.configs.push_back(parse_configs(config).front());
    }
  }
  if (const Json* grid = json.find("number_grid"); grid != nullptr) {
    const JsonFields fields(*grid);
    for (const auto& [name, values] : grid->items()) {
      s.number_grid[name] = fields.numbers(name.c_str(), -kMost, kMost);
    }
  }
}

// Studies of an earlier version are sweeps of one size at a fixed rate, and do not say so.
Settings read_settings(const Json& object) {
  const JsonFields json(object);
  Settings s;
  if (json.find("kind") != nullptr) s.kind = kind_of(json.text("kind"));
  if (json.find("scales") != nullptr) s.scales = json.numbers("scales", kLeastAbove, kMost);
  if (json.find("schedule") != nullptr) s.schedule = json.text("schedule");
  if (const Json* search = json.find("search"); search != nullptr) {
    s.search = search_settings_from_json(search->dump());
  }
  if (s.kind == Kind::tune) space::Space{s.search.space};
  read_limits(json, s);
  if (const Json* command = json.find("command"); command != nullptr) {
    s.command = command_settings_from_json(command->dump());
    s.budget = s.command->own_budget ? kOwnBudget : json.whole<uint64_t>("budget", 1, kMostSteps);
  } else {
    read_network_study(json, s);
  }
  return s;
}

}  // namespace

Settings settings_from_json(const std::string& text) {
  try {
    return read_settings(parse_json(text));
  } catch (const Error& error) {
    throw Error(ErrorKind::study,
                fmt::format("the study's settings are damaged: {}", error.what()));
  }
}

namespace {

std::string command_toml(const Settings& s) {
  std::string text = keys_toml(*s.command);
  const auto line = [&](std::string_view key, const std::string& value) {
    text += fmt::format("{} = {}\n", key, value);
  };
  if (s.kind == Kind::tune) text += keys_toml(s.search);
  if (s.kind == Kind::size) line("scales", "[" + toml_numbers(s.scales) + "]");
  line("target", toml_string(text_of(s.target)));
  if (!s.command->own_budget) {
    line("budget", fmt::format("{}", s.budget));
    line("check_every", fmt::format("{}", s.check_every));
  }
  line("seed", fmt::format("{}", s.seed));
  if (s.kind != Kind::tune) line("seeds", fmt::format("{}", s.seeds));
  if (s.max_trial_seconds > 0) line("max_trial_seconds", fmt::format("{}", s.max_trial_seconds));
  return text +
         (s.kind == Kind::tune ? "\n" + space::to_toml(s.search.space) : grid_toml(*s.command));
}

}  // namespace

std::string to_toml(const Settings& s) {
  if (s.command.has_value()) return command_toml(s);
  std::vector<std::string> optimizers;
  for (const std::string& name : s.optimizers) optimizers.push_back(toml_string(name));
  std::string text;
  const auto line = [&](std::string_view key, const std::string& value) {
    text += fmt::format("{} = {}\n", key, value);
  };
  line("data", toml_string(s.data));
  if (s.layers.empty()) line("model", toml_string(s.model));
  line("width", fmt::format("{}", s.width));
  if (s.kind == Kind::tune) {
    text += keys_toml(s.search);
  } else if (s.kind == Kind::trace) {
    std::vector<std::string> configs;
    for (const TraceConfig& config : s.configs) configs.push_back(text_of(config));
    line("configs", toml_string(join(configs, ",")));
  } else {
    line("optimizers", "[" + join(optimizers, ", ") + "]");
    line("learning_rates", "[" + toml_numbers(s.learning_rates) + "]");
  }
  if (s.kind == Kind::size) line("scales", "[" + toml_numbers(s.scales) + "]");
  line("target", toml_string(text_of(s.target)));
  line("budget", fmt::format("{}", s.budget));
  line("check_every", fmt::format("{}", s.check_every));
  line("batch_size", fmt::format("{}", s.batch_size));
  line("seed", fmt::format("{}", s.seed));
  line("seeds", fmt::format("{}", s.seeds));
  line("early_stop", toml_string(s.early_stop));
  line("audit", s.audit ? "true" : "false");
  line("semantics", toml_string(s.semantics));
  line("schedule", toml_string(s.schedule));
  if (s.dropout.has_value()) line("dropout", fmt::format("{}", *s.dropout));
  if (s.max_trial_seconds > 0) line("max_trial_seconds", fmt::format("{}", s.max_trial_seconds));
  if (s.kind == Kind::tune) text += "\n" + space::to_toml(s.search.space);
  for (const auto& [optimizer, numbers] : s.numbers) {
    text += fmt::format("\n[optimizer.{}]\n", optimizer);
    for (const auto& [name, value] : numbers) line(name, fmt::format("{}", value));
  }
  if (!s.layers.empty()) text += fmt::format("\n[model]\nname = {}\n", toml_string(s.model));
  for (const LayerSetting& layer : s.layers) {
    text += fmt::format("\n[[model.layer]]\ntype = {}\n", toml_string(layer.type));
    for (const auto& [name, value] : layer.numbers) line(name, fmt::format("{}", value));
    if (!layer.padding.empty()) line("padding", toml_string(layer.padding));
  }
  return text;
}

}  // namespace sweetspot::study
