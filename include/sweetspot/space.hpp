/// \file
/// A space: the parameters that may vary, each with a distribution, some only under a condition.
/// Thread-safety: immutable after construction.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "sweetspot/config.hpp"
#include "sweetspot/export.hpp"

namespace sweetspot::space {

/// Numbers, evenly in their logarithm.
struct LogUniform {
  double low = 0;
  double high = 0;
  int digits = 0;  ///< significant ones of its values; 0: as digits_of() says
  bool operator==(const LogUniform&) const = default;
};
/// Numbers.
struct Uniform {
  double low = 0;
  double high = 0;
  int digits = 0;  ///< as of LogUniform
  bool operator==(const Uniform&) const = default;
};
/// The whole numbers that a double counts one by one, which is how values are kept, lie between
/// this and its negative.
inline constexpr int64_t kMostInteger = 9'000'000'000'000'000;

/// Whole numbers, both ends included.
struct Integer {
  int64_t low = 0;
  int64_t high = 0;
  bool log = false;  ///< evenly in their logarithm
  bool operator==(const Integer&) const = default;
};
struct Categorical {
  std::vector<std::string> values;
  bool operator==(const Categorical&) const = default;
};
using Distribution = std::variant<LogUniform, Uniform, Integer, Categorical>;

/// A parameter is active where another one, a categorical, has one of these values.
struct Condition {
  std::string parameter;
  std::vector<std::string> values;
  bool operator==(const Condition&) const = default;
};

struct Parameter {
  std::string name;
  Distribution distribution;
  std::optional<Condition> when = std::nullopt;
  bool operator==(const Parameter&) const = default;
};

SWEETSPOT_API bool is_categorical(const Parameter& parameter);

/// How many choices a categorical has; 0 for a number.
SWEETSPOT_API size_t choices(const Parameter& parameter);

/// How many significant digits the values of a range have: those it was given, or six, so that they
/// read well and back the same everywhere; of a range so narrow that six would tell less than a
/// thousand values apart, as many as tell a hundred thousand.
SWEETSPOT_API int digits_of(const Distribution& distribution);

/// A parameter's value at `unit` in [0, 1], and back: even steps are equally likely. Numbers have
/// as many digits as digits_of() says; a categorical's value has the middle of its share.
/// unit_of() throws Error (usage) for a value that the distribution cannot have.
SWEETSPOT_API Value value_at(const Distribution& distribution, double unit);
SWEETSPOT_API double unit_of(const Distribution& distribution, const Value& value);

class SWEETSPOT_API Space {
 public:
  /// Throws Error (usage): no parameter, a name twice, an empty or reversed range, whole
  /// numbers past kMostInteger, a logarithm of what is not positive, a choice twice, a condition on
  /// itself, on an unknown parameter (the nearest known is named), on a number, on a value that
  /// there is not, or in a circle.
  explicit Space(std::vector<Parameter> parameters);

  /// Each comes after the one that its condition looks at.
  const std::vector<Parameter>& parameters() const { return parameters_; }
  size_t size() const { return parameters_.size(); }

  /// Whether a parameter takes part in a config that has values for those before it.
  static bool is_active(const Parameter& parameter, const Config& config);

  /// The config at a point of the unit cube, a coordinate for each parameter; those of inactive
  /// ones are ignored. Throws Error (usage) for another number of coordinates.
  Config config_at(const std::vector<double>& unit) const;

  /// The point of a config; none where a parameter is inactive. Throws Error (usage) as unit_of().
  std::vector<std::optional<double>> point_of(const Config& config) const;

  bool operator==(const Space&) const = default;

 private:
  std::vector<Parameter> parameters_;
};

}  // namespace sweetspot::space
