// Lines to paste for frameworks. Sources: the optimizers' pages of PyTorch 1.13, Keras (TensorFlow
// 2.11) and TensorFlow 1.15.
#include <fmt/args.h>
#include <fmt/format.h>

#include <map>
#include <string>

#include "base/text.hpp"
#include "command/argument_template.hpp"
#include "report/tune_summary.hpp"
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
  static const char* const kSmallEpsilon =
      "adds epsilon to a root that is corrected for the start; alike but for gradients near 1e-8";
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
         "initial_accumulator_value={initial_accumulator})",
         "", ""},
        {"Keras",
         "keras.optimizers.Adagrad(learning_rate={learning_rate}, "
         "initial_accumulator_value={initial_accumulator})",
         "", ""},
        {"TensorFlow 1",
         "tf.train.AdagradOptimizer({learning_rate}, "
         "initial_accumulator_value={initial_accumulator})",
         "", ""}}},
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
         "epsilon={epsilon}, momentum={momentum})",
         kMeanSquareFromZero, ""},
        {"TensorFlow 1",
         "tf.train.RMSPropOptimizer({learning_rate}, decay={decay}, momentum={momentum}, "
         "epsilon={epsilon})",
         "",
         "starts its mean square at 1, not 0: smaller first steps; adds epsilon inside the "
         "root"}}},
      {"adam",
       {{"PyTorch",
         "torch.optim.Adam(model.parameters(), lr={learning_rate}, betas=({beta1}, {beta2}), "
         "eps={epsilon})",
         kSmallEpsilon, ""},
        {"Keras",
         "keras.optimizers.Adam(learning_rate={learning_rate}, beta_1={beta1}, beta_2={beta2}, "
         "epsilon={epsilon})",
         "", kSmallEpsilon},
        {"TensorFlow 1",
         "tf.train.AdamOptimizer({learning_rate}, beta1={beta1}, beta2={beta2}, "
         "epsilon={epsilon})",
         "", kSmallEpsilon}}},
  };
  return all;
}

}  // namespace

namespace {

std::vector<PasteLine> command_line(const study::Settings& settings, const space::Config& config) {
  space::Config values = config;
  values["trial"] = "0";
  values["seed"] = std::to_string(settings.seed);
  values["steps"] = settings.command->own_budget ? "" : std::to_string(settings.budget);
  values["checkpoint"] = "checkpoint";
  if (settings.command->command.empty()) return {};  // of a study that was imported
  const command::ArgumentTemplate arguments(settings.command->command, settings.command->shell);
  return {{"command", command::typed(arguments.filled(values)), ""}};
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
  std::vector<std::string> texts = {shortest(space::number_in(config, "learning_rate"))};
  for (const double number : numbers) texts.push_back(shortest(number));
  fmt::dynamic_format_arg_store<fmt::format_context> arguments;
  arguments.push_back(fmt::arg("learning_rate", texts[0].c_str()));
  const auto names = train::optimizers()[static_cast<size_t>(index)].numbers;
  std::vector<std::string> keys;
  for (size_t i = 0; i < names.size(); ++i) keys.emplace_back(names[i].name);
  for (size_t i = 0; i < names.size(); ++i) {
    arguments.push_back(fmt::arg(keys[i].c_str(), texts[i + 1].c_str()));
  }
  std::vector<PasteLine> lines;
  for (const Template& t : found->second) {
    lines.push_back({t.framework, fmt::vformat(t.line, arguments),
                     is_pytorch ? t.differs_from_pytorch : t.differs_from_tensorflow});
  }
  return lines;
}

}  // namespace sweetspot::report
