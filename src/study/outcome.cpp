#include "sweetspot/outcome.hpp"

#include <fmt/format.h>

#include <array>

#include "sweetspot/error.hpp"

namespace sweetspot::study {
namespace {

constexpr std::array<std::string_view, 7> kNames = {"reached", "exhausted", "diverged", "hopeless",
                                                    "pruned",  "failed",    "cancelled"};

}  // namespace

std::string_view name_of(Outcome outcome) {
  return kNames[static_cast<size_t>(outcome)];
}

Outcome outcome_of(std::string_view name) {
  for (size_t i = 0; i < kNames.size(); ++i) {
    if (kNames[i] == name) return static_cast<Outcome>(i);
  }
  throw Error(ErrorKind::study, fmt::format("unknown outcome '{}'", name));
}

}  // namespace sweetspot::study
