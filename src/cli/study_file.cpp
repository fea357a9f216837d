#include "cli/study_file.hpp"

#include <fmt/format.h>
#include <toml++/toml.h>

#include <cmath>
#include <functional>
#include <map>

#include "base/error.hpp"
#include "base/text.hpp"
#include "data/idx.hpp"
#include "space/grid.hpp"

namespace sweetspot::cli {
namespace {

class StudyFile {
 public:
  StudyFile(std::string name, StudyRequest& request) : name_(std::move(name)), request_(request) {
    study::Settings& s = request_.settings;
    const auto text = [this](std::string& to) {
      return [this, &to](const toml::node& node) { to = string_of(node); };
    };
    const auto whole = [this](auto& to, double low, double high) {
      return [this, &to, low, high](const toml::node& node) {
        to = static_cast<std::remove_reference_t<decltype(to)>>(whole_of(node, low, high));
      };
    };
    const auto number = [this](double& to) {
      return [this, &to](const toml::node& node) { to = number_of(node); };
    };
    keys_ = {
        {"data", text(s.data)},
        {"model", [this](const toml::node& node) { model(node); }},
        {"width", number(s.width)},
        {"optimizers", [this, &s](const toml::node& node) { s.optimizers = strings_of(node); }},
        {"learning_rates",
         [this, &s](const toml::node& node) { s.learning_rates = rates_of(node); }},
        {"scales", [this, &s](const toml::node& node) { s.scales = scales_of(node); }},
        {"configs",
         [this, &s](const toml::node& node) { s.configs = study::parse_configs(string_of(node)); }},
        {"target",
         [this, &s](const toml::node& node) { s.target = study::parse_target(string_of(node)); }},
        {"budget", whole(s.budget, 1, 1e9)},
        {"check_every", whole(s.check_every, 1, 1e9)},
        {"batch_size", whole(s.batch_size, 1, 1e9)},
        {"seed", whole(s.seed, 0, 9e15)},
        {"seeds", whole(s.seeds, 1, 1000)},
        {"early_stop", [this, &s](const toml::node& node) { early_stop(node, s); }},
        {"no_early_stop",
         [this, &s](const toml::node& node) { s.early_stop = flag_of(node) ? "off" : "auto"; }},
        {"audit", [this, &s](const toml::node& node) { s.audit = flag_of(node); }},
        {"semantics", text(s.semantics)},
        {"dropout", [this, &s](const toml::node& node) { s.dropout = number_of(node); }},
        {"set",
         [this, &s](const toml::node& node) {
           for (const std::string& assignment : strings_of(node)) apply_number(assignment, s);
         }},
        {"max_trial_seconds", number(s.max_trial_seconds)},
        {"max_seconds", number(request_.max_seconds)},
        {"threads", whole(request_.threads, 1, 1024)},
        {"lanes", whole(request_.lanes, 8, 32)},
        {"study", text(request_.study)},
        {"optimizer", [this](const toml::node& node) { optimizer_tables(node); }},
        {"space", [this](const toml::node& node) { space_tables(node); }},
    };
  }

  void apply(std::string_view text) {
    toml::table table;
    try {
      table = toml::parse(text);
    } catch (const toml::parse_error& error) {
      throw Error(ErrorKind::usage,
                  fmt::format("{}:{}: {}", name_, error.source().begin.line, error.description()));
    }
    std::vector<std::string> known;
    for (const auto& [key, setter] : keys_) known.push_back(key);
    for (const auto& [key, node] : table) {
      path_ = std::string(key.str());
      const auto setter = keys_.find(path_);
      if (setter == keys_.end()) fail(key, unknown_name("key", path_, known));
      guarded(node, [&setter, &value = node] { setter->second(value); });
    }
  }

 private:
  template <class Where>
  [[noreturn]] void fail(const Where& where, const std::string& what) const {
    throw Error(ErrorKind::usage, fmt::format("{}:{}: {}", name_, where.source().begin.line, what));
  }

  // Errors of the checks that flags and study files share get the line and key.
  template <class Work>
  void guarded(const toml::node& node, Work&& work) const {
    try {
      work();
    } catch (const Error& error) {
      const std::string what = error.what();
      if (what.starts_with(name_ + ":")) throw;
      fail(node, fmt::format("{}: {}", path_, what));
    }
  }

  std::string string_of(const toml::node& node) const {
    if (!node.is_string()) fail(node, path_ + " must be a text in quotes");
    return node.as_string()->get();
  }

  bool flag_of(const toml::node& node) const {
    if (!node.is_boolean()) fail(node, path_ + " must be true or false");
    return node.as_boolean()->get();
  }

  double number_of(const toml::node& node) const {
    double value = NAN;
    if (node.is_integer()) value = static_cast<double>(node.as_integer()->get());
    if (node.is_floating_point()) value = node.as_floating_point()->get();
    if (!std::isfinite(value)) fail(node, path_ + " must be a finite number");
    return value;
  }

  double whole_of(const toml::node& node, double low, double high) const {
    const double value = node.is_integer() || node.is_floating_point() ? number_of(node) : NAN;
    if (!(value == std::floor(value) && value >= low && value <= high)) {
      fail(node, fmt::format("{} must be a whole number from {} to {:.0f}", path_, low, high));
    }
    return value;
  }

  std::vector<std::string> strings_of(const toml::node& node) const {
    if (node.is_string()) return split(node.as_string()->get(), ',');
    if (!node.is_array()) fail(node, path_ + " must be a list of texts");
    std::vector<std::string> texts;
    for (const toml::node& item : *node.as_array()) texts.push_back(string_of(item));
    return texts;
  }

  std::vector<double> rates_of(const toml::node& node) const {
    if (node.is_string()) return space::parse_learning_rates(node.as_string()->get());
    if (!node.is_array()) {
      fail(node, path_ + " must be a list of numbers or a text as \"1e-6:100:6\"");
    }
    std::vector<double> rates;
    for (const toml::node& item : *node.as_array()) rates.push_back(number_of(item));
    return space::checked_learning_rates(std::move(rates));
  }

  std::vector<double> scales_of(const toml::node& node) const {
    if (node.is_string()) return space::parse_scales(node.as_string()->get());
    if (!node.is_array())
      fail(node, path_ + " must be a list of numbers or a text as \"1:10:0.25\"");
    std::vector<std::string> texts;
    for (const toml::node& item : *node.as_array()) texts.push_back(shortest(number_of(item)));
    return space::parse_scales(join(texts, ","));
  }

  const toml::table& table_of(const toml::node& node) const {
    if (!node.is_table()) fail(node, path_ + " must be a table");
    return *node.as_table();
  }

  void early_stop(const toml::node& node, study::Settings& s) const {
    if (node.is_boolean()) {
      s.early_stop = flag_of(node) ? "on" : "off";
    } else {
      s.early_stop = string_of(node);
    }
  }

  void model(const toml::node& node) {
    if (node.is_string()) {
      request_.settings.model = string_of(node);
      return;
    }
    for (const auto& [key, layers] : table_of(node)) {
      if (key.str() != "layer") {
        fail(key, unknown_name("key of model", key.str(), std::vector<std::string>{"layer"}));
      }
      if (!layers.is_array()) fail(layers, "write [[model.layer]] once for each layer");
      for (const toml::node& layer : *layers.as_array()) add_layer(layer);
    }
  }

  void add_layer(const toml::node& node) {
    study::LayerSetting layer;
    path_ = "model.layer";
    for (const auto& [key, value] : table_of(node)) {
      path_ = fmt::format("model.layer.{}", key.str());
      if (key.str() == "type") {
        layer.type = string_of(value);
      } else if (key.str() == "padding") {
        layer.padding = string_of(value);
      } else {
        layer.numbers[std::string(key.str())] = number_of(value);
      }
    }
    if (layer.type.empty()) {
      fail(node, "model.layer needs a type: conv, relu, maxpool, flatten, dense or dropout");
    }
    request_.settings.layers.push_back(std::move(layer));
  }

  void optimizer_tables(const toml::node& node) {
    for (const auto& [optimizer, numbers] : table_of(node)) {
      path_ = fmt::format("optimizer.{}", optimizer.str());
      for (const auto& [name, value] : table_of(numbers)) {
        path_ = fmt::format("optimizer.{}.{}", optimizer.str(), name.str());
        request_.settings.numbers[std::string(optimizer.str())][std::string(name.str())] =
            number_of(value);
      }
    }
  }

  // [space.optimizer] values = [...]; [space.learning_rate] values = [...], or low, high and
  // per_decade.
  void space_tables(const toml::node& node) {
    const std::vector<std::string> parameters = {"optimizer", "learning_rate"};
    for (const auto& [parameter, table] : table_of(node)) {
      path_ = fmt::format("space.{}", parameter.str());
      if (parameter.str() == "optimizer") {
        optimizer_space(table_of(table));
      } else if (parameter.str() == "learning_rate") {
        guarded(table, [&, t = &table] { learning_rate_space(table_of(*t)); });
      } else {
        fail(parameter, unknown_name("parameter of a sweep's space", parameter.str(), parameters));
      }
    }
  }

  void optimizer_space(const toml::table& table) {
    for (const auto& [key, value] : table) {
      if (key.str() == "values") {
        request_.settings.optimizers = strings_of(value);
      } else if (key.str() != "type") {
        fail(key, unknown_name("key of space.optimizer", key.str(),
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
        path_ = "space.learning_rate." + name;
        range[name] = number_of(value);
      } else if (name != "type") {
        fail(key,
             unknown_name("key of space.learning_rate", name,
                          std::vector<std::string>{"type", "values", "low", "high", "per_decade"}));
      }
    }
    path_ = "space.learning_rate";
    if (range.empty()) return;
    if (range.size() != 3) fail(table, path_ + ": low, high and per_decade go together");
    request_.settings.learning_rates = space::log_spaced(
        range["low"], range["high"], static_cast<int>(std::lround(range["per_decade"])));
  }

  std::string name_;
  StudyRequest& request_;
  std::string path_;  // of the key at hand, for messages
  std::map<std::string, std::function<void(const toml::node&)>> keys_;
};

}  // namespace

void apply_study_text(const std::string& name, std::string_view text, StudyRequest& request) {
  StudyFile(name, request).apply(text);
}

void apply_study_file(const std::string& file, StudyRequest& request) {
  try {
    const std::vector<uint8_t> bytes = data::read_file(file);
    apply_study_text(file, {reinterpret_cast<const char*>(bytes.data()), bytes.size()}, request);
  } catch (const Error& error) {
    throw Error(ErrorKind::usage, error.what());
  }
}

}  // namespace sweetspot::cli
