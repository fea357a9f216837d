// sweetspot cancel: ends every trial of a study that has not ended.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "cli/commands.hpp"
#include "cli/output.hpp"
#include "cli/study_address.hpp"

namespace sweetspot::cli {

void add_cancel(CLI::App& program, int& exit_code) {
  auto flags = std::make_shared<AddressFlags>();
  CLI::App* command = program.add_subcommand(
      "cancel", "End every trial of a study that has not ended, as cancelled; its workers stop");
  declare_address(*command, *flags);
  command->callback([flags, &exit_code] {
    const store::Address address = store::found_address(address_of(*flags));
    for (const std::string& part : store::open_store(address, store::Access::read)->parts()) {
      const auto study = store::open_store(address, store::Access::share, part);
      const store::Standing before = study->standing();
      study->cancel();
      print("{}: {} trials cancelled, {} had ended\n", part, before.trials - before.ended,
            before.ended);
    }
    exit_code = 0;
  });
}

}  // namespace sweetspot::cli
