// The caller's own loop: trials are asked for, report, pause, come again, and are told.
#include <sweetspot/sweetspot.hpp>

#include <iostream>
#include <map>

using namespace sweetspot;

// Something that trains by steps and can be left standing: it nears its best from below.
struct Model {
  double rate = 0;
  double accuracy = 0;

  void step() { accuracy += rate * (1 - rate) * (1 - accuracy); }
};

int main() {
  Study study(space::Space({{"rate", space::LogUniform{1e-4, 1}}}),
              {.metric = "accuracy",
               .direction = Direction::maximize,
               .target = 0.95,
               .method = "auto",
               .trials = 30,
               .steps = 100,
               .report_every = 5});
  std::map<int, Model> models;  // of trials that are paused
  while (const std::optional<AskedTrial> asked = study.ask()) {
    Model& model = models[asked->number];
    model.rate = space::number_in(asked->config, "rate");
    Advice advice = Advice::go_on;
    uint64_t step = asked->from;
    while (advice == Advice::go_on && step < 100) {
      for (int i = 0; i < 5; ++i) model.step();
      step += 5;
      advice = study.report(asked->number, step, model.accuracy);
    }
    if (advice == Advice::go_on) study.tell(asked->number, model.accuracy);  // after its last step
    if (advice != Advice::pause) models.erase(asked->number);
  }
  std::cout << study.answer() << '\n';
  return study.best().has_value() && study.best()->steps <= 15 ? 0 : 1;
}
