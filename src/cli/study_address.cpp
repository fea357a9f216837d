#include "cli/study_address.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "base/text.hpp"
#include "sweetspot/error.hpp"

namespace sweetspot::cli {

void declare_address(CLI::App& command, AddressFlags& flags) {
  command.add_option("STUDY", flags.place, "The study's file, or the URL of its store");
  command.add_option("--store", flags.store,
                     "The same, by a flag: a file or postgresql://USER@HOST/DATABASE");
  command.add_option("--study", flags.study,
                     "The study's name, where the store has several; without a store its file");
}

void declare_skip_damaged(CLI::App& command, AddressFlags& flags) {
  command.add_flag(
      "--skip-damaged", flags.skip_damaged,
      "Leave out trials that are not what was written, and say which (sweetspot verify)");
}

store::Address address_of(const AddressFlags& flags) {
  if (!flags.place.empty() && !flags.store.empty()) {
    throw Error(ErrorKind::usage, "give the study's place once: as STUDY or with --store");
  }
  const std::string& place = flags.place.empty() ? flags.store : flags.place;
  store::Address address = {place, flags.study};
  if (place.empty()) address = {flags.study, ""};
  if (address.store.empty()) {
    throw Error(ErrorKind::usage, "which study? Give its file, or --store URL --study NAME");
  }
  store::require_address(address);
  return address;
}

std::string arguments_of(const store::Address& address) {
  if (address.study.empty()) return shell_word(address.store);
  return fmt::format("--store {} --study {}", shell_word(address.store), shell_word(address.study));
}

}  // namespace sweetspot::cli
