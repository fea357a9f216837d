// Lines to paste for frameworks. Sources: torch/optim of PyTorch 1.13, the update_step of each
// optimizer of Keras 2.11 and 3.15, and tensorflow/python/training of TensorFlow 1.15.
#include <fmt/args.h>
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <string>

#include "base/text.hpp"
#include "programs/argument_template.hpp"
#include "report/summary/tune_summary.hpp"
#include "train/optimizer.hpp"

namespace sweetspot::report {
namespace {

struct Template {
  const char* framework;
  const char* line;
  const char* differs_from_tensorflow;  // semantics of the study
  const char* differs_from_pytorch;
};

const std::map<std::string, std::vector<Template>>& templates() {
  static const char* const kCorrectedRoot =
      "adds epsilon to a root that is corrected for the start; alike but for gradients near 1e-8";
  static const char* const kUncorrectedRoot =
      "adds epsilon to a root that is not corrected for the start; alike but for gradients near "
      "1e-8";
  static const char* const kEpsilonInside =
      "adds epsilon inside the root, where its square stands; alike but for gradients near epsilon";
  static const char* const kMeanSquareFromZero =
      "starts its mean square at 0, not 1: larger first steps";
  static const char* const kAndEpsilonOutside =
      "starts its mean square at 0, not 1: larger first steps; adds epsilon outside the root";
  static const std::map<std::string, std::vector<Template>> all = {
      {"gd",
       {{"PyTorch", "torch.optim.SGD(model.parameters(), lr={learning_rate})", "", ""},
        {"Keras", "keras.optimizers.SGD(learning_rate={learning_rate})", "", ""},
        {"TensorFlow 1", "tf.train.GradientDescentOptimizer({learning_rate})", "", ""}}},
      {"momentum",
       {{"PyTorch", "torch.optim.SGD(model.parameters(), lr={learning_rate}, momentum={momentum})",
         "", ""},
        {"Keras", "keras.optimizers.SGD(learning_rate={learning_rate}, momentum={momentum})", "",
         ""},
        {"TensorFlow 1", "tf.train.MomentumOptimizer({learning_rate}, {momentum})", "", ""}}},
      {"adagrad",
       {{"PyTorch",
         "torch.optim.Adagrad(model.parameters(), lr={learning_rate}, "
         "initial_accumulator_value={initial_accumulator}, eps={epsilon})",
         "", ""},
        {"Keras",
         "keras.optimizers.Adagrad(learning_rate={learning_rate}, "
         "initial_accumulator_value={initial_accumulator}, epsilon={squared_epsilon})",
         "", kEpsilonInside},
        {"TensorFlow 1",
         "tf.train.AdagradOptimizer({learning_rate}, "
         "initial_accumulator_value={positive_accumulator})",
         "",
         "has no epsilon and refuses to start its sum at 0; what it starts at instead works as "
         "one, "
         "inside the root"}}},
      {"adadelta",
       {{"PyTorch",
         "torch.optim.Adadelta(model.parameters(), lr={learning_rate}, rho={rho}, eps={epsilon})",
         "", ""},
        {"Keras",
         "keras.optimizers.Adadelta(learning_rate={learning_rate}, rho={rho}, epsilon={epsilon})",
         "", ""},
        {"TensorFlow 1",
         "tf.train.AdadeltaOptimizer({learning_rate}, rho={rho}, epsilon={epsilon})", "", ""}}},
      {"rmsprop",
       {{"PyTorch",
         "torch.optim.RMSprop(model.parameters(), lr={learning_rate}, alpha={decay}, "
         "eps={epsilon}, momentum={momentum})",
         kAndEpsilonOutside, ""},
        {"Keras",
         "keras.optimizers.RMSprop(learning_rate={learning_rate}, rho={decay}, "
         "epsilon={epsilon_inside}, momentum={momentum})",
         kMeanSquareFromZero, kEpsilonInside},
        {"TensorFlow 1",
         "tf.train.RMSPropOptimizer({learning_rate}, decay={decay}, momentum={momentum}, "
         "epsilon={epsilon_inside})",
         "",
         "starts its mean square at 1, not 0: smaller first steps; adds epsilon inside the root, "
         "where its square stands"}}},
      {"adam",
       {{"PyTorch",
         "torch.optim.Adam(model.parameters(), lr={learning_rate}, betas=({beta1}, {beta2}), "
         "eps={epsilon})",
         kCorrectedRoot, ""},
        {"Keras",
         "keras.optimizers.Adam(learning_rate={learning_rate}, beta_1={beta1}, beta_2={beta2}, "
         "epsilon={epsilon})",
         "", kUncorrectedRoot},
        {"TensorFlow 1",
         "tf.train.AdamOptimizer({learning_rate}, beta1={beta1}, beta2={beta2}, "
         "epsilon={epsilon})",
         "", kUncorrectedRoot}}},
  };
  return all;
}

// What the lines of rules with another place for epsilon take, from the optimizer's own numbers.
std::map<std::string, double> converted(const std::map<std::string, double>& numbers,
                                        bool is_pytorch) {
  constexpr double kLeastSum = 1e-20;  // the square of PyTorch's epsilon
  const auto square = [](double value) {
    return parse_number(fmt::format("{:.6g}", value * value)).value_or(0);
  };
  std::map<std::string, double> more;
  const auto epsilon = numbers.find("epsilon");
  if (epsilon == numbers.end()) return more;
  const double squared = square(epsilon->second);
  more["squared_epsilon"] = squared;
  more["epsilon_inside"] = is_pytorch ? squared : epsilon->second;
  if (const auto sum = numbers.find("initial_accumulator"); sum != numbers.end()) {
    more["positive_accumulator"] = sum->second > 0 ? sum->second : std::max(squared, kLeastSum);
  }
  return more;
}

std::vector<PasteLine> command_line(const study::Settings& settings, const space::Config& config) {
  space::Config values = study::as_written(*settings.command, config);
  values["trial"] = "0";
  values["seed"] = std::to_string(settings.seed);
  values["steps"] = settings.command->own_budget ? "" : std::to_string(settings.budget);
  values["checkpoint"] = "checkpoint";
  if (settings.command->command.empty()) return {};  // of a study that was imported
  const programs::ArgumentTemplate arguments(settings.command->command, settings.command->shell);
  return {{"command", programs::typed(arguments.filled(values)), ""}};
}

}  // namespace

std::vector<PasteLine> paste_lines(const study::Settings& settings, const space::Config& config) {
  if (settings.command.has_value()) return command_line(settings, config);
  const std::string& optimizer = space::choice_in(config, "optimizer");
  const auto found = templates().find(optimizer);
  if (found == templates().end()) return {};
  const bool is_pytorch = settings.semantics == "pytorch";
  std::map<std::string, double> given;
  if (const auto set = settings.numbers.find(optimizer); set != settings.numbers.end()) {
    given = set->second;
  }
  for (const auto& [name, value] : config) {
    if (name != "learning_rate" && name != "optimizer") given[name] = std::get<double>(value);
  }
  const int index = train::optimizer_index(optimizer);
  const std::vector<double> numbers = train::optimizer_numbers(
      index, is_pytorch ? train::Semantics::pytorch : train::Semantics::tensorflow, given);
  const auto names = train::optimizers()[static_cast<size_t>(index)].numbers;
  std::map<std::string, double> values = {
      {"learning_rate", space::number_in(config, "learning_rate")}};
  for (size_t i = 0; i < names.size(); ++i) values[std::string(names[i].name)] = numbers[i];
  values.merge(converted(values, is_pytorch));
  fmt::dynamic_format_arg_store<fmt::format_context> arguments;
  for (const auto& [name, value] : values) {
    arguments.push_back(fmt::arg(name.c_str(), shortest(value)));
  }
  std::vector<PasteLine> lines;
  for (const Template& t : found->second) {
    lines.push_back({t.framework, fmt::vformat(t.line, arguments),
                     is_pytorch ? t.differs_from_pytorch : t.differs_from_tensorflow});
  }
  return lines;
}

}  // namespace sweetspot::report
