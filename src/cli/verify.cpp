// sweetspot verify: whether a study is what was written.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "base/text.hpp"
#include "cli/commands.hpp"
#include "cli/output.hpp"
#include "cli/study_address.hpp"
#include "store/open_store.hpp"
#include "sweetspot/error.hpp"

namespace sweetspot::cli {
namespace {

struct Found {
  int studies = 0;
  int parts = 0;
  size_t wrong = 0;
};

void tell(const std::string& where, const std::vector<std::string>& wrong, Found& found) {
  for (const std::string& line : wrong) print("{}: {}\n", where, printable(line));
  found.wrong += wrong.size();
}

void verify_study(const store::Address& address, Found& found) {
  ++found.studies;
  for (const std::string& part : store::open_store(address, store::Access::read)->parts()) {
    ++found.parts;
    tell(fmt::format("{}: part '{}'", printable(address.text()), part),
         store::open_store(address, store::Access::read, part)->verify(), found);
  }
}

// Of a study, or of all that a store has.
std::vector<std::string> wanted_studies(const store::Address& address) {
  if (!address.study.empty()) return {address.study};
  return store::studies_of(address.store);
}

int verify(const store::Address& address) {
  Found found;
  const store::StoreCheck check = store::check_store(address.store);
  tell(printable(address.store), check.wrong, found);
  try {
    for (const std::string& study : wanted_studies(address)) {
      verify_study({address.store, study}, found);
    }
  } catch (const store::StoreUnreachable&) {
    throw;
  } catch (const Error& error) {
    print("{}\n", printable(error.what()));
    ++found.wrong;
  }
  if (found.wrong > 0) return static_cast<int>(ErrorKind::study);
  print("{}: {} {}, {} {}: {}\n", printable(address.text()), found.studies,
        found.studies == 1 ? "study" : "studies", found.parts, found.parts == 1 ? "part" : "parts",
        check.has_digests
            ? "all is as it was written"
            : fmt::format("can be read; layout {} keeps no digests, so values were not "
                          "checked (the next command that trains on it adds them)",
                          check.layout));
  return 0;
}

}  // namespace

void add_verify(CLI::App& program, int& exit_code) {
  auto flags = std::make_shared<AddressFlags>();
  CLI::App* command = program.add_subcommand(
      "verify", "Read all that a study keeps, and name what is not as it was written");
  declare_address(*command, *flags);
  command->footer(
      "Of a file its structure, too. Without --study all studies of the store. A line for each\n"
      "trial or other part that is damaged. Exit code 0: nothing is, 4: something is. What is\n"
      "intact can be read with --skip-damaged (show, report, export, replay). Example:\n"
      "  sweetspot verify study.db");
  command->callback([flags, &exit_code] { exit_code = verify(address_of(*flags)); });
}

}  // namespace sweetspot::cli
