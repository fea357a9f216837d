// Many steps of each optimizer against its rule in double precision.
#include <gtest/gtest.h>

#include <algorithm>

#include "data/minibatch_order.hpp"
#include "reference/optimizer.hpp"
#include "support/training_problem.hpp"

namespace sweetspot::train {
namespace {

struct OptimizerCase {
  std::string optimizer;
  double rate;
  Semantics semantics;
  double d0 = 1e-6;
};

class FiftySteps : public testing::TestWithParam<OptimizerCase> {};

TEST_P(FiftySteps, StayCloseToDoublePrecision) {
  const OptimizerCase& test = GetParam();
  const Network network = test_network({1, 12, 12}, 10, 2, 4, 15, 0.4);
  constexpr int kBatch = 20;
  constexpr uint64_t kSeed = 5;
  const Problem problem = make_problem(network.input, network.classes, 200);
  const Images images(network, problem.pixels, problem.labels);
  const auto block = make_lane_block(network, kBatch, images);
  LaneRecipe recipe = recipe_of(test.optimizer, test.rate, test.semantics, kSeed);
  if (test.optimizer == "dadapt-adam" || test.optimizer == "prodigy") {
    recipe.numbers = optimizer_numbers(recipe.optimizer, test.semantics, {{"d0", test.d0}});
  }
  block->start(0, recipe);
  // A neighbour under another rule, so that the lanes are told apart.
  block->start(5, recipe_of("gd", 0.1, Semantics::tensorflow, kSeed + 1));
  const std::vector<float> initial = block->state(0).weights;
  std::vector<double> weights(initial.begin(), initial.end());
  reference::Optimizer optimizer(test.optimizer, test.semantics, test.rate, test.d0);
  data::MinibatchOrder order(200, kBatch);
  double last_loss = 0;
  for (uint32_t step = 0; step < 50; ++step) {
    std::shared_ptr<const std::vector<uint32_t>> keep;
    const auto chosen = order.batch(kSeed, step, keep);
    LaneBatches batches;
    batches[0] = chosen;
    batches[5] = chosen;
    last_loss = block->step(batches)[0].loss;
    std::vector<reference::Image> batch;
    for (const uint32_t image : chosen) batch.push_back(problem.reference_images[image]);
    const reference::Pass pass =
        reference::run_batch(network, weights, batch, masks_of(network, kSeed, step));
    EXPECT_NEAR(last_loss, pass.loss, 2e-3 * pass.loss);
    optimizer.step(weights, pass.gradient);
  }
  EXPECT_LT(relative_distance(weights, block->state(0).weights), 1e-4);
}

INSTANTIATE_TEST_SUITE_P(
    Optimizers, FiftySteps,
    testing::Values(OptimizerCase{"gd", 0.1, Semantics::tensorflow},
                    OptimizerCase{"momentum", 0.05, Semantics::tensorflow},
                    OptimizerCase{"adagrad", 0.03, Semantics::tensorflow},
                    OptimizerCase{"adadelta", 3, Semantics::tensorflow},
                    OptimizerCase{"rmsprop", 1e-3, Semantics::tensorflow},
                    OptimizerCase{"adam", 2e-3, Semantics::tensorflow},
                    OptimizerCase{"adagrad", 0.01, Semantics::pytorch},
                    OptimizerCase{"adadelta", 1, Semantics::pytorch},
                    OptimizerCase{"rmsprop", 1e-3, Semantics::pytorch},
                    OptimizerCase{"adam", 2e-3, Semantics::pytorch},
                    OptimizerCase{"nesterov", 0.02, Semantics::tensorflow},
                    OptimizerCase{"adamw", 2e-3, Semantics::tensorflow},
                    OptimizerCase{"adamw", 2e-3, Semantics::pytorch},
                    OptimizerCase{"amsgrad", 2e-3, Semantics::tensorflow},
                    OptimizerCase{"amsgrad", 2e-3, Semantics::pytorch},
                    OptimizerCase{"nadam", 2e-3, Semantics::tensorflow},
                    OptimizerCase{"nadam", 2e-3, Semantics::pytorch},
                    OptimizerCase{"lion", 3e-4, Semantics::tensorflow},
                    OptimizerCase{"dadapt-adam", 1, Semantics::tensorflow},
                    // From 1e-6 its estimate hangs on differences of weights that single precision
                    // rounds.
                    OptimizerCase{"prodigy", 1, Semantics::tensorflow, 1e-3},
                    OptimizerCase{"dog", 1, Semantics::tensorflow},
                    OptimizerCase{"schedule-free", 5e-3, Semantics::tensorflow}),
    [](const auto& test) {
      std::string name = test.param.optimizer;
      std::replace(name.begin(), name.end(), '-', '_');
      return name + (test.param.semantics == Semantics::pytorch ? "_pytorch" : "_tensorflow");
    });

// DoG and Schedule-Free are judged by averages of the weights that are trained.
TEST(OptimizerSteps, AveragedWeightsAreTheReferencesAndJudgeTheNetwork) {
  const Network network = test_network({1, 12, 12}, 10, 2, 4, 15, 0);
  constexpr int kBatch = 20;
  const Problem problem = make_problem(network.input, network.classes, 200);
  const Images images(network, problem.pixels, problem.labels);
  for (const std::string name : {"dog", "schedule-free"}) {
    const auto block = make_lane_block(network, kBatch, images);
    const LaneRecipe recipe = recipe_of(name, name == "dog" ? 1 : 5e-3, Semantics::tensorflow, 5);
    block->start(3, recipe);
    block->start(4, recipe_of("adam", 2e-3, Semantics::tensorflow, 5));
    const std::vector<float> initial = block->state(3).weights;
    std::vector<double> weights(initial.begin(), initial.end());
    reference::Optimizer optimizer(name, Semantics::tensorflow, recipe.learning_rate);
    data::MinibatchOrder order(200, kBatch);
    for (uint32_t step = 0; step < 30; ++step) {
      std::shared_ptr<const std::vector<uint32_t>> keep;
      const auto chosen = order.batch(5, step, keep);
      LaneBatches batches;
      batches[3] = chosen;
      batches[4] = chosen;
      block->step(batches);
      std::vector<reference::Image> batch;
      for (const uint32_t image : chosen) batch.push_back(problem.reference_images[image]);
      optimizer.step(
          weights,
          reference::run_batch(network, weights, batch, masks_of(network, 5, step)).gradient);
    }
    const LaneState before = block->state(3);
    const int slot = optimizers()[static_cast<size_t>(recipe.optimizer)].evaluated_slot;
    const std::vector<float>& judged = before.slots[static_cast<size_t>(slot)];
    EXPECT_LT(relative_distance(optimizer.evaluated(), judged), 1e-4) << name;
    const uint32_t correct = block->count_correct(images)[3];
    EXPECT_EQ(block->state(3), before) << name;
    const std::vector<double> exact(judged.begin(), judged.end());
    const reference::Pass pass =
        reference::run_batch(network, exact, problem.reference_images, masks_of(network, 5, 0));
    EXPECT_EQ(correct, static_cast<uint32_t>(pass.correct)) << name;
  }
}

}  // namespace
}  // namespace sweetspot::train
