#include "study/target.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "base/text.hpp"
#include "sweetspot/error.hpp"

namespace sweetspot::study {

std::vector<std::string> target_metrics() {
  return {"train_accuracy", "running_accuracy", "validation_accuracy"};
}

Target parse_target(std::string_view text) {
  if (text == "none") return {.metric = "", .value = 1};
  const size_t equals = text.find('=');
  if (equals == std::string_view::npos) {
    throw Error(
        ErrorKind::usage,
        fmt::format("target '{}': write METRIC=VALUE, as train_accuracy=0.97; of a program of "
                    "your own METRIC>=VALUE or METRIC<=VALUE",
                    text));
  }
  Target target;
  if (equals > 1 && (text[equals - 1] == '<' || text[equals - 1] == '>')) {
    target.metric = text.substr(0, text.find_last_not_of(' ', equals - 2) + 1);
    if (target.metric.empty()) {
      throw Error(ErrorKind::usage, fmt::format("target '{}': the metric before '{}=' is missing",
                                                text, text[equals - 1]));
    }
    target.at_most = text[equals - 1] == '<';
    const std::optional<double> value = parse_number(text.substr(equals + 1));
    if (!value.has_value()) {
      throw Error(ErrorKind::usage, fmt::format("target {}: '{}' is not a finite number", text,
                                                text.substr(equals + 1)));
    }
    target.value = *value;
    return target;
  }
  target.metric = text.substr(0, equals);
  const std::vector<std::string> known = target_metrics();
  if (std::find(known.begin(), known.end(), target.metric) == known.end()) {
    throw Error(ErrorKind::usage, unknown_name("target metric", target.metric, known) +
                                      "; of a program of your own write METRIC>=VALUE");
  }
  const std::optional<double> value = parse_number(text.substr(equals + 1));
  if (!value.has_value() || !(*value > 0) || !(*value <= 1)) {
    throw Error(ErrorKind::usage, fmt::format("target {}={}: an accuracy is above 0 and at most 1",
                                              target.metric, text.substr(equals + 1)));
  }
  target.value = *value;
  return target;
}

std::string text_of(const Target& target) {
  if (target.metric.empty()) return "none";
  const std::vector<std::string> known = target_metrics();
  const bool is_accuracy = target.value > 0 && target.value <= 1 && !target.at_most &&
                           std::find(known.begin(), known.end(), target.metric) != known.end();
  return fmt::format("{}{}{}", target.metric,
                     is_accuracy      ? "="
                     : target.at_most ? "<="
                                      : ">=",
                     shortest(target.value));
}

}  // namespace sweetspot::study
