#include "space/space_file.hpp"

#include <algorithm>
#include <map>

#include "base/read_file.hpp"
#include "base/text.hpp"

namespace sweetspot::space {
namespace {

const std::vector<std::string>& types() {
  static const std::vector<std::string> names = {"log", "uniform", "integer", "log-integer",
                                                 "categorical"};
  return names;
}

// Of values of which nobody says otherwise.
constexpr int kUsualDigits = 6;
// Between whole numbers that a double holds exactly.
constexpr double kMostInteger = 9e15;

class ParameterReader {
 public:
  ParameterReader(TomlReader& reader, std::string name) : reader_(reader) {
    parameter_.name = std::move(name);
    at("");
  }

  Parameter read(const toml::node& node) {
    for (const auto& [key, value] : reader_.table_of(node)) {
      const std::string name(key.str());
      at(name);
      if (name == "type") {
        type_ = reader_.string_of(value);
        if (std::find(types().begin(), types().end(), type_) == types().end()) {
          reader_.fail(value, reader_.key() + ": " + unknown_name("type", type_, types()));
        }
      } else if (name == "low" || name == "high") {
        (name == "low" ? low_ : high_) = &value;
      } else if (name == "digits") {
        digits_ = static_cast<int>(reader_.whole_of(value, 1, 17));
      } else if (name == "values") {
        values_ = reader_.words_of(value);
      } else if (name == "when") {
        read_condition(value);
      } else {
        reader_.fail(key, unknown_name("key of " + path(), name,
                                       std::vector<std::string>{"type", "low", "high", "digits",
                                                                "values", "when"}));
      }
    }
    at("");
    if (type_.empty()) reader_.fail(node, path() + " needs a type: " + join(types(), ", "));
    parameter_.distribution = distribution(node);
    if (digits_ > 0) set_digits(parameter_.distribution, digits_);
    return parameter_;
  }

 private:
  std::string path() const { return "space." + parameter_.name; }
  void at(const std::string& key) { reader_.at_key(key.empty() ? path() : path() + "." + key); }

  Distribution distribution(const toml::node& node) {
    if (type_ == "categorical") {
      if (low_ != nullptr || high_ != nullptr || values_.empty()) {
        reader_.fail(node, path() + ": a categorical has values, and neither low nor high");
      }
      return Categorical{values_};
    }
    if (digits_ > 0 && type_ != "log" && type_ != "uniform") {
      reader_.fail(node, path() + ": only log and uniform have digits");
    }
    if (low_ == nullptr || high_ == nullptr || !values_.empty()) {
      reader_.fail(node, path() + ": needs low and high, and no values");
    }
    if (type_ == "log") return LogUniform{number(low_, "low"), number(high_, "high")};
    if (type_ == "uniform") return Uniform{number(low_, "low"), number(high_, "high")};
    return Integer{whole(low_, "low"), whole(high_, "high"), type_ == "log-integer"};
  }

  double number(const toml::node* node, const char* key) {
    at(key);
    return reader_.number_of(*node);
  }
  int64_t whole(const toml::node* node, const char* key) {
    at(key);
    constexpr auto kMost = static_cast<double>(kMostInteger);
    return static_cast<int64_t>(reader_.whole_of(*node, -kMost, kMost));
  }

  void read_condition(const toml::node& node) {
    const toml::table& table = reader_.table_of(node);
    if (table.size() != 1) {
      reader_.fail(node, reader_.key() + " looks at one parameter, as {optimizer = [\"rmsprop\"]}");
    }
    const auto first = table.begin();
    const std::string name(first->first.str());
    at("when." + name);
    parameter_.when = Condition{name, reader_.words_of(first->second)};
  }

  TomlReader& reader_;
  Parameter parameter_;
  std::string type_;
  const toml::node* low_ = nullptr;
  const toml::node* high_ = nullptr;
  std::vector<std::string> values_;
  int digits_ = 0;
};

std::string quoted(const std::vector<std::string>& texts) {
  std::vector<std::string> words;
  for (const std::string& text : texts) words.push_back(toml_string(text));
  return '[' + join(words, ", ") + ']';
}

template <class Range>
std::string range_text(const char* type, const Range& range) {
  const int digits = digits_of(range);
  return fmt::format("type = \"{}\"\nlow = {}\nhigh = {}\n{}", type, shortest(range.low),
                     shortest(range.high),
                     digits == kUsualDigits ? "" : fmt::format("digits = {}\n", digits));
}

std::string distribution_text(const Distribution& distribution) {
  if (const auto* log = std::get_if<LogUniform>(&distribution)) {
    return range_text("log", *log);
  }
  if (const auto* uniform = std::get_if<Uniform>(&distribution)) {
    return range_text("uniform", *uniform);
  }
  if (const auto* integer = std::get_if<Integer>(&distribution)) {
    return fmt::format("type = \"{}\"\nlow = {}\nhigh = {}\n",
                       integer->log ? "log-integer" : "integer", integer->low, integer->high);
  }
  return fmt::format("type = \"categorical\"\nvalues = {}\n",
                     quoted(std::get<Categorical>(distribution).values));
}

}  // namespace

std::vector<Parameter> read_parameters(TomlReader& reader, const toml::node& table) {
  // A TOML table is ordered by name; people's order is that of the text.
  std::map<std::pair<uint32_t, uint32_t>, Parameter> by_place;
  for (const auto& [key, node] : reader.table_of(table)) {
    const toml::source_position& at = key.source().begin;
    by_place.emplace(std::pair(at.line, at.column),
                     ParameterReader(reader, std::string(key.str())).read(node));
  }
  std::vector<Parameter> parameters;
  for (auto& [place, parameter] : by_place) parameters.push_back(std::move(parameter));
  return parameters;
}

void set_digits(Distribution& distribution, int digits) {
  const auto set = [&](auto& range) {
    range.digits = 0;
    if (digits_of(range) != digits) range.digits = digits;
  };
  if (auto* log = std::get_if<LogUniform>(&distribution)) set(*log);
  if (auto* uniform = std::get_if<Uniform>(&distribution)) set(*uniform);
}

std::vector<Parameter> read_space_file(const std::string& file) {
  return parse_space(file, read_text_file(file));
}

std::vector<Parameter> parse_space(const std::string& name, std::string_view text) {
  TomlReader reader(name);
  const toml::table table = reader.parse(text);
  std::vector<Parameter> parameters;
  for (const auto& [key, node] : table) {
    if (key.str() != "space") {
      reader.fail(key, unknown_name("key", key.str(), std::vector<std::string>{"space"}));
    }
    parameters = read_parameters(reader, node);
  }
  return parameters;
}

std::string to_toml(const std::vector<Parameter>& parameters) {
  std::string text;
  for (const Parameter& parameter : parameters) {
    text += fmt::format("[space.{}]\n{}", toml_key(parameter.name),
                        distribution_text(parameter.distribution));
    if (parameter.when.has_value()) {
      text += fmt::format("when = {{{} = {}}}\n", toml_key(parameter.when->parameter),
                          quoted(parameter.when->values));
    }
  }
  return text;
}

}  // namespace sweetspot::space
