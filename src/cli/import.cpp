// sweetspot import: a study of another program's.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "cli/commands.hpp"
#include "cli/output.hpp"
#include "cli/study_address.hpp"
#include "exchange/optuna_file.hpp"
#include "exchange/optuna_import.hpp"
#include "store/open_store.hpp"

namespace sweetspot::cli {

void add_import(CLI::App& program, int& exit_code) {
  struct Flags {
    std::string optuna;
    AddressFlags study;
    std::string name;
  };
  auto flags = std::make_shared<Flags>();
  CLI::App* command = program.add_subcommand(
      "import", "Take a study of Optuna's over into a new study file, to show, draw and export");
  command->add_option("--optuna", flags->optuna, "Optuna's SQLite file (docs/optuna.md)")
      ->required();
  command
      ->add_option("--study", flags->study.study,
                   "The new study: its file, or its name in the --store")
      ->required();
  command->add_option("--store", flags->study.store,
                      "A file or postgresql://USER@HOST/DATABASE that is to have it");
  command->add_option("--name", flags->name, "Of the study, where the file has several");
  command->callback([flags, &exit_code] {
    const store::Address address = address_of(flags->study);
    const exchange::ReadOptuna read = exchange::read_optuna(flags->optuna, flags->name);
    const auto store = store::open_store(address, store::Access::train, "tune");
    const size_t taken = exchange::import_study(read.study, *store);
    for (const std::string& note : read.notes) say("{}\n", note);
    print("{}: {} of {} trials of Optuna's study '{}'; sweetspot show {} shows them\n",
          address.text(), taken, read.study.trials.size(), read.study.name, arguments_of(address));
    exit_code = 0;
  });
}

}  // namespace sweetspot::cli
