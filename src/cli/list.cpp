// sweetspot list: the studies of a store.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "base/text.hpp"
#include "cli/commands.hpp"
#include "cli/output.hpp"
#include "cli/study_address.hpp"
#include "sweetspot/error.hpp"

namespace sweetspot::cli {

void add_list(CLI::App& program, int& exit_code) {
  auto flags = std::make_shared<AddressFlags>();
  CLI::App* command = program.add_subcommand("list", "The studies of a store, and how they stand");
  command->add_option("STORE", flags->place, "A file or postgresql://USER@HOST/DATABASE");
  command->add_option("--store", flags->store, "The same, by a flag");
  command->callback([flags, &exit_code] {
    if (flags->place.empty() && flags->store.empty()) {
      throw Error(ErrorKind::usage, "which store? Give a file or postgresql://USER@HOST/DATABASE");
    }
    const std::string store = address_of(*flags).store;
    std::vector<std::vector<std::string>> rows = {
        {"study", "part", "trials", "ended", "reached", "training", ""}};
    for (const std::string& name : store::studies_of(store)) {
      const store::Address address = {store, name};
      for (const std::string& part : store::open_store(address, store::Access::read)->parts()) {
        const auto study = store::open_store(address, store::Access::read, part);
        const store::Standing standing = study->standing();
        rows.push_back({name.empty() ? "-" : name, part, std::to_string(standing.trials),
                        std::to_string(standing.ended), std::to_string(standing.reached),
                        std::to_string(standing.training),
                        standing.is_cancelled ? "cancelled" : ""});
      }
    }
    print("{}", aligned_columns(rows));
    exit_code = 0;
  });
}

}  // namespace sweetspot::cli
