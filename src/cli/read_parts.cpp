#include "cli/read_parts.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "cli/output.hpp"
#include "report/all_parts.hpp"

namespace sweetspot::cli {

std::vector<report::Summary> read_parts(const AddressFlags& flags) {
  const store::Address address = address_of(flags);
  std::vector<report::Summary> parts = report::all_parts(address, flags.damaged());
  for (const report::Summary& part : parts) {
    if (part.damaged.empty()) continue;
    say("sweetspot: {}: part '{}': damaged and left out: {} {}\n", address.text(), part.part,
        part.damaged.size() == 1 ? "trial" : "trials", fmt::join(part.damaged, ", "));
  }
  return parts;
}

}  // namespace sweetspot::cli
