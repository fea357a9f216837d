// sweetspot sweep: every optimizer at every learning rate.
#include <CLI/CLI.hpp>
#include <memory>

#include "cli/commands.hpp"
#include "cli/study_file.hpp"
#include "cli/train_study.hpp"

namespace sweetspot::cli {

void add_sweep(CLI::App& program, int& exit_code) {
  auto flags = std::make_shared<TrainingFlags>();
  CLI::App* command = program.add_subcommand(
      "sweep", "Train every optimizer at every learning rate and keep what happens");
  declare_training_flags(*command, study::Kind::sweep, *flags);
  command->footer(
      "The same command goes on with a study that was paused or killed. More rates, optimizers or\n"
      "seeds, or a larger budget extend it. Example:\n"
      "  sweetspot sweep --model tiny --study tiny.db && sweetspot report tiny.db --output tiny");
  command->callback([flags, &exit_code] {
    StudyRequest request = default_request(study::Kind::sweep);
    if (!flags->file.empty()) apply_study_file(flags->file, request);
    apply_flags(*flags, request);
    exit_code = run_study_command(*flags, request);
  });
}

}  // namespace sweetspot::cli
