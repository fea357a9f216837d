#include "space/grid.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/text.hpp"
#include "sweetspot/error.hpp"

namespace sweetspot::space {
namespace {

[[noreturn]] void refuse(const std::string& what) {
  throw Error(ErrorKind::usage, "learning rates: " + what);
}

double rate_of(const std::string& text) {
  const std::optional<double> rate = parse_number(text);
  if (!rate.has_value()) {
    refuse(
        fmt::format("'{}' is not a finite number; write a list (1e-3,1e-2) or a range "
                    "low:high:per-decade (1e-6:100:6)",
                    text));
  }
  return *rate;
}

}  // namespace

std::vector<Config> product(const std::vector<GridParameter>& parameters) {
  std::vector<Config> configs(1);
  for (const GridParameter& parameter : parameters) {
    std::vector<Config> longer;
    for (const Config& config : configs) {
      for (const Value& value : parameter.values) {
        longer.push_back(config);
        longer.back()[parameter.name] = value;
      }
    }
    configs = std::move(longer);
  }
  return configs;
}

std::vector<double> log_spaced(double low, double high, int per_decade) {
  if (!(low > 0)) refuse(fmt::format("{} must be above 0", shortest(low)));
  if (!(high > low)) {
    refuse(fmt::format("the range {}:{} is reversed or empty; write low:high:per-decade",
                       shortest(low), shortest(high)));
  }
  if (per_decade < 1 || per_decade > 1000) refuse("1 to 1000 rates a decade");
  const double steps = std::log10(high / low) * per_decade;
  const double whole = std::round(steps);
  if (std::abs(steps - whole) > 1e-6 || whole < 1) {
    refuse(fmt::format("{} a decade does not lead from {} to {} in whole steps", per_decade,
                       shortest(low), shortest(high)));
  }
  std::vector<double> rates;
  for (int i = 0; i <= static_cast<int>(whole); ++i) {
    const double exact = low * std::pow(10.0, static_cast<double>(i) / per_decade);
    rates.push_back(*parse_number(fmt::format("{:.6g}", exact)));
  }
  rates.front() = low;
  rates.back() = high;
  return rates;
}

std::vector<double> checked_learning_rates(std::vector<double> rates) {
  if (rates.empty()) refuse("at least one is needed");
  for (const double rate : rates) {
    if (!(rate > 0) || !std::isfinite(rate)) {
      refuse(fmt::format("{} must be above 0 and finite", shortest(rate)));
    }
  }
  std::sort(rates.begin(), rates.end());
  rates.erase(std::unique(rates.begin(), rates.end()), rates.end());
  return rates;
}

std::vector<double> parse_learning_rates(std::string_view text) {
  const std::vector<std::string> range = split(text, ':');
  if (range.size() == 3) {
    const double per_decade = rate_of(range[2]);
    if (per_decade != std::floor(per_decade) || per_decade < 1 || per_decade > 1000) {
      refuse(fmt::format("{} a decade: must be a whole number from 1 to 1000", range[2]));
    }
    return log_spaced(rate_of(range[0]), rate_of(range[1]), static_cast<int>(per_decade));
  }
  if (range.size() != 1) refuse(fmt::format("'{}' is not low:high:per-decade", text));
  std::vector<double> rates;
  for (const std::string& part : split(text, ',')) rates.push_back(rate_of(part));
  return checked_learning_rates(std::move(rates));
}

std::vector<double> parse_scales(std::string_view text) {
  const auto fail = [](const std::string& what) {
    throw Error(ErrorKind::usage, "scales: " + what);
  };
  const auto number = [&](const std::string& part) {
    const std::optional<double> value = parse_number(part);
    if (!value.has_value() || !(*value > 0)) {
      fail(fmt::format("'{}' is not a number above 0", part));
    }
    return *value;
  };
  const std::vector<std::string> range = split(text, ':');
  std::vector<double> scales;
  if (range.size() == 3) {
    const double low = number(range[0]);
    const double high = number(range[1]);
    const double step = number(range[2]);
    const double steps = std::round((high - low) / step);
    if (high < low) fail(fmt::format("the range {} is reversed; write low:high:step", text));
    if (steps > 10000) fail(fmt::format("{} has more than 10,000 steps", text));
    if (std::abs(low + steps * step - high) > 1e-9 * high) {
      fail(fmt::format("steps of {} do not lead from {} to {}", range[2], range[0], range[1]));
    }
    // Nine, unless small steps lie far from 0.
    constexpr int kUsualDigits = 9;
    constexpr int kMostDigits = 15;
    int digits = kUsualDigits;
    for (double reach = 1e4 * high / step; reach > 1e9 && digits < kMostDigits; reach /= 10) {
      ++digits;
    }
    for (int i = 0; i <= static_cast<int>(steps); ++i) {
      scales.push_back(*parse_number(fmt::format("{:.{}g}", low + i * step, digits)));
    }
    return scales;
  }
  if (range.size() != 1) fail(fmt::format("'{}' is not low:high:step", text));
  for (const std::string& part : split(text, ',')) scales.push_back(number(part));
  std::sort(scales.begin(), scales.end());
  scales.erase(std::unique(scales.begin(), scales.end()), scales.end());
  return scales;
}

}  // namespace sweetspot::space
