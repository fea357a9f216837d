// sweetspot size: training time against the size of the network.
#include "cli/commands.hpp"
#include "cli/train_study.hpp"

namespace sweetspot::cli {

void add_size(CLI::App& program, int& exit_code) {
  add_study_command(
      program, study::Kind::size, exit_code,
      "Train a network at many sizes, at some learning rates, and keep how long each takes",
      "The same command goes on with a study that was paused or killed. More scales, rates or "
      "seeds,\n"
      "or a larger budget extend it. Example:\n"
      "  sweetspot size --model tiny --scales 1:4:0.5 --study size.db && \\\n"
      "  sweetspot report size.db --output size");
}

}  // namespace sweetspot::cli
