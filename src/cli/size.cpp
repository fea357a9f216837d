// sweetspot size: training time against the size of the network.
#include <CLI/CLI.hpp>
#include <memory>

#include "cli/commands.hpp"
#include "cli/study_file.hpp"
#include "cli/train_study.hpp"

namespace sweetspot::cli {

void add_size(CLI::App& program, int& exit_code) {
  auto flags = std::make_shared<TrainingFlags>();
  CLI::App* command = program.add_subcommand(
      "size",
      "Train a network at many sizes, at some learning rates, and keep how long each takes");
  declare_training_flags(*command, study::Kind::size, *flags);
  command->footer(
      "The same command goes on with a study that was paused or killed. More scales, rates or "
      "seeds,\n"
      "or a larger budget extend it. Example:\n"
      "  sweetspot size --model tiny --scales 1:4:0.5 --study size.db && \\\n"
      "  sweetspot report size.db --output size");
  command->callback([flags, &exit_code] {
    StudyRequest request = default_request(study::Kind::size);
    if (!flags->file.empty()) apply_study_file(flags->file, request);
    apply_flags(*flags, request);
    exit_code = run_study_command(*flags, request);
  });
}

}  // namespace sweetspot::cli
