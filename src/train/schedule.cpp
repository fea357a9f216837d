#include "train/schedule.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <optional>
#include <tuple>
#include <utility>

#include "base/text.hpp"
#include "sweetspot/error.hpp"

namespace sweetspot::train {
namespace {

using Numbers = std::map<std::string, double, std::less<>>;

// Calls function<Part>() for each kind of part.
template <class Function, size_t... I>
void for_each_kind(Function&& function, std::index_sequence<I...>) {
  (function.template operator()<std::variant_alternative_t<I, SchedulePart>>(), ...);
}
template <class Function>
void for_each_kind(Function&& function) {
  for_each_kind(function, std::make_index_sequence<std::variant_size_v<SchedulePart>>());
}

[[noreturn]] void refuse(const std::string& what) {
  throw Error(ErrorKind::usage, what);
}

Numbers read_numbers(std::string_view schedule, std::string_view text) {
  Numbers numbers;
  if (text.empty()) return numbers;
  for (const std::string& assignment : split(text, ',')) {
    const size_t equals = assignment.find('=');
    const std::optional<double> value =
        equals == std::string::npos ? std::nullopt : parse_number(assignment.substr(equals + 1));
    if (!value.has_value()) {
      refuse(fmt::format("schedule {}: '{}': write NAME=NUMBER", schedule, assignment));
    }
    if (!numbers.emplace(assignment.substr(0, equals), *value).second) {
      refuse(fmt::format("schedule {}: {} is given twice", schedule, assignment.substr(0, equals)));
    }
  }
  return numbers;
}

double checked(std::string_view schedule, const ScheduleNumber& number, double value) {
  const bool whole = !number.whole || value == std::floor(value);
  if (value >= number.low && value <= number.high && whole) return value;
  refuse(fmt::format("schedule {}: {} = {}: must be {} from {} to {}", schedule, number.name,
                     shortest(value), number.whole ? "a whole number" : "a number",
                     shortest(number.low), shortest(number.high)));
}

template <class Part>
Part read_part(const Numbers& given, uint64_t budget) {
  std::array<double, Part::kNumbers.size()> values{};
  std::vector<std::string> names;
  for (size_t i = 0; i < values.size(); ++i) {
    const ScheduleNumber& number = Part::kNumbers[i];
    names.emplace_back(number.name);
    const auto found = given.find(number.name);
    const double standard =
        std::isnan(number.standard) ? static_cast<double>(budget) : number.standard;
    values[i] = checked(Part::kName, number, found != given.end() ? found->second : standard);
  }
  for (const auto& [name, value] : given) {
    if (std::find(names.begin(), names.end(), name) == names.end()) {
      refuse(unknown_name(fmt::format("number of {}", Part::kName), name, names));
    }
  }
  return std::apply([](auto... value) { return Part{value...}; }, values);
}

template <class Part>
std::array<double, Part::kNumbers.size()> numbers_of(const Part& part) {
  if constexpr (Part::kNumbers.size() == 1) {
    const auto& [a] = part;
    return {a};
  } else if constexpr (Part::kNumbers.size() == 2) {
    const auto& [a, b] = part;
    return {a, b};
  } else if constexpr (Part::kNumbers.size() == 3) {
    const auto& [a, b, c] = part;
    return {a, b, c};
  } else {
    const auto& [a, b, c, d] = part;
    return {a, b, c, d};
  }
}

}  // namespace

double Schedule::factor(uint64_t step) const {
  double product = 1;
  for (const SchedulePart& part : parts) {
    product *= std::visit([&](const auto& p) { return p.factor(static_cast<double>(step)); }, part);
  }
  return product;
}

uint64_t Schedule::warm_up() const {
  uint64_t steps = 0;
  for (const SchedulePart& part : parts) {
    if (const auto* warm_up = std::get_if<WarmUp>(&part); warm_up != nullptr) {
      steps = std::max(steps, static_cast<uint64_t>(warm_up->steps));
    }
  }
  return steps;
}

Schedule parse_schedule(std::string_view text, uint64_t budget) {
  Schedule schedule;
  if (text == "fixed") return schedule;
  for (const std::string& part : split(text, '+')) {
    const size_t colon = part.find(':');
    const std::string name = part.substr(0, colon);
    if (name == "fixed") refuse("schedule: fixed stands alone, without numbers");
    const Numbers numbers = read_numbers(
        name, colon == std::string::npos ? "" : std::string_view(part).substr(colon + 1));
    std::vector<std::string> known = {"fixed"};
    bool found = false;
    for_each_kind([&]<class Part>() {
      known.emplace_back(Part::kName);
      if (Part::kName != name) return;
      schedule.parts.push_back(read_part<Part>(numbers, budget));
      found = true;
    });
    if (!found) refuse(unknown_name("schedule", name, known));
  }
  return schedule;
}

std::string text_of(const Schedule& schedule) {
  if (schedule.is_fixed()) return "fixed";
  std::vector<std::string> parts;
  for (const SchedulePart& part : schedule.parts) {
    std::visit(
        [&]<class Part>(const Part& p) {
          std::vector<std::string> numbers;
          const auto values = numbers_of(p);
          for (size_t i = 0; i < values.size(); ++i) {
            numbers.push_back(fmt::format("{}={}", Part::kNumbers[i].name, shortest(values[i])));
          }
          parts.push_back(fmt::format("{}:{}", Part::kName, join(numbers, ",")));
        },
        part);
  }
  return join(parts, "+");
}

std::string schedules_help() {
  std::string text = "fixed";
  for_each_kind([&]<class Part>() {
    std::vector<std::string> numbers;
    for (const ScheduleNumber& number : Part::kNumbers) {
      numbers.push_back(
          fmt::format("{}={}", number.name,
                      std::isnan(number.standard) ? "BUDGET" : shortest(number.standard)));
    }
    text += fmt::format(", {}:{}", Part::kName, join(numbers, ","));
  });
  return text;
}

}  // namespace sweetspot::train
