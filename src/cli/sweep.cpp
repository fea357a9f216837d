// sweetspot sweep: every optimizer at every learning rate.
#include "cli/commands.hpp"
#include "cli/train_study.hpp"

namespace sweetspot::cli {

void add_sweep(CLI::App& program, int& exit_code) {
  add_study_command(
      program, study::Kind::sweep, exit_code,
      "Train every optimizer at every learning rate and keep what happens",
      "The same command goes on with a study that was paused or killed. More rates, optimizers or\n"
      "seeds, or a larger budget extend it. Example:\n"
      "  sweetspot sweep --model tiny --study tiny.db && sweetspot report tiny.db --output tiny");
}

}  // namespace sweetspot::cli
