// sweetspot export: a study for other programs.
#include <fmt/format.h>
#include <sys/stat.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>
#include <memory>

#include "base/text.hpp"
#include "base/write_file.hpp"
#include "cli/commands.hpp"
#include "cli/output.hpp"
#include "cli/read_parts.hpp"
#include "exchange/optuna_export.hpp"
#include "exchange/optuna_file.hpp"
#include "report/all_parts.hpp"
#include "report/csv.hpp"
#include "report/json.hpp"
#include "sweetspot/error.hpp"

namespace sweetspot::cli {
namespace {

namespace fs = std::filesystem;

constexpr int64_t kMicroseconds = 1000000;

struct ExportFlags {
  AddressFlags study;
  std::string optuna;
  std::string csv;
  std::string json;
  std::string part;
  std::string name;
};

// The one of that name, or the first that has trials.
report::Summary chosen_part(const ExportFlags& flags) {
  std::vector<report::Summary> parts = report::chosen_parts(read_parts(flags.study), flags.part);
  const auto with_trials = std::find_if(parts.begin(), parts.end(),
                                        [](const auto& part) { return !part.trials.empty(); });
  return std::move(with_trials == parts.end() ? parts.front() : *with_trials);
}

void require_other_file(const std::string& output, const std::string& study) {
  std::error_code error;
  if (fs::equivalent(output, study, error)) {
    throw Error(ErrorKind::usage,
                fmt::format("{}: is the study itself; give another file to write to", output));
  }
}

void write_text(const std::string& output, const std::string& text) {
  if (output != "-") return write_file(output, text);
  fmt::print("{}", text);
}

// The study's last change, which is the same at every export; of a server's none is known.
int64_t changed_at(const std::string& file) {
  struct stat status {};
  if (stat(file.c_str(), &status) != 0) return 0;
  return status.st_mtim.tv_sec * kMicroseconds + status.st_mtim.tv_nsec / 1000;
}

void write_for_optuna(const ExportFlags& flags, const report::Summary& part) {
  const store::Address address = address_of(flags.study);
  const std::string known =
      address.is_server() ? part.part : fs::path(address.store).stem().string();
  const std::string name = !flags.name.empty()      ? flags.name
                           : !address.study.empty() ? address.study
                                                    : known;
  const exchange::OptunaStudy study = exchange::optuna_study(part, name, changed_at(address.store));
  exchange::write_optuna(study, flags.optuna);
  const auto count = [&](exchange::OptunaState state) {
    return std::count_if(study.trials.begin(), study.trials.end(),
                         [&](const auto& trial) { return trial.state == state; });
  };
  const exchange::Goal goal = exchange::goal_of(part.record.settings);
  print(
      "{}: Optuna's study '{}', {} trials ({} complete, {} pruned, {} failed, {} waiting), {} the "
      "{}\n",
      flags.optuna, study.name, study.trials.size(), count(exchange::OptunaState::complete),
      count(exchange::OptunaState::pruned), count(exchange::OptunaState::fail),
      count(exchange::OptunaState::waiting), study.maximize ? "maximize" : "minimize", goal.value);
}

}  // namespace

void add_export(CLI::App& program, int& exit_code) {
  auto flags = std::make_shared<ExportFlags>();
  CLI::App* command = program.add_subcommand(
      "export",
      "Write a study for other programs: as Optuna's, as CSV or as JSON; works while it "
      "trains");
  declare_address(*command, flags->study);
  declare_skip_damaged(*command, flags->study);
  CLI::Option_group* form = command->add_option_group("form", "One of");
  form->add_option("--optuna", flags->optuna,
                   "A new SQLite file, that Optuna 3 and 4 load and go on with (docs/optuna.md)");
  form->add_option("--csv", flags->csv, "A table, a row for each trial; - is standard output");
  form->add_option("--json", flags->json,
                   "All of it, curves included (docs/json.md); - is standard output");
  form->require_option(1);
  command->add_option("--part", flags->part,
                      "sweep, size, trace, tuned or tune [the first that has trials]");
  command->add_option("--name", flags->name,
                      "Of the study in Optuna's file [as the study's or its file's]");
  command->callback([flags, &exit_code] {
    const report::Summary part = chosen_part(*flags);
    for (const std::string& output : {flags->optuna, flags->csv, flags->json}) {
      require_other_file(output, address_of(flags->study).store);
    }
    if (!flags->optuna.empty()) write_for_optuna(*flags, part);
    if (!flags->csv.empty()) write_text(flags->csv, report::trials_csv(part));
    if (!flags->json.empty()) write_text(flags->json, report::to_json(part));
    exit_code = 0;
  });
}

}  // namespace sweetspot::cli
