// sweetspot tune: the best optimizer and learning rate for a stated cost.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <optional>

#include "base/text.hpp"
#include "cli/command_request.hpp"
#include "cli/commands.hpp"
#include "cli/search_request.hpp"
#include "cli/study_file.hpp"
#include "cli/train_study.hpp"
#include "search/methods.hpp"

namespace sweetspot::cli {
namespace {

std::string methods_help() {
  std::string text = "Methods:\n";
  for (const std::string& name : search::method_names()) {
    text += fmt::format("  {:<10} {}\n", name, search::about_method(name));
  }
  return text;
}

}  // namespace

void add_tune(CLI::App& program, int& exit_code) {
  auto flags = std::make_shared<TrainingFlags>();
  auto search = std::make_shared<SearchFlags>();
  auto own = std::make_shared<CommandFlags>();
  CLI::App* command = program.add_subcommand(
      "tune", "Choose the optimizer, its learning rate and its numbers for a stated cost");
  declare_search_flags(*command, *search);
  declare_training_flags(*command, study::Kind::tune, *flags);
  declare_command_flags(*command, study::Kind::tune, *own);
  command->footer(methods_help() +
                  "The answer names the fastest config, and a safe one inside the band, which "
                  "reached the\n"
                  "target with three fresh seeds. The same command goes on with a search that was "
                  "paused or\n"
                  "killed. Example:\n"
                  "  sweetspot tune --model small --cost 5x --study tune.db");
  command->callback([flags, search, own, &exit_code] {
    StudyRequest request = default_request(study::Kind::tune);
    if (!flags->file.empty()) apply_study_file(flags->file, request);
    if (own->command) begin_command(request);
    apply_flags(*flags, request);
    apply_search_flags(*search, request);
    apply_command_flags(*own, *flags, *search, request);
    exit_code = run_study_command(*flags, request);
  });
}

}  // namespace sweetspot::cli
