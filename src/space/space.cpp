#include "sweetspot/space.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "base/text.hpp"
#include "sweetspot/error.hpp"

namespace sweetspot::space {
namespace {

[[noreturn]] void refuse(const std::string& parameter, const std::string& what) {
  throw Error(ErrorKind::usage, fmt::format("space.{}: {}", parameter, what));
}

double rounded(double value, int digits) {
  return *parse_number(fmt::format("{:.{}g}", value, digits));
}

constexpr int kUsualDigits = 6;
constexpr int kMostDigits = 17;  // which tell all doubles apart

int digits_for(double low, double high) {
  constexpr double kEnough = 1e3;
  constexpr double kPlenty = 1e5;
  const std::string largest = fmt::format("{:e}", std::max(std::abs(low), std::abs(high)));
  const int exponent = std::stoi(largest.substr(largest.find('e') + 1));
  const auto values = [&](int digits) {
    return (high - low) * *parse_number(fmt::format("1e{}", digits - 1 - exponent));
  };
  // So many digits of numbers beside 0 count more than there are numbers; such a range is not
  // narrow.
  constexpr int kLeastExponent = -280;
  if (exponent < kLeastExponent || values(kUsualDigits) >= kEnough) return kUsualDigits;
  int digits = kUsualDigits;
  while (digits < kMostDigits && values(digits) < kPlenty) ++digits;
  return digits;
}

double on_line(double low, double high, double unit) {
  return low + unit * (high - low);
}

double on_log_line(double low, double high, double unit) {
  return std::exp(on_line(std::log(low), std::log(high), unit));
}

double log_share(double low, double high, double value) {
  return std::log(value / low) / std::log(high / low);
}

// Rounding may leave the range by a digit.
double within(double low, double high, double value) {
  return std::clamp(value, low, high);
}

void check_range(const std::string& name, double low, double high, bool positive) {
  if (!std::isfinite(low) || !std::isfinite(high)) refuse(name, "low and high must be finite");
  if (!(low < high)) {
    refuse(name, fmt::format("low {} must be below high {}", shortest(low), shortest(high)));
  }
  if (!std::isfinite(high - low)) refuse(name, "low and high are too far apart");
  if (positive && !(low > 0)) {
    refuse(name,
           fmt::format("low {} must be positive: it is spaced in the logarithm", shortest(low)));
  }
  if (positive && !std::isfinite(high / low)) refuse(name, "low and high are too far apart");
}

void check_digits(const std::string& name, int digits) {
  if (digits == 0 || (digits >= kUsualDigits && digits <= kMostDigits)) return;
  refuse(name, fmt::format("digits {}: must be from {} to {}", digits, kUsualDigits, kMostDigits));
}

void check(const Parameter& parameter) {
  const std::string& name = parameter.name;
  if (const auto* log = std::get_if<LogUniform>(&parameter.distribution)) {
    check_range(name, log->low, log->high, true);
    check_digits(name, log->digits);
  } else if (const auto* uniform = std::get_if<Uniform>(&parameter.distribution)) {
    check_range(name, uniform->low, uniform->high, false);
    check_digits(name, uniform->digits);
  } else if (const auto* integer = std::get_if<Integer>(&parameter.distribution)) {
    if (integer->low < -kMostInteger || integer->high > kMostInteger) {
      refuse(name, fmt::format("low {} and high {} must be from -{} to {}", integer->low,
                               integer->high, kMostInteger, kMostInteger));
    }
    check_range(name, static_cast<double>(integer->low), static_cast<double>(integer->high),
                integer->log);
  } else {
    const std::vector<std::string>& values = std::get<Categorical>(parameter.distribution).values;
    if (values.empty()) refuse(name, "values must not be empty");
    std::set<std::string> known;
    for (const std::string& value : values) {
      if (!known.insert(value).second)
        refuse(name, fmt::format("value '{}' is there twice", value));
    }
  }
}

void check_condition(const Parameter& parameter, const std::vector<Parameter>& all) {
  const Condition& when = *parameter.when;
  const auto found = std::find_if(all.begin(), all.end(),
                                  [&](const Parameter& p) { return p.name == when.parameter; });
  if (found == all.end()) {
    std::vector<std::string> names;
    for (const Parameter& other : all) names.push_back(other.name);
    refuse(parameter.name, "when: " + unknown_name("parameter", when.parameter, names));
  }
  const auto* categorical = std::get_if<Categorical>(&found->distribution);
  if (categorical == nullptr) {
    refuse(parameter.name,
           fmt::format("when: '{}' is a number; conditions look at a categorical", found->name));
  }
  if (when.values.empty()) refuse(parameter.name, "when: needs at least one value");
  for (const std::string& value : when.values) {
    const std::vector<std::string>& known = categorical->values;
    if (std::find(known.begin(), known.end(), value) == known.end()) {
      refuse(parameter.name, "when: " + unknown_name("value of " + found->name, value, known));
    }
  }
}

// Each behind the one that its condition looks at, else in the order given.
std::vector<Parameter> by_dependence(std::vector<Parameter> waiting) {
  std::vector<Parameter> ordered;
  const auto is_placed = [&](const std::string& name) {
    return std::any_of(ordered.begin(), ordered.end(),
                       [&](const Parameter& p) { return p.name == name; });
  };
  while (!waiting.empty()) {
    const auto next = std::find_if(waiting.begin(), waiting.end(), [&](const Parameter& p) {
      return !p.when.has_value() || is_placed(p.when->parameter);
    });
    if (next == waiting.end()) {
      refuse(waiting.front().name,
             fmt::format("when: '{}' waits for '{}' in a circle", waiting.front().name,
                         waiting.front().when->parameter));
    }
    ordered.push_back(std::move(*next));
    waiting.erase(next);
  }
  return ordered;
}

}  // namespace

bool is_categorical(const Parameter& parameter) {
  return std::holds_alternative<Categorical>(parameter.distribution);
}

int digits_of(const Distribution& distribution) {
  const auto of_range = [](const auto& range) {
    return range.digits > 0 ? range.digits : digits_for(range.low, range.high);
  };
  if (const auto* log = std::get_if<LogUniform>(&distribution)) return of_range(*log);
  if (const auto* uniform = std::get_if<Uniform>(&distribution)) return of_range(*uniform);
  return kUsualDigits;
}

size_t choices(const Parameter& parameter) {
  const auto* categorical = std::get_if<Categorical>(&parameter.distribution);
  return categorical == nullptr ? 0 : categorical->values.size();
}

Value value_at(const Distribution& distribution, double unit) {
  if (const auto* log = std::get_if<LogUniform>(&distribution)) {
    return within(log->low, log->high,
                  rounded(on_log_line(log->low, log->high, unit), digits_of(distribution)));
  }
  if (const auto* uniform = std::get_if<Uniform>(&distribution)) {
    return within(uniform->low, uniform->high,
                  rounded(on_line(uniform->low, uniform->high, unit), digits_of(distribution)));
  }
  if (const auto* integer = std::get_if<Integer>(&distribution)) {
    const auto low = static_cast<double>(integer->low);
    const auto high = static_cast<double>(integer->high);
    // Each whole number has an even share, in the logarithm those that lie close have less.
    const double value = integer->log ? on_log_line(low - 0.5, high + 0.5, unit)
                                      : on_line(low - 0.5, high + 0.5, unit);
    return within(low, high, std::round(value));
  }
  const std::vector<std::string>& values = std::get<Categorical>(distribution).values;
  const auto index = static_cast<size_t>(unit * static_cast<double>(values.size()));
  return values[std::min(index, values.size() - 1)];
}

double unit_of(const Distribution& distribution, const Value& value) {
  if (const auto* categorical = std::get_if<Categorical>(&distribution)) {
    const std::vector<std::string>& values = categorical->values;
    const auto* choice = std::get_if<std::string>(&value);
    const auto found =
        choice == nullptr ? values.end() : std::find(values.begin(), values.end(), *choice);
    if (found == values.end()) {
      throw Error(ErrorKind::usage, fmt::format("value {}: is none of the choices {}",
                                                text_of(value), join(values, ", ")));
    }
    const auto index = static_cast<double>(found - values.begin());
    return (index + 0.5) / static_cast<double>(values.size());
  }
  if (!std::holds_alternative<double>(value)) {
    throw Error(ErrorKind::usage, fmt::format("value '{}': is no number", text_of(value)));
  }
  const double number = std::get<double>(value);
  double unit = 0;
  if (const auto* log = std::get_if<LogUniform>(&distribution)) {
    unit = log_share(log->low, log->high, number);
  } else if (const auto* uniform = std::get_if<Uniform>(&distribution)) {
    unit = (number - uniform->low) / (uniform->high - uniform->low);
  } else {
    const auto& integer = std::get<Integer>(distribution);
    const double low = static_cast<double>(integer.low) - 0.5;
    const double high = static_cast<double>(integer.high) + 0.5;
    unit = integer.log ? log_share(low, high, number) : (number - low) / (high - low);
  }
  return within(0, 1, unit);
}

Space::Space(std::vector<Parameter> parameters) {
  if (parameters.empty()) throw Error(ErrorKind::usage, "space: no parameter in it");
  std::set<std::string> names;
  for (const Parameter& parameter : parameters) {
    if (!names.insert(parameter.name).second) refuse(parameter.name, "is there twice");
    check(parameter);
    if (parameter.when.has_value()) check_condition(parameter, parameters);
  }
  parameters_ = by_dependence(std::move(parameters));
}

bool Space::is_active(const Parameter& parameter, const Config& config) {
  if (!parameter.when.has_value()) return true;
  const auto found = config.find(parameter.when->parameter);
  if (found == config.end()) return false;
  const auto* choice = std::get_if<std::string>(&found->second);
  const std::vector<std::string>& values = parameter.when->values;
  return choice != nullptr && std::find(values.begin(), values.end(), *choice) != values.end();
}

Config Space::config_at(const std::vector<double>& unit) const {
  if (unit.size() != parameters_.size()) {
    throw Error(ErrorKind::usage, fmt::format("a point of {} coordinates, where the space has {}",
                                              unit.size(), parameters_.size()));
  }
  Config config;
  for (size_t i = 0; i < parameters_.size(); ++i) {
    const Parameter& parameter = parameters_[i];
    if (!is_active(parameter, config)) continue;
    config[parameter.name] = value_at(parameter.distribution, unit[i]);
  }
  return config;
}

std::vector<std::optional<double>> Space::point_of(const Config& config) const {
  std::vector<std::optional<double>> point;
  for (const Parameter& parameter : parameters_) {
    const auto found = config.find(parameter.name);
    point.push_back(found == config.end()
                        ? std::nullopt
                        : std::optional(unit_of(parameter.distribution, found->second)));
  }
  return point;
}

}  // namespace sweetspot::space
