// Which study a command is about: a file, or one on a server. Thread-safety: plain values.
#pragma once

#include <string>

#include "store/open_store.hpp"

namespace CLI {
class App;
}

namespace sweetspot::cli {

struct AddressFlags {
  std::string place;  // a file or URL, without a flag
  std::string store;
  std::string study;
  bool skip_damaged = false;
  store::Damaged damaged() const {
    return skip_damaged ? store::Damaged::skipped : store::Damaged::refused;
  }
};

// STUDY, --store and --study on a command that reads a study.
void declare_address(CLI::App& command, AddressFlags& flags);

// --skip-damaged, on one that can leave trials out.
void declare_skip_damaged(CLI::App& command, AddressFlags& flags);

// Throws Error (usage) where neither says which.
store::Address address_of(const AddressFlags& flags);

// How to name it on a command line.
std::string arguments_of(const store::Address& address);

}  // namespace sweetspot::cli
