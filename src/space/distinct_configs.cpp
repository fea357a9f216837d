#include "space/distinct_configs.hpp"

#include <algorithm>
#include <vector>

namespace sweetspot::space {
namespace {

// The values of one parameter, up to `most`; none of a range of numbers.
std::vector<Value> values_of(const Distribution& distribution, size_t most) {
  if (const auto* choices = std::get_if<Categorical>(&distribution)) {
    return {choices->values.begin(), choices->values.end()};
  }
  std::vector<Value> values;
  if (const auto* integer = std::get_if<Integer>(&distribution)) {
    for (int64_t i = integer->low; i <= integer->high && values.size() < most; ++i) {
      values.emplace_back(static_cast<double>(i));
    }
  }
  return values;
}

size_t count(const Space& space, size_t at, Config& config, size_t most) {
  if (at == space.size() || most == 0) return std::min<size_t>(most, 1);
  const Parameter& parameter = space.parameters()[at];
  if (!Space::is_active(parameter, config)) return count(space, at + 1, config, most);
  const std::vector<Value> values = values_of(parameter.distribution, most);
  if (values.empty()) return most;
  size_t found = 0;
  for (const Value& value : values) {
    if (found >= most) break;
    config[parameter.name] = value;
    found += count(space, at + 1, config, most - found);
  }
  config.erase(parameter.name);
  return std::min(found, most);
}

}  // namespace

size_t distinct_configs(const Space& space, size_t most) {
  Config config;
  return count(space, 0, config, most);
}

}  // namespace sweetspot::space
