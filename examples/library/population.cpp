// Many small networks at once: which learning rates train a network of one's own on images of one's
// own, for three optimizers.
#include <sweetspot/sweetspot.hpp>

#include <iomanip>
#include <iostream>

using namespace sweetspot;

// Bright bars on noise: across in class 0, along in class 1.
data::ImageSet bars() {
  data::ImageSet set;
  set.channels = 1;
  set.height = 8;
  set.width = 8;
  uint32_t random = 1;
  const auto draw = [&](uint32_t below) {
    random = random * 1664525 + 1013904223;
    return (random >> 16) % below;
  };
  for (int image = 0; image < 600; ++image) {
    const uint32_t label = draw(2);
    const uint32_t place = draw(8);
    for (uint32_t y = 0; y < 8; ++y) {
      for (uint32_t x = 0; x < 8; ++x) {
        const bool is_bar = (label == 0 ? y : x) == place;
        set.train_pixels.push_back(static_cast<uint8_t>(is_bar ? 160 + draw(96) : draw(96)));
      }
    }
    set.train_labels.push_back(static_cast<uint8_t>(label));
  }
  return set;
}

int main() {
  using Kind = train::LayerKind;
  const train::Network network = {.input = {1, 8, 8},
                                  .classes = 2,
                                  .layers = {{.kind = Kind::conv, .size = 8, .kernel = 3},
                                             {.kind = Kind::relu},
                                             {.kind = Kind::maxpool, .size = 2},
                                             {.kind = Kind::flatten},
                                             {.kind = Kind::dense, .size = 2}}};
  std::vector<TrainingConfig> configs;
  for (const char* optimizer : {"gd", "momentum", "adam"}) {
    for (double rate = 1e-5; rate < 20; rate *= 10) {
      configs.push_back({.optimizer = optimizer, .learning_rate = rate});
    }
  }
  PopulationTrainer trainer(
      network, bars(),
      {.budget = 400, .check_every = 20, .batch_size = 50, .target = 0.98, .threads = 2});
  const std::vector<Training> trainings = trainer.train(configs, [](const TrainingCheck& check) {
    return check.step < 200 || check.train_accuracy > 0.7;  // no longer than it promises
  });
  size_t reached = 0;
  for (size_t i = 0; i < configs.size(); ++i) {
    std::cout << std::setw(10) << configs[i].optimizer << std::setw(8) << configs[i].learning_rate
              << std::setw(11) << study::name_of(trainings[i].outcome) << std::setw(5)
              << trainings[i].steps << " steps\n";
    reached += trainings[i].outcome == study::Outcome::reached ? 1 : 0;
  }
  return reached >= 3 ? 0 : 1;
}
