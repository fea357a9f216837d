#include "cli/study_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>

#include "base/read_file.hpp"
#include "base/text.hpp"
#include "base/toml_reader.hpp"
#include "cli/command_request.hpp"
#include "cli/search_request.hpp"
#include "models/model_file.hpp"
#include "space/grid.hpp"
#include "space/space_file.hpp"
#include "sweetspot/error.hpp"

namespace sweetspot::cli {
namespace {

class StudyFile {
 public:
  StudyFile(std::string name, StudyRequest& request) : reader_(std::move(name)), request_(request) {
    study::Settings& s = request_.settings;
    const auto text = [this](std::string& to) {
      return [this, &to](const toml::node& node) { to = reader_.string_of(node); };
    };
    const auto whole = [this](auto& to, double low, double high) {
      return [this, &to, low, high](const toml::node& node) {
        to = static_cast<std::remove_reference_t<decltype(to)>>(reader_.whole_of(node, low, high));
      };
    };
    const auto number = [this](double& to) {
      return [this, &to](const toml::node& node) { to = reader_.number_of(node); };
    };
    keys_ = {
        {"data", text(s.data)},
        {"model", [this](const toml::node& node) { model(node); }},
        {"width", number(s.width)},
        {"optimizers",
         [this, &s](const toml::node& node) {
           s.optimizers = with_all_optimizers(reader_.strings_of(node));
         }},
        {"learning_rates",
         [this, &s](const toml::node& node) { s.learning_rates = rates_of(node); }},
        {"scales", [this, &s](const toml::node& node) { s.scales = scales_of(node); }},
        {"configs",
         [this, &s](const toml::node& node) {
           s.configs = study::parse_configs(reader_.string_of(node));
         }},
        {"target",
         [this, &s](const toml::node& node) {
           s.target = study::parse_target(reader_.string_of(node));
         }},
        {"budget", whole(s.budget, 1, 1e9)},
        {"check_every", whole(s.check_every, 1, 1e9)},
        {"batch_size", whole(s.batch_size, 1, 1e9)},
        {"seed", [this, &s](const toml::node& node) { s.seed = reader_.natural_of(node); }},
        {"seeds", whole(s.seeds, 1, 1000)},
        {"early_stop", [this, &s](const toml::node& node) { early_stop(node, s); }},
        {"no_early_stop",
         [this, &s](const toml::node& node) {
           s.early_stop = reader_.flag_of(node) ? "off" : "auto";
         }},
        {"audit", [this, &s](const toml::node& node) { s.audit = reader_.flag_of(node); }},
        {"semantics", text(s.semantics)},
        {"schedule", text(s.schedule)},
        {"dropout", [this, &s](const toml::node& node) { s.dropout = reader_.number_of(node); }},
        {"set",
         [this, &s](const toml::node& node) {
           for (const std::string& assignment : reader_.strings_of(node))
             apply_number(assignment, s);
         }},
        {"max_trial_seconds", number(s.max_trial_seconds)},
        {"max_seconds", number(request_.max_seconds)},
        {"threads", whole(request_.threads, 1, 1024)},
        {"lanes", [this](const toml::node& node) { lanes(node); }},
        {"store", text(request_.store)},
        {"study", text(request_.study)},
        {"lease", number(request_.lease_seconds)},
        {"patience", number(request_.patience_seconds)},
        {"optimizer", [this](const toml::node& node) { optimizer_tables(node); }},
        {"space", [this](const toml::node& node) { space_tables(node); }},
    };
    if (s.kind == study::Kind::tune) add_search_keys(s.search);
    if (s.kind != study::Kind::trace) add_command_keys();
  }

  void apply(std::string_view text) {
    const toml::table table = reader_.parse(text);
    std::vector<std::string> known;
    for (const auto& [key, setter] : keys_) known.push_back(key);
    for (const auto& [key, node] : table) {
      const std::string name(key.str());
      reader_.at_key(name);
      const auto setter = keys_.find(name);
      if (setter == keys_.end()) reader_.fail(key, unknown_name("key", name, known));
      request_.given.insert(name);
      reader_.guarded(node, [&setter, &value = node] { setter->second(value); });
    }
  }

 private:
  void add_search_keys(study::SearchSettings& search) {
    for (const char* of_a_grid : {"learning_rates", "optimizers", "scales", "configs", "seeds"}) {
      keys_.erase(of_a_grid);
    }
    keys_["method"] = [this, &search](const toml::node& node) {
      search.method = reader_.string_of(node);
    };
    keys_["cost"] = [this, &search](const toml::node& node) {
      search.cost = reader_.string_of(node);
    };
    keys_["objective"] = [this, &search](const toml::node& node) {
      search.objective = study::parse_objective(reader_.string_of(node));
    };
    keys_["round"] = [this, &search](const toml::node& node) {
      search.round = static_cast<int>(reader_.whole_of(node, 1, 1000));
    };
    keys_["proxy"] = [this, &search](const toml::node& node) {
      search.proxy = reader_.string_of(node);
    };
    study::PopulationSettings& p = search.population;
    keys_["population"] = [this, &p](const toml::node& node) {
      p.size = static_cast<int>(reader_.whole_of(node, 2, 1e6));
    };
    keys_["ready"] = [this, &p](const toml::node& node) {
      p.ready = static_cast<uint64_t>(reader_.whole_of(node, 0, 1e9));
    };
    keys_["exploit"] = [this, &p](const toml::node& node) { p.exploit = reader_.string_of(node); };
    keys_["explore"] = [this, &p](const toml::node& node) { p.explore = reader_.string_of(node); };
    keys_["validation_images"] = [this, &p](const toml::node& node) {
      p.validation_images = static_cast<int>(reader_.whole_of(node, 1, 1e6));
    };
    keys_["space"] = [this](const toml::node& node) {
      set_space(space::read_parameters(reader_, node), request_.settings);
    };
  }

  void add_command_keys() {
    study::Settings& s = request_.settings;
    programs::ProgramOptions& options = request_.command;
    const auto set_command = [&s](auto study::CommandSettings::*member, auto value) {
      if (!s.command.has_value()) s.command.emplace();
      *s.command.*member = std::move(value);
    };
    keys_["command"] = [this, set_command](const toml::node& node) {
      set_command(&study::CommandSettings::command, reader_.string_of(node));
    };
    keys_["shell"] = [this, set_command](const toml::node& node) {
      set_command(&study::CommandSettings::shell, reader_.flag_of(node));
    };
    keys_["metric_pattern"] = [this, set_command](const toml::node& node) {
      set_command(&study::CommandSettings::metric_pattern, reader_.string_of(node));
    };
    keys_["parallel"] = [this, &options](const toml::node& node) {
      options.parallel = static_cast<int>(reader_.whole_of(node, 1, 10000));
    };
    keys_["gpus"] = [this, &options](const toml::node& node) {
      options.gpus = reader_.strings_of(node);
    };
    keys_["keep_environment"] = [this, &options](const toml::node& node) {
      options.keep_environment = reader_.strings_of(node);
    };
    keys_["grace"] = [this, &options](const toml::node& node) {
      options.grace_seconds = reader_.number_of(node);
    };
    keys_["stall_seconds"] = [this, &options](const toml::node& node) {
      options.stall_seconds = reader_.number_of(node);
    };
    keys_["retries"] = [this, &options](const toml::node& node) {
      options.retries = static_cast<int>(reader_.whole_of(node, 0, 1000));
    };
    keys_["give_up_after"] = [this, &options](const toml::node& node) {
      options.give_up_after = static_cast<int>(reader_.whole_of(node, 0, 1e6));
    };
    if (s.kind != study::Kind::tune) return;
    for (const char* best : {"maximize", "minimize"}) {
      const std::string prefix = best[1] == 'a' ? "best:" : "least:";
      keys_[best] = [this, &s, prefix](const toml::node& node) {
        s.search.objective = study::parse_objective(prefix + reader_.string_of(node));
      };
    }
  }

  void lanes(const toml::node& node) {
    const std::optional<int64_t> lanes = node.value_exact<int64_t>();
    if (!lanes.has_value() || !is_lane_count(*lanes)) {
      reader_.fail(node, reader_.key() + " must be 8, 16 or 32");
    }
    request_.lanes = static_cast<int>(*lanes);
  }

  std::vector<double> rates_of(const toml::node& node) const {
    if (node.is_string()) return space::parse_learning_rates(node.as_string()->get());
    if (!node.is_array()) {
      reader_.fail(node, reader_.key() + " must be a list of numbers or a text as \"1e-6:100:6\"");
    }
    std::vector<double> rates;
    for (const toml::node& item : *node.as_array()) rates.push_back(reader_.number_of(item));
    return space::checked_learning_rates(std::move(rates));
  }

  std::vector<double> scales_of(const toml::node& node) const {
    if (node.is_string()) return space::parse_scales(node.as_string()->get());
    if (!node.is_array())
      reader_.fail(node, reader_.key() + " must be a list of numbers or a text as \"1:10:0.25\"");
    std::vector<std::string> texts;
    for (const toml::node& item : *node.as_array())
      texts.push_back(shortest(reader_.number_of(item)));
    return space::parse_scales(join(texts, ","));
  }

  void early_stop(const toml::node& node, study::Settings& s) const {
    if (node.is_boolean()) {
      s.early_stop = reader_.flag_of(node) ? "on" : "off";
    } else {
      s.early_stop = reader_.string_of(node);
    }
  }

  void model(const toml::node& node) {
    if (node.is_string()) return apply_model(reader_.string_of(node), request_.settings);
    models::Model model = models::read_model(reader_, node, "own");
    request_.settings.model = model.name;
    request_.settings.layers = std::move(model.layers);
  }

  void optimizer_tables(const toml::node& node) {
    for (const auto& [optimizer, numbers] : reader_.table_of(node)) {
      reader_.at_key(fmt::format("optimizer.{}", optimizer.str()));
      for (const auto& [name, value] : reader_.table_of(numbers)) {
        reader_.at_key(fmt::format("optimizer.{}.{}", optimizer.str(), name.str()));
        request_.settings.numbers[std::string(optimizer.str())][std::string(name.str())] =
            reader_.number_of(value);
      }
    }
  }

  // [space.optimizer] values = [...]; [space.learning_rate] values = [...], or low, high and
  // per_decade.
  void space_tables(const toml::node& node) {
    if (request_.settings.command.has_value()) return command_space(reader_.table_of(node));
    const std::vector<std::string> parameters = {"optimizer", "learning_rate"};
    for (const auto& [parameter, table] : reader_.table_of(node)) {
      reader_.at_key(fmt::format("space.{}", parameter.str()));
      if (parameter.str() == "optimizer") {
        optimizer_space(reader_.table_of(table));
      } else if (parameter.str() == "learning_rate") {
        reader_.guarded(table, [&, t = &table] { learning_rate_space(reader_.table_of(*t)); });
      } else {
        reader_.fail(parameter,
                     unknown_name("parameter of a sweep's space", parameter.str(), parameters));
      }
    }
  }

  // Of a program of one's own: values as they are, or a parameter of which a sweep takes some.
  void command_space(const toml::table& tables) {
    study::CommandSettings& command = *request_.settings.command;
    for (const auto& [name, node] : tables) {
      reader_.at_key(fmt::format("space.{}", name.str()));
      const toml::table& table = reader_.table_of(node);
      if (table.contains("type")) {
        toml::table one;
        one.insert(name, table);
        for (const space::Parameter& parameter : space::read_parameters(reader_, one)) {
          study::add_grid_parameter(swept_values(parameter), command);
        }
        continue;
      }
      const toml::node* values = table.get("values");
      if (values == nullptr || table.size() != 1) {
        reader_.fail(table, reader_.key() + ": needs values = [...], or type, low and high");
      }
      const std::vector<std::string> words = reader_.words_of(*values);
      if (words.empty()) reader_.fail(table, reader_.key() + ": needs at least one value");
      // In quotes a number is a text.
      const bool are_texts =
          values->is_array() && std::any_of(values->as_array()->begin(), values->as_array()->end(),
                                            [](const toml::node& v) { return v.is_string(); });
      if (are_texts) {
        study::add_grid_parameter({std::string(name.str()), {words.begin(), words.end()}}, command);
      } else {
        study::add_grid_parameter(std::string(name.str()), words, command);
      }
    }
  }

  void optimizer_space(const toml::table& table) {
    for (const auto& [key, value] : table) {
      if (key.str() == "values") {
        request_.settings.optimizers = with_all_optimizers(reader_.strings_of(value));
      } else if (key.str() != "type") {
        reader_.fail(key, unknown_name("key of space.optimizer", key.str(),
                                       std::vector<std::string>{"type", "values"}));
      }
    }
  }

  void learning_rate_space(const toml::table& table) {
    std::map<std::string, double> range;
    for (const auto& [key, value] : table) {
      const std::string name(key.str());
      if (name == "values") {
        request_.settings.learning_rates = rates_of(value);
      } else if (name == "low" || name == "high" || name == "per_decade") {
        reader_.at_key("space.learning_rate." + name);
        range[name] = reader_.number_of(value);
      } else if (name != "type") {
        reader_.fail(key, unknown_name("key of space.learning_rate", name,
                                       std::vector<std::string>{"type", "values", "low", "high",
                                                                "per_decade"}));
      }
    }
    reader_.at_key("space.learning_rate");
    if (range.empty()) return;
    if (range.size() != 3)
      reader_.fail(table, reader_.key() + ": low, high and per_decade go together");
    request_.settings.learning_rates = space::log_spaced(
        range["low"], range["high"], static_cast<int>(std::lround(range["per_decade"])));
  }

  TomlReader reader_;
  StudyRequest& request_;
  std::map<std::string, std::function<void(const toml::node&)>> keys_;
};

}  // namespace

void apply_study_text(const std::string& name, std::string_view text, StudyRequest& request) {
  StudyFile(name, request).apply(text);
}

void apply_study_file(const std::string& file, StudyRequest& request) {
  apply_study_text(file, read_text_file(file), request);
}

study::Kind kind_asked_for_in(const std::string& name, std::string_view text) {
  const toml::table keys = TomlReader(name).parse(text);
  for (const char* of_a_search : {"method", "cost", "objective", "round", "proxy", "population",
                                  "ready", "exploit", "explore", "maximize", "minimize"}) {
    if (keys.contains(of_a_search)) return study::Kind::tune;
  }
  return keys.contains("scales") ? study::Kind::size : study::Kind::sweep;
}

}  // namespace sweetspot::cli
