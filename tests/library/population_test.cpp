// The population trainer by its public header alone, on made-up images that can be learnt.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <sweetspot/sweetspot.hpp>

#include "support/synthetic_data.hpp"

namespace sweetspot {
namespace {

const data::ImageSet& images() {
  static const data::ImageSet set = testing_support::synthetic_set();
  return set;
}

// A convolution and a dense layer for the outputs.
train::Network network() {
  train::Network network;
  network.input = {1, 12, 12};
  network.classes = 10;
  network.layers = {
      {.kind = train::LayerKind::conv, .size = 4, .kernel = 3},
      {.kind = train::LayerKind::relu},
      {.kind = train::LayerKind::maxpool, .size = 2},
      {.kind = train::LayerKind::flatten},
      {.kind = train::LayerKind::dense, .size = 10},
  };
  return network;
}

PopulationOptions options() {
  return {.budget = 200, .check_every = 50, .batch_size = 20, .validation = true};
}

std::vector<TrainingConfig> configs() {
  std::vector<TrainingConfig> configs;
  for (const char* optimizer : {"gd", "adam", "rmsprop"}) {
    for (const double rate : {1e-4, 1e-2, 0.1, 1e20}) {
      configs.push_back({.optimizer = optimizer, .learning_rate = rate});
    }
  }
  configs.push_back(
      {.optimizer = "momentum", .learning_rate = 0.05, .numbers = {{"momentum", 0.9}}});
  configs.push_back({.optimizer = "momentum", .learning_rate = 0.05, .seed = 2});
  return configs;
}

void expect_equal(const Training& a, const Training& b, size_t index) {
  EXPECT_EQ(a.outcome, b.outcome) << index;
  EXPECT_EQ(a.steps, b.steps) << index;
  ASSERT_EQ(a.checks.size(), b.checks.size()) << index;
  for (size_t i = 0; i < a.checks.size(); ++i) {
    EXPECT_EQ(a.checks[i].step, b.checks[i].step);
    EXPECT_EQ(a.checks[i].train_accuracy, b.checks[i].train_accuracy);
    EXPECT_EQ(a.checks[i].running_accuracy, b.checks[i].running_accuracy);
    EXPECT_EQ(a.checks[i].validation_accuracy, b.checks[i].validation_accuracy);
    const bool both_wild = !std::isfinite(a.checks[i].loss) && !std::isfinite(b.checks[i].loss);
    EXPECT_TRUE(both_wild || a.checks[i].loss == b.checks[i].loss) << index;
  }
}

std::string message_of(const std::function<void()>& work, ErrorKind kind) {
  try {
    work();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), kind) << error.what();
    return error.what();
  }
  ADD_FAILURE() << "nothing was thrown";
  return "";
}

TEST(Population, TrainsEachConfigToItsEnd) {
  PopulationTrainer trainer(network(), images(), options());
  EXPECT_EQ(trainer.weights(), 4U * 9 + 4 + 6 * 6 * 4 * 10 + 10);
  const std::vector<Training> trainings = trainer.train(configs());
  ASSERT_EQ(trainings.size(), configs().size());
  size_t diverged = 0;
  for (size_t i = 0; i < trainings.size(); ++i) {
    const Training& training = trainings[i];
    EXPECT_EQ(training.state, nullptr);
    if (training.outcome == study::Outcome::diverged) {
      ++diverged;
      continue;
    }
    EXPECT_EQ(training.outcome, study::Outcome::exhausted);
    EXPECT_EQ(training.steps, 200U);
    ASSERT_EQ(training.checks.size(), 4U);
    for (size_t check = 0; check < 4; ++check) {
      EXPECT_EQ(training.checks[check].step, 50 * (check + 1));
      EXPECT_EQ(training.checks[check].training, i);
      EXPECT_TRUE(training.checks[check].validation_accuracy.has_value());
    }
  }
  EXPECT_GT(diverged, 0U);
  EXPECT_GT(trainings[5].checks.back().train_accuracy, 0.95);  // adam at 0.01
  // The seed is all that tells the last but one's defaults from the last; their numbers differ.
  EXPECT_NE(trainings[12].checks.back().loss, trainings[13].checks.back().loss);
}

TEST(Population, IsTheSameToTheBitWhateverTrainsBesideIt) {
  const std::vector<Training> reference =
      PopulationTrainer(network(), images(), options()).train(configs());
  PopulationOptions others = options();
  others.threads = 2;
  others.lanes = 16;
  const std::vector<Training> threaded =
      PopulationTrainer(network(), images(), others).train(configs());
  std::vector<TrainingConfig> reversed = configs();
  std::reverse(reversed.begin(), reversed.end());
  PopulationTrainer trainer(network(), images(), options());
  std::vector<Training> backwards = trainer.train(reversed);
  std::reverse(backwards.begin(), backwards.end());
  for (size_t i = 0; i < reference.size(); ++i) {
    expect_equal(threaded[i], reference[i], i);
    expect_equal(backwards[i], reference[i], i);
  }
  expect_equal(trainer.train({configs()[5]})[0], reference[5], 5);
}

TEST(Population, GoesOnFromAState) {
  PopulationOptions half = options();
  half.budget = 100;
  half.keep_states = true;
  std::vector<TrainingConfig> going_on = {configs()[1], configs()[5], configs()[12]};
  const std::vector<Training> whole =
      PopulationTrainer(network(), images(), options()).train(going_on);
  const std::vector<Training> first = PopulationTrainer(network(), images(), half).train(going_on);
  for (size_t i = 0; i < going_on.size(); ++i) {
    EXPECT_EQ(first[i].steps, 100U);
    ASSERT_NE(first[i].state, nullptr);
    going_on[i].state = first[i].state;
  }
  const std::vector<Training> second =
      PopulationTrainer(network(), images(), options()).train(going_on);
  for (size_t i = 0; i < going_on.size(); ++i) {
    ASSERT_EQ(second[i].checks.size(), 2U);
    EXPECT_EQ(second[i].checks[0].loss, whole[i].checks[2].loss);
    EXPECT_EQ(second[i].checks[1], whole[i].checks[3]);
  }
  PopulationTrainer trainer(network(), images(), half);
  EXPECT_NE(message_of([&] { trainer.train(going_on); }, ErrorKind::usage)
                .find("config 0: state: is of step 100, the budget is 100"),
            std::string::npos);
  going_on[1].optimizer = "gd";
  EXPECT_NE(message_of([&] { PopulationTrainer(network(), images(), options()).train(going_on); },
                       ErrorKind::study)
                .find("config 1: state: is of another optimizer"),
            std::string::npos);
}

TEST(Population, EndsAtTheTarget) {
  PopulationOptions to_target = options();
  to_target.target = 0.8;
  const std::vector<Training> trainings =
      PopulationTrainer(network(), images(), to_target).train({configs()[5], configs()[0]});
  EXPECT_EQ(trainings[0].outcome, study::Outcome::reached);
  EXPECT_LT(trainings[0].steps, 200U);
  EXPECT_GE(trainings[0].checks.back().train_accuracy, 0.8);
  EXPECT_EQ(trainings[1].outcome, study::Outcome::exhausted);
}

TEST(Population, TheCallerPrunes) {
  std::atomic<size_t> checks{0};
  const std::vector<Training> trainings =
      PopulationTrainer(network(), images(), options())
          .train({configs()[5], configs()[0]}, [&](const TrainingCheck& check) {
            ++checks;
            return check.training == 0 || check.step < 100;
          });
  EXPECT_EQ(trainings[0].outcome, study::Outcome::exhausted);
  EXPECT_EQ(trainings[1].outcome, study::Outcome::pruned);
  EXPECT_EQ(trainings[1].steps, 100U);
  EXPECT_EQ(checks.load(), 3U + 2U);
}

TEST(Population, PassesOnWhatTheCallerThrows) {
  PopulationTrainer trainer(network(), images(), options());
  const auto on_check = [](const TrainingCheck&) -> bool { throw std::runtime_error("enough"); };
  EXPECT_THROW(trainer.train(configs(), on_check), std::runtime_error);
  EXPECT_EQ(trainer.train({configs()[5]})[0].steps, 200U);
  EXPECT_TRUE(trainer.train({}).empty());
}

TEST(Population, KnowsItsNames) {
  const std::vector<std::string> networks = network_names();
  EXPECT_EQ(networks.front(), "tiny");
  const std::vector<std::string> optimizers = optimizer_names();
  EXPECT_NE(std::find(optimizers.begin(), optimizers.end(), "adam"), optimizers.end());
  const train::Network tiny = network_of("tiny", images());
  EXPECT_EQ(tiny.classes, 10);
  EXPECT_GT(network_of("tiny", images(), 2).layers[0].size, tiny.layers[0].size);
  message_of([] { network_of("tny", images()); }, ErrorKind::usage);
  message_of([] { load_images("mnst"); }, ErrorKind::usage);
}

TEST(Population, SaysWhatIsWrong) {
  PopulationTrainer trainer(network(), images(), options());
  const std::vector<std::pair<TrainingConfig, std::string>> bad = {
      {{.optimizer = "adm"}, "config 1: unknown optimizer 'adm'"},
      {{.learning_rate = 0}, "config 1: learning_rate 0"},
      {{.learning_rate = INFINITY}, "config 1: learning_rate inf"},
      {{.numbers = {{"decay", 0.9}}}, "config 1: "},
      {{.schedule = "cosin"}, "config 1: "},
  };
  for (const auto& [config, words] : bad) {
    const std::vector<TrainingConfig> with_it = {{}, config};
    const std::string message = message_of([&] { trainer.train(with_it); }, ErrorKind::usage);
    EXPECT_NE(message.find(words), std::string::npos) << message;
  }
  for (const auto& change : std::vector<std::function<void(PopulationOptions&)>>{
           [](auto& o) { o.budget = 0; }, [](auto& o) { o.check_every = 0; },
           [](auto& o) { o.batch_size = 1000; }, [](auto& o) { o.threads = 0; },
           [](auto& o) { o.lanes = 12; }, [](auto& o) { o.metric = "accuracy"; },
           [](auto& o) { o.target = 97; }, [](auto& o) { o.semantics = "keras"; }}) {
    PopulationOptions wrong = options();
    change(wrong);
    message_of([&] { PopulationTrainer(network(), images(), wrong); }, ErrorKind::usage);
  }
  train::Network other = network();
  other.input.width = 10;
  message_of([&] { PopulationTrainer(other, images(), options()); }, ErrorKind::usage);
  data::ImageSet cut = images();
  cut.train_pixels.pop_back();
  EXPECT_NE(
      message_of([&] { PopulationTrainer(network(), cut, options()); }, ErrorKind::data)
          .find("training pixels: 86399 bytes, where 600 labels of 12x12x1 images need 86400"),
      std::string::npos);
  message_of([&] { PopulationTrainer(network(), {}, options()); }, ErrorKind::data);
}

}  // namespace
}  // namespace sweetspot
